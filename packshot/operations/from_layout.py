"""A product from a painted layout of its parts: SPADE (Park et al. 2019) put to use.

A layout is a picture of flat colours, each a part of the category; `imaging/translating/layouts.py` has the palette.
The result shows a product that does not exist; colour and material, where they are not told, are drawn by the seed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from packshot.operations.operation import (
    Context,
    ModelName,
    Operation,
    Result,
    commercial_parameter,
    need_one,
    parameter,
)

if TYPE_CHECKING:
    from torch import Tensor

    from packshot.imaging.picture import Picture
    from packshot.models.translating import Translator

OWN = "layout-to-toy"


class FromLayout(Operation):
    """Make a product picture of a painted layout, where every colour of the palette is a part of the product."""

    may_change_product: ClassVar[bool] = True
    trained_by: ClassVar[str] = "`packshot train layout-to-toy --catalogue toyshop` (docs/translation.md)"
    digital_source_type: ClassVar[str | None] = "trainedAlgorithmicMedia"

    category: str = parameter("", "what it is to be, as the weights name it: it says which part each colour is")
    colour: str = parameter(
        "", "its main colour: a name the weights know, or any name or #hex for its nearest; empty: the seed decides"
    )
    material: str = parameter("", "what it is made of, as the weights name it; empty: the seed decides")
    size: int = parameter(0, "longest side of the result; 0 = twice what the weights learned", unit="px", ge=0, le=512)
    model: ModelName = parameter("", f"weights by name or file; empty: {OWN}")
    commercial: bool = commercial_parameter()

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """numbers: `parts`, how many were painted; `painted_share` of the picture; `borders_kept`, the share of borders
        between parts that are edges of the result. notes: what the seed decided.

        Raises ParameterError naming a colour that is no part, with its place.
        """
        from packshot.imaging.transforms import scale_shift
        from packshot.imaging.translating import layouts
        from packshot.operations import translating
        from packshot.operations.from_sketch import kept

        picture = need_one(picture, "from-layout")
        found = translating.translator(self, context, "layout")
        asked = {"category": self.category, "colour": self.colour, "material": self.material}
        told, spelt = translating.wanted(found, **asked)
        told = found.settled(told, context.seed)
        layout = layouts.read(picture.rgb, picture.alpha)
        self._check(layout, found, told)
        size = translating.size_of(found, self.size, picture.size)
        rgb = translating.drawn(found, lambda at: layouts.small(layout, at), told, context.seed, size)
        numbers = {
            "parts": float(len({*layout.flatten().tolist()} - {0})),
            "painted_share": float((layout > 0).float().mean()),
            "borders_kept": kept(_borders(layouts.small(layout, size)), rgb),
        }
        to_old = scale_shift(picture.width / size[1], picture.height / size[0], 0, 0)
        made = type(picture)(rgb, to_source=picture.to_source @ to_old)
        return Result(made, numbers, (), {}, (*spelt, *translating.decided(told, self)))

    def weights(self) -> tuple[str, ...]:
        return (self.model or OWN,)

    def _check(self, layout: Tensor, found: Translator, told: dict[str, str]) -> None:
        """Something is painted, and only parts that the category has."""
        from packshot.errors import ParameterError
        from packshot.imaging.translating.layouts import PALETTE

        if not bool((layout > 0).any()):
            raise ParameterError("picture: expected a painted layout, got nothing but ground (white)")
        category = told.get("category", "")
        names = found.parts_of(category)
        beyond = layout > len(names)
        if bool(beyond.any()):
            y, x = (int(v) for v in beyond[0, 0].nonzero()[0])
            number = int(layout[0, 0, y, x])
            known = ", ".join(f"{PALETTE[i]} {name}" for i, name in enumerate(names, 1))
            raise ParameterError(
                f"layout: colour {PALETTE[number]} at x {x}, y {y} is part {number}, but "
                f"{category or 'the product'} has {len(names)}: {known}"
            )


def _borders(layout: Tensor) -> Tensor:
    from packshot.catalogue.pairs import borders

    return borders(layout)
