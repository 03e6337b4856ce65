"""Variations of a reference picture through a generator: strength 0 is the picture itself, 1 a free draw.

The picture is found as a code (`models.inverting`), and the code taken part of the way to a drawn one, along the
circle on which Gaussian codes keep their length (Shoemake 1985), along a line for style codes. What the code does not
hold of the picture is added back, less and less as the strength grows. A flow needs no code: see `inverting.flows`.
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
from packshot.operations.pointing import Pairs, pairs_of

if TYPE_CHECKING:
    from packshot.imaging.picture import Picture

OWN = "toyshop-vae"


class Vary(Operation):
    """Variations of a picture by a generator, from the picture itself (strength 0) to a free draw (strength 1)."""

    may_change_product: ClassVar[bool] = True

    strength: float = parameter(0.3, "0 = the picture exactly, 1 = a free draw of the same attributes", ge=0, le=1)
    was: Pairs = parameter("", "what the product is, NAME=VALUE with commas between; what is left out is found")
    fill: float = parameter(
        0.8, "longest side of the product as a share of what the generator sees; 0 = the whole photo", ge=0, le=1
    )
    model: ModelName = parameter("", f"generator by name or file: a GAN, VAE or flow; empty: {OWN}")
    space: Literal["auto", "z", "w", "w+", "code", "noise"] = parameter(
        "auto", "which codes of the generator are searched"
    )
    steps: int = parameter(200, "steps of refining the code, at most", ge=0, le=5000)
    seconds: float = parameter(60.0, "time for finding the code, at most", unit="s", ge=0.1, le=3600)
    tune: int = parameter(0, "steps by which the generator itself is tuned to the product afterwards", ge=0, le=1000)
    commercial: bool = commercial_parameter()

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """The generator's own picture at its own size; at strength 0 the photo exactly. Needs a matte unless fill is 0.

        numbers: those of `inverting.taking`, and `identity` of the result to the photo. Other seeds give others.
        """
        from packshot.models.inverting.invert import Plan
        from packshot.models.inverting.measuring import identity
        from packshot.models.inverting.taking import loaded, taken
        from packshot.models.inverting.varying import varied

        picture = need_one(picture, "vary")
        if self.strength == 0:
            return Result(picture, {"strength": 0.0})
        if self.fill:
            need_matte(picture, "vary")
        name = loaded(self.model or OWN, context.load_model, self.commercial, "vary")
        plan = Plan(steps=self.steps, seconds=self.seconds, tune=self.tune)
        took = taken(picture, name, self.space, self.fill, pairs_of(self.was, "was"), plan)
        rgb = varied(took.found, took.seen.pixels, self.strength, context.seed)
        same = identity(took.seen.picture.rgb, rgb, took.features, took.seen.picture.matte)
        side = took.found.space.size
        note = f"the picture is the generator's own, {side} px: everything in it is generated"
        made = took.seen.picture.replace(rgb=rgb, alpha=None, matte=None)
        return Result(made, {**took.numbers, "identity": same}, took.flags, {}, (*took.notes, note))

    def source_type(self) -> str | None:
        """At strength 0 the picture stays what it was."""
        return "trainedAlgorithmicMedia" if self.strength > 0 else None

    def weights(self) -> tuple[str, ...]:
        return (self.model or OWN,) if self.strength > 0 else ()

    def wants_matte(self) -> bool:
        return self.fill > 0 and self.strength > 0
