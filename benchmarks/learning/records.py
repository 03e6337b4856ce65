"""Rows of a measurement in a JSONL file: appended as they are done, skipped when they are there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

Row = dict[str, Any]


class Records:
    """The rows of one file, each under a key of its own entries.

    A torn last line is left out; of several rows with one key the last wins.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def once(self, key: Mapping[str, Any], work: Callable[[], Mapping[str, Any]]) -> Row:
        """The row of a key: read if it is there, else worked out and appended."""
        found = self.find(**key)
        if found is not None:
            return found
        line = self.add({**key, **work()})
        print(f"done: {line}", flush=True)
        return json.loads(line)

    def add(self, row: Mapping[str, Any]) -> str:
        """Append a row, after a torn line on a line of its own; gives its text."""
        line = json.dumps(row, ensure_ascii=False)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+b") as file:
            if file.tell() and not self._ends_whole():
                file.write(b"\n")
            file.write(line.encode() + b"\n")
        return line

    def find(self, **entries: Any) -> Row | None:
        """The last row with these entries."""
        return next(iter([row for row in self if entries.items() <= row.items()][::-1]), None)

    def __iter__(self) -> Iterator[Row]:
        for line in self.path.read_text(encoding="utf-8").splitlines() if self.path.is_file() else ():
            try:
                row = json.loads(line)
            except json.JSONDecodeError:
                continue
            if isinstance(row, dict):
                yield row

    def _ends_whole(self) -> bool:
        with self.path.open("rb") as file:
            file.seek(-1, 2)
            return file.read(1) == b"\n"


def spread(values: list[float]) -> tuple[float, float | None]:
    """Mean, and the sample standard deviation where there are at least two."""
    mean = sum(values) / len(values)
    if len(values) < 2:
        return mean, None
    return mean, (sum((v - mean) ** 2 for v in values) / (len(values) - 1)) ** 0.5


def told(values: list[float], digits: int = 2) -> str:
    """`3.21 ± 0.10`, without spread where there is one value, a dash where there is none."""
    if not values:
        return "–"
    mean, deviation = spread(values)
    return f"{mean:.{digits}f}" + ("" if deviation is None else f" ± {deviation:.{digits}f}")
