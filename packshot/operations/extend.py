"""Extend: the picture continued beyond its edges to another shape; what was photographed stays as it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator

from packshot.errors import ParameterError
from packshot.operations.operation import (
    Context,
    Method,
    ModelName,
    Operation,
    Result,
    commercial_parameter,
    method_parameter,
    model_parameter,
    need_model,
    need_one,
    parameter,
)

if TYPE_CHECKING:
    from torch import Tensor

    from packshot.imaging.picture import Picture

MOST_GROWTH = 2.5  # times the picture's area
LARGEST = 16384  # px
NOTHING = 0.02  # matte up to which a pixel is all ground
CUT = 0.02  # of an edge: a product that touches more of it would have to be continued


def _known_ratio(text: str) -> str:
    if not re.fullmatch(r"[1-9]\d{0,3}:[1-9]\d{0,3}", text):
        raise ParameterError(f"ratio: expected width:height like 4:5, got {text!r}")
    return text


Ratio = Annotated[str, AfterValidator(_known_ratio)]


class Extend(Operation):
    """Continue the background beyond the picture's edges, to a ratio of width and height."""

    own_model: ClassVar[str] = "inpaint"
    classical: ClassVar[str] = "patches or diffusion, see fill"

    ratio: Ratio = parameter("1:1", "width:height of the result; the picture is never cut")
    x: float = parameter(
        50.0, "where the picture stands if the result is wider: 0 left, 100 right", unit="%", ge=0, le=100
    )
    y: float = parameter(50.0, "where it stands if the result is higher: 0 top, 100 bottom", unit="%", ge=0, le=100)
    method: Method = method_parameter("`fill`")
    fill: Literal["patch", "telea", "navier-stokes"] = parameter(
        "patch", "classical: patch continues by copying; telea and navier-stokes by drawing on"
    )
    model: ModelName = model_parameter("inpaint")
    commercial: bool = commercial_parameter()

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """numbers: `added_share` of the result. layers: `added`. The matte is 0 in what was added.

        A transparent picture is continued by nothing. Raises ParameterError for a result of over 2.5 times the area.
        """
        from packshot.imaging import geometry

        picture = need_one(picture, "extend")
        height, width = self._size(picture.size)
        left, top = round((width - picture.width) * self.x / 100), round((height - picture.height) * self.y / 100)
        outside: Literal["opaque", "transparent"] = "opaque" if picture.alpha is None else "transparent"
        to_old = geometry.scale_shift(1, 1, -left, -top)
        wide = geometry.carry(picture, to_old, (height, width), fill=(1, 1, 1), outside=outside)
        added = _outside(wide, (left, top), picture.size)
        if picture.alpha is None and bool(added.any()):
            guess = _drawn_out(picture.rgb, (left, top), (height, width))
            wide = wide.replace(rgb=self._continued(guess, added, wide.matte, context))
        flags = _cut_off(picture, (left, top), (height, width))
        return Result(wide, {"added_share": float(added.float().mean())}, flags, {"added": added.float()})

    def source_type(self) -> str | None:
        return "algorithmicallyEnhanced" if not self.by_network() else "compositeWithTrainedAlgorithmicMedia"

    def _size(self, size: tuple[int, int]) -> tuple[int, int]:
        across, down = (int(n) for n in self.ratio.split(":"))
        height, width = max(size[0], round(size[1] * down / across)), max(size[1], round(size[0] * across / down))
        if height * width > MOST_GROWTH * size[0] * size[1] or max(height, width) > LARGEST:
            raise ParameterError(
                f"ratio: {self.ratio} makes {width} x {height} px of {size[1]} x {size[0]} px, "
                f"expected at most {MOST_GROWTH:g} times the area and {LARGEST} px a side"
            )
        return height, width

    def _continued(self, rgb: Tensor, added: Tensor, matte: Tensor | None, context: Context) -> Tensor:
        """Nothing is copied from the product."""
        from packshot.imaging.restoring.filling import filled_by, ways
        from packshot.models.restoring import filler_of

        product = None if matte is None else matte > NOTHING
        if self.method == "classical":
            way = "continue" if self.fill == "patch" else self.fill
            return filled_by(rgb, added, ways(context.seed)[way], product)
        model = need_model(self, context)
        return filled_by(rgb, added, filler_of(model), product)


def _drawn_out(rgb: Tensor, corner: tuple[int, int], size: tuple[int, int]) -> Tensor:
    """The picture on the larger canvas, its edges drawn out: a first guess of what goes on there."""
    import torch

    left, top = corner
    rows = (torch.arange(size[0]) - top).clamp(0, rgb.shape[2] - 1)
    columns = (torch.arange(size[1]) - left).clamp(0, rgb.shape[3] - 1)
    return rgb.index_select(2, rows).index_select(3, columns)


def _outside(wide: Picture, corner: tuple[int, int], size: tuple[int, int]) -> Tensor:
    import torch

    added = torch.ones(1, 1, *wide.size, dtype=torch.bool)
    left, top = corner
    added[..., top : top + size[0], left : left + size[1]] = False
    return added


def _cut_off(picture: Picture, corner: tuple[int, int], size: tuple[int, int]) -> tuple[str, ...]:
    """A product that touches an edge beyond which the picture goes on."""
    if picture.matte is None:
        return ()
    matte = picture.matte[0, 0] > 0.5
    left, top = corner
    edges = {
        "left": (left > 0, matte[:, 0]),
        "top": (top > 0, matte[0]),
        "right": (left + picture.width < size[1], matte[:, -1]),
        "bottom": (top + picture.height < size[0], matte[-1]),
    }
    cut = [name for name, (goes_on, edge) in edges.items() if goes_on and float(edge.float().mean()) > CUT]
    return (f"the product touches the edge that was extended: {', '.join(cut)}",) if cut else ()
