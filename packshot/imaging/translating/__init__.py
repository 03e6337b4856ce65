"""Drawings, painted layouts, and what a small network's picture does to a large photo; see the modules."""
