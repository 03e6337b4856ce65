"""What stands behind, under and around a product: grounds, shadows, reflections, perspective."""
