"""Generators and critics, one paper a file."""
