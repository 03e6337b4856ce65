"""Measurements behind every number in the documents. `python -m benchmarks` runs all, `python -m benchmarks NAME` one."""
