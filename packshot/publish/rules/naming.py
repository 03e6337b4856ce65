"""File names: what the platform reads from them, and what no name of a picture may hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from packshot.catalogue.names import has_control
from packshot.catalogue.product import Image, Product
from packshot.errors import UnsafePath
from packshot.publish.channel import SUFFIX, Channel, Rule
from packshot.publish.filenames import Slot, file_name
from packshot.publish.findings import Finding, Judge
from packshot.publish.looking.photo import Photo
from packshot.publish.mending import mend

LONGEST = 255  # bytes that common file systems take


def check(photo: Photo, channel: Channel, judge: Judge) -> Iterator[Finding]:
    """Finding `names`."""
    name = photo.facts.name
    if channel.names is None:
        return
    expected = f"such as {channel.names.example}" if channel.names.example else "a plain file name"
    if name == "picture":
        yield judge.skip("names", channel.names, "not a file yet", expected)
        return
    trouble = trouble_of(name)
    ok = trouble is None and re.fullmatch(channel.names.pattern, name) is not None
    measured = shown(name) + (f": {trouble}" if trouble else "")
    yield judge.say("names", channel.names, ok, measured, expected, mend(_way(name, channel), channel))


def _way(name: str, channel: Channel) -> str:
    """How a name is mended: by `packshot fit`, if the name that it gives a single file is right."""
    assert channel.names is not None
    try:
        image = Image(path=name)
        product = Product(sku=PurePosixPath(name).stem, images=(image,))
        given = file_name(channel, product, Slot(image, 1, 1), SUFFIX[channel.formats.allowed[0]])
    except (UnsafePath, ValueError):
        return "rename"
    if re.fullmatch(channel.names.pattern, PurePosixPath(given.path).name):
        return "names"
    return "identifier" if "{asin}" in channel.names.template or "{gtin14}" in channel.names.template else "rename"


def trouble_of(name: str) -> str | None:
    """What makes a file name unfit for any upload; None if nothing."""
    if has_control(name):
        return "control or text-direction characters"
    if "/" in name or "\\" in name or PurePosixPath(name).name != name:
        return "a path, not a name"
    if len(name.encode("utf-8", "surrogateescape")) > LONGEST:
        return f"over {LONGEST} bytes"
    return None


def shown(name: str) -> str:
    """A name fit for a terminal and a report: control characters as escapes."""
    plain = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in plain)


def evidence(channel: Channel) -> Rule:
    """The rule whose evidence stands for the file as such."""
    return channel.names or channel.formats
