"""Shapes: signed distances and their skins, turned and swept bodies, meshes, noise in space, parts of a product."""
