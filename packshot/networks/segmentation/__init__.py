"""Networks that say of each pixel what it belongs to: logits; `everything` gives those that are only trained too."""
