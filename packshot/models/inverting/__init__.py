"""Real products in the latent space of a generator: spaces of codes, inversion into them, what an edit did."""
