"""From the bytes of a table to records of cells: encoding, delimiter, and quotes that were never closed.

Encoding: a byte-order mark decides; then UTF-8 if the beginning is valid UTF-8; then GB18030 if the bytes above
127 stand in pairs as Chinese text has them; otherwise Windows-1252/Latin-1. A byte that does not fit later on is
repaired within its row and noted. Quotes: Python's csv reads to the end of the file when one is not closed, and
loses every row after it; here the row with the stray quote is reported and reading goes on with the next line.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from packshot.catalogue.problems import Problem, shortened
from packshot.errors import CatalogueError

SAMPLE_BYTES = 1 << 20
MAX_LINE_CHARACTERS = 8 * 2**20
MAX_RECORD_LINES = 1000
MAX_RECORD_CHARACTERS = 2 * 2**20
HEADER_WITHIN = 5  # rows; some tables have a heading, or Excel's `sep=;`, above the header
DELIMITERS = (",", "\t", ";", "|")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHINESE_PAIR = re.compile(rb"[\xb0-\xf7][\xa1-\xfe]|[\xa1-\xa9][\xa1-\xfe]|[\x81-\xa0][\x40-\xfe]")
_HIGH = re.compile(rb"[\x80-\xff]")


class Record(NamedTuple):
    """One row of a table. row: as a spreadsheet counts, the header is 1."""

    row: int
    cells: list[str]


def sniff_encoding(sample: bytes) -> str:
    """The name of the encoding of a text file, from its beginning. Raises CatalogueError for binary data."""
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    if b"\0" in sample:
        raise CatalogueError("expected a text table, got binary data")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
        return "utf-8"
    except UnicodeDecodeError:
        pass
    if len(_HIGH.findall(sample)) < 0.01 * len(sample) and _damaged_utf8(sample):
        return "utf-8"
    return "gb18030" if _paired(sample) >= 0.9 else "cp1252"


def _paired(data: bytes) -> float:
    """The share of bytes above 127 that stand in pairs as Chinese text has them; 0 if GB18030 cannot read it."""
    try:
        codecs.getincrementaldecoder("gb18030")().decode(data)
    except UnicodeDecodeError:
        return 0.0
    return 2 * len(_CHINESE_PAIR.findall(data)) / max(1, len(_HIGH.findall(data)))


def _damaged_utf8(sample: bytes) -> bool:
    """Whether most of the non-ASCII text is valid UTF-8 and only a few bytes are not."""
    text = sample.decode("utf-8", errors="replace")
    return text.count("�") * 4 < sum(c > "\x7f" for c in text)


def sniff_delimiter(lines: list[str], known: Callable[[str], bool]) -> str:
    """The delimiter whose columns are the most regular and best known; a comma where nothing speaks for another."""

    def score(delimiter: str) -> float:
        try:
            rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            return 0.0
        header = max(rows[:HEADER_WITHIN], key=lambda row: sum(map(known, row)), default=[])
        if len(header) < 2:
            return 0.0
        regular = sum(len(row) == len(header) for row in rows) / len(rows)
        return regular * (sum(map(known, header)) + 0.1)

    best = max(DELIMITERS, key=score)
    return best if score(best) > 0 else ","


def text_lines(file: BinaryIO, encoding: str) -> Iterator[str]:
    """Lines with their line breaks; bytes that do not fit become lone surrogates (see `mended`)."""
    errors = "replace" if encoding in ("utf-16", "utf-32") else "surrogateescape"
    text = io.TextIOWrapper(file, encoding=encoding, errors=errors, newline="")
    while line := text.readline(MAX_LINE_CHARACTERS):
        if len(line) == MAX_LINE_CHARACTERS:
            raise CatalogueError(f"a line is longer than {MAX_LINE_CHARACTERS:,} characters: no table")
        yield line
    text.detach()


def mended(cell: str) -> str:
    """The cell read as GB18030 if its bytes stand in pairs, else with its undecodable bytes as Latin-1."""
    raw = cell.encode("utf-8", errors="surrogateescape")
    if _paired(raw) >= 0.9:
        return raw.decode("gb18030", errors="replace")
    return "".join(chr(ord(c) - 0xDC00) if "\udc80" <= c <= "\udcff" else c for c in cell)


class _Unclosed(Exception):
    """A record that runs on for longer than any real one."""


class _Feed:
    """Hands lines to csv.reader, remembers those of the record being read, and can take them back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._back: deque[str] = deque()
        self.taken: list[str] = []
        self._length = 0

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._lines)
        self.taken.append(line)
        self._length += len(line)
        if len(self.taken) > MAX_RECORD_LINES or (len(self.taken) > 1 and self._length > MAX_RECORD_CHARACTERS):
            raise _Unclosed
        return line

    def next_record(self) -> None:
        self.taken, self._length = [], 0

    def take_back(self) -> str:
        """Give the lines after the first back to be read again; returns the first."""
        first = self.taken[0]
        self._back.extendleft(reversed(self.taken[1:]))
        return first


def records(lines: Iterator[str], delimiter: str) -> Iterator[Record | Problem]:
    """Every row with at least one filled cell, the header first. A row with a stray quote comes as a Problem."""
    feed, width, row = _Feed(lines), 0, 0
    reader = csv.reader(feed, delimiter=delimiter)
    while True:
        feed.next_record()
        row += 1
        reason = ""
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _Unclosed) as error:
            cells, reason = [], str(error)
        if reason or _unclosed(feed.taken, delimiter):
            long_cell = len(feed.taken) == 1
            first = feed.take_back()
            reader = csv.reader(feed, delimiter=delimiter)
            told = reason if long_cell else "a quote is opened here and not closed; read without it"
            yield Problem(row, "", told, shortened(first.strip()))
            cells = [] if long_cell else [cell.strip().strip('"') for cell in first.split(delimiter)]
            cells = cells if len(cells) == width else []
        width = width or len(cells)
        if any(cells):
            yield Record(row, cells)


def _unclosed(taken: list[str], delimiter: str) -> bool:
    """Whether a record of several lines is so only because a quote was not closed: it breaks off inside quotes, or a
    quote "closes" in the middle of a cell, where the next stray one opened.
    """
    if len(taken) < 2:
        return False
    if sum(line.count('"') for line in taken) % 2:
        return True
    try:
        next(csv.reader(iter(taken), delimiter=delimiter, strict=True))
    except csv.Error:
        return True
    return False
