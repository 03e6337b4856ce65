"""Numbers of a catalogue, the check of its files, and the contact sheet."""

import numpy as np
import PIL.Image
import pytest

from packshot.catalogue import show
from packshot.catalogue.catalogue import PRODUCTS, write_catalogue
from packshot.catalogue.checking import check
from packshot.catalogue.ingest import ingest
from packshot.catalogue.product import Image, Product
from packshot.catalogue.show import contact_sheet, size_class, summarise
from tests.catalogue.shop import picture, put, table, told


def flat(path, colour, size=(60, 30)):
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.new("RGBA" if len(colour) == 4 else "RGB", size, colour).save(path)


def test_counts(tmp_path):
    put(tmp_path / "in", {"1.png": 1, "2.png": 2, "3.jpg": picture(3, (300, 20), "JPEG")})
    header = ["sku", "title", "title_zh", "colour", "category", "image", "price", "licence", "split"]
    rows = [
        ["A", "Hat", "帽子", "red", "hats", "1.png", "5", "MIT", "train"],
        ["A", "", "", "blue", "", "2.png", "", "", ""],
        ["B", "Shoe", "", "red", "shoes", "3.jpg|https://x.example/4.jpg", "", "CC0-1.0", "test"],
        ["C", "Bag", "", "", "bags", "gone.png", "", "", ""],
    ]
    catalogue = ingest(table(tmp_path / "in" / "t.csv", header, *rows), tmp_path / "out").open()
    found = summarise(catalogue)
    assert (found.products, found.pictures, found.urls, found.without_pictures, found.most_pictures) == (3, 3, 1, 1, 2)
    assert (found.titled, found.titled_zh, found.priced) == (3, 1, 1)
    assert found.categories == {"hats": 2, "shoes": 2, "bags": 1}
    assert found.colours == {"red": 3, "blue": 1}
    assert found.splits == {"train": 2, "test": 2, "(none)": 1}
    assert found.formats == {"png": 2, "jpg": 1}
    assert found.sizes == {"1-256 px": 2, "257-512 px": 1}
    assert found.problems == {"image: there is no such file": 1}


def test_a_million_different_values_are_counted_together(monkeypatch):
    from collections import Counter

    monkeypatch.setattr(show, "MOST_KINDS", 3)
    counter = Counter()
    for value in "abcdea":
        show._count(counter, value)
    assert counter == {"a": 2, "b": 1, "c": 1, show.OTHER: 2}


@pytest.mark.parametrize(
    ("side", "name"), [(1, "1-256 px"), (256, "1-256 px"), (257, "257-512 px"), (2501, "over 2500 px")]
)
def test_sizes(side, name):
    assert size_class(Image(path="a.jpg", width=side, height=1)) == name
    assert size_class(Image(path="a.jpg")) == "unknown"


def test_the_check_finds_what_went_wrong_afterwards(tmp_path):
    put(tmp_path / "in", {f"{i}.png": i for i in range(6)})
    catalogue = ingest(tmp_path / "in", tmp_path / "out").open()
    assert list(check(catalogue, decode=True)) == []
    images = tmp_path / "out" / "images"
    (images / "0.png").unlink()
    (images / "1.png").write_bytes(b"")
    (images / "2.png").write_text("hello")
    (images / "3.png").write_bytes(picture(3)[:-400])
    with (tmp_path / "out" / PRODUCTS).open("a") as file:
        file.write(
            '{"sku":"5"}\n{"sku":"bad","price":-1}\n{"sku":"Z","images":[{"path":"images/4.png","matte":"m.png"}]}\n{"sku":"z"}\n{"sku":"to'
        )
    found = told(check(catalogue))
    assert [(row, field) for row, field, _ in found] == [
        (1, "image"), (2, "image"), (3, "image"), (7, "sku"), (8, ""), (9, "matte"), (10, "sku"), (11, ""),
    ]  # fmt: skip
    assert found[3][2] == "is that of row 6 too; lookups give the first"
    assert "only in capitals" in found[6][2]
    deep = told(check(catalogue, decode=True))
    assert [row for row, field, _ in deep if field == "image"] == [1, 2, 3, 4]
    assert len({shot.key.casefold() for shot in catalogue.images()}) == len(list(catalogue.images()))


def test_a_contact_sheet_shows_every_picture(tmp_path):
    colours = {"red": (255, 0, 0), "green": (0, 255, 0), "clear": (0, 0, 255, 0)}
    for name, colour in colours.items():
        flat(tmp_path / f"{name}.png", colour)
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    products = [
        Product(sku=name, title=f"A {name} one", images=(Image(path=f"{name}.png"),)) for name in [*colours, "bad"]
    ]
    sheet, problems = contact_sheet(write_catalogue(tmp_path, products), tile_px=80, columns=2)
    pixels = np.asarray(sheet)
    assert sheet.size == (8 + 2 * 88, 8 + 2 * (80 + 2 * 12 + 8))
    assert tuple(pixels[48, 48]) == (255, 0, 0)
    assert tuple(pixels[48, 136]) == (0, 255, 0)
    checks = pixels[8 + 112 + 40 - 5 : 8 + 112 + 40 + 5, 48 - 20 : 48 + 20]
    assert set(np.unique(checks)) == {204, 235}
    assert [(p.row, p.value) for p in problems] == [(4, "bad.png")]
    labels = pixels[88:112, 8:88]
    assert labels.min() < 100


def test_a_sheet_of_part_of_a_catalogue_is_spread_over_it(tmp_path):
    for i in range(10):
        flat(tmp_path / f"{i}.png", (25 * i, 0, 0), (8, 8))
    catalogue = write_catalogue(tmp_path, [Product(sku=f"{i}", images=(Image(path=f"{i}.png"),)) for i in range(10)])
    assert [shot.product.sku for shot in show.sample(catalogue, 5)] == ["0", "2", "4", "6", "8"]
    assert len(show.sample(catalogue, 99)) == 10


def test_an_empty_catalogue_has_an_empty_sheet(tmp_path):
    sheet, problems = contact_sheet(write_catalogue(tmp_path, []))
    assert problems == []
    assert sheet.width > 0


def test_chinese_titles_need_a_font(tmp_path, monkeypatch):
    shot_of = write_catalogue(tmp_path, [Product(sku="A", title="红色连衣裙", images=(Image(path="a.png"),))])
    (shot,) = shot_of.images()
    monkeypatch.setattr(show, "chinese_font", lambda: None)
    assert show._labels(shot) == ("A", "")
    monkeypatch.setattr(show, "chinese_font", lambda: tmp_path / "font.ttf")
    assert show._labels(shot) == ("A", "红色连衣裙")
