"""The table of presets. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping

from packshot.errors import ParameterError
from packshot.training.preset import Preset, falling, flat
from packshot.training.rows import (
    autoencoders,
    catalogue,
    fashion,
    restoration,
    segmentation,
    style,
    toyshop,
    transformers,
)
from packshot.training.rows.translation import ROWS as TRANSLATION

__all__ = ["TABLE", "Preset", "falling", "find", "flat"]

TABLE: Mapping[str, Preset] = {
    **fashion.ROWS,
    **toyshop.ROWS,
    **autoencoders.ROWS,
    **catalogue.ROWS,
    **transformers.ROWS,
    **restoration.ROWS,
    **segmentation.ROWS,
    **style.ROWS,
    **TRANSLATION,
}


def find(name: str) -> Preset:
    """The preset of a name. Raises ParameterError listing the known ones."""
    if name not in TABLE:
        raise ParameterError(f"preset {name!r}: expected one of {', '.join(TABLE)}")
    return TABLE[name]
