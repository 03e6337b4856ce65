"""Reading a file line by line in bounded memory, whatever it holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

MAX_LINE_BYTES = 16 * 2**20


class TextLine(NamedTuple):
    """One line of a file.

    number: 1 for the first; offset: of its first byte; data: without the line break;
    ended: a line break followed (False only for the last line: perhaps torn); whole: False = longer than the limit,
    and `data` is only its beginning.
    """

    number: int
    offset: int
    data: bytes
    ended: bool
    whole: bool = True


def lines_of(file: BinaryIO, limit: int = MAX_LINE_BYTES) -> Iterator[TextLine]:
    """Every line that is not blank. `file` is read from its start; no more than `limit` bytes are held."""
    number, offset = 0, 0
    while piece := file.readline(limit):
        number += 1
        start, whole, ended = offset, True, piece.endswith(b"\n")
        offset += len(piece)
        data = piece
        while not ended and piece and (len(piece) == limit or not whole):  # too long: skip to its end
            piece = file.readline(limit)
            whole = whole and not piece
            ended = piece.endswith(b"\n")
            offset += len(piece)
        data = data.rstrip(b"\r\n")
        if data.strip():
            yield TextLine(number, start, data, ended, whole)
