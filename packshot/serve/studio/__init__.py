"""The pages in the browser: static files without a build step, which use the service's HTTP interface and nothing else.

`mount.py` serves them; `static/` holds them (docs/studio.md, decision 9).
"""
