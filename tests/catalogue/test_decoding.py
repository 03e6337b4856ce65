"""Encodings, delimiters, and quotes that were never closed."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.catalogue.columns import is_known
from packshot.catalogue.decoding import mended, records, sniff_delimiter, sniff_encoding, text_lines
from packshot.catalogue.problems import Problem
from packshot.errors import CatalogueError

CHINESE = "货号,标题,颜色,价格\nA1,纯棉连衣裙,红色,199\nA2,真皮手提包,黑色,899\n"
GERMAN = "sku;title;colour\nA1;Schöne Größe für Käufer;grün\nA2;Café à la crème;weiß\n"


ENCODINGS = [
    *((CHINESE, name, found) for name, found in (("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("gbk", "gb18030"))),
    *((CHINESE, name, found) for name, found in (("gb18030", "gb18030"), ("utf-16", "utf-16"))),
    *((GERMAN, name, found) for name, found in (("latin-1", "cp1252"), ("cp1252", "cp1252"), ("utf-8", "utf-8"))),
    ("sku,title\nA,Shoe\n", "ascii", "utf-8"),
    ("sku,price\nA,5€\n", "cp1252", "cp1252"),
]


@pytest.mark.parametrize(("text", "encoding", "found"), ENCODINGS)
def test_encodings(text, encoding, found):
    data = text.encode(encoding)
    assert sniff_encoding(data) == found
    assert "".join(text_lines(io.BytesIO(data), found)) == text


def test_a_sample_cut_inside_a_character_is_still_utf_8():
    data = CHINESE.encode()
    assert {sniff_encoding(data[:n]) for n in range(40, len(data))} == {"utf-8"}


def test_binary_data_is_no_table():
    with pytest.raises(CatalogueError, match="binary"):
        sniff_encoding(b"sku,\x00\x01\x02")


def test_bytes_of_another_encoding_are_mended():
    data = b"sku,title\n" + "A1,连衣裙\n".encode("gb18030") + "A2,naïve\n".encode("latin-1")
    lines = list(text_lines(io.BytesIO(data), "utf-8"))
    assert mended(lines[1].strip()) == "A1,连衣裙"
    assert mended(lines[2].strip()) == "A2,naïve"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(delimiter):
    lines = [
        delimiter.join(row) + "\n"
        for row in (["sku", "title", "price"], ["A", "one, two; three", "1"], ["B", "x", "2"])
    ]
    assert sniff_delimiter(lines, is_known) == delimiter


def test_one_column_is_a_table_too():
    assert sniff_delimiter(["image\n", "a.jpg\n"], is_known) == ","


def read(text, delimiter=","):
    found = list(records(iter(io.StringIO(text, newline="")), delimiter))
    rows = [(r.row, r.cells) for r in found if not isinstance(r, Problem)]
    return rows, [(p.row, p.reason) for p in found if isinstance(p, Problem)]


def test_cells_of_several_lines_are_one_cell():
    rows, problems = read('sku,text\nA,"one\ntwo, ""three"""\nB,x\n')
    assert rows == [(1, ["sku", "text"]), (2, ["A", 'one\ntwo, "three"']), (3, ["B", "x"])]
    assert problems == []


@pytest.mark.parametrize("rest", [1, 30, 2500])
def test_a_quote_that_is_never_closed_costs_one_row(rest):
    text = 'sku,text\nA,fine\nB,"12 inch pan\n' + "".join(f"C{i},x\n" for i in range(rest))
    rows, problems = read(text)
    assert [cells[0] for _, cells in rows] == ["sku", "A", "B", *(f"C{i}" for i in range(rest))]
    assert rows[2] == (3, ["B", "12 inch pan"])
    assert [row for row, _ in problems] == [3]
    assert "not closed" in problems[0][1]


def test_two_stray_quotes_far_apart_cost_two_rows():
    rows, problems = read('sku,text\nA,"12 inch pan\nB,x\nC,"14 inch pan\nD,x\n')
    assert [cells[0] for _, cells in rows] == ["sku", "A", "B", "C", "D"]
    assert [row for row, _ in problems] == [2, 4]


def test_a_cell_without_end_is_one_problem():
    rows, problems = read("sku,text\nA," + "x" * 200_000 + "\nB,y\n")
    assert [cells[0] for _, cells in rows] == ["sku", "B"]
    assert [row for row, _ in problems] == [2]


cells = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r\n\x00"), max_size=12)


@given(st.lists(st.tuples(cells, cells, cells).filter(any), min_size=1, max_size=20))
@settings(deadline=None)
def test_any_table_that_python_writes_is_read_as_written(rows):
    import csv

    text = io.StringIO(newline="")
    csv.writer(text).writerows([("sku", "title", "price"), *rows])
    found, problems = read(text.getvalue())
    assert [tuple(c) for _, c in found] == [("sku", "title", "price"), *rows]
    assert problems == []
