"""The tasks `check` and `verify`: a picture against channels, and its marks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packshot.imaging import files
from packshot.provenance.verify import verify as read_marks
from packshot.publish import channels
from packshot.publish.check import check_picture
from packshot.publish.findings import worst
from packshot.publish.looking.photo import read
from packshot.serve.direct.desk import Desk
from packshot.serve.direct.frames import Blobs

BYTES_PER_PIXEL = 60
BYTES_AT_LEAST = 16 << 20


def check(desk: Desk, arguments: Mapping[str, Any], blobs: Blobs) -> tuple[dict[str, Any], Blobs]:
    """`{outcome, channels: {id: {outcome, findings}}}` of the blob `picture`.

    arguments: channels (ids), name (what the file is called), text (how writing is looked for), today (a date).
    """
    wanted = {name: channels.find(name) for name in arguments["channels"]}
    admit(desk, blobs)
    day = dt.date.fromisoformat(arguments["today"]) if arguments.get("today") else dt.date.today()
    photo = read(blobs["picture"], arguments.get("name") or "picture", arguments.get("text") or "auto")
    found = {name: check_picture(photo, channel, today=day) for name, channel in wanted.items()}
    told = {
        name: {"outcome": worst(tuple(findings)), "findings": [finding.to_json() for finding in findings]}
        for name, findings in found.items()
    }
    every = tuple(finding for findings in found.values() for finding in findings)
    return {"outcome": worst(every), "channels": told}, {}


def verify(desk: Desk, arguments: Mapping[str, Any], blobs: Blobs) -> tuple[dict[str, Any], Blobs]:
    """The marks of the blob `picture`, and whether they hold."""
    admit(desk, blobs)
    with desk.scratch() as folder:
        path = Path(folder) / "picture"
        path.write_bytes(blobs["picture"])
        return read_marks(path).to_json(), {}


def admit(desk: Desk, blobs: Blobs) -> None:
    """Look at the header, and wait for the memory that the picture will take."""
    width, height = files.picture_size(blobs["picture"], max_pixels=desk.limits.max_pixels)
    desk.need(max(BYTES_AT_LEAST, width * height * BYTES_PER_PIXEL))
