"""Denoise: by a network that is told how strong the noise is, or by non-local means."""

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

HARDLY = 1.5  # levels of 255: below this an estimate finds no noise worth taking out
NL_MEANS = 0.7  # filter parameter of the non-local means, in standard deviations of the noise


class Denoise(Operation):
    """Take out noise; colours stay the same on average."""

    may_change_product: ClassVar[bool] = True
    own_model: ClassVar[str] = "denoise"
    classical: ClassVar[str] = "non-local means"

    strength: float = parameter(1.0, "how much of the noise goes; 0 = none", ge=0, le=1)
    noise: float = parameter(
        0.0,
        "standard deviation of the noise, of 255 levels; 0 = estimated from the picture",
        unit="levels",
        ge=0,
        le=75,
    )
    method: Method = method_parameter("non-local means")
    model: ModelName = model_parameter("denoise")
    commercial: bool = commercial_parameter()

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """numbers: `noise_before`, `noise_after` (estimated, levels of 255), `noise_taken` (what was told or found),
        `mean_moved` (levels that the colour lock took back), and the change of the product (else of the picture).
        With strength 0, and where hardly any noise is found, the picture comes back bit-exact.
        """
        from packshot.imaging.restoring.change import change
        from packshot.imaging.restoring.colour_lock import locked_mix
        from packshot.imaging.restoring.noise import estimate_noise

        picture = need_one(picture, "denoise")
        before = estimate_noise(picture.rgb)
        level = self.noise or before
        numbers = {"noise_before": before, "noise_taken": level, "noise_after": before, "mean_moved": 0.0}
        if self.strength == 0 or (not self.noise and before < HARDLY):
            quiet = () if self.strength == 0 else ("hardly any noise found: the picture was left as it is",)
            return Result(picture, {**numbers, "noise_taken": 0.0}, notes=quiet)
        rgb, moved = locked_mix(picture.rgb, self._clean(picture, level, context), picture.alpha, self.strength)
        numbers |= {"noise_after": estimate_noise(rgb), "mean_moved": moved}
        return Result(picture.replace(rgb=rgb), numbers | change(picture.rgb, rgb, picture.matte))

    def source_type(self) -> str | None:
        return "algorithmicallyEnhanced" if self.by_network() and self.strength > 0 else None

    def _clean(self, picture: Picture, level: float, context: Context) -> Tensor:
        from packshot.imaging.restoring.noise import nl_means
        from packshot.models.restoring import restored, with_level

        if self.method == "classical":
            return nl_means(picture.rgb, NL_MEANS * level)
        model = need_model(self, context)
        return restored(model, with_level(model, picture.rgb, level / 255))
