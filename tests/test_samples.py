"""The sample catalogue that ships: 16 rows, pictures and exact mattes, both languages, small."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import packshot

FOLDER = Path(packshot.__file__).parent / "samples"
COLUMNS = (
    "sku,title,title_zh,category,colour,material,price,currency,description,description_zh,image,matte,split,licence"
)
ROWS = list(csv.DictReader((FOLDER / "products.csv").open(encoding="utf-8", newline="")))


def test_table_has_sixteen_whole_rows():
    assert list(ROWS[0]) == COLUMNS.split(",")
    assert len(ROWS) == 16
    assert len({r["sku"] for r in ROWS}) == 16
    assert all(value.strip() == value != "" for r in ROWS for value in r.values())
    assert len({r["category"] for r in ROWS}) == 16
    assert {r["split"] for r in ROWS} == {"train", "validation", "test"}


@pytest.mark.parametrize("row", ROWS, ids=[r["sku"] for r in ROWS])
def test_words_are_in_their_language(row):
    han = re.compile(r"[\u4e00-\u9fff]")
    assert not han.search(row["title"] + row["description"])
    assert len(han.findall(row["title_zh"])) >= 5
    assert len(han.findall(row["description_zh"])) >= 50
    assert 20 <= len(row["title"]) <= 80
    assert 120 <= len(row["description"]) <= 400
    assert row["description"].endswith(".")
    assert row["description_zh"].endswith("。")
    assert 5 < float(row["price"]) < 50


@pytest.mark.parametrize("row", ROWS, ids=[r["sku"] for r in ROWS])
def test_picture_and_matte(row):
    image, matte = Image.open(FOLDER / row["image"]), Image.open(FOLDER / row["matte"])
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (768, 768))
    assert (matte.format, matte.mode, matte.size) == ("PNG", "L", (768, 768))
    assert (FOLDER / row["image"]).stat().st_size <= 150_000
    assert image.info.get("icc_profile")
    cover, pixels = np.asarray(matte), np.asarray(image).astype(float)
    assert cover.min() == 0
    assert cover.max() == 255
    assert 0.08 < (cover > 127).mean() < 0.6
    border = np.concatenate([cover[0], cover[-1], cover[:, 0], cover[:, -1]])
    assert border.max() == 0, "the product touches the frame"
    assert 0.001 < ((cover > 10) & (cover < 245)).mean() < 0.12
    assert 60 < pixels.mean() < 225
    assert (pixels >= 254).all(-1).mean() < 0.25


@pytest.mark.parametrize("row", ROWS, ids=[r["sku"] for r in ROWS])
def test_matte_edges_lie_on_edges_of_the_picture(row):
    """Along the silhouette the picture changes more across the edge than a few pixels outside it."""
    cover = np.asarray(Image.open(FOLDER / row["matte"])).astype(float) / 255
    pixels = np.asarray(Image.open(FOLDER / row["image"])).astype(float)
    gy, gx = np.gradient(cover)
    rows, columns = np.nonzero(np.hypot(gx, gy) > 0.25)
    inside = (rows > 12) & (rows < 755) & (columns > 12) & (columns < 755)
    rows, columns = rows[inside], columns[inside]
    length = np.hypot(gx[rows, columns], gy[rows, columns])
    ny, nx = -gy[rows, columns] / length, -gx[rows, columns] / length  # outwards

    def sample(out):
        return pixels[np.rint(rows + out * ny).astype(int), np.rint(columns + out * nx).astype(int)]

    across = np.abs(sample(3) - sample(-3)).sum(-1)
    beyond = np.abs(sample(9) - sample(4)).sum(-1)
    assert np.median(across) > 2.5 * np.median(beyond)


def test_whole_folder_is_small():
    assert sum(f.stat().st_size for f in FOLDER.rglob("*") if f.is_file()) <= 3_000_000


def test_folder_holds_nothing_else():
    listed = {"products.csv"} | {r["image"] for r in ROWS} | {r["matte"] for r in ROWS}
    found = {f.relative_to(FOLDER).as_posix() for f in FOLDER.rglob("*") if f.is_file()}
    assert found == listed


@pytest.mark.parametrize("row", ROWS, ids=[r["sku"] for r in ROWS])
def test_pictures_say_that_they_are_rendered(row):
    assert packshot.verify(FOLDER / row["image"]).digital_source_type == "digitalCreation"
