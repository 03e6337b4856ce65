"""A product from a drawing of lines, or from the edges of a photo: Pix2Pix (Isola et al. 2017) put to use.

The result shows a product that does not exist. What a drawing leaves open (colour, material, category) is told by the
parameters or drawn by the seed, so that another seed is another variant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True)
class Lines:
    """What was drawn, at any size; the size that is made of it, px, and where it lies in the picture."""

    at: Callable[[tuple[int, int]], Tensor]
    size: tuple[int, int]
    to_old: Tensor
    numbers: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class FromSketch(Operation):
    """Make a product picture of a drawing: dark lines on a light sheet, or the edges of a photo."""

    may_change_product: ClassVar[bool] = True
    trained_by: ClassVar[str] = "`packshot train sketch-to-toy --catalogue toyshop` (docs/translation.md)"
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
    size: int = parameter(0, "longest side of the result; 0 = twice what the weights learned", unit="px", ge=0, le=512)
    model: ModelName = parameter("", f"weights by name or file; empty: {OWN}")
    commercial: bool = commercial_parameter()

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """numbers: `lines_kept`, the share of what was drawn that is an edge of the result; `drawn_share`, the longest
        side of the drawing of the sheet's; `turned`, 1 where lines were light on dark. layers: `lines`, as drawn.
        notes: what the seed decided.
        """
        from packshot.operations import translating

        picture = need_one(picture, "from-sketch")
        found = translating.translator(self, context, "drawing")
        asked = {"category": self.category, "colour": self.colour, "material": self.material}
        told, spelt = translating.wanted(found, **asked)
        told = found.settled(told, context.seed)
        lines = self._photo(picture, found, context) if self.source == "photo" else self._drawing(picture, found)
        rgb = translating.drawn(found, lines.at, told, context.seed, lines.size)
        ink = lines.at(lines.size)
        made = type(picture)(rgb, to_source=picture.to_source @ lines.to_old)
        notes = (*spelt, *lines.notes, *translating.decided(told, self))
        return Result(made, {**lines.numbers, "lines_kept": kept(ink, rgb)}, (), {"lines": ink}, notes)

    def weights(self) -> tuple[str, ...]:
        return (self.model or OWN,)

    def wants_matte(self) -> bool:
        return self.source == "photo"

    def _drawing(self, picture: Picture, found: Translator) -> Lines:
        from packshot.imaging.transforms import scale_shift
        from packshot.imaging.translating import drawings
        from packshot.operations.translating import size_of

        read = drawings.read(picture.rgb, picture.alpha)
        numbers = {"drawn_share": read.share, "turned": float(read.turned)}
        lines, corner = drawings.framed(read.lines, read.box) if self.frame == "drawing" else (read.lines, (0, 0))
        h, w = lines.shape[2:]
        size = size_of(found, self.size, (h, w))
        small = self.frame == "sheet" and read.share < SMALL
        notes = (SMALL_NOTE.format(share=read.share),) if small else ()
        to_old = scale_shift(w / size[1], h / size[0], *corner)
        return Lines(lambda at: drawings.at(lines, at), size, to_old, numbers, notes)

    def _photo(self, picture: Picture, found: Translator, context: Context) -> Lines:
        """Edges of the photo's product as training drew them, through a window around it."""
        from packshot.catalogue.translation.drawings import exact
        from packshot.errors import ParameterError
        from packshot.imaging.transforms import scale_shift
        from packshot.imaging.translating import windows
        from packshot.operations.translating import shown, size_of

        picture, matte = need_matte(picture, "from-sketch")
        window = windows.around(matte)
        if window is None:
            raise ParameterError("from-sketch: no product in the photo to draw the edges of; paint or cut it out first")
        before = shown(picture, context, "own")

        def at(size: tuple[int, int]) -> Tensor:
            seen = windows.view(before, window, size[0])
            assert seen.matte is not None, "carried with the picture"
            return exact(seen.rgb, (seen.matte > 0.5).float())

        size = size_of(found, self.size, (window.side, window.side))
        step = window.side / size[0]
        return Lines(at, size, scale_shift(step, step, window.x, window.y))


def kept(ink: Tensor, rgb: Tensor) -> float:
    """Share of the lines that lie within two pixels of an edge of the picture."""
    import cv2
    import numpy as np

    from packshot.imaging.compare import luma
    from packshot.imaging.translating.kept import edges

    lines = ink[0, 0].numpy() > 0.5
    near = cv2.dilate(edges(luma(rgb)).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return float(near[lines].mean()) if lines.any() else 0.0
