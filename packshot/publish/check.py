"""Judge pictures against channels: one picture, or all of a folder or catalogue on several processes.

    from packshot.publish import channels, check
    findings = check.check_picture("mug.jpg", channels.find("amazon_main"))

A picture that cannot be read has one finding, `file`, which fails. Counting pictures of a product is the business of
`gathering`, for a single picture knows nothing of the others.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

from packshot.errors import FileError, MissingExtra
from packshot.publish import rules
from packshot.publish.channel import Channel
from packshot.publish.findings import Finding, Judge
from packshot.publish.looking.photo import Photo, read
from packshot.publish.looking.texts import How
from packshot.publish.mending import MENDS


def check_picture(
    source: Path | str | bytes | Photo,
    channel: Channel,
    *,
    name: str = "",
    today: dt.date | None = None,
    text: How = "auto",
    families: Iterable[str] | None = None,
) -> list[Finding]:
    """All findings on one picture, in the order of the rules.

    source: a file, its bytes, or a Photo read before (to judge it for several channels at the cost of one).
    name: the file name to judge, where bytes have none. today: decides which dated rules are in force.
    text: how writing is looked for, auto, ocr (extra `ocr`) or strokes. families: keys of `rules.TABLE`, all if None.
    Never raises for a bad picture: a file that cannot be read has the finding `file`.
    """
    judge = Judge(today or dt.date.today())
    try:
        photo = source if isinstance(source, Photo) else read(source, name, text)
    except (FileError, MissingExtra) as error:
        return [unreadable(str(error), channel)]
    wanted = rules.TABLE if families is None else families
    return [finding for family in wanted for finding in rules.find(family)(photo, channel, judge)]


def unreadable(why: str, channel: Channel) -> Finding:
    """The finding on a file that cannot be read: a fact, whatever a platform says."""
    return Finding("file", "fail", why, "a picture", "the file itself", channel.as_of.isoformat(), "A", MENDS["file"])
