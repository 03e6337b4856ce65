"""A shadow for the product: drawn (contact, drop, cast, float, reflection) or the photo's own, kept.

Shadows multiply the ground and never the product; on a transparent picture they add to alpha alone. They are clipped
to the picture, towards whose border they fade out: give the product room first (`frame`), or frame afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from packshot.errors import ParameterError
from packshot.imaging.names import parse_colour
from packshot.operations.operation import Colour, Context, Operation, Result, need_matte, parameter

if TYPE_CHECKING:
    from torch import Tensor

    from packshot.imaging.picture import Picture
    from packshot.imaging.scenery.layering import Shade
    from packshot.imaging.scenery.shadows import Outline

WORK_PX = 640  # longest side of the photo while its own shadow is looked for
CLIPPED = 0.05  # share of the shadow outside the picture that is worth a flag
MISSED = 0.03  # area as dark as a product, in areas of the product, that makes the matte doubtful
SHOWS = 0.02  # shadow that can be seen


class Shadow(Operation):
    """Give the product a shadow, or keep the one it had in the photo."""

    needs_matte: ClassVar[bool] = True
    digital_source_type: ClassVar[str | None] = "algorithmicallyEnhanced"

    kind: Literal["none", "contact", "drop", "cast", "float", "reflection", "keep"] = parameter(
        "contact",
        "contact: dark where it stands; drop: outline shifted and blurred; cast: thrown by a lamp; float: below a "
        "hovering product; reflection: in a glossy ground; keep: the photo's own shadow; none",
    )
    strength: float = parameter(1.0, "1 = as a studio leaves it, 0 = none, 2 = twice the density", ge=0, le=3)
    blur: float = parameter(4.0, "softness, of the product's longest side", unit="%", ge=0, le=50)
    offset_x: float = parameter(0.0, "shift to the right (drop, float), of the longest side", unit="%", ge=-100, le=100)
    offset_y: float = parameter(5.0, "shift down (drop), gap (float), of the longest side", unit="%", ge=-100, le=100)
    colour: Colour = parameter("black", "colour of the shadow where it is darkest (not for keep)")
    angle: float = parameter(
        -110.0, "where the light comes from (cast): 0 behind, 90 right, -90 left, 180 camera", unit="°", ge=-180, le=180
    )
    elevation: float = parameter(45.0, "height of the light above the ground (cast)", unit="°", ge=10, le=85)
    length: float = parameter(80.0, "where cast and reflection end, of the longest side", unit="%", ge=5, le=300)
    camera: float = parameter(18.0, "how far the camera looks down on the product", unit="°", ge=3, le=60)
    contact: float = parameter(0.7, "contact shadow added to cast and reflection", ge=0, le=1)

    def source_type(self) -> str | None:
        """A drawn shadow is an algorithm's work; the photo's own is still the photo."""
        return None if self.kind in ("none", "keep") else self.digital_source_type

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """Add the shadow. Needs a matte; `keep` also needs the photograph, `context.source`."""
        picture, matte = need_matte(picture, "shadow")
        if picture.rgb.shape[0] != 1:
            raise ParameterError(f"shadow: expected one picture at a time, got a batch of {picture.rgb.shape[0]}")
        if self.kind == "none" or self.strength == 0:
            return Result(picture)
        if not bool((matte >= 0.05).any()):
            return Result(picture, {"shadow_share": 0.0}, ("no product found, so no shadow",))
        return self._keep(picture, matte, context) if self.kind == "keep" else self._draw(picture, matte)

    def _draw(self, picture: Picture, matte: Tensor) -> Result:
        import torch

        from packshot.imaging.scenery import shadows
        from packshot.imaging.scenery.layering import render, strengthened
        from packshot.imaging.scenery.reflections import reflection

        fine = shadows.drop_work_px(self.blur / 100) if self.kind == "drop" else 0
        shape = shadows.outline(matte[0, 0].numpy(), fine)
        assert shape is not None
        density, clipped = render(self._shade(shape), picture.size)
        layer = strengthened(torch.from_numpy(density)[None, None], self.strength)
        mirrored = None
        if self.kind == "reflection":
            layer = layer * self.contact
            mirrored = reflection(
                picture,
                shape,
                length=self.length / 100,
                blur=self.blur / 100,
                strength=self.strength,
                camera=self.camera,
            )
        flags = (f"{clipped:.0%} of the shadow lies outside the picture",) if clipped > CLIPPED else ()
        return self._laid(picture, layer, {"clipped_share": clipped}, flags, mirrored)

    def _shade(self, shape: Outline) -> Shade:
        """The drawn shadow in lengths of the product instead of percent."""
        from packshot.imaging.scenery import shadows

        blur, right, down = self.blur / 100, self.offset_x / 100, self.offset_y / 100
        if self.kind == "drop":
            return shadows.drop(shape, right=right, down=down, blur=blur)
        if self.kind == "float":
            return shadows.floating(shape, right=right, gap=max(0.0, down), blur=blur, camera=self.camera)
        if self.kind == "cast":
            return shadows.cast(
                shape,
                light=shadows.Light(self.angle, self.elevation, blur),
                length=self.length / 100,
                camera=self.camera,
                ambient=self.contact,
            )
        return shadows.contact(shape, blur=blur, camera=self.camera)

    def _keep(self, picture: Picture, matte: Tensor, context: Context) -> Result:
        from packshot.imaging.scenery.layering import strengthened
        from packshot.imaging.scenery.real_shadows import ENOUGH_PLAIN, kept

        if context.source is None:
            raise ParameterError(
                "shadow: kind 'keep' needs the photograph the picture was cut from, and it is not known"
            )
        density, found = kept(picture, matte, context.source, WORK_PX)
        numbers = {"ground_noise": found.noise, "ground_plain_share": found.plain}
        if found.darkest < SHOWS:
            plain = found.plain >= ENOUGH_PLAIN
            reason = "no shadow found in the photo" if plain else "the photo's background is not plain: no shadow kept"
            return Result(picture, {"shadow_share": 0.0, **numbers}, (reason,))
        if found.there:
            return Result(picture, numbers, ("the photo's background is still there, and its shadow with it",))
        missed = ("the kept shadow is as dark as a product: the matte may have missed a part",)
        flags = missed if found.solid > MISSED else ()
        return self._laid(picture, strengthened(density, self.strength), numbers, flags, keep=True)

    def _laid(
        self,
        picture: Picture,
        density: Tensor,
        numbers: dict[str, float],
        flags: tuple[str, ...],
        mirrored: Picture | None = None,
        keep: bool = False,
    ) -> Result:
        from packshot.imaging.scenery.layering import lay

        assert picture.matte is not None
        outside = density * (1 - picture.matte)
        numbers = {
            "shadow_share": float((outside > SHOWS).float().mean()),
            "darkest": 1 - float(outside.max()),
            **numbers,
        }
        colour = (0.0, 0.0, 0.0) if keep else parse_colour(self.colour)
        result = lay(picture, density, colour, mirrored)
        return Result(result, numbers, flags, {"shadow": 1 - density})
