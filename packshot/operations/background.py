"""What stands behind the product: a colour, a gradient, a picture, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from packshot.errors import ParameterError
from packshot.imaging.names import parse_colour
from packshot.operations.operation import Colour, Context, Operation, PictureName, Result, need_matte, parameter

if TYPE_CHECKING:
    from torch import Tensor

    from packshot.imaging.picture import Picture

MOST_ENLARGED = 2.0  # a background picture blown up further looks soft


class Background(Operation):
    """Replace what is behind the product; the product, and a shadow already drawn, stay as they are."""

    needs_matte: ClassVar[bool] = True

    kind: Literal["colour", "gradient", "picture", "transparent"] = parameter(
        "colour", "what to put behind the product"
    )
    colour: Colour = parameter("white", "the colour; the gradient's first; what a picture leaves free")
    second: Colour = parameter("#d9d9d9", "the gradient's second colour")
    gradient: Literal["linear", "radial"] = parameter("linear", "straight, or from a centre outwards")
    angle: float = parameter(90.0, "where the second colour lies: 0 right, 90 below", unit="°", ge=-360, le=360)
    picture: PictureName = parameter("", "file of the background picture (kind: picture)")
    fit: Literal["cover", "contain", "tile"] = parameter("cover", "fill and cut, show all, or repeat at its own size")
    position_x: float = parameter(0.5, "where the picture or the gradient's centre lies: 0 left, 1 right", ge=0, le=1)
    position_y: float = parameter(0.5, "where the picture or the gradient's centre lies: 0 top, 1 bottom", ge=0, le=1)
    blur: float = parameter(0.0, "blur of the background picture, standard deviation", unit="px", ge=0, le=500)

    def source_type(self) -> str | None:
        """A picture behind the product makes a composite; a plain ground leaves the photo a photo."""
        return "composite" if self.kind == "picture" else None

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """Needs a matte. The result is opaque, or has alpha for kind transparent."""
        from packshot.imaging.scenery import grounds

        picture, matte = need_matte(picture, "background")
        flags = () if bool((matte > grounds.NOTHING).any()) else ("no product found: nothing but background",)
        numbers = {"product_share": float(matte.mean())}
        if self.kind == "transparent":
            return Result(grounds.cleaned(picture), numbers, flags)
        ground, enlarged = self._ground(picture.size, context)
        if self.kind == "picture":
            numbers["background_upscale"] = enlarged
            if enlarged > MOST_ENLARGED:
                flags = (*flags, f"the background picture was enlarged {enlarged:.1f} times")
        return Result(grounds.laid_on(picture, ground), numbers, flags)

    def _ground(self, size: tuple[int, int], context: Context) -> tuple[Tensor, float]:
        """The background `(1, 3, h, w)`, and how much its picture was enlarged."""
        from packshot.imaging.scenery import grounds

        first, second, place = parse_colour(self.colour), parse_colour(self.second), (self.position_x, self.position_y)
        if self.kind == "gradient" and self.gradient == "linear":
            return grounds.linear_gradient(first, second, size, self.angle), 1.0
        if self.kind == "gradient":
            return grounds.radial_gradient(first, second, size, place), 1.0
        if self.kind == "picture":
            if not self.picture:
                raise ParameterError("background: kind 'picture' expects the parameter picture, a file name, got none")
            ground, enlarged = grounds.pictured(context.open_picture(self.picture), size, self.fit, place, first)
            return grounds.defocused(ground, self.blur), enlarged
        return grounds.flat(first, size), 1.0
