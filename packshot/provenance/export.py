"""The one way out for a picture handed to a person (DESIGN.md §5).

Order: flatten → (visible label, part of later policies) → encode with ICC → XMP marks merged with the
input's own → (C2PA signature, last) → read back and verify → atomic rename.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packshot.errors import MarkError
from packshot.imaging import files
from packshot.provenance import marks
from packshot.provenance.encoding import Encoding
from packshot.provenance.policies import Policy
from packshot.provenance.step import Step
from packshot.provenance.terms import strongest

if TYPE_CHECKING:
    from packshot.imaging.picture import Picture


@dataclass(frozen=True)
class Exported:
    """What was written, as read back from the file's own bytes."""

    path: Path
    sha256: str
    bytes: int
    format: str
    quality: int | None
    marks: dict[str, str]
    picture: Picture
    notes: tuple[str, ...] = ()


def export(
    picture: Picture,
    path: Path,
    history: tuple[Step, ...],
    policy: Policy,
    *,
    encoding: Encoding | None = None,
    input_xmp: bytes | None = None,
) -> Exported:
    """Write `picture` to `path` with its marks; nothing is written unless all of it reads back well.

    history: every step since the input was read; input_xmp: the input's own packet, merged and never weakened.
    Raises MarkError if the marks did not survive, ParameterError on a bad extension, FileError if writing fails.
    """
    encoding = encoding or Encoding.of_path(path)
    term = strongest(*(step.digital_source_type for step in history)) or policy.unmarked_input
    packet, notes = _packet(_stated(term, policy, input_xmp), input_xmp)
    encoded = files.encode(picture, xmp=packet, **encoding.model_dump())
    read_back = files.open_picture(encoded.data)
    found = marks.source_type(read_back.source.xmp)
    expected = marks.source_type(packet)
    if found != expected:
        raise MarkError(f"{path.name}: wrote digital source type {expected}, read back {found}")
    if read_back.picture.size != picture.size:
        raise MarkError(f"{path.name}: wrote {picture.size} px, read back {read_back.picture.size}")
    files.write_atomic(path, encoded.data)
    return Exported(
        path=path,
        sha256=hashlib.sha256(encoded.data).hexdigest(),
        bytes=len(encoded.data),
        format=encoding.format,
        quality=encoded.quality,
        marks={"iptc_digital_source_type": str(found)},
        picture=read_back.picture,
        notes=(*notes, *encoded.notes),
    )


def _stated(term: str, policy: Policy, input_xmp: bytes | None) -> str:
    """What to state: an unmarked photo that was only edited stays what the policy takes it for."""
    try:
        marked = marks.source_type(input_xmp)
    except MarkError:
        marked = None
    return term if marked is None else strongest(marked, None if term == policy.unmarked_input else term) or term


def _packet(term: str, input_xmp: bytes | None) -> tuple[bytes, tuple[str, ...]]:
    try:
        return marks.packet(term, input_xmp), ()
    except MarkError as error:
        return marks.packet(term), (f"the input's own XMP could not be read and is not carried over: {error}",)
