"""The one way out for a picture handed to a person (DESIGN.md §5).

Order: flatten → visible label if the policy asks → invisible watermark if it asks → encode with ICC → XMP marks
(IPTC, AIGC) merged with the input's own → C2PA signature, last → read back and verify → log → atomic rename.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from packshot.errors import MarkError, TooLarge
from packshot.imaging import files
from packshot.imaging.picture import Picture
from packshot.provenance import actions, log, manifest, marks, origin, tc260, visible, watermark
from packshot.provenance.credentials import Signing
from packshot.provenance.encoding import Encoding
from packshot.provenance.origin import Origin
from packshot.provenance.policies import Policy
from packshot.provenance.statement import Statement, state
from packshot.provenance.step import Step

if TYPE_CHECKING:
    from packshot.provenance.watermark import Watermark

JPEG_XMP_BYTES = 65_000
TINY_PX = 16
TRIES = 3  # a budget is met at the first or second try


@dataclass(frozen=True)
class Exported:
    """What was written, as read back from the file's own bytes.

    marks: mark → what it says. The same picture, history and policy give the same marks; only the signature differs.
    picture: decoded from those bytes. shown: what was encoded, visible label and watermark included.
    """

    path: Path
    sha256: str
    bytes: int
    format: str
    quality: int | None
    marks: dict[str, str]
    picture: Picture
    shown: Picture
    notes: tuple[str, ...] = ()


def export(
    picture: Picture,
    path: Path,
    history: tuple[Step, ...],
    policy: Policy,
    *,
    encoding: Encoding | None = None,
    input_xmp: bytes | None = None,
    source: Origin | None = None,
    signing: Signing | None = None,
    invisible: Watermark | None = None,
) -> Exported:
    """Write `picture` to `path` with its marks; nothing is written unless all of it reads back well.

    history: every step since the input was read. source: what the input says of its origin (`origin.of_file`); its
    marks are merged and never weakened, its C2PA manifest becomes an ingredient. input_xmp: only its packet, where
    the rest is not known. signing: whose signature; by default that of an own, untrusted authority.
    invisible: a watermark of your own in place of the policy's.
    A byte budget in `encoding` is that of the finished file, marks included.
    Raises MarkError if the marks did not survive, ParameterError on a bad extension, FileError if writing fails.
    """
    encoding = encoding or Encoding.of_path(path)
    source = source or origin.of_packet(input_xmp)
    statement = state(picture, history, policy, source)
    shown, statement, drawn = labelled(picture, statement, policy, invisible)
    packet, notes = _packet(statement, source, encoding.format)
    signed, doubts = _ready(_Signed(statement, source, signing or Signing(), encoding, packet))
    encoded, data = signed.encode(shown)
    read_back, found = verified(data, encoding.format, statement, shown, path)
    found |= {**drawn, "unsigned_sha256": hashlib.sha256(encoded.data).hexdigest()}
    sha256 = hand_out(data, path, statement, policy, found)
    return Exported(
        path=path,
        sha256=sha256,
        bytes=len(data),
        format=encoding.format,
        quality=encoded.quality,
        marks=found,
        picture=read_back,
        shown=shown,
        notes=(*source.notes, *notes, *doubts, *encoded.notes),
    )


def hand_out(data: bytes, path: Path, statement: Statement, policy: Policy, found: dict[str, str]) -> str:
    """Log what the policy wants logged, then write the finished bytes; gives their SHA-256."""
    sha256 = hashlib.sha256(data).hexdigest()
    if policy.log and statement.aigc is not None and "visible_label" not in found:
        log.add(policy.name, policy.recipient, path, sha256=sha256, content=statement.content, marks=found)
    files.write_atomic(path, data)
    return sha256


def labelled(
    picture: Picture, statement: Statement, policy: Policy, invisible: Watermark | None = None
) -> tuple[Picture, Statement, dict[str, str]]:
    """The picture with what the policy wants to see in it, and what was drawn: visible label, invisible watermark."""
    found, done = {}, []
    if policy.visible == "cn" and statement.generated:
        label = visible.draw(picture, policy.corner)
        picture, found["visible_label"] = label.picture, label.words()
        done.append(actions.labelled(visible.TEXT))
    if invisible is not None or policy.watermark != "none":
        marked = watermark.apply(picture, statement.content, invisible or policy.watermark)
        picture, found["watermark"] = marked.picture, marked.name or f"none: {marked.reason}"
        done += [actions.watermarked(marked.name)] if marked.name else []
    return picture, replace(statement, actions=(*statement.actions, *done)), found


def _packet(statement: Statement, source: Origin, format: str) -> tuple[bytes, tuple[str, ...]]:
    """The XMP packet, within what the format has room for."""
    packet = marks.packet(statement.term, source.xmp, aigc=statement.aigc, systems=statement.systems)
    if format != "jpeg" or len(packet) <= JPEG_XMP_BYTES:
        return packet, ()
    short = marks.packet(
        statement.term, source.xmp, aigc=statement.aigc, systems=statement.systems, limit_bytes=JPEG_XMP_BYTES
    )
    return short, (
        f"the input's XMP of {len(packet):,} bytes does not fit into a JPEG; its longest entries are left out",
    )


@dataclass(frozen=True)
class _Signed:
    """Encodes and signs; a byte budget counts what the marks take."""

    statement: Statement
    source: Origin
    signing: Signing
    encoding: Encoding
    packet: bytes

    def encode(self, picture: Picture) -> tuple[files.Encoded, bytes]:
        """`(encoded, signed bytes)`."""
        options = self.encoding.model_dump()
        budget = self.encoding.max_bytes
        if budget is None:
            encoded = files.encode(picture, xmp=self.packet, **options)
            return encoded, self.sign(encoded.data)
        room = budget - self.overhead(picture)
        for _ in range(TRIES):
            encoded = self.within(picture, room, options)
            data = self.sign(encoded.data)
            if len(data) <= budget:
                return encoded, data
            room -= len(data) - budget
        raise TooLarge(f"max_bytes: {budget:,} cannot be met, the signed file takes {len(data):,} bytes")

    def within(self, picture: Picture, room: int, options: dict[str, object]) -> files.Encoded:
        budget = self.encoding.max_bytes
        marks_bytes = (budget or 0) - room
        if room < 1:
            raise TooLarge(f"max_bytes: {budget:,} cannot be met, the marks alone take {marks_bytes:,} bytes")
        try:
            return files.encode(picture, xmp=self.packet, **{**options, "max_bytes": room})  # type: ignore[arg-type]
        except TooLarge as error:
            raise TooLarge(f"max_bytes {budget:,} less {marks_bytes:,} for the signature: {error}") from None

    def overhead(self, picture: Picture) -> int:
        """Bytes that the manifest takes, measured on a tiny picture: they do not depend on the picture."""
        tiny = picture.replace(
            rgb=picture.rgb[..., :TINY_PX, :TINY_PX],
            alpha=None if picture.alpha is None else picture.alpha[..., :TINY_PX, :TINY_PX],
            matte=None,
            mask=None,
        )
        options = {**self.encoding.model_dump(), "max_bytes": None}
        data = files.encode(tiny, xmp=self.packet, **options).data  # type: ignore[arg-type]
        return len(self.sign(data)) - len(data)

    def sign(self, data: bytes) -> bytes:
        parent = None
        if self.source.sha256:
            parent = manifest.Parent(self.source.sha256, self.source.mime, self.source.data, self.source.personal)
        first = actions.opened(manifest.PARENT) if parent else actions.created(self.statement.created)
        done = (first, *map(actions.redacted, self.source.personal), *self.statement.actions)
        return manifest.sign(data, f"image/{self.encoding.format}", done, self.signing, parent)


def _ready(signed: _Signed) -> tuple[_Signed, tuple[str, ...]]:
    """`signed`, tried once where something has to be taken out of the input's manifest; and what there is to say.

    What tells of a place or a person does not leave: if it cannot be taken out, the whole manifest stays behind.
    """
    if not signed.source.personal:
        return signed, ()
    what = ", ".join(sorted({address.rsplit("/", 1)[-1] for address in signed.source.personal}))
    try:
        tiny = files.encode(Picture(torch.zeros(1, 3, TINY_PX, TINY_PX)), signed.encoding.format).data
        taken_out = not manifest.read(signed.sign(tiny), f"image/{signed.encoding.format}").personal
    except MarkError:
        taken_out = False
    if taken_out:
        return signed, (f"places, persons or serial numbers in the photo's Content Credentials are redacted ({what})",)
    without = replace(signed, source=replace(signed.source, data=None, personal=()))
    return without, (f"the photo's Content Credentials are not carried over: {what} could not be redacted",)


def verified(
    data: bytes, format: str, statement: Statement, picture: Picture, path: Path
) -> tuple[Picture, dict[str, str]]:
    """The picture and marks as read from the finished bytes, or MarkError."""
    loaded = files.open_picture(data)
    found = marks_read_back(data, f"image/{format}", loaded.source.xmp, statement, path)
    if loaded.picture.size != picture.size:
        raise MarkError(f"{path.name}: wrote {picture.size} px, read back {loaded.picture.size}")
    return loaded.picture, found


def marks_read_back(data: bytes, mime: str, packet: bytes | None, statement: Statement, path: Path) -> dict[str, str]:
    """Mark → what it says in the finished bytes and their XMP packet; MarkError unless that is what was stated."""
    term = marks.source_type(packet)
    if term != statement.term:
        raise MarkError(f"{path.name}: wrote digital source type {statement.term}, read back {term}")
    labels = marks.values(packet, tc260.PROPERTY)
    if statement.aigc is not None and labels != [statement.aigc]:
        raise MarkError(f"{path.name}: wrote one AIGC label, read back {labels or 'none'}")
    credentials = manifest.read(data, mime)
    if credentials.state not in ("valid", "trusted"):
        raise MarkError(f"{path.name}: the C2PA manifest reads back as {credentials.state}: {credentials.detail}")
    found = {"iptc_digital_source_type": str(term), "c2pa": credentials.state, "c2pa_signer": credentials.signer}
    return found | ({"tc260_aigc": labels[0]} if labels else {})
