"""From files of shops to a catalogue: every reader with good rows, and faults planted one by one.

A planted fault must be listed by its row, field and reason, and must cost nothing but itself.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.catalogue.catalogue import PRODUCTS
from packshot.catalogue.gathering import size_of
from packshot.catalogue.ingest import ingest
from packshot.catalogue.problems import PROBLEMS, read_problems
from packshot.errors import CatalogueError
from tests.catalogue.shop import files, jsonl, picture, put, table, told, zipped
from tests.catalogue.test_product import words

HEADER = ["sku", "title", "image", "price", "split"]


def shop(root, *rows, header=HEADER, pictures=4, **how):
    """A folder with `products.csv` and pictures 0.png … in it; gives the path of the table."""
    put(root, {f"{i}.png": i for i in range(pictures)})
    return table(root / "products.csv", header, *rows, **how)


def made(source, tmp_path, **options):
    done = ingest(source, tmp_path / "out", **options)
    return done, done.open()


# -- faults ----------------------------------------------------------------------------------------------------------

GOOD = ["A", "Shoe", "0.png", "10.50", "train"]
LAST = ["Z", "Boot", "1.png", "20", "test"]


@dataclass(frozen=True)
class Fault:
    """A bad row between two good ones: where the problem must be found, and whether the row's product survives."""

    name: str
    row: list
    field: str
    reason: str
    survives: bool = True
    serious: bool = True


FAULTS = [
    Fault("no sku", ["", "Hat", "2.png", "5", ""], "sku", "is missing", survives=False),
    Fault(
        "sku of control characters", ["\u202eB", "Hat", "2.png", "5", ""], "sku", "control characters", survives=False
    ),
    Fault("sku too long", ["B" * 600, "Hat", "2.png", "5", ""], "sku", "longer than 500", survives=False),
    Fault("price in words", ["B", "Hat", "2.png", "ask us", ""], "price", "is not a number"),
    Fault("negative price", ["B", "Hat", "2.png", "-5", ""], "price", "is below 0"),
    Fault("price with too many digits", ["B", "Hat", "2.png", "1" * 30, ""], "price", "more digits"),
    Fault("unknown split", ["B", "Hat", "2.png", "5", "holdout"], "split", "is not one of"),
    Fault("title too long", ["B", "x" * 2500, "2.png", "5", ""], "title", "longer than 2000"),
    Fault("control characters in a title", ["B", "Hat\x07", "2.png", "5", ""], "title", "removed", serious=False),
    Fault("picture that is not there", ["B", "Hat", "nowhere.png", "5", ""], "image", "no such file"),
    Fault("picture outside the folder", ["B", "Hat", "../outside.png", "5", ""], "image", "leaves the folder"),
    Fault("picture by backslashes outside", ["B", "Hat", "..\\outside.png", "5", ""], "image", "leaves the folder"),
    Fault("absolute path", ["B", "Hat", "/etc/passwd", "5", ""], "image", "is absolute"),
    Fault("drive letter", ["B", "Hat", "C:\\outside.png", "5", ""], "image", "is absolute"),
    Fault("file address", ["B", "Hat", "file:///etc/passwd", "5", ""], "image", "not followed"),
    Fault("path with a line break", ["B", "Hat", "a\nb.png", "5", ""], "image", "control characters"),
    Fault(
        "picture written into the table", ["B", "Hat", "data:image/png;base64,AAAA", "5", ""], "images.0.url", "file"
    ),
    Fault("address with a space", ["B", "Hat", "https://shop.example/a b.png", "5", ""], "images.0.url", "spaces"),
    Fault("a text called .png", ["B", "Hat", "text.png", "5", ""], "image", "a text"),
    Fault("an empty file", ["B", "Hat", "empty.png", "5", ""], "image", "is empty"),
    Fault("a web page called .jpg", ["B", "Hat", "page.jpg", "5", ""], "image", "a web page"),
    Fault("a header cut off", ["B", "Hat", "cut.png", "5", ""], "image", "header"),
    Fault("a link that leads out", ["B", "Hat", "link.png", "5", ""], "image", "leads out"),
    Fault("a folder instead of a picture", ["B", "Hat", "folder.png", "5", ""], "image", "no such file"),
    Fault("too few cells", ["B", "Hat", "2.png"], "", "3 cells under 5"),
    Fault("too many cells", ["B", "Hat", "2.png", "5", "", "extra"], "", "6 cells under 5"),
    Fault("the first sku again, another split", ["A", "Shoe", "2.png", "", "test"], "split", "row 2 put this product"),
    Fault("the first sku again, another price", ["A", "Shoe", "", "99", ""], "price", "differs from row 2"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.name)
def test_a_planted_fault_is_named_and_costs_only_itself(tmp_path, fault):
    put(tmp_path, {"outside.png": 9})
    source = shop(tmp_path / "in", GOOD, fault.row, LAST)
    put(
        tmp_path / "in",
        {"text.png": "hello", "empty.png": b"", "page.jpg": "<!doctype html><p>404", "cut.png": picture()[:20]},
    )
    put(tmp_path / "in", {"folder.png/x.txt": "x"})
    os.symlink(tmp_path / "outside.png", tmp_path / "in" / "link.png")
    done, catalogue = made(source, tmp_path)
    (problem,) = done.problems
    assert (problem.row, problem.file, problem.serious) == (3, "products.csv", fault.serious)
    assert problem.field == fault.field
    assert fault.reason in problem.reason
    assert list(read_problems(tmp_path / "out" / PROBLEMS)) == [problem]
    first, last = catalogue.find("A"), catalogue.find("Z")
    assert (first.title, str(first.price), first.split) == ("Shoe", "10.50", "train")
    assert (last.title, str(last.price), last.split, last.row) == ("Boot", "20", "test", 4)
    assert len(catalogue) == 2 + (fault.survives and fault.row[0] == "B")
    for shot in catalogue.images():
        assert shot.path.read_bytes() in (picture(0), picture(1), picture(2))
    assert not [p for p in (tmp_path / "out").rglob("*") if p.suffix == ".part"]


def test_several_faults_are_all_listed_in_order(tmp_path):
    source = shop(tmp_path / "in", GOOD, ["B", "Hat", "nowhere.png", "free", "holdout"], ["", "", "0.png"], LAST)
    done, catalogue = made(source, tmp_path)
    assert [(p.row, p.field) for p in done.problems] == [(3, "image"), (3, "price"), (3, "split"), (4, ""), (4, "sku")]
    assert (done.serious, done.notes) == (5, 0)
    assert [p.sku for p in catalogue] == ["A", "B", "Z"]


BROKEN_SOURCES = {
    "nothing there": (lambda root: root / "nowhere", "there is nothing there"),
    "an empty folder": (lambda root: files(root / "in"), "no product"),
    "a folder of texts": (lambda root: put(root / "in", {"a.txt": "x"}), "no product"),
    "an empty table": (lambda root: put(root, {"t.csv": ""}) / "t.csv", "expected a header"),
    "a header alone": (lambda root: table(root / "t.csv", HEADER), "no product"),
    "no known column": (lambda root: table(root / "t.csv", ["foo", "bar"], ["1", "2"]), "known column"),
    "only bad rows": (lambda root: table(root / "t.csv", HEADER, ["", "x"]), "1 of|first of"),
    "binary": (lambda root: put(root, {"t.csv": b"\x00\x01" * 50}) / "t.csv", "binary"),
    "an Excel workbook": (
        lambda root: zipped(root / "t.xlsx", {"[Content_Types].xml": "<x/>"}),
        "save the sheet as CSV",
    ),
    "an old workbook": (lambda root: put(root, {"t.xls": b"\xd0\xcf\x11\xe0xxxx"}) / "t.xls", "old Excel"),
    "gzip": (lambda root: put(root, {"t.csv.gz": b"\x1f\x8b\x08xxxx"}) / "t.csv.gz", "unpack it"),
    "a JSON array": (lambda root: put(root, {"t.json": '[{"sku": "A"}]'}) / "t.json", "one object a line"),
    "a picture": (lambda root: put(root, {"a.png": 1}) / "a.png", "is a picture"),
    "a web address": (lambda root: "https://shop.example/products.csv", "fetches nothing"),
    "a chained web address": (lambda root: "simplecache::http://10.0.0.1/products.csv", "fetches nothing"),
    "a scheme nobody knows": (lambda root: "warp://x/y.csv", "warp"),
    "several tables": (lambda root: put(root / "in", {"a.csv": "sku", "b.csv": "sku"}), "name the one to read"),
    "a damaged Parquet file": (lambda root: put(root, {"t.parquet": b"PAR1" + b"x" * 50}) / "t.parquet", "Parquet"),
}


@pytest.mark.parametrize("name", BROKEN_SOURCES)
def test_a_source_that_cannot_be_read_says_why_and_leaves_nothing(tmp_path, name):
    make, reason = BROKEN_SOURCES[name]
    with pytest.raises(CatalogueError, match=reason):
        ingest(make(tmp_path), tmp_path / "out")
    assert not (tmp_path / "out" / PRODUCTS).exists()
    assert not (tmp_path / "out").exists() or not any((tmp_path / "out").iterdir())


# -- good tables -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_chinese_table(tmp_path, encoding, delimiter):
    header = ["货号", "商品名称", "颜色", "材质", "价格", "图片", "描述"]
    rows = [
        ["连衣裙-01", "纯棉连衣裙", "红色", "棉", "￥199.00", "图/正面.png", "夏季新款，柔软"],
        ["包-02", "真皮包", "黑色", "牛皮", "899元", "", "手工"],
    ]
    put(tmp_path / "in", {"图/正面.png": 1})
    source = table(tmp_path / "in" / "商品.csv", header, *rows, encoding=encoding, delimiter=delimiter)
    done, catalogue = made(source, tmp_path)
    assert done.problems == ()
    dress, bag = catalogue
    assert (dress.sku, dress.title, dress.colour, dress.attributes["material"]) == (
        "连衣裙-01",
        "纯棉连衣裙",
        "红色",
        "棉",
    )
    assert (str(dress.price), str(bag.price), bag.currency) == ("199.00", "899", "CNY")
    assert dress.description == "夏季新款，柔软"
    (shot,) = catalogue.images()
    assert shot.key == "连衣裙-01"
    assert shot.path.read_bytes() == picture(1)


def test_titles_in_two_languages(tmp_path):
    source = shop(
        tmp_path / "in",
        ["A", "Red ball", "红球", "Soft", "柔软"],
        header=["sku", "title", "title_zh", "description", "description_zh"],
    )
    _, catalogue = made(source, tmp_path)
    (product,) = catalogue
    assert (product.title, product.title_zh, product.descriptions) == ("Red ball", "红球", {"zh": "柔软"})


def test_every_unknown_column_is_kept(tmp_path):
    source = shop(tmp_path / "in", ["A", "soft", "12", ""], header=["sku", "Feel", "Weight (kg)", "empty"])
    _, catalogue = made(source, tmp_path)
    assert catalogue.at(0).attributes == {"Feel": "soft", "Weight (kg)": "12"}


def test_several_pictures_in_several_ways(tmp_path):
    header = ["sku", "image", "image 2", "alt", "role", "matte"]
    put(tmp_path / "in", {"c,d.png": 3, "m.png": 5})
    rows = [
        ["A", "0.png|1.png", "2.png", "Front", "main", "m.png"],
        ["B", "c,d.png", "https://shop.example/x.jpg?v=1", "", "", ""],
        ["C", "0.png, 1.png", "", "", "", ""],
    ]
    _, catalogue = made(shop(tmp_path / "in", *rows, header=header), tmp_path)
    a, b, c = catalogue
    assert [i.path for i in a.images] == ["images/0.png", "images/1.png", "images/2.png"]
    assert (a.images[0].alt, a.images[0].role, a.images[0].matte) == ("Front", "main", "images/m.png")
    assert (a.images[0].width, a.images[0].height) == (24, 16)
    assert [i.place for i in b.images] == ["images/c,d.png", "https://shop.example/x.jpg?v=1"]
    assert [i.path for i in c.images] == ["images/0.png", "images/1.png"]
    assert catalogue.matte_of(a.images[0]).read_bytes() == picture(5)


def test_a_table_that_names_no_product_takes_the_file_names(tmp_path):
    _, catalogue = made(shop(tmp_path / "in", ["0.png", "x"], ["1.png", "y"], header=["image", "title"]), tmp_path)
    assert [(p.sku, p.title) for p in catalogue] == [("0", "x"), ("1", "y")]


def test_the_sku_column_may_be_named(tmp_path):
    source = shop(tmp_path / "in", ["1", "X-1", "0.png"], header=["id", "Artikel", "image"])
    _, catalogue = made(source, tmp_path, sku="artikel")
    assert (catalogue.at(0).sku, catalogue.at(0).attributes) == ("X-1", {"id": "1"})


def test_rows_of_one_sku_are_one_product(tmp_path):
    header = ["sku", "title", "colour", "image", "price"]
    rows = [
        ["A", "Shirt", "red", "0.png", ""],
        ["B", "Hat", "", "1.png", "5"],
        ["A", "", "blue", "2.png", "19"],
        ["A", "Shirt", "red", "0.png", "19"],
    ]
    done, catalogue = made(shop(tmp_path / "in", *rows, header=header), tmp_path)
    assert done.problems == ()
    a, b = catalogue
    assert (a.sku, a.title, str(a.price), a.colour, b.sku) == ("A", "Shirt", "19", "red", "B")
    assert [(i.path, i.attributes) for i in a.images] == [("images/0.png", {}), ("images/2.png", {"colour": "blue"})]


def test_a_sku_with_another_title_and_price_is_noted(tmp_path):
    header = ["sku", "title", "price", "image"]
    rows = [["A", "Shirt", "5", "0.png"], ["A", "Hat", "7", "1.png"], ["A", "Shirt", "5", "2.png"]]
    done, catalogue = made(shop(tmp_path / "in", *rows, header=header), tmp_path)
    assert [(p.row, p.field, p.value, p.serious) for p in done.problems] == [
        (3, "title", "Hat", False),
        (3, "price", "7", False),
    ]
    assert catalogue.at(0).images[1].attributes == {"title": "Hat", "price": "7"}


def test_an_output_that_cannot_be_written_is_one_line(tmp_path):
    source = shop(tmp_path / "in", ["A", "0.png"], header=["sku", "image"])
    (tmp_path / "file").write_text("x")
    for out in (tmp_path / "file" / "x", Path("/proc/nothing"), Path("/proc")):
        with pytest.raises(CatalogueError, match="cannot be written to"):
            ingest(source, out)


def test_a_stray_quote_costs_no_row_after_it(tmp_path):
    put(tmp_path / "in", {"t.csv": 'sku,title\nA,"12 inch pan\n' + "".join(f"B{i},x\n" for i in range(50))})
    done, catalogue = made(tmp_path / "in" / "t.csv", tmp_path)
    assert len(catalogue) == 51
    assert told(done.problems) == [(2, "", "a quote is opened here and not closed; read without it")]


def test_a_heading_above_the_header_is_left_out_and_noted(tmp_path):
    put(tmp_path / "in", {"t.csv": "Price list spring,,\n\nsku,title,price\nA,Shoe,5\n"})
    done, catalogue = made(tmp_path / "in" / "t.csv", tmp_path)
    assert [p.sku for p in catalogue] == ["A"]
    assert (done.serious, done.notes) == (0, 1)


def test_the_line_excel_writes_for_its_delimiter(tmp_path):
    put(tmp_path / "in", {"t.csv": "sep=;\nsku;title;price\nA;Shoe, red;5,50\n"})
    done, catalogue = made(tmp_path / "in" / "t.csv", tmp_path)
    assert [(p.sku, p.title, str(p.price)) for p in catalogue] == [("A", "Shoe, red", "5.50")]
    assert done.serious == 0


def test_more_than_a_product_can_have_is_cut_and_said(tmp_path):
    put(tmp_path / "in", {"0.png": 0})
    source = jsonl(
        tmp_path / "in" / "t.jsonl",
        {
            "sku": "A",
            "images": [f"https://x.example/{i}.jpg" for i in range(1200)],
            "attributes": {f"a{i}": "x" for i in range(1100)},
        },
        {"sku": "B", "images": ["0.png"]},
    )
    done, catalogue = made(source, tmp_path)
    a, b = catalogue
    assert (len(a.images), len(a.attributes), len(b.images)) == (1000, 1000, 1)
    assert [(p.row, p.field) for p in done.problems] == [(1, "images"), (1, "attributes")]


def test_bytes_of_another_encoding_cost_nothing(tmp_path):
    data = (
        b"sku,title\n"
        + "A,Schuh f\u00fcr Gr\u00f6\u00dfe\n".encode()
        + "B,红色\n".encode("gb18030")
        + "C,红\n".encode()
    )
    put(tmp_path / "in", {"t.csv": data + b"D,Hut\n" + "".join(f"E{i},ü\n" for i in range(40)).encode()})
    done, catalogue = made(tmp_path / "in" / "t.csv", tmp_path, encoding="utf-8")
    assert [p.title for p in catalogue][:4] == ["Schuh für Größe", "红色", "红", "Hut"]
    assert [(p.row, p.field, p.serious) for p in done.problems] == [(3, "title", False)]


def test_jsonl(tmp_path):
    put(tmp_path / "in", {"0.png": 0, "1.png": 1})
    source = jsonl(
        tmp_path / "in" / "t.jsonl",
        {
            "sku": "A",
            "title": "Shoe",
            "attributes": {"color": "red", "size": 38},
            "price": 19.9,
            "images": ["0.png", "1.png"],
        },
        {
            "sku": "B",
            "images": [
                {"path": "1.png", "alt": "side", "attributes": {"colour": "blue"}},
                {"src": "https://x.example/1.png"},
            ],
        },
        {"sku": 7, "tags": ["new", "sale"], "titles": {"zh": "帽子"}},
    )
    with source.open("ab") as file:
        file.write(
            b'{"sku": "C", "price": NaN}\n[1, 2]\n{"sku": "D"}{\n'
            + b"[" * 100_000
            + b"\n"
            + b'{"sku": "E", "title": "to'
        )
    done, catalogue = made(source, tmp_path)
    a, b, c = catalogue
    assert a.attributes == {"colour": "red", "size": "38"}
    assert str(a.price) == "19.9"
    assert [i.path for i in a.images] == ["images/0.png", "images/1.png"]
    assert (b.images[0].alt, b.images[0].attributes, b.images[1].url) == (
        "side",
        {"colour": "blue"},
        "https://x.example/1.png",
    )
    assert (c.sku, c.attributes, c.title_zh) == ("7", {"tags": "new / sale"}, "帽子")
    assert [p.row for p in done.problems] == [4, 5, 6, 7, 8]
    assert "torn" in done.problems[-1].reason


def test_parquet_with_paths_and_with_pictures_inside(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    put(tmp_path / "in", {"0.png": 0})
    count = 700
    columns = {
        "sku": [f"S{i}" for i in range(count)],
        "颜色": ["红"] * count,
        "price": [1.5] * count,
        "image": [
            {"bytes": picture(i % 3), "path": None} if i else {"bytes": None, "path": "0.png"} for i in range(count)
        ],
        "sizes": [["S", "M"]] * count,
    }
    parquet.write_table(pyarrow.table(columns), tmp_path / "in" / "t.parquet", row_group_size=100)
    done, catalogue = made(tmp_path / "in" / "t.parquet", tmp_path)
    assert done.kind == "parquet"
    assert done.problems == ()
    assert len(catalogue) == count
    assert catalogue.at(5).attributes == {"colour": "红", "size": "S / M"}
    assert str(catalogue.at(5).price) == "1.5"
    shots = list(catalogue.images())
    assert len(shots) == count
    assert [shot.path.read_bytes() for shot in shots[:4]] == [picture(0), picture(1), picture(2), picture(0)]
    assert len(list((tmp_path / "out" / "images").iterdir())) == 4  # the same bytes are kept once


def test_without_pyarrow_the_message_says_what_to_install(tmp_path, monkeypatch):
    import sys

    from packshot.errors import MissingExtra

    put(tmp_path, {"t.parquet": b"PAR1xxxx"})
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r"pip install 'packshot\[parquet\]'"):
        ingest(tmp_path / "t.parquet", tmp_path / "out")


# -- pictures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["copy", "link", "refer"])
def test_pictures_are_copied_linked_or_left(tmp_path, mode):
    source = shop(tmp_path / "in", GOOD, LAST)
    done, catalogue = made(source, tmp_path, pictures=mode)
    assert done.pictures == 2
    shots = list(catalogue.images())
    assert [shot.path.read_bytes() for shot in shots] == [picture(0), picture(1)]
    same = [os.path.samefile(shot.path, tmp_path / "in" / f"{i}.png") for i, shot in enumerate(shots)]
    assert same == [mode != "copy"] * 2
    assert (tmp_path / "out" / "images").exists() == (mode != "refer")


def test_a_catalogue_in_place_copies_nothing(tmp_path):
    put(tmp_path / "in", {"red/1.png": 1, "red/2.png": 2})
    done = ingest(tmp_path / "in", tmp_path / "in")
    assert [shot.path for shot in done.open().images()] == [tmp_path / "in" / "red" / f"{i}.png" for i in (1, 2)]
    (tmp_path / "in").rename(tmp_path / "moved")
    from packshot.catalogue.catalogue import Catalogue

    assert all(shot.path.exists() for shot in Catalogue(tmp_path / "moved").images())


def test_files_whose_safe_names_are_equal_stay_apart(tmp_path):
    put(tmp_path / "in", {"A.png": 0, "a.PNG": 1, "a .png": 2, "b.jpg": 3})
    _, catalogue = made(tmp_path / "in", tmp_path)
    shots = list(catalogue.images())
    assert {shot.path.read_bytes() for shot in shots} == {picture(i) for i in range(4)}
    assert len({str(shot.path).casefold() for shot in shots}) == 4
    assert len({shot.key.casefold() for shot in shots}) == 4


def test_pictures_from_another_folder(tmp_path):
    put(tmp_path / "photos", {"x/0.png": 0})
    source = table(tmp_path / "t.csv", ["sku", "image"], ["A", "x/0.png"])
    done, catalogue = made(source, tmp_path, pictures_from=tmp_path / "photos")
    assert done.problems == ()
    assert [shot.path.read_bytes() for shot in catalogue.images()] == [picture(0)]


def test_a_picture_with_another_ending_is_a_picture(tmp_path):
    put(tmp_path / "in", {"0.jpg": picture(0, kind="PNG"), "1": picture(1, kind="JPEG")})
    _, catalogue = made(tmp_path / "in", tmp_path)
    assert [(p.sku, p.images[0].width) for p in catalogue] == [("0", 24), ("1", 24)]


def test_sizes_are_noted_as_stored(tmp_path):
    put(tmp_path, {"0.png": picture(0, (7, 5))})
    assert size_of(tmp_path / "0.png") == (7, 5)


# -- the output folder -----------------------------------------------------------------------------------------------


def test_the_same_source_renews_and_another_is_refused(tmp_path):
    source = shop(tmp_path / "in", GOOD)
    ingest(source, tmp_path / "out")
    first = (tmp_path / "out" / PRODUCTS).read_bytes()
    ingest(source, tmp_path / "out")
    assert (tmp_path / "out" / PRODUCTS).read_bytes() == first
    other = shop(tmp_path / "other", LAST)
    with pytest.raises(CatalogueError, match="another catalogue"):
        ingest(other, tmp_path / "out")
    assert (tmp_path / "out" / PRODUCTS).read_bytes() == first
    ingest(other, tmp_path / "out", replace_existing=True)
    assert b"Boot" in (tmp_path / "out" / PRODUCTS).read_bytes()


def test_a_reading_that_is_stopped_leaves_the_old_catalogue(tmp_path):
    source = shop(tmp_path / "in", GOOD)
    ingest(source, tmp_path / "out")
    before = (tmp_path / "out" / PRODUCTS).read_bytes()
    table(source, HEADER, *[[f"N{i}", "x", "", "", ""] for i in range(2000)])

    def stop(row):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest(source, tmp_path / "out", on_row=stop)
    assert (tmp_path / "out" / PRODUCTS).read_bytes() == before
    assert not [p for p in (tmp_path / "out").rglob("*.part*")]


def test_problems_of_an_earlier_reading_do_not_stay(tmp_path):
    source = shop(tmp_path / "in", GOOD, ["B", "x", "nowhere.png", "", ""])
    ingest(source, tmp_path / "out")
    assert (tmp_path / "out" / PROBLEMS).exists()
    table(source, HEADER, GOOD)
    ingest(source, tmp_path / "out")
    assert not (tmp_path / "out" / PROBLEMS).exists()


def test_the_output_inside_the_source_is_not_read_again(tmp_path):
    put(tmp_path / "in", {"1.png": 1})
    for _ in range(2):
        assert ingest(tmp_path / "in", tmp_path / "in" / "out").pictures == 1


def test_a_catalogue_is_a_source_too(tmp_path):
    source = shop(tmp_path / "in", GOOD, LAST)
    _, first = made(source, tmp_path)
    again = ingest(tmp_path / "out" / PRODUCTS, tmp_path / "again").open()
    for one, other in zip(first, again, strict=True):
        own = {"origin", "row", "images"}
        assert one.model_dump(exclude=own) == other.model_dump(exclude=own)
    assert [s.path.read_bytes() for s in again.images()] == [picture(0), picture(1)]


def test_a_folder_behind_fsspec(tmp_path):
    import fsspec

    memory = fsspec.filesystem("memory")
    for name, data in {"shop/t.csv": b"sku,image\nA,p/0.png\nB,p/none.png\n", "shop/p/0.png": picture(0)}.items():
        memory.pipe(f"/{name}", data)
    try:
        done, catalogue = made("memory://shop/t.csv", tmp_path)
        assert told(done.problems) == [(3, "image", "there is no such file")]
        assert [shot.path.read_bytes() for shot in catalogue.images()] == [picture(0)]
        folder = ingest("memory://shop", tmp_path / "folder", kind="folder")
        assert [p.sku for p in folder.open()] == ["p/0"]
    finally:
        memory.rm("/shop", recursive=True)


# -- properties ------------------------------------------------------------------------------------------------------

rows_of_shops = st.lists(
    st.tuples(words.filter(str.strip), words, words, st.decimals(0, 10**6, places=2, allow_nan=False)),
    min_size=1,
    max_size=12,
    unique_by=lambda row: " ".join(row[0].split()),
)


@given(rows_of_shops)
@settings(max_examples=40, deadline=None)
def test_any_table_of_products_survives(tmp_path_factory, rows):
    root = tmp_path_factory.mktemp("t")
    source = table(root / "t.csv", ["sku", "title", "colour", "price"], *rows)
    done = ingest(source, root / "out", encoding="utf-8", delimiter=",")
    assert done.serious == 0
    import unicodedata

    def line(text):
        return " ".join(unicodedata.normalize("NFC", text).split())

    found = [(p.sku, p.title, p.attributes.get("colour", ""), p.price) for p in done.open()]
    assert found == [(line(s), line(t), unicodedata.normalize("NFC", c.strip()), price) for s, t, c, price in rows]


def test_a_hundred_thousand_rows_in_bounded_memory(tmp_path):
    import subprocess
    import sys
    from pathlib import Path

    with (tmp_path / "t.csv").open("w") as file:
        file.write("sku,title,colour,price,image\n")
        file.writelines(f"S{i},Product {i},red,{i % 100}.50,https://shop.example/{i}.jpg\n" for i in range(100_000))
    code = (
        "import resource, sys; from packshot.catalogue.ingest import ingest; peaks = []\n"
        "def row(n): peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
        "done = ingest(sys.argv[1], sys.argv[2], on_row=row)\n"
        "print(done.products, done.urls, peaks[20], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    arguments = [sys.executable, "-c", code, str(tmp_path / "t.csv"), str(tmp_path / "out")]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    products, urls, early, late = map(int, done.stdout.split())
    assert products == urls == 100_000
    assert late - early < 40_000  # kB: the page cache of the staging file is bounded by 32 MB
    assert json.loads((tmp_path / "out" / PRODUCTS).read_text().splitlines()[-1])["sku"] == "S99999"
