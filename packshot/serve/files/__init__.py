"""Uploads and results: bytes under their digest, apart for every tenant, on a local disk or any fsspec URL.

`blobs.py` the bytes, `uploads.py` what callers brought, `zips.py` many files as one stream, `roots.py` folders of this
machine that jobs may read.
"""
