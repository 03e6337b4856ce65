"""The picture's frame: how large the product stands in it, where, and at what size in pixels.

Fill is the product's share of the frame along the side it nearly touches: the larger of box width / frame width and
box height / frame height. Everything is one move of the whole picture, so there is one resampling at most, and none
without a size: then the frame is cut or extended by whole pixels.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, model_validator

from packshot.errors import ParameterError
from packshot.imaging.names import parse_colour
from packshot.operations.operation import Colour, Context, Operation, Result, need_matte, parameter

if TYPE_CHECKING:
    from torch import Tensor

    from packshot.imaging.picture import Picture

LARGEST = 16384  # px, longest side of a frame
FLAT = 3.5 / 255  # how far the border may differ from its median and still be one colour
NOTHING = 0.02  # matte below which a pixel is all ground
CLEAN = 1e-4  # share of another colour than the ground's in what a pixel was averaged from

Triple = tuple[float, float, float]  # sRGB
Box = tuple[int, int, int, int]  # x0, y0, x1, y1, exclusive at the end


def _known_aspect(text: str) -> str:
    if text not in ("keep", "product") and not re.fullmatch(r"[1-9]\d{0,3}:[1-9]\d{0,3}", text):
        raise ParameterError(f"aspect: expected width:height like 4:5, or keep, or product, got {text!r}")
    return text


Aspect = Annotated[str, AfterValidator(_known_aspect)]


@dataclass(frozen=True)
class Place:
    """A frame: its size, px, output px per input px, and the input point at its top left corner."""

    width: int
    height: int
    scale: float
    x: float
    y: float


class Frame(Operation):
    """Crop, pad and resize so that the product fills the frame as asked."""

    needs_matte: ClassVar[bool] = True

    fill: float = parameter(0.85, "product's share of the frame, along the side it nearly touches", ge=0.05, le=1)
    width: int = parameter(
        0, "frame width; 0 = from the height and the aspect, or the photo's own scale", unit="px", ge=0, le=8192
    )
    height: int = parameter(
        0, "frame height; 0 = from the width and the aspect, or the photo's own scale", unit="px", ge=0, le=8192
    )
    aspect: Aspect = parameter(
        "1:1", "width:height; keep = the picture's, product = the product's; not with both sizes"
    )
    align: Literal["centre", "bottom", "optical"] = parameter(
        "centre", "centre: the product's box; bottom: standing on the margin; optical: its centre of mass"
    )
    margin: float = parameter(
        0.0, "at least this much room on every side, of the frame's shorter side", unit="%", ge=0, le=45
    )
    max_upscale: float = parameter(2.0, "pixels are enlarged no further than this", ge=1, le=16)
    when_small: Literal["smaller_frame", "smaller_product"] = parameter(
        "smaller_frame", "what gives way where the photo has too few pixels for the size, even after max_upscale"
    )
    within: bool = parameter(
        False, "show nothing outside the photo if it can be helped: larger or off centre rather than beyond its edge"
    )
    outside: Literal["auto", "colour", "edge", "transparent"] = parameter(
        "auto", "what lies outside the photo; auto: nothing if it is transparent, else its border's colour or `colour`"
    )
    colour: Colour = parameter("white", "colour outside the photo")

    @model_validator(mode="after")
    def _one_shape(self) -> Self:
        """Width and height say the frame's shape; an aspect beside them must say the same."""
        if self.width and self.height and self.aspect != type(self).model_fields["aspect"].default:
            across, down = (int(n) for n in self.aspect.split(":")) if ":" in self.aspect else (0, 0)
            if abs(self.width * down - self.height * across) > max(across, down) or not across:
                raise ParameterError(
                    f"aspect is {self.aspect}, but width {self.width} and height {self.height} make another shape; "
                    "leave out the aspect, or one of width and height"
                )
        return self

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """Needs a matte."""
        from packshot.imaging import geometry

        picture, matte = need_matte(picture, "frame")
        if picture.rgb.shape[0] != 1:
            raise ParameterError(f"frame: expected one picture at a time, got a batch of {picture.rgb.shape[0]}")
        found = geometry.bounding_box(matte, 0.5)
        box = found or (0, 0, picture.width, picture.height)
        place = self._place(box, _centre_of_mass(picture) if found else _centre(box), picture.size)
        to_old = geometry.scale_shift(1 / place.scale, 1 / place.scale, place.x, place.y)
        fill, outside, ends = self._surroundings(picture, place)
        framed = _carried(picture, to_old, (place.height, place.width), fill, outside)
        flags = _cut_off(box, picture.size) if found else ["no product found: the whole picture was framed"]
        flags += ["the photo's background ends inside the frame"] if ends else []
        filled = max((box[2] - box[0]) / place.width, (box[3] - box[1]) / place.height) * place.scale
        numbers = {"fill": filled, "upscale": place.scale}
        return Result(framed, numbers, tuple(flags), notes=self._pixels(filled, place))

    def _place(self, box: Box, mass: tuple[float, float], size: tuple[int, int]) -> Place:
        """Where the frame lies. mass: the product's centre of mass, px; size: of the picture."""
        w, h = box[2] - box[0], box[3] - box[1]
        if self.width or self.height:
            width, height, scale = self._sized(w, h, self._ratio(w, h, size), size)
        else:
            ratio, scale = self._ratio(w, h, size), 1.0
            share_x, share_y = self._shares(ratio, 1.0)
            longer = max(w / share_x, h / share_y * ratio) / min(1.0, ratio)  # the side whose rounding matters least
            width, height = (max(1, round(n)) for n in (longer * min(1.0, ratio), longer / max(1.0, ratio)))
            if self.within:
                inside = min(1.0, size[1] / width, size[0] / height)
                width, height = max(w, math.floor(width * inside)), max(h, math.floor(height * inside))
        if max(width, height) > LARGEST:
            raise ParameterError(
                f"frame: {width} x {height} px is over {LARGEST} px; set width or height, or raise fill"
            )
        x, y = self._corner(box, mass, width / scale, height / scale)
        if self.within:
            x = _moved_inside(x, width / scale, size[1], (box[0], box[2]))
            y = _moved_inside(y, height / scale, size[0], (box[1], box[3]))
        return Place(width, height, scale, *((round(x), round(y)) if scale == 1 else (x, y)))

    def _sized(self, w: int, h: int, ratio: float, size: tuple[int, int]) -> tuple[int, int, float]:
        """Frame width and height, px, and scale of a frame whose size was asked for. size: of the picture."""
        width = self.width or max(1, round(self.height * ratio))
        height = self.height or max(1, round(self.width / ratio))
        share_x, share_y = self._shares(width, height)
        scale = min(share_x * width / w, share_y * height / h)
        if self.within:
            scale = max(scale, min(width / w, height / h, max(width / size[1], height / size[0])))
        if scale <= self.max_upscale:
            return width, height, scale
        if self.when_small == "smaller_frame":
            width, height = (max(1, round(n * self.max_upscale / scale)) for n in (width, height))
        return width, height, self.max_upscale

    def _ratio(self, w: int, h: int, size: tuple[int, int]) -> float:
        """Width over height of the frame."""
        if self.width and self.height:
            return self.width / self.height
        if self.aspect == "product":
            return w / h
        if self.aspect == "keep":
            return size[1] / size[0]
        across, down = self.aspect.split(":")
        return int(across) / int(down)

    def _shares(self, width: float, height: float) -> tuple[float, float]:
        """Largest share of the frame's width and height that the product may take: fill, less if the margin asks."""
        margin = self.margin / 100 * min(width, height)
        share_x, share_y = (max(0.01, min(self.fill, 1 - 2 * margin / n)) for n in (width, height))
        return share_x, share_y

    def _corner(self, box: Box, mass: tuple[float, float], width: float, height: float) -> tuple[float, float]:
        """Top left corner of a frame of `width` x `height` input px."""
        corner = [c - n / 2 for c, n in zip(_centre(box), (width, height), strict=True)]
        if self.align == "bottom":
            corner[1] = box[3] + (1 - self._shares(width, height)[1]) / 2 * height - height
        if self.align == "optical":
            margin = self.margin / 100 * min(width, height)
            for axis, n in enumerate((width, height)):
                free = (n - (box[axis + 2] - box[axis])) / 2
                most = max(0.0, min(free / 2, free - margin))
                corner[axis] += min(most, max(-most, mass[axis] - _centre(box)[axis]))
        return corner[0], corner[1]

    def _surroundings(self, picture: Picture, place: Place) -> tuple[Triple, Literal["opaque", "transparent"], bool]:
        """Colour and opacity outside the picture, and whether its own background visibly ends there."""
        colour = parse_colour(self.colour)
        if self.outside == "transparent" or (self.outside == "auto" and picture.alpha is not None):
            return colour, "transparent", False
        edge = _edge(picture, place)
        if self.outside == "colour" or edge is None:
            return colour, "opaque", False
        own, even = edge
        if self.outside == "edge" or even:
            return own, "opaque", False
        return colour, "opaque", True

    def _pixels(self, filled: float, place: Place) -> tuple[str, ...]:
        """What to say where the photo has too few pixels for what was asked."""
        if place.width < self.width or place.height < self.height:
            asked = f"{self.width or '-'} x {self.height or '-'}"
            return (f"too few pixels: {place.width} x {place.height} px, not {asked}",)
        if filled < 0.98 * self.fill and place.scale >= self.max_upscale:
            return (f"too few pixels: the product fills {filled:.0%} of the frame instead of {self.fill:.0%}",)
        return ()


def _carried(
    picture: Picture, to_old: Tensor, size: tuple[int, int], fill: Triple, outside: Literal["opaque", "transparent"]
) -> Picture:
    """`geometry.carry`, after which a ground of one colour has that colour still.

    A sharp filter rings beside a dark product; where nothing but ground and product came in and the product's share
    is nothing, the ground is restored.
    """
    import torch

    from packshot.imaging import geometry
    from packshot.imaging.scenery import grounds

    plain = grounds.plain_ground(picture)
    if plain is None or picture.mask is not None or float(to_old[0, 0]) == 1:
        return geometry.carry(picture, to_old, size, fill, outside)
    colour, other = plain
    framed = geometry.carry(picture.replace(mask=other), to_old, size, fill, outside)
    assert framed.matte is not None
    assert framed.mask is not None
    ground = (framed.mask < CLEAN) & (framed.matte < NOTHING)
    if outside == "transparent" or max(abs(float(c) - f) for c, f in zip(colour, fill, strict=True)) > 1e-6:
        inside = torch.zeros_like(ground)
        (x0, x1), (y0, y1) = (_inside(to_old, axis, n) for axis, n in enumerate((picture.width, picture.height)))
        inside[..., y0:y1, x0:x1] = True
        ground &= inside
    return framed.replace(rgb=framed.rgb.where(~ground, colour.view(1, 3, 1, 1)), mask=None)


def _inside(to_old: Tensor, axis: int, n: int) -> tuple[int, int]:
    """First and end index of the output pixels along an axis that lie wholly on the `n` px of the input."""
    scale, shift = float(to_old[axis, axis]), float(to_old[axis, 2])
    return max(0, math.ceil(-shift / scale)), max(0, math.floor((n - shift) / scale))


def _moved_inside(start: float, length: float, picture: int, product: tuple[int, int]) -> float:
    """Where a frame of `length` px begins along a picture of `picture` px: inside it if it can, the product whole."""
    start = start if length > picture + 1e-6 else min(max(start, 0.0), max(0.0, picture - length))
    return min(max(start, product[1] - length), product[0])


def _centre(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _centre_of_mass(picture: Picture) -> tuple[float, float]:
    """`(x, y)` of the matte, px."""
    import torch

    assert picture.matte is not None
    columns, rows = picture.matte[0, 0].sum(0), picture.matte[0, 0].sum(1)
    x, y = (float((n * (torch.arange(len(n)) + 0.5)).sum() / n.sum()) for n in (columns, rows))
    return x, y


def _cut_off(box: Box, size: tuple[int, int]) -> list[str]:
    """A product that touches the photo's border is not all there."""
    touches = {"left": box[0] == 0, "top": box[1] == 0, "right": box[2] == size[1], "bottom": box[3] == size[0]}
    sides = [side for side, touching in touches.items() if touching]
    return [f"the product touches the photo's edge: {', '.join(sides)}"] if sides else []


def _edge(picture: Picture, place: Place) -> tuple[Triple, bool] | None:
    """Median colour of the borders the frame reaches beyond, and whether they are even; None if there are none.

    Where the product touches the border there is nothing to be seen of the ground.
    """
    import torch

    assert picture.matte is not None
    rgb, matte = picture.rgb[0], picture.matte[0, 0]
    whole, first, last = slice(None), slice(0, 1), slice(-1, None)
    borders = (
        (place.y < 0, first, whole),
        (place.y + place.height / place.scale > picture.height, last, whole),
        (place.x < 0, whole, first),
        (place.x + place.width / place.scale > picture.width, whole, last),
    )
    seen = [rgb[:, y, x][:, matte[y, x] < NOTHING] for reached, y, x in borders if reached]
    ground = torch.cat([rgb[:, :0, 0], *seen], 1)  # 3, k
    if ground.shape[1] == 0:
        return None
    colour = ground.median(1).values
    red, green, blue = (float(v) for v in colour)
    return (red, green, blue), bool(((ground - colour[:, None]).abs() < FLAT).all())
