"""Size in pixels and aspect, by the header alone."""

from __future__ import annotations

import math
from collections.abc import Iterator

from packshot.publish.channel import Aspect, Channel, Size, ratio
from packshot.publish.findings import Finding, Judge
from packshot.publish.looking.photo import Photo
from packshot.publish.mending import mend

BOUNDS = ("width", "height", "longest", "shortest", "megapixels")


def check(photo: Photo, channel: Channel, judge: Judge) -> Iterator[Finding]:
    """Findings `minimum`, `minimum_next`, `advised`, `maximum`, `aspect`."""
    facts = photo.facts
    size = facts.width, facts.height
    for name in ("minimum", "minimum_next", "advised", "maximum"):
        rule: Size | None = getattr(channel, name)
        if rule is not None:
            yield _sized(name, rule, size, channel, judge)
    if channel.aspect is not None:
        yield _shaped(channel.aspect, size, channel, judge)


def sides(width: int, height: int) -> dict[str, float]:
    """What bounds speak of."""
    return {
        "width": width,
        "height": height,
        "longest": max(width, height),
        "shortest": min(width, height),
        "megapixels": width * height / 1e6,
    }


def _sized(name: str, rule: Size, size: tuple[int, int], channel: Channel, judge: Judge) -> Finding:
    have = sides(*size)
    bounds = {side: value for side in BOUNDS if (value := getattr(rule, side)) is not None}
    most = name == "maximum"
    ok = all(have[side] <= value if most else have[side] >= value for side, value in bounds.items())
    expected = _words(bounds, "at most" if most else "at least")
    measured = f"{size[0]} x {size[1]} px" + (f" ({have['megapixels']:.1f} MP)" if "megapixels" in bounds else "")
    numbers = {"width": float(size[0]), "height": float(size[1])}
    return judge.say(name, rule, ok, measured, expected, mend(name, channel), numbers=numbers)


def _words(bounds: dict[str, float], how: str) -> str:
    """`at least 500 x 500 px`, `longest side at most 10000 px`."""
    words = []
    if "width" in bounds and "height" in bounds:
        words.append(f"{how} {bounds['width']} x {bounds['height']} px")
    else:
        words += [f"{side} {how} {bounds[side]} px" for side in ("width", "height") if side in bounds]
    words += [f"{side} side {how} {bounds[side]} px" for side in ("longest", "shortest") if side in bounds]
    words += [f"{how} {bounds['megapixels']:g} MP"] if "megapixels" in bounds else []
    return ", ".join(words)


def _shaped(rule: Aspect, size: tuple[int, int], channel: Channel, judge: Judge) -> Finding:
    have = size[0] / size[1]
    slack = _rounding(size) + rule.tolerance
    if rule.between:
        low, high = sorted(ratio(text) for text in rule.between)
        ok = low * (1 - slack) <= have <= high * (1 + slack)
        expected = f"from {rule.between[0]} to {rule.between[1]}"
    else:
        ok = any(abs(math.log(have / ratio(text))) <= math.log1p(slack) for text in rule.ratios)
        expected = " or ".join(rule.ratios) + f" (within {rule.tolerance:.0%})"
    measured = f"{size[0]}:{size[1]} = {have:.3f}:1"
    return judge.say("aspect", rule, ok, measured, expected, mend("aspect", channel), numbers={"aspect": have})


def _rounding(size: tuple[int, int]) -> float:
    """Half a pixel on either side, relative."""
    return 0.5 / min(size)
