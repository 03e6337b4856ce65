"""Networks of style transfer: features to compare pictures in, and restylers."""
