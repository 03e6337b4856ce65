"""Read the marks of a file back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from packshot.errors import MarkError
from packshot.imaging import files
from packshot.provenance import marks


@dataclass(frozen=True)
class Marks:
    """What a file says of its origin.

    digital_source_type: IPTC term, or None if the file carries none.
    content_credentials: a C2PA manifest is present (presence only; its signature is not checked here).
    problems: what could not be read, in plain words.
    """

    digital_source_type: str | None
    content_credentials: bool
    problems: tuple[str, ...] = ()


def verify(path: str | Path) -> Marks:
    """The marks of one picture file. Raises UnreadableFile if it is no picture."""
    source = files.open_picture(path, max_side_px=16).source
    try:
        return Marks(marks.source_type(source.xmp), source.has_c2pa)
    except MarkError as error:
        return Marks(None, source.has_c2pa, (str(error),))
