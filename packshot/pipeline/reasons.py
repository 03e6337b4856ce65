"""Reasons and notes of several steps as a person wants to read them: each thing once."""

from __future__ import annotations

from collections.abc import Iterable

SAME = (  # beginnings of texts by which different steps say one thing; the most telling first
    ("the product touches the photo's edge", "the product touches the border"),
    ("no product found",),
)


def merged(texts: Iterable[str]) -> tuple[str, ...]:
    """The texts in their order, without repetitions and without what another of them says better.

    >>> merged(["no product found: only ground", "blurred", "no product found, so no shadow", "blurred"])
    ('no product found: only ground', 'blurred')
    """
    found = list(dict.fromkeys(texts))
    for beginnings in SAME:
        alike = [text for text in found if text.startswith(beginnings)]
        if len(alike) > 1:
            best = next(text for beginning in beginnings for text in alike if text.startswith(beginning))
            found[found.index(alike[0])] = best
            kept = found.index(best)
            found = [text for i, text in enumerate(found) if i == kept or text not in alike]
    return tuple(found)
