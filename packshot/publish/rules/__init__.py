"""The rules of a check, one family a file; each is a function of a photo, a channel and a judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packshot.publish.channel import Channel
    from packshot.publish.findings import Finding, Judge
    from packshot.publish.looking.photo import Photo

TABLE: dict[str, str] = {
    "sizes": "packshot.publish.rules.sizes",
    "coding": "packshot.publish.rules.coding",
    "naming": "packshot.publish.rules.naming",
    "ground": "packshot.publish.rules.ground",
    "placing": "packshot.publish.rules.placing",
    "added": "packshot.publish.rules.added",
    "pixels": "packshot.publish.rules.pixels",
}
HEADER_ONLY = ("sizes", "coding", "naming")


def find(name: str) -> Callable[[Photo, Channel, Judge], Iterator[Finding]]:
    """The check function of a family."""
    found: Callable[[Photo, Channel, Judge], Iterator[Finding]] = import_module(TABLE[name]).check
    return found
