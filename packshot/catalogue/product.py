"""A product and its pictures, as one line of `products.jsonl`. Imports no torch and no numpy."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from packshot.catalogue.names import has_control, is_url, safe_relative
from packshot.catalogue.problems import Problem, shortened
from packshot.errors import CatalogueError

SPLITS = ("train", "validation", "test")
MAX_IMAGES = 1000  # of one product
MAX_ATTRIBUTES = 1000
_TEXT_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_LANGUAGE = re.compile(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")


def _one_line(text: str) -> str:
    if _TEXT_CONTROL.search(text):
        raise ValueError("holds control characters")
    return " ".join(unicodedata.normalize("NFC", text).split())


def _many_lines(text: str) -> str:
    if _TEXT_CONTROL.search(text):
        raise ValueError("holds control characters")
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").strip())


def _sku(text: str) -> str:
    text = _one_line(text)
    if has_control(text):  # text direction too: what is drawn would not be what is compared
        raise ValueError("holds control characters")
    if not text:
        raise ValueError("is empty")
    return text


def _path(text: str) -> str:
    return safe_relative(text) if text else ""


def _url(text: str) -> str:
    if text and not is_url(text):
        raise ValueError("is not a URL")
    if text[:5].lower() == "data:":
        raise ValueError("is a picture written into the text; save it as a file")
    if any(c.isspace() for c in text) or has_control(text):
        raise ValueError("is a URL with spaces or control characters")
    return text


def _plain_number(value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    return value.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else value


def _language(text: str) -> str:
    if not _LANGUAGE.match(text):
        raise ValueError("is not a language code such as en, zh or pt-BR")
    return text


def _text_of_number(value: Any) -> Any:
    """Tables hold attributes and skus as numbers too; a whole float (`12.0` in Parquet) is written `12`."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value) if isinstance(value, int | float | Decimal) else value


Line = Annotated[str, AfterValidator(_one_line)]
Short = Annotated[str, Field(max_length=500), AfterValidator(_one_line)]
Title = Annotated[str, Field(max_length=2000), AfterValidator(_one_line)]
Text = Annotated[str, Field(max_length=100_000), AfterValidator(_many_lines)]
Value = Annotated[str, BeforeValidator(_text_of_number), Field(max_length=20_000), AfterValidator(_many_lines)]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
Language = Annotated[str, AfterValidator(_language)]
Attributes = Annotated[dict[Name, Value], Field(max_length=MAX_ATTRIBUTES)]
RelativePath = Annotated[str, Field(max_length=4000), AfterValidator(_path)]
Side = Annotated[int, Field(ge=1, le=1_000_000)]


class Image(BaseModel):
    """One picture of a product: a file inside the catalogue, or the URL of one that is not fetched.

    path: relative to the catalogue's picture folder, forward slashes; url: only a reference.
    role: main, back, detail, … as the source named it. position: 1 = first, 0 = not stated.
    alt: alternative text. matte: path of the file that is white where the product is. layers: paths of further exact
    pictures of the same size by name (layout, depth, normals, albedo, …).
    width, height: px as stored, before any EXIF turn. attributes: what holds for this picture alone
    (a variant's colour), over the product's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: RelativePath = ""
    url: Annotated[str, Field(max_length=4000), AfterValidator(_url)] = ""
    role: Short = ""
    position: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    alt: Title = ""
    matte: RelativePath = ""
    layers: Annotated[dict[Name, RelativePath], Field(max_length=50)] = {}
    width: Side | None = None
    height: Side | None = None
    attributes: Attributes = {}

    @model_validator(mode="after")
    def _somewhere(self) -> Image:
        if not self.path and not self.url:
            raise ValueError("an image needs a path or a url")
        return self

    @property
    def place(self) -> str:
        """The path, or the URL where there is no file."""
        return self.path or self.url


class Product(BaseModel):
    """One product. Text is NFC and stripped; price is an exact decimal in `currency` (ISO 4217).

    title and description are the shop's main language; titles and descriptions hold others by code (`zh`, `pt-BR`).
    attributes: colour, material, size, brand, … by name. origin and row say where it was read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    sku: Annotated[str, BeforeValidator(_text_of_number), Field(max_length=500), AfterValidator(_sku)]
    title: Title = ""
    titles: dict[Language, Title] = {}
    category: Short = ""
    description: Text = ""
    descriptions: dict[Language, Text] = {}
    attributes: Attributes = {}
    price: Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=6), AfterValidator(_plain_number)] | None = None
    currency: Annotated[str, Field(pattern=r"^([A-Z]{3})?$")] = ""
    images: Annotated[tuple[Image, ...], Field(max_length=MAX_IMAGES)] = ()
    split: Literal["", "train", "validation", "test"] = ""
    source: Short = ""
    licence: Short = ""
    origin: Annotated[str, Field(max_length=4000), AfterValidator(_one_line)] = ""
    row: Annotated[int, Field(ge=1)] | None = None

    @property
    def title_zh(self) -> str:
        """The Chinese title, empty if there is none."""
        return self.titles.get("zh", "")

    @property
    def colour(self) -> str:
        """The attribute `colour`, empty if there is none."""
        return self.attributes.get("colour", "")

    @property
    def name(self) -> str:
        """What to call it before a person: the title, a title in another language, or the sku."""
        return self.title or next(iter(self.titles.values()), "") or self.sku

    def attributes_of(self, image: Image) -> dict[str, str]:
        """The product's attributes with the picture's own over them."""
        return {**self.attributes, **image.attributes}

    def line(self) -> str:
        """The product as one line of JSON, without fields that say nothing; no line break at its end."""
        return self.model_dump_json(exclude_defaults=True)

    @classmethod
    def read(cls, line: str | bytes) -> Product:
        """The product of one line of JSON. Raises CatalogueError that names every bad field."""
        try:
            return cls.model_validate_json(line)
        except ValidationError as error:
            told = "; ".join(f"{field} {reason}" if field else reason for field, reason, _ in faults(error))
            raise CatalogueError(told) from None


_PLAIN = {
    "missing": "is missing",
    "extra_forbidden": "is no field of a product; put it under attributes",
    "string_type": "is not text",
    "dict_type": "is not a table of names and values",
    "tuple_type": "is not a list",
    "model_type": "is not an object",
    "decimal_type": "is not a number",
    "decimal_parsing": "is not a number",
    "decimal_max_digits": "has more digits than a price can have",
    "decimal_max_places": "has more than 6 decimal places",
    "decimal_whole_digits": "has more digits than a price can have",
    "finite_number": "is not a finite number",
    "int_type": "is not a whole number",
    "int_parsing": "is not a whole number",
    "int_from_float": "is not a whole number",
    "json_invalid": "is not JSON (a torn or broken line)",
    "string_unicode": "is not valid Unicode text",
}


def _reason(error: Mapping[str, Any]) -> str:
    kind, facts = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return str(facts["error"])
    if kind == "string_pattern_mismatch":
        return "is not three capital letters such as USD or CNY"
    if kind == "literal_error":
        return f"is not one of {', '.join(SPLITS)}"
    if kind in ("too_long", "string_too_long"):
        what = "characters" if isinstance(error["input"], str) else "entries"
        return f"is longer than {facts['max_length']} {what}"
    if kind == "string_too_short":
        return "is empty"
    if kind in ("greater_than_equal", "less_than_equal"):
        return f"is below {facts['ge']}" if "ge" in facts else f"is above {facts['le']}"
    return _PLAIN.get(kind, str(error["msg"]))


def faults(error: ValidationError) -> list[tuple[str, str, str]]:
    """(field, reason, value) of everything pydantic found, in plain words; field is dotted (`images.0.path`)."""
    return [
        (".".join(str(p) for p in e["loc"] if p != "[key]"), _reason(e), shortened(e["input"]))
        for e in error.errors(include_url=False)
    ]


def _order(place: tuple[int | str, ...]) -> tuple[str, int, str]:
    inner = place[1] if len(place) > 1 else ""
    return str(place[0]), inner if isinstance(inner, int) else -1, str(inner)


def _without(fields: dict[str, Any], place: tuple[int | str, ...]) -> dict[str, Any]:
    """The fields less the part at `place`: one attribute or one image where it lies inside, else the field."""
    name = place[0]
    value = fields.get(str(name))
    if len(place) > 1 and isinstance(value, dict) and place[1] in value:
        return {**fields, str(name): {k: v for k, v in value.items() if k != place[1]}}
    if len(place) > 1 and isinstance(value, list | tuple) and isinstance(place[1], int):
        return {**fields, str(name): [v for i, v in enumerate(value) if i != place[1]]}
    return {k: v for k, v in fields.items() if k != name}


def product_of(fields: dict[str, Any], row: int | None = None, file: str = "") -> tuple[Product | None, list[Problem]]:
    """The product of these fields and what was wrong with them.

    A bad field is left out and listed, the rest is kept; only without a usable sku there is no product (None).
    """
    found: list[Problem] = []
    for _ in range(1 + MAX_IMAGES):
        try:
            return Product.model_validate(fields), found
        except ValidationError as error:
            found += [Problem(row, field, reason, value, file) for field, reason, value in faults(error)]
            places = [e["loc"] for e in error.errors(include_url=False, include_input=False)]
        if any(not p or p[0] == "sku" for p in places):
            return None, found
        for place in sorted({p[:2] for p in places}, key=_order, reverse=True):  # from the back: indices stay right
            fields = _without(fields, place)
    return None, found
