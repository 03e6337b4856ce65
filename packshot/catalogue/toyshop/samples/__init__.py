"""The sixteen products whose photographs ship with the package; `scripts/render_samples.py` renders them.

    build(category, rng, style) ─▶ parts ─render(parts, studio)─▶ two halves ─denoise─▶ light ─develop─▶ 8 bits

Made for few pictures of 768 px: fine meshes, printed labels, plush fibres. Nothing of the toyshop world depends on it.
"""
