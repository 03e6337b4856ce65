"""Augmentation and degradation as plain functions of tensors, each drawing from the generator it is given.

`moves` (flip, shift, cutout), `colours`, `blurs`, `noises`, `jpeg`: one change each. `degrade`: Real-ESRGAN's two
stages. `diffaugment` and `ada`: differentiable, for discriminators. Pictures are (n, c, h, w); every picture of a batch
is drawn for on its own. The same state of the generator gives the same draws whatever the channels are, so photo, matte
and layout are moved alike by three calls with generators of the same seed.
"""
