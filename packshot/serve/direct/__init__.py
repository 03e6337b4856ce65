"""Work that is answered at once: processes kept warm, each doing one piece of work at a time for the event loop.

`pool.py` the processes as the server sees them, `worker.py` one of them from inside, `tasks.py` what they can do.
"""
