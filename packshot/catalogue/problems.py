"""What is wrong with a row, said so that a person can mend it: `Problem`, and the file they are kept in."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

PROBLEMS = "problems.jsonl"
VALUE_SHOWN = 200  # characters of a bad value that are kept
KEPT_IN_MEMORY = 1000


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, or that a person should know.

    row: row or line number in `file` as an editor counts (the header is 1); None = the file as a whole.
    field: the column, picture or member it is about.
    reason: plain words. value: what stood there, shortened. file: name inside the source.
    sku: the product it belongs to, where that is known.
    serious: False = only a note (a file that is no picture, rows joined to one product): nothing was lost.
    """

    row: int | None
    field: str
    reason: str
    value: str = ""
    file: str = ""
    serious: bool = True
    sku: str = ""

    def __str__(self) -> str:
        place = " ".join(p for p in (self.file, f"row {self.row}" if self.row is not None else "") if p)
        shown = "" if not self.value or self.value in self.reason else f" {self.value!r}"
        told = f"{self.field}{shown}: {self.reason}" if self.field else f"{self.reason}{shown}"
        return f"{place}: {told}" if place else told


def shortened(value: object) -> str:
    """The value as text of at most VALUE_SHOWN characters, control characters and surrogates escaped.

    >>> shortened("a" * 300)[-4:], shortened(None), shortened("a\\x00b")
    ('aaa…', '', 'a\\\\x00b')
    """
    text = "" if value is None else str(value)
    text = text if len(text) <= VALUE_SHOWN else text[:VALUE_SHOWN] + "…"
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


@dataclass
class ProblemLog:
    """Collects problems: all of them in a file if `path` is given, the first thousand and counts in memory."""

    path: Path | None = None
    first: list[Problem] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    serious: int = 0
    notes: int = 0
    _file: IO[str] | None = None

    def add(self, problem: Problem) -> None:
        """Note one problem."""
        if problem.serious:
            self.serious += 1
        else:
            self.notes += 1
        kind = f"{problem.field}: {problem.reason}"
        if kind in self.reasons or len(self.reasons) < KEPT_IN_MEMORY:
            self.reasons[kind] += 1
        if len(self.first) < KEPT_IN_MEMORY:
            self.first.append(problem)
        if self.path is not None:
            if self._file is None:
                self._file = self.path.open("w", encoding="utf-8", newline="\n")
            self._file.write(json.dumps(asdict(problem), ensure_ascii=False) + "\n")

    def close(self) -> None:
        """Write out what is buffered. A log without problems leaves no file."""
        if self._file is not None:
            self._file.close()
            self._file = None
        elif self.path is not None:
            self.path.unlink(missing_ok=True)


def keep_problems(path: Path, problems: Iterable[Problem]) -> None:
    """Write problems to a file, as `read_problems` reads them."""
    lines = (json.dumps(asdict(problem), ensure_ascii=False) + "\n" for problem in problems)
    path.write_text("".join(lines), encoding="utf-8", newline="\n")


def read_problems(path: Path) -> Iterator[Problem]:
    """The problems kept in a `problems.jsonl`, in order; a torn line ends the reading."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                yield Problem(**json.loads(line))
            except (ValueError, TypeError):
                return
