"""Layer 2: products and their pictures. Siblings: networks, provenance. Nothing is imported until it is used."""
