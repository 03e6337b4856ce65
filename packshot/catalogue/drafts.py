"""From a raw row to a draft of a product: columns to fields, cells to text, picture cells to pictures wanted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from packshot.catalogue.columns import price_of, split_of, target_of, targets_of
from packshot.catalogue.decoding import mended
from packshot.catalogue.names import PICTURE_SUFFIXES, is_url
from packshot.catalogue.problems import Problem, shortened
from packshot.catalogue.tables import Raw

_BAD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BREAKS = re.compile(r"[|;；\n]")
_COMMAS = re.compile(r"[|;；\n,，]")
_OF_PICTURE = frozenset(("alt", "role", "position", "matte"))
_KEYS_OF_PICTURE = {  # what an object in a list of images may call its parts
    "path": "path, file, file_name, filename, name",
    "url": "url, src, link, href",
    "alt": "alt, alt_text, altText",
    "role": "role, type, view",
    "matte": "matte, mask",
}
_PART_OF = {name: part for part, names in _KEYS_OF_PICTURE.items() for name in names.split(", ")}


@dataclass(slots=True)
class Wanted:
    """A picture that a row names. ref: path or URL as written; data: its bytes, where the table holds them.

    fields: what else is known (role, alt, position, matte, attributes, width, height).
    exact: ref was listed by the tree itself and is taken to the letter.
    """

    ref: str
    data: bytes | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    exact: bool = False


@dataclass(slots=True)
class Draft:
    """A product to be: fields as `Product` names them, the pictures wanted, and where it was read.

    only_pictures: nothing is known of it but its pictures; without a usable one it is no product.
    """

    row: int | None
    fields: dict[str, Any]
    images: list[Wanted] = field(default_factory=list)
    only_pictures: bool = False


class Mapper:
    """Turns raw rows into drafts. The plan is made once for every set of column names.

    sku_column: the column to take as sku; "" = found by its name, or the group column, or made from the picture's
    file name in a table that has neither. has_sku: whether every row must have one; None = as the first row has it.
    """

    def __init__(self, sku_column: str = "", has_sku: bool | None = None) -> None:
        self.sku_column, self.has_sku = sku_column, has_sku
        self._plans: dict[tuple[str, ...], list[str]] = {}

    def plan(self, names: tuple[str, ...]) -> list[str]:
        """The target of every column."""
        if names not in self._plans:
            if len(self._plans) > 1000:  # every row with other keys: do not let the plans pile up
                self._plans.clear()
            self._plans[names] = targets_of(names, self.sku_column)
            if {"sku", "origin", "row"} <= set(names):  # a products.jsonl: where it was read before is no attribute
                skipped = ("origin", "row")
                self._plans[names] = ["" if n in skipped else t for n, t in zip(names, self._plans[names], strict=True)]
        return self._plans[names]

    def draft(self, raw: Raw) -> tuple[Draft, list[Problem]]:
        """The draft of a row, and notes on cells that had to be mended."""
        found: list[Problem] = []
        fields: dict[str, Any] = {}
        attributes: dict[str, Any] = {}
        of_picture: dict[str, str] = {}
        images: list[Wanted] = []
        plan = self.plan(raw.names)
        for name, target, cell in zip(raw.names, plan, raw.cells, strict=True):
            if target == "image":
                images += _wanted(cell, raw.row, found)
                continue
            if isinstance(cell, Mapping) and name in ("attributes", "titles", "descriptions"):
                _nested(name, cell, fields, attributes)
                continue
            text = _text(cell, name, raw.row, found)
            if not text:
                continue
            if target in _OF_PICTURE:
                of_picture[target] = text
            elif target.startswith("a:"):
                attributes[target[2:]] = text
            elif target:
                _put(target, text, fields)
        if self.has_sku is None:
            self.has_sku = "sku" in plan
        if not self.has_sku and "sku" not in fields and images:
            fields["sku"] = _sku_from(images[0])
        if attributes:
            fields["attributes"] = attributes
        _describe(images, of_picture)
        return Draft(raw.row, fields, images), found


def _put(target: str, text: str, fields: dict[str, Any]) -> None:
    if target == "price":
        amount, currency = price_of(text)
        fields["price"] = amount
        if currency:
            fields.setdefault("currency", currency)
    elif target == "currency":
        fields["currency"] = text.upper()
    elif target == "split":
        fields["split"] = split_of(text)
    elif "@" in target:
        base, language = target.split("@")
        fields.setdefault(f"{base}s", {})[language] = text
        if language == "en":
            fields.setdefault(base, text)
    else:
        fields[target] = text


def _nested(name: str, cell: Mapping[str, Any], fields: dict[str, Any], attributes: dict[str, Any]) -> None:
    if name == "attributes":
        for key, value in cell.items():
            target = target_of(str(key)) or ""
            attributes[target[2:] if target.startswith("a:") else str(key)] = _flat(value)
    else:
        fields[name] = {str(k): _flat(v) for k, v in cell.items() if v}


def _flat(value: Any) -> str:
    """Any value of a JSON or Parquet cell as text; lists joined, objects as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, float | Decimal):
        text = format(value, "f") if isinstance(value, Decimal) else repr(value)
        return text[:-2] if text.endswith(".0") else text
    if isinstance(value, list | tuple):
        return " / ".join(_flat(v) for v in value if v is not None)
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _text(cell: Any, name: str, row: int | None, found: list[Problem]) -> str:
    """The cell as clean text. Control characters and bytes of another encoding are mended and noted."""
    text = cell.strip() if isinstance(cell, str) else _flat(cell).strip()
    if text.isprintable():
        return text
    if _SURROGATE.search(text):
        bad, text = text, mended(text)
        found.append(Problem(row, name, f"holds bytes of another encoding; read as {shortened(text)!r}", shortened(bad),
                             serious=False))  # fmt: skip
    if _BAD.search(text):
        found.append(Problem(row, name, "held control characters; they are removed", shortened(text), serious=False))
        text = _BAD.sub("", text)
    return text.strip()


def _wanted(cell: Any, row: int | None, found: list[Problem]) -> list[Wanted]:
    """The pictures of a cell: one path or URL, several with a separator, a list, or bytes."""
    if isinstance(cell, list | tuple):
        return [w for part in cell for w in _wanted(part, row, found)]
    if isinstance(cell, bytes):
        return [Wanted("", cell)]
    if isinstance(cell, Mapping):
        return _wanted_object(cell, row, found)
    text = _text(cell, "image", row, found)
    return [Wanted(part) for part in _split_refs(text)] if text else []


def _split_refs(text: str) -> Iterator[str]:
    """The references of a cell. It is split only if every part looks like a picture, so that names may hold commas."""
    for pattern in (_BREAKS, _COMMAS):
        parts = [part.strip() for part in pattern.split(text) if part.strip()]
        if len(parts) > 1 and all(map(_looks_like_picture, parts)):
            yield from parts
            return
    yield text


def _looks_like_picture(text: str) -> bool:
    return is_url(text) or PurePosixPath(text.lower()).suffix in PICTURE_SUFFIXES


def _wanted_object(cell: Mapping[str, Any], row: int | None, found: list[Problem]) -> list[Wanted]:
    data = cell.get("bytes")
    fields: dict[str, Any] = {k: cell[k] for k in ("width", "height", "position") if isinstance(cell.get(k), int)}
    if isinstance(cell.get("attributes"), Mapping):
        fields["attributes"] = {str(k): _flat(v) for k, v in cell["attributes"].items()}
    for key, value in cell.items():
        part = _PART_OF.get(key)
        if part and isinstance(value, str) and value:
            fields.setdefault(part, _text(value, f"image {key}", row, found))
    ref = fields.pop("path", "")
    url = fields.pop("url", "")
    if not (ref or url or data):
        found.append(Problem(row, "image", "names neither a path nor a url", shortened(dict(cell))))
        return []
    return [Wanted(ref or url, data if isinstance(data, bytes) else None, fields)]


def _describe(images: Sequence[Wanted], facts: dict[str, str]) -> None:
    """Columns about "the" picture of a row go to its first one; several mattes go one to one."""
    if not images or not facts:
        return
    mattes = list(_split_refs(facts["matte"])) if "matte" in facts else []
    for image, matte in zip(images, mattes, strict=False):
        image.fields["matte"] = matte
    for name in ("alt", "role"):
        if name in facts:
            images[0].fields.setdefault(name, facts[name])
    position = facts.get("position", "")
    if position.isdecimal():
        images[0].fields.setdefault("position", int(position))


def _sku_from(image: Wanted) -> str:
    """The picture's path without its suffix, for a table that names no product."""
    path = PurePosixPath(image.ref.replace("\\", "/").split("?")[0].split("://")[-1])
    return str(path.with_suffix("")) if path.name else image.ref
