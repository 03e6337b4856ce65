"""What a worker process can do: name → `module:function`, nothing imported until used.

A task takes `(desk, arguments, blobs)` and gives `(plain JSON values, blobs)`; it raises errors of packshot's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from packshot.serve.direct.desk import Desk, Limits
from packshot.serve.direct.frames import Blobs

Task = Callable[[Desk, Mapping[str, Any], Blobs], tuple[dict[str, Any], Blobs]]

TABLE = {
    "edit": "packshot.serve.direct.editing:edit",
    "check": "packshot.serve.direct.checking:check",
    "verify": "packshot.serve.direct.checking:verify",
    "find": "packshot.serve.direct.searching:find",
    "models": "packshot.serve.direct.cards:listed",
    "draw": "packshot.serve.direct.drawing:draw",
    "preview": "packshot.serve.direct.previews:preview",
}
PRELOAD = (
    "packshot.pipeline.door",
    "packshot.publish.check",
    "packshot.publish.rules.ground",
    "packshot.publish.rules.added",
    "packshot.imaging.segmentation.segment",
    "packshot.imaging.scenery.grounds",
    "packshot.imaging.mattes",
    "packshot.serve.jobs.worker",
    "packshot.pipeline.catalogues",
    "packshot.publish.fit",
)  # imported once, by the process that all workers, those for jobs too, are forked from


def find(name: str) -> Task:
    """The task of a name."""
    module, attribute = TABLE[name].split(":")
    found: Task = getattr(import_module(module), attribute)
    return found


def warm(limits: Limits) -> None:
    """Edit and sign a tiny picture, so that the first caller does not wait for what is loaded on first use."""
    from packshot.serve.direct.editing import rehearse

    rehearse(limits)
