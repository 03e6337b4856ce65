"""Colours by name, hex or Lab, without torch: `parse_colour` serves parameter models and colour.py alike."""
