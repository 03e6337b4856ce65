"""The product with another colour, material or any attribute that the weights know, by one network for all (StarGAN,
Choi et al. 2018).

What is not asked for is left open, which the network learned as "as it is". Outside the matte nothing changes, unless
an attribute of the scene is asked for (`attributes` background=…, season=…): then the ground is the network's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

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
from packshot.operations.pointing import Pairs, pairs_of

if TYPE_CHECKING:
    from packshot.imaging.picture import Picture

OWN = "attribute-swap"
SCENE = ("background", "background colour", "light", "season", "view")


class SwapAttribute(Operation):
    """Give the product another colour or material, or any attribute that the weights know; its shape stays."""

    may_change_product: ClassVar[bool] = True
    trained_by: ClassVar[str] = "`packshot train attribute-swap --catalogue toyshop` (docs/translation.md)"
    needs_matte: ClassVar[bool] = True

    colour: str = parameter(
        "", "main colour wanted: a name the weights know, or any name or #hex for its nearest; empty: as it is"
    )
    material: str = parameter("", "material wanted, as the weights name it; empty: as it is")
    attributes: Pairs = parameter(
        "", "further attributes that the weights know: NAME=VALUE, several with commas between"
    )
    strength: float = parameter(1.0, "0 = nothing, 1 = the whole change", ge=0, le=1)
    detail: float = parameter(1.0, "how much of the photo's own fine detail stays on it", ge=0, le=1)
    size: int = parameter(0, "side that the network sees; 0 = what it learned", unit="px", ge=0, le=512)
    model: ModelName = parameter("", f"weights by name or file; empty: {OWN}")
    commercial: bool = commercial_parameter()

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """With strength 0, or with nothing asked for, the photo comes back bit-exact; so does all outside the matte.

        numbers: see `translating.figures`; where no colour was asked for, `delta_e_of_mean` says how far it moved.
        """
        from packshot.operations import translating

        picture, matte = need_matte(need_one(picture, "swap-attribute"), "swap-attribute")
        asked = {"colour": self.colour, "material": self.material} | pairs_of(self.attributes)
        if self.strength == 0 or not any(asked.values()):
            return Result(picture, {"strength": 0.0}, () if self.strength == 0 else ("nothing was asked for",))
        found = translating.translator(self, context, "photo")
        told, spelt = translating.wanted(found, **asked)
        told = found.settled(told)
        if self.of_scene():
            photo = translating.shown(picture, context, found.ground)
            product, ground = translating.whole(photo, matte, found, told, self.size)
            rgb = translating.mixed(photo.rgb, matte * product + (1 - matte) * ground, self.strength)
            numbers = {"strength": self.strength} | translating.figures(photo, rgb, matte)
            return Result(picture.replace(rgb=rgb, alpha=None), numbers, notes=spelt)
        done = translating.product(picture, matte, context, found, told, self.size, self.detail)
        if done is None:
            return Result(picture, {}, ("no product found",))
        rgb = translating.blended(picture.rgb, done, matte, self.strength)
        numbers = {"strength": self.strength} | translating.figures(picture, rgb, matte)
        return Result(picture.replace(rgb=rgb), numbers, notes=spelt)

    def of_scene(self) -> bool:
        """Whether an attribute of the whole picture is asked for."""
        return any(name in SCENE for name in pairs_of(self.attributes))

    def weights(self) -> tuple[str, ...]:
        return (self.model or OWN,) if self.source_type() else ()

    def source_type(self) -> str | None:
        """A network made pixels of the product."""
        changes = self.strength > 0 and (self.colour or self.material or self.attributes)
        return "compositeWithTrainedAlgorithmicMedia" if changes else None
