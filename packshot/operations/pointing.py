"""What a person points at: boxes and points as text in % of the picture, drawings as files of its size; attributes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

from packshot.errors import ParameterError

if TYPE_CHECKING:
    from packshot.imaging.picture import Picture

NUMBER = r"(?:100(?:\.0*)?|\d{1,2}(?:\.\d*)?)"
BOX = re.compile(rf"{NUMBER},{NUMBER},{NUMBER},{NUMBER}")
POINT = re.compile(rf"([+-]?)({NUMBER}),({NUMBER})")


def boxes_of(text: str) -> list[tuple[float, float, float, float]]:
    """`left,top,right,bottom` of each box, as shares of width and height. Raises ParameterError."""
    return [_box(part) for part in filter(None, text.replace(" ", "").split(";"))]


def points_of(text: str) -> list[tuple[float, float, bool]]:
    """`x, y` of each point as shares of width and height, and whether it is on the product. Raises ParameterError."""
    found = []
    for part in filter(None, text.replace(" ", "").split(";")):
        told = POINT.fullmatch(part)
        if told is None:
            raise ParameterError(
                f"points: expected x,y in % of the picture with + (product) or - (ground) before it, "
                f"like +50,40;-5,95; got {part!r}"
            )
        found.append((float(told[2]) / 100, float(told[3]) / 100, told[1] != "-"))
    return found


def pairs_of(text: str, parameter: str = "attributes") -> dict[str, str]:
    """`colour=red, material=painted wood` → attribute: value. Raises ParameterError naming the parameter."""
    found = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, sign, value = (piece.strip() for piece in part.partition("="))
        if not sign or not name or not value:
            raise ParameterError(f"{parameter}: expected NAME=VALUE, several with commas between; got {part!r}")
        found[name] = value
    return found


def _known_pairs(text: str) -> str:
    pairs_of(text)
    return text


def _box(part: str) -> tuple[float, float, float, float]:
    numbers = [float(n) / 100 for n in part.split(",")] if BOX.fullmatch(part) else []
    if not numbers or numbers[0] >= numbers[2] or numbers[1] >= numbers[3]:
        raise ParameterError(f"box: expected left,top,right,bottom in % of the picture, like 70,80,95,98; got {part!r}")
    return numbers[0], numbers[1], numbers[2], numbers[3]


def _known_boxes(text: str) -> str:
    boxes_of(text)
    return text.replace(" ", "")


def _known_points(text: str) -> str:
    points_of(text)
    return text.replace(" ", "")


Boxes = Annotated[str, AfterValidator(_known_boxes)]
Points = Annotated[str, AfterValidator(_known_points)]


Pairs = Annotated[str, AfterValidator(_known_pairs)]


def fitted(drawn: Picture, picture: Picture, source: Picture | None, parameter: str) -> Picture:
    """A drawing in the pixels of `picture`; one of the size of the photo as read follows what moved since.

    It is transparent where the photo did not reach. Raises ParameterError for any other size.
    """
    from packshot.imaging import geometry

    if drawn.size == picture.size:
        return drawn
    if source is not None and drawn.size == source.size:
        return geometry.carry(drawn, picture.to_source, picture.size, outside="transparent")
    raise ParameterError(
        f"{parameter}: expected the photo's size {picture.width} x {picture.height} px, "
        f"got {drawn.width} x {drawn.height}"
    )
