"""How the file is coded: bytes, format by magic bytes against its ending, colour mode and profile, one frame."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from packshot.errors import UnreadableFile
from packshot.imaging.files.sniff import name_problem
from packshot.publish.channel import Bytes, Channel, Colour, Formats
from packshot.publish.findings import Finding, Judge
from packshot.publish.looking.photo import Facts, Photo
from packshot.publish.mending import mend

PLAIN_MODES = ("RGB", "L", "RGBA", "LA", "P", "PA", "1", "RGBX")


def check(photo: Photo, channel: Channel, judge: Judge) -> Iterator[Finding]:
    """Findings `bytes`, `formats`, `extension`, `colour`, `animation`."""
    facts = photo.facts
    yield _weight(facts, channel.bytes, channel, judge)
    yield _format(facts, channel.formats, channel, judge)
    yield _ending(facts, channel.formats, channel, judge)
    if channel.colour is not None:
        yield _colour(facts, channel.colour, channel, judge)
    if channel.animation is not None:
        ok = facts.frames == 1
        words = "1 frame" if ok else f"{facts.frames} frames"
        yield judge.say("animation", channel.animation, ok, words, "one frame", mend("animation", channel))


def _weight(facts: Facts, rule: Bytes, channel: Channel, judge: Judge) -> Finding:
    ok = rule.least <= facts.bytes <= rule.most
    expected = f"at most {in_bytes(rule.most)}" + (f", at least {in_bytes(rule.least)}" if rule.least else "")
    numbers = {"bytes": float(facts.bytes)}
    return judge.say("bytes", rule, ok, in_bytes(facts.bytes), expected, mend("bytes", channel), numbers=numbers)


def _format(facts: Facts, rule: Formats, channel: Channel, judge: Judge) -> Finding:
    ok = facts.format in rule.allowed
    return judge.say("formats", rule, ok, facts.format, " or ".join(rule.allowed), mend("formats", channel))


def _ending(facts: Facts, rule: Formats, channel: Channel, judge: Judge) -> Finding:
    """The name's ending against the magic bytes."""
    suffix = PurePath(facts.name).suffix.lower()
    try:
        ok = bool(suffix) and name_problem(facts.name, facts.format) is None
    except UnreadableFile:  # the ending of a camera raw file
        ok = False
    expected = f"an ending of {facts.format}"
    if facts.name == "picture":
        return judge.skip("extension", rule, "not a file yet", expected)
    return judge.say("extension", rule, ok, suffix or "no ending", expected, mend("extension", channel))


def _colour(facts: Facts, rule: Colour, channel: Channel, judge: Judge) -> Finding:
    """8-bit RGB or grey; sRGB by its profile, or untagged."""
    plain = facts.mode in PLAIN_MODES
    ok = plain and facts.bits <= rule.bits and facts.srgb
    measured = f"{facts.mode}, {facts.bits} bits, {facts.profile or 'no profile'}"
    return judge.say("colour", rule, ok, measured, "8-bit RGB, sRGB or untagged", mend("colour", channel))


def in_bytes(count: int) -> str:
    """`153,600 bytes (150 KB)`."""
    if count < 1024:
        return f"{count} bytes"
    large = f"{count / 1024:.0f} KB" if count < 1 << 20 else f"{count / (1 << 20):.1f} MB"
    return f"{count:,} bytes ({large})"
