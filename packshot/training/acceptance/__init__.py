"""Keeping only generated pictures that pass: rules (critic, classifier, copying), the stream, what it changed."""
