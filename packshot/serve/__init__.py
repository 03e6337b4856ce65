"""Layer 8: packshot over HTTP and in a browser. `api/` routes, `guards/` what keeps it safe, `direct/` the processes
that edit at once, `jobs/` what takes longer, `files/` uploads and results, `studio/` the pages, `client.py` the client.

Needs the extra `serve`; importing this package needs nothing.
"""

from __future__ import annotations

from packshot.errors import MissingExtra


def need_extra() -> None:
    """Raise MissingExtra, with the command that installs it, unless the extra `serve` is there."""
    from importlib.util import find_spec

    for module in ("fastapi", "uvicorn", "sqlalchemy", "python_multipart", "prometheus_client"):
        if find_spec(module) is None:
            raise MissingExtra(module, "serve", "the service")
