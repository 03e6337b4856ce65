"""Restyling by optimisation and by networks: style banks, the optimiser, the runners, adapters."""
