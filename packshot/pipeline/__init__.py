"""Layer 6: operations over pictures and catalogues. Every door (run, edit, Python, HTTP) goes through here.

`lock.apply_locked` is the only runner of an operation; `recipe` reads pipeline files; `run` works through a
catalogue; `door` is what `import packshot` offers. A package instead of one file: docs/decisions/0002.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from packshot.pipeline.lock import apply_locked as apply_locked


def __getattr__(name: str) -> Any:
    if name == "apply_locked":
        from packshot.pipeline.lock import apply_locked

        return apply_locked
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
