"""Tables of numbers in Markdown, as benchmarks print them and the documents quote them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any
from unicodedata import east_asian_width

from packshot.errors import ParameterError

ABSENT = "–"


def markdown_table(
    rows: Iterable[Mapping[str, Any]],
    columns: Sequence[str] | Mapping[str, str],
    formats: Mapping[str, str] | None = None,
) -> str:
    """A Markdown table, its columns aligned for the eye; numbers to the right.

    columns: the keys to show, in order, or key → heading. formats: key → format specification (`".2f"`, `",d"`).
    What a row lacks, or has as None, is shown as a dash; `|` and line ends in a cell are escaped.
    Raises ParameterError for no columns, a format of an unknown column, or one that does not fit its value.

    >>> print(markdown_table([{"method": "hue shift", "ΔE": 12.345}, {"method": "ours", "ΔE": 3.2}],
    ...                      ["method", "ΔE"], {"ΔE": ".1f"}))
    | method    |   ΔE |
    | --------- | ---: |
    | hue shift | 12.3 |
    | ours      |  3.2 |
    """
    headings = dict(columns) if isinstance(columns, Mapping) else {key: key for key in columns}
    formats = formats or {}
    if not headings or not formats.keys() <= headings.keys():
        raise ParameterError(f"columns, formats: expected formats of {list(headings)}, got {list(formats)}")
    rows = list(rows)
    body = [[_cell(row.get(key), key, formats.get(key, "")) for key in headings] for row in rows]
    right = [_numeric(row.get(key) for row in rows) for key in headings]
    return "\n".join(_lines([_escaped(text) for text in headings.values()], body, right))


def _cell(value: Any, key: str, specification: str) -> str:
    if value is None:
        return ABSENT
    try:
        return _escaped(format(value, specification))
    except (ValueError, TypeError) as error:
        raise ParameterError(f"formats[{key!r}]: {specification!r} does not fit {value!r} ({error})") from error


def _escaped(text: str) -> str:
    return " ".join(text.splitlines()).replace("|", "\\|")


def _numeric(values: Iterable[Any]) -> bool:
    """True if at least one value is there and all that are there are numbers."""
    present = [value for value in values if value is not None]
    return bool(present) and all(isinstance(value, Real) and not isinstance(value, bool) for value in present)


def _lines(head: list[str], body: list[list[str]], right: list[bool]) -> list[str]:
    widths = [max(3, *(_width(row[i]) for row in [head, *body])) for i in range(len(head))]
    rule = ["-" * (width - 1) + (":" if to_right else "-") for width, to_right in zip(widths, right, strict=True)]
    return [_line(cells, widths, right) for cells in (head, rule, *body)]


def _line(cells: list[str], widths: list[int], right: list[bool]) -> str:
    padded = []
    for text, width, to_right in zip(cells, widths, right, strict=True):
        space = " " * (width - _width(text))
        padded.append(space + text if to_right else text + space)
    return f"| {' | '.join(padded)} |"


def _width(text: str) -> int:
    """Columns of a terminal: Chinese characters take two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
