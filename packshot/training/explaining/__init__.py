"""`packshot explain`: a checkpoint looked into, as figures, numbers and one page."""
