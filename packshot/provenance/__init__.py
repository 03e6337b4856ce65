"""Layer 2: where a picture comes from and what was done to it. Siblings: catalogue, networks."""
