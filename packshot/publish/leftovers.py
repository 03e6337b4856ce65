"""What earlier runs left in an output folder: results of photos that the catalogue no longer has, and of other names.

They would be uploaded with the rest, so they go to `held/left-over/`, each under the path it had. Only files that a
record names are touched, and of photos that are gone only those that came from this catalogue's folder of pictures:
an output folder may hold the results of several sources.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from packshot.pipeline.record import Index, Key, Record, read_records
from packshot.pipeline.run import RECORDS
from packshot.publish.filenames import HELD, LEFT_OVER

SIDECARS = "sidecars"


class Wanted:
    """The pictures that a catalogue asks for: `(sku, image, channel)`, in a temporary file however many there are.

    pictures: the folder of the catalogue's pictures. channels: those of this run; of any other channel a picture is
    wanted as long as the photo is there (`channel` is empty in `keys` for that).
    """

    def __init__(self, keys: Iterable[Key], pictures: Path, channels: Iterable[str]) -> None:
        self.pictures, self.channels = os.path.realpath(pictures), frozenset(channels)
        self.base = sqlite3.connect("", isolation_level=None)  # "" = a temporary file that is spilled when large
        self.base.execute("CREATE TABLE wanted (sku, image, channel, PRIMARY KEY (sku, image, channel))")
        self.base.execute("BEGIN")
        self.base.executemany("INSERT OR IGNORE INTO wanted VALUES (?, ?, ?)", keys)

    def __contains__(self, record: Record) -> bool:
        channel = record.variant if record.variant in self.channels else ""
        query = "SELECT 1 FROM wanted WHERE sku = ? AND image = ? AND channel = ?"
        return self.base.execute(query, (record.sku, record.image, channel)).fetchone() is not None

    def is_ours(self, record: Record) -> bool:
        """Whether a record's photo was one of this catalogue's folder."""
        return bool(record.source) and Path(os.path.realpath(record.source)).is_relative_to(self.pictures)

    def close(self) -> None:
        """Drop the temporary file."""
        self.base.close()


def put_aside(out: Path, wanted: Wanted) -> int:
    """Move what is no result of the catalogue any more to `held/left-over/`; gives how many pictures."""
    index = Index(out / RECORDS)
    count = 0
    try:
        for record in index.newest():
            if record.output and (record in wanted or not wanted.is_ours(record)):
                index.claim(record.output)
        for record in read_records(out / RECORDS):
            if record.output and index.claim(record.output):  # no result that stands has this name
                count += _moved(out, record.output)
    finally:
        index.close()
    return count


def _moved(out: Path, name: str) -> bool:
    if not (out / name).is_file():
        return False
    for place in (name, f"{SIDECARS}/{name}.json"):
        if (out / place).is_file():
            target = out / HELD / LEFT_OVER / place
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(out / place, target)
    return True
