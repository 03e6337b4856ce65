"""Colour on surfaces: named paints, prints, wood grain, textures of the set."""
