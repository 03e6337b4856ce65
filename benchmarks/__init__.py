"""The measurements behind every number in the documents: `python -m benchmarks [NAME …]`."""
