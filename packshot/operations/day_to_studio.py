"""A phone's snapshot in the look of a studio, by a translator that learned both without pairs (CycleGAN, CUT).

The product keeps its detail: of what the network made of it only a local map of light and colour is taken, held within
a limit. The ground is the network's own, enlarged, for a studio's ground has no detail: soft shadow and all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from packshot.operations.operation import (
    Context,
    ModelName,
    Operation,
    Result,
    commercial_parameter,
    need_matte,
    need_one,
    parameter,
)

if TYPE_CHECKING:
    from torch import Tensor

    from packshot.imaging.picture import Picture

OWN = "day-to-studio"


class DayToStudio(Operation):
    """Give a snapshot the light and the ground of a studio; the product's shape and detail stay."""

    may_change_product: ClassVar[bool] = True
    trained_by: ClassVar[str] = "`packshot train cyclegan --a SNAPSHOTS --b STUDIO` (docs/translation.md)"
    needs_matte: ClassVar[bool] = True

    ground: Literal["studio", "photo"] = parameter(
        "studio", "studio: the ground changes too; photo: only the product's light does"
    )
    strength: float = parameter(1.0, "0 = nothing, 1 = the whole change", ge=0, le=1)
    limit_delta_e: float = parameter(
        12.0, "how far the product's mean colour may move, CIEDE2000", unit="ΔE", ge=0, le=100
    )
    size: int = parameter(0, "longest side that the network sees; 0 = what it learned", unit="px", ge=0, le=512)
    domain: str = parameter("", "domain wanted, as the weights name it; empty: their last one")
    model: ModelName = parameter("", f"weights by name or file; empty: {OWN}")
    commercial: bool = commercial_parameter()

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """With strength 0 the photo comes back bit-exact.

        numbers: see `translating.figures`, and `held`, the share of the product's change that `limit_delta_e` left.
        """
        from packshot.operations import translating

        picture, matte = need_matte(need_one(picture, "day-to-studio"), "day-to-studio")
        if self.strength == 0:
            return Result(picture, {"strength": 0.0})
        found = translating.translator(self, context, "photo")
        told = translating.domain(found, self.domain, "domain")
        photo = translating.shown(picture, context, found.ground)
        product, ground = translating.whole(photo, matte, found, told, self.size)
        product, held = self._held(photo.rgb, product, matte)
        changed = matte * product + (1 - matte) * (ground if self.ground == "studio" else photo.rgb)
        rgb = translating.mixed(photo.rgb, changed, self.strength)
        numbers = {"strength": self.strength, "held": held} | translating.figures(photo, rgb, matte)
        flags = ("held back by limit_delta_e",) if held < 1 else ()
        alpha = None if self.ground == "studio" else picture.alpha
        return Result(picture.replace(rgb=rgb, alpha=alpha), numbers, flags)

    def weights(self) -> tuple[str, ...]:
        return (self.model or OWN,) if self.strength > 0 else ()

    def source_type(self) -> str | None:
        """A network made the ground and moved the product's light."""
        return "compositeWithTrainedAlgorithmicMedia" if self.strength > 0 else None

    def _held(self, photo: Tensor, product: Tensor, matte: Tensor) -> tuple[Tensor, float]:
        """The product's new light, so much of it that its mean colour moves no further than the limit."""
        from packshot.imaging.restoring.change import mean_shift

        inside = matte > 0.5
        if not bool(inside.any()):
            return product, 1.0
        share = 1.0
        for _ in range(8):  # the shift grows about in proportion
            mixed = photo + share * (product - photo)
            moved = mean_shift(photo, mixed, inside)
            if moved <= self.limit_delta_e:
                return mixed, share
            share *= 0.95 * self.limit_delta_e / moved if moved else 0.0
        return photo, 0.0
