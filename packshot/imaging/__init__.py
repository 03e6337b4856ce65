"""Layer 1: pictures and the mathematics of pixels. Knows nothing of products, networks or shops."""
