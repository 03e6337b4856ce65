"""Conditions: the one vocabulary in which every generator that may be told anything, or nothing, is told it.

A condition is a row of numbers, cut into groups: a choice among values (category, material), a colour (its CIELAB, so
that one never seen can be asked for), an angle, a number, or a vector that a network gave to a text or a picture. A
group of zeros says nothing. What a vocabulary holds is found in the pictures to train on and lies in a network's card.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from packshot.catalogue.dataset.pictures import Pictures, value_of
from packshot.catalogue.toyshop.scenes.tables import PAINTS
from packshot.catalogue.toyshop.sets.job import SOURCE as TOYSHOP
from packshot.errors import ParameterError
from packshot.imaging.colour import rgb_to_lab
from packshot.imaging.names import parse_colour

Kind = Literal["choice", "colour", "angle", "number", "vector"]
Value = str | Tensor

TEXT, PICTURE = "text", "picture"  # groups of vectors
LAB_MIDDLE, LAB_REACH = (50.0, 0.0, 0.0), (50.0, 60.0, 60.0)  # Lab → about [-1, 1]
COLOURED, ANGLES, NUMBERS = re.compile(r"(.+ )?colou?r"), ("azimuth",), ("elevation",)
LEAST_COLOURS = 0.6  # of the values of a column must be colours for it to be one

# Words for a number of a view, in degrees; azimuth: 0 = front, above 0 the product is turned to its right.
VIEWS: Mapping[str, Mapping[str, float]] = {
    "azimuth": {
        "front": 0, "turned left": -35, "turned right": 35, "three quarter": 35, "three quarter left": -35,
        "three quarter right": 35, "left": -70, "right": 70, "side": 70, "back": 180,
        "正面": 0, "左侧": -35, "右侧": 35, "四分之三": 35, "侧面": 70, "背面": 180,
    },
    "elevation": {"eye level": 5, "low": 8, "high": 28, "above": 32, "平视": 5, "俯视": 32},
}  # fmt: skip


@dataclass(frozen=True)
class Group:
    """One thing that can be told. values: of a choice, or the named colours; colours: '#rrggbb' of each of these.

    low, high: what an ordinary number lies between. length: of a vector.
    """

    name: str
    kind: Kind
    values: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 1.0
    length: int = 0

    @property
    def size(self) -> int:
        """How many numbers it takes: a choice one a value; all others one more than their own, which is 1 if told."""
        return {"choice": len(self.values), "colour": 4, "angle": 3, "number": 2, "vector": self.length + 1}[self.kind]

    def encode(self, value: Value) -> Tensor:
        """`(size,)` of a value. Raises ParameterError for one that it has no place for."""
        if self.kind == "vector":
            return self._vector(value)
        if not isinstance(value, str):
            raise ParameterError(f"{self.name}: expected a text, got {type(value).__name__}")
        if self.kind == "choice":
            return self._choice(value)
        if self.kind == "colour":
            return coloured([self._rgb(value)])[0]
        at = degrees(self.name, value)
        if self.kind == "angle":
            return torch.tensor([1, math.sin(math.radians(at)), math.cos(math.radians(at))])
        return torch.tensor([1, 2 * (at - self.low) / max(self.high - self.low, 1e-6) - 1])

    def tell(self, code: Tensor) -> str:
        """The value of numbers `(size,)` as text, "" for nothing; a colour that has no name here as '#rrggbb'."""
        if not bool(code.any()):
            return ""
        if self.kind == "choice":
            return self.values[int(code.argmax())]
        if self.kind == "colour":
            return self._colour_name(code)
        if self.kind == "angle":
            return f"{math.degrees(math.atan2(float(code[1]), float(code[2]))):.0f}"
        if self.kind == "number":
            return f"{self.low + (float(code[1]) + 1) / 2 * (self.high - self.low):.0f}"
        return "told"

    def _choice(self, value: str) -> Tensor:
        if value not in self.values:
            raise ParameterError(f"{self.name}: expected one of {', '.join(self.values)}; got {value[:80]!r}")
        return F.one_hot(torch.tensor(self.values.index(value)), len(self.values)).float()

    def _rgb(self, value: str) -> tuple[float, float, float]:
        named = dict(zip(self.values, self.colours, strict=True)).get(value, value)
        try:
            return parse_colour(named)
        except ParameterError as error:
            known = ", ".join(self.values)
            raise ParameterError(f"{self.name}: expected one of {known}, or {str(error).split('expected ')[-1]}; "
                                 f"got {value[:80]!r}") from None  # fmt: skip

    def _colour_name(self, code: Tensor) -> str:
        rgb = rgb_of(code[None])[0]
        if self.values:
            known = coloured([parse_colour(c) for c in self.colours])
            distance = (known - code).norm(dim=1)
            if float(distance.min()) < 1e-3:
                return self.values[int(distance.argmin())]
        return "#" + "".join(f"{round(float(v) * 255):02x}" for v in rgb)

    def _vector(self, value: Value) -> Tensor:
        if not isinstance(value, Tensor) or value.shape != (self.length,):
            got = tuple(value.shape) if isinstance(value, Tensor) else repr(value)[:80]
            raise ParameterError(f"{self.name}: expected a vector of {self.length} numbers, got {got}")
        return torch.cat([torch.ones(1), value.float().cpu() * math.sqrt(self.length)])


@dataclass(frozen=True)
class Vocabulary:
    """The groups of a network's condition, in order."""

    groups: tuple[Group, ...]

    @classmethod
    def found_in(
        cls, pictures: Pictures, columns: Sequence[str], rows: Tensor, vectors: Mapping[str, int]
    ) -> Vocabulary:
        """Of the columns that the pictures of these rows have a value in. vectors: name → length of further groups."""
        told = [pictures.rows[int(row)] for row in rows]
        groups = [group for column in columns if (group := _found(column, told)) is not None]
        return cls((*groups, *(Group(name, "vector", length=length) for name, length in vectors.items())))

    @classmethod
    def read(cls, facts: Sequence[Mapping[str, Any]]) -> Vocabulary:
        """From a card (see `facts`)."""
        lists = ("values", "colours")
        told: list[dict[str, Any]] = [{k: tuple(v) if k in lists else v for k, v in group.items()} for group in facts]
        return cls(tuple(Group(**group) for group in told))

    @classmethod
    def of_choices(cls, attributes: Mapping[str, Sequence[str]]) -> Vocabulary:
        """Of a network that knows choices alone, as GANs and VAEs do."""
        return cls(tuple(Group(name, "choice", tuple(values)) for name, values in attributes.items()))

    def facts(self) -> list[dict[str, Any]]:
        """As a card holds it."""
        return [asdict(group) for group in self.groups]

    @cached_property
    def places(self) -> dict[str, slice]:
        """Where each group lies in a condition."""
        found, place = {}, 0
        for group in self.groups:
            found[group.name] = slice(place, place + group.size)
            place += group.size
        return found

    @property
    def sizes(self) -> tuple[int, ...]:
        """Of the groups."""
        return tuple(group.size for group in self.groups)

    @property
    def attributes(self) -> dict[str, tuple[str, ...]]:
        """Choices and colours → their named values."""
        return {group.name: group.values for group in self.groups if group.values}

    @property
    def vectors(self) -> dict[str, int]:
        """Groups of vectors → their lengths."""
        return {group.name: group.length for group in self.groups if group.kind == "vector"}

    def group(self, name: str) -> Group:
        """By name. Raises ParameterError listing those there are."""
        for group in self.groups:
            if group.name == name:
                return group
        known = ", ".join(group.name for group in self.groups) or "nothing at all"
        raise ParameterError(f"{name[:80]}: this network cannot be told it; it can be told {known}")

    def encode(self, wanted: Mapping[str, Value]) -> Tensor:
        """`(1, sum of sizes)`; what is not named stays open. Raises ParameterError for what cannot be told."""
        found = torch.zeros(1, sum(self.sizes))
        for name, value in wanted.items():
            found[0, self.places[self.group(name).name]] = self.group(name).encode(value)
        return found

    def tell(self, condition: Tensor) -> dict[str, str]:
        """What a condition `(sum of sizes,)` says, as text; what is open is left out."""
        told = {group.name: group.tell(condition[self.places[group.name]]) for group in self.groups}
        return {name: value for name, value in told.items() if value}

    def table(self, pictures: Pictures) -> Tensor:
        """`(n, sum of sizes)`, what is known of every picture; open where nothing is, and for vectors."""
        found = torch.zeros(len(pictures), sum(self.sizes))
        for group in self.groups:
            if group.kind != "vector":
                found[:, self.places[group.name]] = _column(group, pictures)
        return found

    def mirrored(self, condition: Tensor) -> Tensor:
        """Conditions `(n, sum of sizes)` of pictures that are mirrored: angles change their sign."""
        found = condition.clone()
        for group in self.groups:
            if group.kind == "angle":
                found[:, self.places[group.name].start + 1] *= -1
        return found


def degrees(name: str, value: str) -> float:
    """A number, perhaps with °, or one of the words of VIEWS. Raises ParameterError."""
    words = VIEWS.get(name, {})
    plain = re.sub(r"[\s_-]+", " ", value.strip().casefold()) if not re.match(r"\s*-?\d", value) else value.strip()
    if plain in words:
        return float(words[plain])
    try:
        found = float(plain.removesuffix("°"))
    except ValueError:
        found = math.nan
    if not -360 <= found <= 360:
        raise ParameterError(f"{name}: expected degrees or one of {', '.join(words)}; got {value[:80]!r}")
    return found


def coloured(rgb: Sequence[tuple[float, float, float]]) -> Tensor:
    """`(n, 4)`: 1 and the scaled CIELAB of sRGB values in [0, 1]."""
    values = torch.tensor(rgb, dtype=torch.float32).view(-1, 3, 1, 1)
    lab = rgb_to_lab(values)[:, :, 0, 0]
    scaled = (lab - torch.tensor(LAB_MIDDLE)) / torch.tensor(LAB_REACH)
    return torch.cat([torch.ones(len(scaled), 1), scaled], dim=1)


def lab_of(code: Tensor) -> Tensor:
    """CIELAB `(n, 3)` of codes `(n, 4)` of colours."""
    return code[:, 1:] * torch.tensor(LAB_REACH) + torch.tensor(LAB_MIDDLE)


def rgb_of(code: Tensor) -> Tensor:
    """sRGB `(n, 3)` in [0, 1] of codes `(n, 4)` of colours."""
    from packshot.imaging.colour import lab_to_rgb

    return lab_to_rgb(lab_of(code)[:, :, None, None])[:, :, 0, 0]


def paint_of(name: str, source: str) -> str:
    """The '#rrggbb' that a picture's colour name stands for, "" if none. source: of the picture."""
    if source == TOYSHOP and name in PAINTS:
        return PAINTS[name][0]
    try:
        return "#" + "".join(f"{round(v * 255):02x}" for v in parse_colour(name))
    except ParameterError:
        return PAINTS[name][0] if name in PAINTS else ""


def _found(column: str, told: Sequence[Mapping[str, Any]]) -> Group | None:
    """The group of a column, by its name and what its values are; None if there are none."""
    values = {value_of(row, column): str(row.get("source", "")) for row in told}
    values.pop("", None)
    if not values:
        return None
    if column in ANGLES:
        return Group(column, "angle")
    if column in NUMBERS:
        numbers = sorted(n for value in values if (n := _number(column, value)) is not None)
        return Group(column, "number", low=numbers[0], high=numbers[-1]) if numbers else None
    if COLOURED.fullmatch(column):
        paints = {value: paint for value in sorted(values) if (paint := paint_of(value, values[value]))}
        if len(paints) >= LEAST_COLOURS * len(values):
            return Group(column, "colour", tuple(paints), tuple(paints.values()))
    return Group(column, "choice", tuple(sorted(values)))


def _number(name: str, value: str) -> float | None:
    try:
        return degrees(name, value)
    except ParameterError:
        return None


def _column(group: Group, pictures: Pictures) -> Tensor:
    """`(n, size)` of one group for every picture; zeros where the value is missing or not known to it."""
    values = pictures.column(group.name)
    codes = {}
    for value in set(values):
        try:
            codes[value] = group.encode(value) if value else torch.zeros(group.size)
        except ParameterError:
            codes[value] = torch.zeros(group.size)
    return torch.stack([codes[value] for value in values])
