"""Tables as streams of raw rows: CSV and TSV, JSONL, Parquet. What the columns mean is decided in `drafts.py`."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, BinaryIO, NamedTuple

from packshot.catalogue.columns import is_known
from packshot.catalogue.decoding import (
    HEADER_WITHIN,
    SAMPLE_BYTES,
    Record,
    records,
    sniff_delimiter,
    sniff_encoding,
    text_lines,
)
from packshot.catalogue.lines import lines_of
from packshot.catalogue.problems import Problem, shortened
from packshot.errors import CatalogueError, MissingExtra

PARQUET_ROWS = 256


class Raw(NamedTuple):
    """One row: its number as an editor shows it, the names of its columns, and the cells under them."""

    row: int
    names: tuple[str, ...]
    cells: Sequence[Any]


class Dialect(NamedTuple):
    """How a text table is written."""

    encoding: str
    delimiter: str

    def __str__(self) -> str:
        mark = {"\t": "tabs", ",": "commas", ";": "semicolons", "|": "bars"}.get(self.delimiter, self.delimiter)
        return f"{self.encoding}, {mark}"


def sniff_dialect(sample: bytes, encoding: str = "", delimiter: str = "") -> tuple[Dialect, list[str]]:
    """The dialect of a table and its first lines, from its first bytes. Raises CatalogueError for binary data."""
    encoding = encoding or sniff_encoding(sample)
    try:
        text = sample.decode(encoding, errors="replace")
    except LookupError:
        raise CatalogueError(f"encoding {encoding!r}: no such encoding; try utf-8 or gb18030") from None
    lines = list(io.StringIO(text, newline=""))
    if len(sample) >= SAMPLE_BYTES and len(lines) > 1:
        lines = lines[:-1]  # the last one is cut
    lines = lines[:200]
    return Dialect(encoding, delimiter or sniff_delimiter(lines, is_known)), lines


def header_of(lines: list[str], delimiter: str) -> list[str]:
    """The names of the columns: the first of the first rows that holds a known name, else the first row."""
    found = [row.cells for row in records(iter(lines), delimiter) if isinstance(row, Record)][:HEADER_WITHIN]
    return next((cells for cells in found if any(map(is_known, cells))), found[0] if found else [])


def csv_rows(file: BinaryIO, dialect: Dialect) -> Iterator[Raw | Problem]:
    """Rows of a CSV or TSV under its header. Raises CatalogueError if no column name is known."""
    above: list[list[str]] = []
    names: tuple[str, ...] = ()
    for record in records(text_lines(file, dialect.encoding), dialect.delimiter):
        if isinstance(record, Problem):
            yield record
        elif names:
            yield from _under_header(record, names)
        elif any(map(is_known, record.cells)):
            names = tuple(cell.strip() for cell in record.cells)
            for number, cells in enumerate(above, start=1):
                yield Problem(number, "", "stands above the header; left out", shortened(cells), serious=False)
        else:
            above.append(record.cells)
            if len(above) == HEADER_WITHIN:
                break
    if not names:
        told = ", ".join(above[0][:20]) if above else "nothing"
        raise CatalogueError(
            "expected a header with at least one known column (sku, title, image, … or 货号, 标题, 图片, …); "
            f"got {shortened(told)}. Name the sku column with --sku"
        )


def _under_header(record: Record, names: tuple[str, ...]) -> Iterator[Raw | Problem]:
    cells = record.cells
    if len(cells) > len(names):
        extra = [cell for cell in cells[len(names) :] if cell.strip()]
        if extra:
            told = f"has {len(cells)} cells under {len(names)} column names; the rest is left out"
            yield Problem(record.row, "", told, shortened(extra))
        cells = cells[: len(names)]
    elif len(cells) < len(names):
        told = f"has {len(cells)} cells under {len(names)} column names; the missing ones are taken as empty"
        yield Problem(record.row, "", told, shortened(cells))
        cells = [*cells, *[""] * (len(names) - len(cells))]
    yield Raw(record.row, names, cells)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def jsonl_rows(file: BinaryIO) -> Iterator[Raw | Problem]:
    """Objects of a JSONL file, one a line. A broken line is a Problem."""
    for line in lines_of(file):
        shown = shortened(line.data[:400].decode("utf-8", errors="replace"))
        if not line.whole:
            yield Problem(line.number, "", "the line is longer than 16 MB", shown)
            continue
        try:
            text = line.data.decode("utf-8-sig" if line.number == 1 else "utf-8")
            value = json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            torn = "" if line.ended else " (the last line is torn)"
            yield Problem(line.number, "", f"is not JSON: {error}{torn}", shown)
            continue
        if isinstance(value, dict):
            yield Raw(line.number, tuple(value), list(value.values()))
        else:
            yield Problem(line.number, "", "is not an object of names and values", shown)


def parquet_rows(file: BinaryIO) -> Iterator[Raw | Problem]:
    """Rows of a Parquet file, a few hundred at a time. Row 1 is the first row of data."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise MissingExtra("pyarrow", "parquet", "reading a Parquet file") from None
    row = 0
    try:
        table = parquet.ParquetFile(file, pre_buffer=False)
        names = tuple(table.schema_arrow.names)
        for batch in table.iter_batches(batch_size=PARQUET_ROWS):
            columns = [column.to_pylist() for column in batch.columns]
            for cells in zip(*columns, strict=True):
                row += 1
                yield Raw(row, names, cells)
    except (pyarrow.ArrowException, OSError) as error:
        if row == 0:
            raise CatalogueError(f"expected a Parquet file: {error}") from error
        yield Problem(row + 1, "", f"the file is damaged from here on: {error}")
