"""Networks that give a picture back better: `(n, channels_in, h, w)` in [0, 1] → `(n, 3, scale·h, scale·w)`."""
