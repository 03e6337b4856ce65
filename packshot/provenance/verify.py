"""Read the marks of a file back and say of each whether it holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from packshot.errors import FileError, MarkError
from packshot.imaging import files
from packshot.provenance import manifest, marks, tc260
from packshot.provenance.manifest import Credentials
from packshot.provenance.origin import MIMES
from packshot.provenance.terms import GENERATED

State = Literal["trusted", "valid", "tampered", "unreadable", "missing"]


@dataclass(frozen=True)
class Mark:
    """One mark. value: what it states. detail: why its state is what it is, in words."""

    state: State
    value: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Marks:
    """What a file says of its origin.

    iptc: the Digital Source Type. tc260: China's AIGC label. c2pa: the signed manifest.
    trusted: the signature holds and its signer is on the list given; valid: it holds, or the mark can be read;
    tampered: the file or the mark was changed; unreadable: written wrong; missing.
    A mark inside a file whose manifest does not fit it any more counts as tampered, since it may be what was changed;
    without a manifest a mark is valid if it can be read, and nothing proves it.
    digital_source_type: IPTC term, or None. content_credentials: a C2PA manifest is present.
    problems: what could not be read, in plain words.
    """

    iptc: Mark
    tc260: Mark
    c2pa: Mark
    problems: tuple[str, ...] = ()

    @property
    def digital_source_type(self) -> str | None:
        return self.iptc.value or None

    @property
    def content_credentials(self) -> bool:
        return self.c2pa.state != "missing"

    @property
    def ok(self) -> bool:
        """Nothing is tampered or unreadable, IPTC and C2PA are there, and so is AIGC if IPTC says a network drew it."""
        due = [self.iptc, self.c2pa, *([self.tc260] if self.iptc.value in GENERATED else [])]
        broken = any(mark.state in ("tampered", "unreadable") for mark in (self.iptc, self.tc260, self.c2pa))
        return not broken and all(mark.state != "missing" for mark in due)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        named = {"iptc": self.iptc, "tc260": self.tc260, "c2pa": self.c2pa}
        found: dict[str, Any] = {name: vars(mark) for name, mark in named.items()}
        return {**found, "ok": self.ok, "problems": list(self.problems)}


def verify(path: str | Path, *, trust: str | Path | None = None) -> Marks:
    """The marks of one picture file.

    trust: PEM file of certificates whose signatures count as trusted. Raises UnreadableFile if it is no picture.
    """
    anchors = None if trust is None else _anchors(Path(trust))
    loaded = files.open_picture(path, max_side_px=16)
    data = Path(path).read_bytes()
    credentials = manifest.read(data, MIMES[loaded.source.format], anchors)
    if credentials.state == "unreadable":
        credentials = Credentials("tampered", f"the manifest cannot be read: {credentials.detail}")
    xmp, problems = loaded.source.xmp, [note for note in loaded.source.notes if note.startswith("XMP")]
    iptc, label = Mark("missing"), Mark("missing")
    try:
        iptc = _guarded(_iptc(xmp), credentials)
        label = _guarded(_label(xmp, data), credentials)
    except MarkError as error:
        problems.append(str(error))
        iptc = Mark("unreadable", detail=str(error))
    problems += [mark.detail for mark in (label,) if mark.state == "unreadable"]
    value = ", ".join(credentials.actions)
    return Marks(iptc, label, Mark(credentials.state, value, credentials.detail), tuple(problems))


def _anchors(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror or error})") from None


def _iptc(xmp: bytes | None) -> Mark:
    term = marks.source_type(xmp)
    return Mark("missing") if term is None else Mark("valid", term)


def _label(xmp: bytes | None, data: bytes) -> Mark:
    texts = marks.values(xmp, tc260.PROPERTY)
    if not texts:
        outside = tc260.outside_xmp(data)
        return Mark("missing") if outside is None else Mark("valid", outside.text(), "stands outside of XMP")
    try:
        labels = [tc260.parse(text) for text in texts]
    except MarkError as error:
        return Mark("unreadable", texts[0], str(error))
    if len(labels) > 1:
        return Mark("unreadable", texts[0], f"{len(labels)} labels in one file, the standard allows one")
    return Mark("valid", labels[0].text(), tc260.MEANING[labels[0].label])


def _guarded(mark: Mark, credentials: Credentials) -> Mark:
    """A mark is as good as the signature around it."""
    if mark.state != "valid":
        return mark
    if credentials.state in ("valid", "trusted"):
        return mark
    if credentials.state == "missing":
        return Mark("valid", mark.value, "; ".join(filter(None, [mark.detail, "no signature protects it"])))
    return Mark("tampered", mark.value, "the file does not fit its signature")
