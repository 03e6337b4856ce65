"""Markdown tables: alignment, formats, escapes, refusals."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.errors import ParameterError
from packshot.evaluation import tables
from packshot.evaluation.tables import markdown_table


def test_example_in_the_docstring():
    assert doctest.testmod(tables).failed == 0
    assert doctest.testmod(tables).attempted > 0


def test_headings_absent_values_and_chinese_widths():
    rows = [{"name": "抠图", "n": 12}, {"name": "x", "n": None}, {"name": None}]
    assert markdown_table(rows, {"name": "步骤", "n": "count"}).splitlines() == [
        "| 步骤 | count |",
        "| ---- | ----: |",
        "| 抠图 |    12 |",
        "| x    |     – |",
        "| –    |     – |",
    ]


def test_no_rows_gives_head_and_rule():
    assert markdown_table([], ["a", "b"]) == "| a   | b   |\n| --- | --- |"


@given(st.lists(st.fixed_dictionaries({"a": st.text(max_size=20), "b": st.floats() | st.none()}), max_size=6))
def test_any_content_keeps_the_number_of_lines_and_cells(rows):
    lines = markdown_table(rows, ["a", "b"], {"b": ".3g"}).split("\n")
    assert len(lines) == len(rows) + 2
    assert all(line.replace("\\|", "").count("|") == 3 for line in lines)
    assert len({tables._width(line) for line in lines}) == 1


def test_refusals():
    with pytest.raises(ParameterError, match="columns"):
        markdown_table([], [])
    with pytest.raises(ParameterError, match="formats"):
        markdown_table([], ["a"], {"b": ".2f"})
    with pytest.raises(ParameterError, match=r"formats\['a'\].*'x'"):
        markdown_table([{"a": "x"}], ["a"], {"a": ".2f"})
