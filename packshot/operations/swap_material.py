"""The product in another material, by translators that learned it without pairs or with them.

Without: CycleGAN (Zhu et al. 2017), DualGAN (Yi et al. 2017), CUT (Park et al. 2020), StarGAN (Choi et al. 2018); with:
Pix2Pix (Isola et al. 2017).

The network sees the product at 64 to 128 px; what it changes is brought back with the photo's own detail. Pixels
outside the matte stay as they are, bit by bit; the outline is the photo's. What became of the rest is measured.
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
    from packshot.imaging.picture import Picture

OWN = "material-swap"
MOVED = 25.0  # ΔE2000 of the mean colour where colours were to stay, that is worth a flag


class SwapMaterial(Operation):
    """Show the product in another material; its shape and its surroundings stay."""

    may_change_product: ClassVar[bool] = True
    trained_by: ClassVar[str] = "`packshot train material-swap` on toys rendered twice (docs/translation.md)"
    needs_matte: ClassVar[bool] = True

    to: str = parameter(..., "material wanted, as the weights name it, like raw wood")
    colours: Literal["material", "photo"] = parameter(
        "material", "material: colours come with it; photo: hue and chroma stay, lightness and gloss change"
    )
    strength: float = parameter(1.0, "0 = nothing, 1 = the whole change", ge=0, le=1)
    detail: float = parameter(1.0, "how much of the photo's own fine detail stays on it", ge=0, le=1)
    size: int = parameter(0, "side that the network sees; 0 = what it learned", unit="px", ge=0, le=512)
    model: ModelName = parameter("", f"weights by name or file; empty: {OWN}")
    commercial: bool = commercial_parameter()

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """With strength 0 the photo comes back bit-exact, and everywhere outside the matte.

        numbers: see `translating.figures`. flags: no product, or colours that moved although they were to stay.
        """
        from packshot.imaging.styling.colours import with_colours_of
        from packshot.operations import translating

        picture, matte = need_matte(need_one(picture, "swap-material"), "swap-material")
        if self.strength == 0:
            return Result(picture, {"strength": 0.0})
        found = translating.translator(self, context, "photo")
        told = translating.domain(found, self.to, "to", prefer="material")
        done = translating.product(picture, matte, context, found, told, self.size, self.detail)
        if done is None:
            return Result(picture, {}, ("no product found",))
        rgb = with_colours_of(picture.rgb, done) if self.colours == "photo" else done
        rgb = translating.blended(picture.rgb, rgb, matte, self.strength)
        numbers = {"strength": self.strength} | translating.figures(picture, rgb, matte)
        moved = self.colours == "photo" and numbers.get("delta_e_of_mean", 0.0) > MOVED
        return Result(picture.replace(rgb=rgb), numbers, ("colours moved although they were to stay",) if moved else ())

    def weights(self) -> tuple[str, ...]:
        return (self.model or OWN,) if self.strength > 0 else ()

    def source_type(self) -> str | None:
        """A network made pixels of the product."""
        return "compositeWithTrainedAlgorithmicMedia" if self.strength > 0 else None
