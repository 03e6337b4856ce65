"""Losses of style transfer as functions of pictures and of feature maps; the feature network is the caller's.

Pictures are `(n, 3, h, w)` in [0, 1], maps `(n, c, h, w)`. All losses are means, so that weights do not depend on size.
"""
