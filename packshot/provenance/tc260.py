"""China's metadata label: the `AIGC` object of GB 45438-2025 (appendix E), written strictly, read as it is found.

Sources: GB 45438-2025 §6.1 and appendix E; TC260 practice guide of 2025-08-28 (XMP property `TC260:AIGC`). The
standard's text wraps the object in `{"AIGC": {…}}`, the guide's sample does not: the wrapped form is written, both
are read. One label a file: a new one replaces the old and keeps its producer. Torch-free.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import asdict, dataclass, replace
from typing import Any

from packshot.errors import MarkError

NAMESPACE = "http://www.tc260.org.cn/ns/AIGC/1.0/"
PROPERTY = f"{{{NAMESPACE}}}AIGC"
KEYS = {
    "Label": "label",
    "ContentProducer": "producer",
    "ProduceID": "produce_id",
    "ReservedCode1": "reserved_1",
    "ContentPropagator": "propagator",
    "PropagateID": "propagate_id",
    "ReservedCode2": "reserved_2",
}
MEANING = {"1": "made by AI", "2": "possibly made by AI", "3": "suspected to be made by AI"}  # strongest first
PLAIN = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]*")
LIMIT_CHARACTERS = 16_384
SEARCHED_BYTES = 64 << 20
TRIES = 64  # a file that repeats the word is not searched for ever
BEFORE = 256  # bytes before a word in which its object may begin


@dataclass(frozen=True)
class Label:
    """The seven entries. label: "1" made by AI, "2" possibly, "3" suspected; a tool that generates writes "1".

    producer, propagator: code or name of the service that generated, and of the one that published. produce_id,
    propagate_id: their own numbers for this content. reserved_1, reserved_2: their own integrity data, may be empty.
    """

    label: str
    producer: str
    produce_id: str
    reserved_1: str = ""
    propagator: str = ""
    propagate_id: str = ""
    reserved_2: str = ""

    @classmethod
    def first(cls, producer: str, produce_id: str) -> Label:
        """The label of a service that generates: it is the propagator too until another publishes the file."""
        return cls("1", producer, produce_id, "", producer, produce_id, "").checked()

    def checked(self) -> Label:
        """This label, if the standard allows it; else MarkError with the entry and the character."""
        if self.label not in MEANING:
            raise MarkError(f"AIGC Label: expected 1, 2 or 3, got {self.label!r}")
        for key, name in KEYS.items():
            _check_plain(key, getattr(self, name))
        for key in ("ContentProducer", "ProduceID"):
            if not getattr(self, KEYS[key]):
                raise MarkError(f"AIGC {key}: required, but empty")
        return self

    def text(self, *, wrapped: bool = True) -> str:
        """The JSON as it stands in the file, wrapped in `{"AIGC": …}` or bare."""
        values = asdict(self)
        entries = {key: values[name] for key, name in KEYS.items()}
        return json.dumps({"AIGC": entries} if wrapped else entries, ensure_ascii=False, separators=(",", ":"))

    def passed_on(self, propagator: str, propagate_id: str) -> Label:
        """The same content published by another service: what its producer wrote stays."""
        for key, value in (("ContentPropagator", propagator), ("PropagateID", propagate_id)):
            _check_plain(key, value)
        return replace(self, propagator=propagator, propagate_id=propagate_id, reserved_2="")


def _check_plain(key: str, value: str) -> None:
    wrong = next((c for c in value if not PLAIN.fullmatch(c)), None)
    if wrong is not None:
        shown = "a blank" if wrong == " " else repr(wrong)
        raise MarkError(
            f"AIGC {key} {value!r}: {shown} is not allowed; GB 45438 takes printable ASCII without blank, quotation "
            "mark and backslash: use the provider code (27 characters from 001…) or a Latin name without blanks"
        )


def parse(text: str) -> Label:
    """A label in either form. Values of other programs are taken as they are, even outside the standard's characters.

    Raises MarkError for anything that is not one JSON object with Label, ContentProducer and ProduceID.
    """
    if len(text) > LIMIT_CHARACTERS:
        raise MarkError(f"AIGC label: {len(text):,} characters, at most {LIMIT_CHARACTERS:,} are read")
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        if isinstance(error, MarkError):
            raise
        raise MarkError(f"AIGC label: not JSON ({error})") from None
    return _label(found)


def _label(found: Any) -> Label:
    if isinstance(found, dict) and isinstance(found.get("AIGC"), dict):
        found = found["AIGC"]
    if not isinstance(found, dict):
        raise MarkError("AIGC label: expected a JSON object")
    found = {**found, **({"ContentProducer": found["ServiceProvider"]} if _is_tencents(found) else {})}
    missing = [key for key in ("Label", "ContentProducer", "ProduceID") if key not in found]
    if missing:
        raise MarkError(f"AIGC label: {', '.join(missing)} missing")
    wrong = [key for key in KEYS if not isinstance(found.get(key, ""), str)]
    if wrong:
        raise MarkError(f"AIGC {wrong[0]}: expected a text, got {type(found[wrong[0]]).__name__}")
    if found["Label"] not in MEANING:
        raise MarkError(f"AIGC Label: expected 1, 2 or 3, got {found['Label']!r}")
    return Label(**{name: found.get(key, "") for key, name in KEYS.items()})


def _is_tencents(found: dict[str, Any]) -> bool:
    return "ContentProducer" not in found and isinstance(found.get("ServiceProvider"), str)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    double = next((key for key in keys if keys.count(key) > 1), None)
    if double is not None:
        raise MarkError(f"AIGC label: {double!r} stands there twice")
    return dict(pairs)


def strongest(*labels: Label | None) -> Label | None:
    """The label that says most ("1" before "2" before "3"), the first of equals."""
    known = [label for label in labels if label is not None]
    return min(known, key=lambda label: label.label, default=None)


def outside_xmp(data: bytes) -> Label | None:
    """A label that stands anywhere else in a file: PNG `tEXt`, Exif UserComment or ImageDescription, a JPEG segment.

    All of these hold plain JSON text, so that is what is looked for; a packet of XMP with one is found, too.
    """
    if b"ProduceID" not in data:  # every label has it, and most pictures have no label
        return None
    for needle in (b"AIGC", b"ContentProducer"):
        place = data.find(needle, 0, SEARCHED_BYTES)
        for _ in range(TRIES):
            if place < 0:
                break
            label = _near(data, place, len(needle))
            if label is not None:
                return label
            place = data.find(needle, place + len(needle), SEARCHED_BYTES)
    return None


def _near(data: bytes, place: int, length: int) -> Label | None:
    """The label whose JSON begins a little before or behind a word at `place`."""
    begin = max(0, place - BEFORE)
    text = html.unescape(data[begin : place + LIMIT_CHARACTERS].decode("latin-1"))
    word = html.unescape(data[begin : place + length].decode("latin-1"))
    for match in re.finditer(r"\{", text[: len(word) + 16]):
        try:
            found, _ = json.JSONDecoder(object_pairs_hook=_once).raw_decode(text[match.start() :])
            return _label(found)
        except (ValueError, RecursionError):
            continue
    return None
