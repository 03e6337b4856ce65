"""What translators learn from: pairs drawn from pictures and their truth, and pictures of two domains."""
