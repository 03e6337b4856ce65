"""Variations of a reference picture through a generator: strength 0 is the picture itself, 1 a free draw.

The picture is found as a code (`models.inverting`), and the code taken part of the way to a drawn one, along the
circle on which Gaussian codes keep their length (Shoemake 1985), along a line for style codes. What the code does not
hold of the picture is added back, less and less as the strength grows. A flow needs no code: see `inverting.flows`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from packshot.operations.inverting import (
    OWN,
    Space,
    code_of,
    fill_parameter,
    model_parameter,
    seconds_parameter,
    space_parameter,
    steps_parameter,
    tune_parameter,
    was_parameter,
)
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
from packshot.operations.pointing import Pairs

if TYPE_CHECKING:
    from packshot.imaging.picture import Picture


class Vary(Operation):
    """Variations of a picture by a generator, from the picture itself (strength 0) to a free draw (strength 1)."""

    may_change_product: ClassVar[bool] = True

    strength: float = parameter(0.3, "0 = the picture exactly, 1 = a free draw of the same attributes", ge=0, le=1)
    was: Pairs = was_parameter()
    fill: float = fill_parameter()
    model: ModelName = model_parameter()
    space: Space = space_parameter()
    steps: int = steps_parameter()
    seconds: float = seconds_parameter()
    tune: int = tune_parameter()
    commercial: bool = commercial_parameter()

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """The generator's own picture at its own size; at strength 0 the photo exactly. Needs a matte unless fill is 0.

        numbers: those of `inverting.taking`, and `identity` of the result to the photo. Other seeds give others.
        """
        from packshot.models.inverting.measuring import identity_but_colour
        from packshot.models.inverting.varying import varied

        picture = need_one(picture, "vary")
        if self.strength == 0:
            return Result(picture, {"strength": 0.0})
        if self.fill:
            need_matte(picture, "vary")
        took = code_of(self, "vary", picture, context)
        rgb = varied(took.found, took.seen.pixels, self.strength, context.seed)
        same = identity_but_colour(took.seen.picture.rgb, rgb, took.features, took.seen.picture.matte)
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
