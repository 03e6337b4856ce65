"""Dejpeg: repair what JPEG coding did, by a network that is told the quality, or by coding again at shifted grids."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

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

GOOD = 90.0  # quality from which hardly anything is to be repaired


class Dejpeg(Operation):
    """Repair blocks, ringing and colour noise of JPEG; colours stay the same on average."""

    may_change_product: ClassVar[bool] = True
    own_model: ClassVar[str] = "dejpeg"
    classical: ClassVar[str] = "coding again at shifted grids"

    strength: float = parameter(1.0, "how much of the repair; 0 = none", ge=0, le=1)
    quality: int = parameter(0, "quality the picture was coded with, 1 to 100; 0 = read off its pixels", ge=0, le=100)
    method: Method = method_parameter("the mean of the picture coded again at shifted grids")
    model: ModelName = model_parameter("dejpeg")
    commercial: bool = commercial_parameter()

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """numbers: `quality` (told or found; 100 = no trace of coding), `blocking_before`, `blocking_after` (1 = none),
        `mean_moved` (levels of 255 that the colour lock took back), and the change of the product (else the picture).
        With strength 0, and where the quality found is 90 or better, the picture comes back bit-exact.
        """
        from packshot.imaging.restoring.change import change
        from packshot.imaging.restoring.coding import blocking, coding_of
        from packshot.imaging.restoring.colour_lock import locked_mix

        picture = need_one(picture, "dejpeg")
        found = coding_of(picture.rgb)
        quality, before = float(self.quality) or found.quality, blocking(picture.rgb, found.grid)
        numbers = {"quality": quality, "blocking_before": before, "blocking_after": before, "mean_moved": 0.0}
        if self.strength == 0 or (not self.quality and quality >= GOOD):
            good = () if self.strength == 0 else ("no trace of strong coding: the picture was left as it is",)
            return Result(picture, numbers, notes=good)
        rgb, moved = locked_mix(picture.rgb, self._mended(picture, quality, context), picture.alpha, self.strength)
        numbers |= {"blocking_after": blocking(rgb, found.grid), "mean_moved": moved}
        return Result(picture.replace(rgb=rgb), numbers | change(picture.rgb, rgb, picture.matte))

    def source_type(self) -> str | None:
        return "algorithmicallyEnhanced" if self.by_network() and self.strength > 0 else None

    def _mended(self, picture: Picture, quality: float, context: Context) -> Tensor:
        from packshot.imaging.restoring.coding import recoded
        from packshot.models.restoring import restored, with_level

        if self.method == "classical":
            return recoded(picture.rgb, quality)
        model = need_model(self, context)
        return restored(model, with_level(model, picture.rgb, 1 - quality / 100))
