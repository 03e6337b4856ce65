"""packshot: from a shop's catalogue of product photos to listing-ready pictures."""

__version__ = "0.1.0"
