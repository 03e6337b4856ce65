"""Which products are for testing: a share of all, and whole combinations that training never sees.

By product, never by picture, from its number and attributes alone; the hash is that of `splits.place`. A combination is
held out as a pair (category, main colour) or (category, material), so that a test can ask whether a network that knows
drums and knows felt can make a felt drum.
"""

from __future__ import annotations

from packshot.catalogue.splits import place
from packshot.catalogue.toyshop.scenes.description import Description

TEST_SHARE = 0.05
HELD_OUT_SHARE = 0.03  # of all pairs of a kind
HELD_OUT = {"colour": "category and colour", "material": "category and material"}


def split_of(description: Description) -> tuple[str, str]:
    """(`train` or `test`, "" or which combination keeps it out of training)."""
    told = description.attributes
    for name, what in HELD_OUT.items():
        if place(f"held out {told['category']} {told[name]}", 0) < HELD_OUT_SHARE:
            return "test", what
    sku = f"{description.seed}-{description.product}"
    return ("test" if place(f"toyshop {sku}", 0) < TEST_SHARE else "train"), ""
