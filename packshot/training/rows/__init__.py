"""Rows of the table of presets, one family a file: literal values, torch-free."""
