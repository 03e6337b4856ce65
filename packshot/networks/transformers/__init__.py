"""Transformers that draw from noise and read words, one paper a file."""
