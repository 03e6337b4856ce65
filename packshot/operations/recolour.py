"""Another colour for the product, to a target, under the light of the photo.

The source type is `compositeSynthetic`: the result shows, in part, a product that no camera saw, which is more than
the corrections that `algorithmicallyEnhanced` stands for; no trained model takes part, so the
`...TrainedAlgorithmicMedia` terms would be untrue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from packshot.errors import ParameterError
from packshot.imaging.names import parse_colour
from packshot.operations.operation import Colour, Context, Operation, Result, need_matte, need_picture, parameter

if TYPE_CHECKING:
    from torch import Tensor

    from packshot.imaging.picture import Picture
    from packshot.imaging.retouching.selection import Selection

OUT_OF_REACH = 3.0  # ΔE2000 between target and result that is worth a flag
UNEVEN = 0.45  # mean distance from the material's curve, in units of the tolerance, that is worth a flag
AMBIGUOUS = 0.6  # size of the second colour, relative to the first, at which "the dominant one" is a guess


def _known_or_empty(text: str) -> str:
    if text:
        parse_colour(text)
    return text


MaybeColour = Annotated[str, AfterValidator(_known_or_empty), Field(json_schema_extra={"format": "colour"})]


class Recolour(Operation):
    """Give the product another colour; shading, highlights, texture and print stay."""

    may_change_product: ClassVar[bool] = True
    needs_matte: ClassVar[bool] = True
    digital_source_type: ClassVar[str | None] = "compositeSynthetic"

    to: Colour = parameter(..., "mean colour wanted: a name, #hex, lab(L a b) or oklch(L C h)")
    source: MaybeColour = parameter("", "colour to be replaced; empty = the dominant one (skin counts less)")
    region: Literal["product", "mask"] = parameter("product", "where: the product, or the picture's mask")
    parts: Literal["colour", "all"] = parameter(
        "colour", "colour: only what has the source colour; all: the whole region, print included"
    )
    tolerance: float = parameter(
        6.0, "how far a colour may be from the source and still belong to it", unit="ΔE", ge=1, le=25
    )
    strength: float = parameter(1.0, "0 = nothing, 1 = the whole way to the target", ge=0, le=1)
    keep_highlights: bool = parameter(True, "white reflections stay white; off: they are tinted too")

    def source_type(self) -> str | None:
        """At strength 0 the picture stays what it was."""
        return self.digital_source_type if self.strength > 0 else None

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """Recolour. Needs a matte (region "product") or a mask (region "mask").

        Pixels where nothing was selected stay bit-exact; strength 0 gives the same pixels back.

        numbers: `delta_e_to_target` (CIEDE2000 of the changed part's mean colour to the target, taken at `strength`),
        `delta_e_moved` (how far that mean moved), `changed_share` of the picture, `delta_e_outside` (largest change
        where nothing was selected). layers: `recoloured`, what was selected.
        """
        from packshot.imaging.retouching.recolouring import delta_e_outside, lab_of, recolour

        picture, region = self._region(picture)
        selection = self._selected(picture, region)
        weight = region if self.parts == "all" else None if selection is None else selection.weight
        if weight is None or not bool((weight > 0).any()):
            return Result(picture, {"changed_share": 0.0}, ("nothing of that colour found",))
        target = lab_of(parse_colour(self.to))
        done = recolour(picture.rgb, weight, target, strength=self.strength, keep_highlights=self.keep_highlights)
        numbers = {
            "delta_e_to_target": done.delta_e,
            "delta_e_moved": done.delta_e_moved,
            "changed_share": float(weight.mean()),
            "delta_e_outside": delta_e_outside(picture.rgb, done.rgb, weight),
        }
        flags = [] if done.delta_e <= OUT_OF_REACH else ["target out of reach"]
        flags += self._doubts(selection)
        return Result(picture.replace(rgb=done.rgb), numbers, tuple(flags), layers={"recoloured": weight})

    def _selected(self, picture: Picture, region: Tensor) -> Selection | None:
        """What has the colour to be replaced; None if nothing has it, or if colour does not matter."""
        from packshot.imaging.retouching.recolouring import lab_of
        from packshot.imaging.retouching.selection import select

        if self.parts == "all":
            return None
        source = lab_of(parse_colour(self.source)) if self.source else None
        return select(picture.rgb, region, source, self.tolerance, picture.alpha)

    def _region(self, picture: Picture | None) -> tuple[Picture, Tensor]:
        """The picture and where to work; in a transparent picture colours are whole, however small their alpha."""
        if self.region == "product":
            picture, region = need_matte(picture, "recolour")
        else:
            picture = need_picture(picture, "recolour")
            if picture.mask is None:
                raise ParameterError('recolour: region is "mask", but the picture has none; give one or use "product"')
            region = picture.mask
        if picture.rgb.shape[0] != 1:
            raise ParameterError(f"recolour: expected one picture at a time, got a batch of {picture.rgb.shape[0]}")
        if picture.alpha is not None:
            region = (region / picture.alpha.clamp(min=1e-3)).clamp(0, 1)
        return picture, region

    def _doubts(self, selection: Selection | None) -> list[str]:
        if selection is None:
            return []
        doubts = ["colour not uniform"] if selection.spread > UNEVEN else []
        second = max((m.weight for m in selection.others), default=0.0)
        if not self.source and second > AMBIGUOUS * selection.material.weight:
            doubts.append("several colours of similar size: name the source")
        return doubts
