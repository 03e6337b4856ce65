"""From the identity of a product to its parts."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import cast

import numpy as np

from packshot.catalogue.toyshop.families.form import Form
from packshot.catalogue.toyshop.geometry.parts import Part
from packshot.catalogue.toyshop.scenes.description import Item
from packshot.catalogue.toyshop.scenes.tables import FAMILIES, PAINTS


def build_item(item: Item, cell: float) -> list[Part]:
    """The product standing on z = 0, with meshes of about `cell` cm. Proportions depend on `item.form` alone."""
    module = import_module(f"packshot.catalogue.toyshop.families.{FAMILIES[item.category].module}")
    builder = cast("Callable[[Form], list[Part]]", getattr(module, item.category.replace(" ", "_")))
    first, second, third = (PAINTS[c][0] for c in item.colours)
    rng = np.random.default_rng([30, item.form])
    return builder(Form(rng, (first, second, third), item.material, item.decal, item.decal_text, cell))
