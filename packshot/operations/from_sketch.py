"""A product from a drawing of lines, or from the edges of a photo: Pix2Pix (Isola et al. 2017) put to use.

The result shows a product that does not exist. What a drawing leaves open (colour, material, category) is told by the
parameters or drawn by the seed, so that another seed is another variant.
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
    from packshot.models.translating import Translator

OWN = "sketch-to-toy"
SMALL = 0.45  # of the sheet: a smaller drawing is worth a note
SMALL_NOTE = "the drawing takes {share:.0%} of the sheet; larger ones, or frame drawing, come out better"


class FromSketch(Operation):
    """Make a product picture of a drawing: dark lines on a light sheet, or the edges of a photo."""

    may_change_product: ClassVar[bool] = True
    digital_source_type: ClassVar[str | None] = "trainedAlgorithmicMedia"

    source: Literal["drawing", "photo"] = parameter(
        "drawing", "what the picture is: a drawing, dark lines on light; or a photo, whose edges are drawn"
    )
    category: str = parameter("", "what it is to be, as the weights name it; empty: the seed or the lines decide")
    colour: str = parameter(
        "", "its main colour: a name the weights know, or any name or #hex for its nearest; empty: the seed decides"
    )
    material: str = parameter("", "what it is made of, as the weights name it; empty: the seed decides")
    frame: Literal["sheet", "drawing"] = parameter(
        "sheet", "sheet: everything stays where it was drawn; drawing: what was drawn fills the picture"
    )
    size: int = parameter(0, "longest side of the result; 0 = what the weights learned", unit="px", ge=0, le=512)
    model: ModelName = parameter("", f"weights by name or file; empty: {OWN}")
    commercial: bool = commercial_parameter()

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """numbers: `lines_kept`, the share of what was drawn that is an edge of the result; `drawn_share`, the longest
        side of the drawing of the sheet's; `turned`, 1 where lines were light on dark. layers: `lines`, as drawn.
        notes: what the seed decided.
        """
        from packshot.operations import translating

        picture = need_one(picture, "from-sketch")
        found = translating.translator(self, context, OWN, "drawing")
        asked = {"category": self.category, "colour": self.colour, "material": self.material}
        told, spelt = translating.wanted(found, **asked)
        told = found.settled(told, context.seed)
        ink, to_old, numbers, notes = self._ink(picture, found, context)
        rgb = found.translated(ink, told, context.seed)
        numbers["lines_kept"] = kept(ink, rgb)
        made = type(picture)(rgb, to_source=picture.to_source @ to_old)
        return Result(made, numbers, (), {"lines": ink}, (*spelt, *notes, *translating.decided(told, self)))

    def weights(self) -> tuple[str, ...]:
        return (self.model or OWN,)

    def wants_matte(self) -> bool:
        return self.source == "photo"

    def _ink(
        self, picture: Picture, found: Translator, context: Context
    ) -> tuple[Tensor, Tensor, dict[str, float], tuple[str, ...]]:
        """Lines at the size that is made, where they lie in the picture, figures and notes."""
        if self.source == "photo":
            ink, to_old = self._edges(picture, found, context)
            return ink, to_old, {}, ()
        from packshot.imaging.transforms import scale_shift
        from packshot.imaging.translating import drawings

        drawn = drawings.read(picture.rgb, picture.alpha)
        numbers = {"drawn_share": drawn.share, "turned": float(drawn.turned)}
        lines, corner = drawn.lines, (0, 0)
        if self.frame == "drawing":
            lines, corner = drawings.framed(drawn.lines, drawn.box)
        factor = (self.size or found.side) / max(lines.shape[2:])
        size = tuple(max(8, round(n * factor)) for n in lines.shape[2:])
        to_old = scale_shift(lines.shape[3] / size[1], lines.shape[2] / size[0], *corner)
        small = self.frame == "sheet" and drawn.share < SMALL
        notes = (SMALL_NOTE.format(share=drawn.share),) if small else ()
        return drawings.at(lines, (size[0], size[1])), to_old, numbers, notes

    def _edges(self, picture: Picture, found: Translator, context: Context) -> tuple[Tensor, Tensor]:
        """Edges of the photo's product as training drew them, through a window around it."""
        from packshot.catalogue.translation.drawings import exact
        from packshot.errors import ParameterError
        from packshot.imaging.transforms import scale_shift
        from packshot.imaging.translating import windows
        from packshot.operations.translating import shown

        picture, matte = need_matte(picture, "from-sketch")
        window = windows.around(matte)
        if window is None:
            raise ParameterError("from-sketch: no product in the photo to draw the edges of; paint or cut it out first")
        side = self.size or found.side
        seen = windows.view(shown(picture, context, "own"), window, side)
        assert seen.matte is not None, "carried with the picture"
        step = window.side / side
        return exact(seen.rgb, (seen.matte > 0.5).float()), scale_shift(step, step, window.x, window.y)


def kept(ink: Tensor, rgb: Tensor) -> float:
    """Share of the lines that lie within two pixels of an edge of the picture."""
    import cv2
    import numpy as np

    from packshot.imaging.compare import luma
    from packshot.imaging.translating.kept import edges

    lines = ink[0, 0].numpy() > 0.5
    near = cv2.dilate(edges(luma(rgb)).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return float(near[lines].mean()) if lines.any() else 0.0
