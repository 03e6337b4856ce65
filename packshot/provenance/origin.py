"""What the file that a picture came from says of its origin: the marks that must not get weaker. Torch-free types."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from packshot.errors import MarkError
from packshot.provenance import manifest, marks, tc260
from packshot.provenance.tc260 import Label
from packshot.provenance.terms import in_ruins, strongest

if TYPE_CHECKING:
    from packshot.imaging.files import SourceInfo

MIMES = {
    "JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "AVIF": "image/avif", "TIFF": "image/tiff",
    "HEIF": "image/heif", "GIF": "image/gif", "BMP": "image/bmp", "PPM": "image/x-portable-anymap",
    "JPEG2000": "image/jp2",
}  # fmt: skip


@dataclass(frozen=True)
class Origin:
    """A source file's own marks.

    sha256, mime: of the file; empty if it is not known. xmp: its packet, None if there is none or it cannot be read.
    term: strongest IPTC term it states anywhere, its C2PA manifest included. label: its AIGC label.
    data: the whole file if it carries a C2PA manifest, for that becomes an ingredient; else None.
    personal: addresses of what that manifest tells of places, persons and serial numbers, which does not leave.
    notes: what could not be read or does not hold, in plain words.
    """

    sha256: str = ""
    mime: str = ""
    xmp: bytes | None = None
    term: str | None = None
    label: Label | None = None
    data: bytes | None = field(default=None, repr=False)
    personal: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def origin(source: SourceInfo, data: bytes | None = None) -> Origin:
    """What a file read by `imaging.files` says. data: its bytes; without them only its XMP can be carried over."""
    notes: list[str] = []
    xmp, terms, labels = _of_packet(source.xmp, notes)
    credentials = None
    if data is not None:
        mime = MIMES[source.format]
        if source.has_c2pa:
            credentials = manifest.read(data, mime)
            terms += credentials.terms
            notes += _doubts(credentials)
        if xmp is None or (credentials is not None and credentials.state == "unreadable"):
            terms.append(in_ruins(data))  # what cannot be read may still say what must not get weaker
        if not labels:
            labels = [found] if (found := tc260.outside_xmp(data)) else []
    elif source.has_c2pa:
        notes.append("the photo's Content Credentials (C2PA) could not be carried over: its bytes are not at hand")
    kept = data if credentials is not None and credentials.state != "unreadable" else None
    return Origin(
        sha256=source.sha256,
        mime=MIMES.get(source.format, ""),
        xmp=xmp,
        term=strongest(*terms),
        label=tc260.strongest(*labels),
        data=kept,
        personal=() if kept is None or credentials is None else credentials.personal,
        notes=tuple(notes),
    )


def of_file(path: str | Path) -> Origin:
    """The origin of a picture file. Raises UnreadableFile."""
    from packshot.imaging import files

    data = Path(path).read_bytes()
    return origin(files.open_picture(data, name=Path(path).name, max_side_px=16).source, data)


def of_packet(xmp: bytes | None) -> Origin:
    """The origin of a picture of which only the XMP packet is known."""
    notes: list[str] = []
    readable, terms, labels = _of_packet(xmp, notes)
    return Origin(xmp=readable, term=strongest(*terms), label=tc260.strongest(*labels), notes=tuple(notes))


def _of_packet(xmp: bytes | None, notes: list[str]) -> tuple[bytes | None, list[str | None], list[Label]]:
    if not xmp:
        return None, [], []
    try:
        terms: list[str | None] = [marks.source_type(xmp)]
        texts = marks.values(xmp, tc260.PROPERTY)
    except MarkError as error:
        notes.append(f"the input's own XMP could not be read and is not carried over: {error}")
        return None, [in_ruins(xmp)], []
    labels = []
    for text in texts:
        try:
            labels.append(tc260.parse(text))
        except MarkError as error:
            notes.append(f"the input's AIGC label cannot be read: {error}")
    return xmp, terms, labels


def _doubts(credentials: manifest.Credentials) -> list[str]:
    if credentials.state == "unreadable":
        return [f"the photo's Content Credentials (C2PA) are damaged and not carried over: {credentials.detail}"]
    if credentials.state == "tampered":
        return [f"the photo's Content Credentials (C2PA) do not hold, and are kept as such: {credentials.detail}"]
    return []
