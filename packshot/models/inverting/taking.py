"""A product photo taken into a generator: framed, inverted, and what has to be said of that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from packshot.errors import WeightsNotFound
from packshot.imaging.picture import Picture
from packshot.models import features
from packshot.models.features import FeatureSpace
from packshot.models.inverting.framing import Framed, framed, rgb_of, space_named
from packshot.models.inverting.invert import Inversion, Plan, invert
from packshot.models.inverting.measuring import identity_but_colour

POOR_DB = 18.0  # PSNR of the rebuilt picture under which the generator hardly knows the product


@dataclass(frozen=True)
class Taken:
    """A product in a generator: what was seen, its code, and figures, flags and notes of it."""

    seen: Framed
    found: Inversion
    features: FeatureSpace
    numbers: Mapping[str, float]
    flags: tuple[str, ...]
    notes: tuple[str, ...]


def loaded(name: str, load: Callable[[str, bool], object], commercial: bool, operation: str) -> str:
    """The generator's name, its weights loaded once by `load`, which notes them and asks for their licence.

    Raises WeightsNotFound with what to do.
    """
    try:
        load(name, commercial)
    except WeightsNotFound as error:
        raise WeightsNotFound(
            f"{operation}: {error}; train one (`packshot train {name} --catalogue …`) or name another with model"
        ) from None
    return name


def taken(picture: Picture, name: str, kind: str, fill: float, known: Mapping[str, str], plan: Plan) -> Taken:
    """The product of a photo as a code of the generator `name`.

    numbers: `rebuilt_psnr` in dB, `rebuilt_identity`, `inversion_steps`, `inversion_seconds`, `generated_px` (side of
    the generator's pictures). A product that it draws badly is flagged. Raises what `space_named` and `invert` raise.
    """
    space, compared = space_named(name, kind), features.find("auto")
    seen = framed(picture, space, fill)
    found = invert(space, seen.pixels, compared, plan, weight=seen.weight, known=known)
    same = identity_but_colour(rgb_of(seen.pixels), rgb_of(found.rebuilt), compared, seen.picture.matte)
    numbers = {
        "rebuilt_psnr": found.numbers["psnr"],
        "rebuilt_identity": same,
        "inversion_steps": found.numbers["steps"],
        "inversion_seconds": found.numbers["seconds"],
        "generated_px": float(space.size),
    }
    flags: tuple[str, ...] = ()
    if found.numbers["psnr"] < POOR_DB:
        flags = (f"{space.sampler.name} draws this product badly: rebuilt at {found.numbers['psnr']:.1f} dB",)
    notes: tuple[str, ...] = ()
    guessed = {k: v for k, v in found.attributes.items() if k not in known}
    if guessed:
        notes = (f"taken for {', '.join(f'{k} {v}' for k, v in guessed.items())}; say otherwise with was",)
    if seen.on_own:
        notes += (f"laid on the plain ground that {space.sampler.name} draws",)
    return Taken(seen, found, compared, numbers, flags, notes)
