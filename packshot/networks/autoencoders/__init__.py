"""Autoencoders and the networks that sample their latents, one paper a file."""
