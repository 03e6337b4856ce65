"""What is asked of a generator in a person's words, as it spells them: attributes, and colours of any name or value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from packshot.catalogue.toyshop.paint.palette import COLOURS
from packshot.errors import ParameterError
from packshot.imaging.colour import delta_e_2000, rgb_to_lab
from packshot.imaging.names import parse_colour
from packshot.models.drawing import as_spelt

COLOUR = "colour"


def understood(asked: Mapping[str, str], known: Mapping[str, Sequence[str]]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Attributes as the generator spells them, and notes: a colour that it has no name for is the nearest it has.

    Attributes that it does not know at all stay as they are. Raises ParameterError for a value it does not know.
    """
    found, notes = as_spelt(asked, known), []
    for name, value in found.items():
        values = known.get(name)
        if values is None or value in values:
            continue
        if name != COLOUR:
            raise ParameterError(f"{name}: expected one of {', '.join(values)}; got {value!r}")
        nearest, far = _nearest(value, values)
        found[name] = nearest
        notes.append(f"colour {value}: the generator's nearest is {nearest}, ΔE2000 {far:.0f} away")
    return found, tuple(notes)


def colour_of(name: str) -> tuple[float, float, float] | None:
    """sRGB in [0, 1] of a colour as catalogues name it; None for what is no colour."""
    if name in COLOURS:
        return parse_colour(COLOURS[name][0])
    try:
        return parse_colour(name)
    except ParameterError:
        return None


def _nearest(value: str, values: Sequence[str]) -> tuple[str, float]:
    wanted = colour_of(value)
    if wanted is None:
        raise ParameterError(
            f"colour: expected one of {', '.join(values)}, another colour's name or #hex; got {value!r}"
        )
    there = [(name, rgb) for name in values if (rgb := colour_of(name)) is not None]
    if not there:
        raise ParameterError(f"colour: expected one of {', '.join(values)}; got {value!r}")
    own = torch.tensor(wanted).view(1, 3, 1, 1)
    far = [float(delta_e_2000(rgb_to_lab(own), rgb_to_lab(torch.tensor(rgb).view(1, 3, 1, 1)))) for _, rgb in there]
    best = min(range(len(far)), key=far.__getitem__)
    return there[best][0], far[best]
