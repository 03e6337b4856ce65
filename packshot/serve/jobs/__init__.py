"""Work that takes longer than a request: jobs at least once, on worker processes that may be killed at any moment.

`model.py` what a job is, `store.py` the callers' side, `leases.py` the workers' side, `kinds/` what can be done,
`place.py` where a job's files are, `worker.py` a worker process, `control.py` starts and stops them.
"""
