"""Sharpen: a light blur found and taken out (camera moved, lens out of focus), or details strengthened."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import model_validator

from packshot.errors import ParameterError
from packshot.operations.operation import Context, Operation, Result, need_one, parameter

if TYPE_CHECKING:
    from torch import Tensor

    from packshot.imaging.picture import Picture
    from packshot.imaging.restoring.kernels import Blur

USED_WITH = {"size": ("motion", "defocus"), "angle": ("motion",), "radius": ("auto", "details")}  # parameter → blurs
NO_BLUR = "no blur of a moved camera or of a lens out of focus was found: details were strengthened instead"


class Sharpen(Operation):
    """Take out a light blur, or strengthen details; colours stay the same on average."""

    may_change_product: ClassVar[bool] = True

    strength: float = parameter(1.0, "how much of it; 0 = none", ge=0, le=1)
    blur: Literal["auto", "details", "motion", "defocus"] = parameter(
        "auto",
        "auto: motion or defocus if one is found, else details; details: unsharp masking; motion: of `size` and "
        "`angle`; defocus: of `size`",
    )
    size: float = parameter(0.0, "length of the motion, radius of the defocus; 0 = found", unit="px", ge=0, le=24)
    angle: float = parameter(0.0, "of the motion, counter-clockwise from the right", unit="°", ge=0, le=180)
    radius: float = parameter(1.2, "of details that are strengthened, standard deviation", unit="px", ge=0.3, le=10)

    @model_validator(mode="after")
    def _nothing_in_vain(self) -> Self:
        for name, kinds in USED_WITH.items():
            if getattr(self, name) != type(self).model_fields[name].default and self.blur not in kinds:
                raise ParameterError(
                    f"{name} is {getattr(self, name):g}, but blur is {self.blur}, so it would do nothing; "
                    f"set blur to {' or '.join(kinds)}, or leave {name} out"
                )
        if self.blur == "motion" and self.angle and not self.size:
            raise ParameterError("angle: expected a size with it; without one both are found from the picture")
        return self

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """numbers: `noise` (levels of 255), `blur_px` (length or radius taken out; 0 = details were strengthened),
        `blur_angle`, `explained` (0 to 1, how well the blur fits the picture's spectrum; 1 if told), `mean_moved`
        (levels that the colour lock took back), and the change of the product (else of the picture).
        """
        from packshot.imaging.restoring import deblurring
        from packshot.imaging.restoring.change import change
        from packshot.imaging.restoring.colour_lock import locked_mix
        from packshot.imaging.restoring.noise import estimate_noise

        picture = need_one(picture, "sharpen")
        noise = estimate_noise(picture.rgb)
        if self.strength == 0:
            return Result(picture, {"noise": noise})
        blur = self._blur(picture.rgb, noise)
        if blur is None:
            sharp = deblurring.unsharp(picture.rgb, 1.0, self.radius, noise)
        else:
            sharp = deblurring.deblur(picture.rgb, blur.kernel(), noise)
        rgb, moved = locked_mix(picture.rgb, sharp, picture.alpha, self.strength)
        numbers = {"noise": noise, "blur_px": blur.size if blur else 0.0, "blur_angle": blur.angle if blur else 0.0}
        numbers |= {"explained": blur.explained if blur else 0.0, "mean_moved": moved}
        notes = (NO_BLUR,) if blur is None and self.blur != "details" else ()
        return Result(picture.replace(rgb=rgb), numbers | change(picture.rgb, rgb, picture.matte), notes=notes)

    def source_type(self) -> str | None:
        """A person's sharpening, as any photo editor has it: the picture stays what it was."""
        return None

    def _blur(self, rgb: Tensor, noise: float) -> Blur | None:
        from packshot.imaging.restoring.kernels import Blur, find

        if self.blur == "details":
            return None
        if self.size:
            return Blur(self.blur, self.size, self.angle)
        found = find(rgb.mean(1)[0].numpy(), noise / 255 / 3**0.5)
        return found if found is not None and self.blur in ("auto", found.kind) else None
