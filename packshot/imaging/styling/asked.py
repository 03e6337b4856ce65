"""Styles as a person writes them: `a.jpg*2, b.jpg`, `background=pattern:marble, product=none`. Torch-free."""

from __future__ import annotations

from dataclasses import dataclass

from packshot.errors import ParameterError

NONE = "none"  # a region with this style stays as it is
PATTERN = "pattern:"
WHOLE = "all"
MOST = 10
EXPECTED = "expected styles as [REGION=]FILE[*WEIGHT], separated by commas, FILE a picture, pattern:NAME or none"


@dataclass(frozen=True)
class Asked:
    """One style: where it goes (`all` = everywhere), the file or pattern, how much it counts among those there."""

    region: str
    name: str
    weight: float = 1.0

    @property
    def is_file(self) -> bool:
        """Whether a picture file has to be opened for it."""
        return self.name != NONE and not self.name.startswith(PATTERN)


def styles(text: str) -> tuple[Asked, ...]:
    """The styles of a text, in order. Raises ParameterError that says which part is wrong."""
    found = tuple(_one(part.strip()) for part in text.split(",") if part.strip())
    for region in {each.region for each in found}:
        here = [each for each in found if each.region == region]
        if len(here) > MOST:
            raise ParameterError(f"style: expected at most {MOST} pictures for {region}, got {len(here)}")
        if len(here) > 1 and any(each.name == NONE for each in here):
            raise ParameterError(f"style: {region} has style none and others beside it")
        if not any(each.weight > 0 for each in here):
            raise ParameterError(f"style: every weight of {region} is 0")
    if len({each.region for each in found}) > 1 and any(each.region == WHOLE for each in found):
        raise ParameterError("style: name the region of every style, or of none")
    return found


def _one(part: str) -> Asked:
    region, sign, rest = part.partition("=")
    if not sign:
        region, rest = WHOLE, part
    name, star, weight = rest.strip().rpartition("*")
    if not star:
        name, weight = rest.strip(), "1"
    try:
        count = float(weight)
    except ValueError:
        raise ParameterError(f"style {part!r}: {EXPECTED}") from None
    if not name.strip() or not region.strip() or not 0 <= count <= 1000:
        raise ParameterError(f"style {part!r}: {EXPECTED}, WEIGHT from 0 to 1000")
    return Asked(region.strip(), name.strip(), count)


def by_region(asked: tuple[Asked, ...]) -> dict[str, tuple[Asked, ...]]:
    """Region → its styles."""
    regions = dict.fromkeys(each.region for each in asked)
    return {region: tuple(each for each in asked if each.region == region) for region in regions}


def lock(text: str) -> frozenset[str]:
    """`print+shape` → the parts of a product that are kept; `all` = print, shape and colour. Raises ParameterError."""
    parts = {part.strip() for part in text.split("+") if part.strip()}
    unknown = parts - {"print", "shape", "colour", "all", "nothing"}
    if unknown:
        raise ParameterError(f"keep: expected print, shape, colour, joined by +, or all, or nothing; got {text!r}")
    if "all" in parts:
        return frozenset({"print", "shape", "colour"})
    return frozenset(parts - {"nothing"})
