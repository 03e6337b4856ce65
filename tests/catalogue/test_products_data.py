"""All readers on real data: a manifest of 1,951 photos from eight sources. Needs PACKSHOT_DATA."""

import csv
import json
import os
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from packshot.catalogue.ingest import ingest

DATA = Path(os.environ.get("PACKSHOT_DATA", "/nowhere")) / "products"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="PACKSHOT_DATA names no folder with products/")


@pytest.fixture(scope="module")
def rows():
    with (DATA / "manifest.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def counts(catalogue):
    """Pictures by split, licence, source, category and colour."""
    found = {name: Counter() for name in ("split", "licence", "source", "category", "colour")}
    for shot in catalogue.images():
        own = {**shot.product.model_dump(), **shot.product.attributes_of(shot.image)}
        for name, counter in found.items():
            counter[own.get(name, "")] += 1
    return found


def test_the_manifest(tmp_path, rows):
    done = ingest(DATA / "manifest.csv", tmp_path / "out", pictures="refer")
    assert [p.row for p in done.problems] == [739]  # a note: one product has two titles
    assert not any(problem.serious for problem in done.problems)
    assert (done.products, done.pictures) == (len({row["group"] for row in rows}), len(rows))
    catalogue = done.open()
    found = counts(catalogue)
    for name in ("split", "licence", "source", "category"):
        assert found[name] == Counter(row[name] for row in rows), name
    unnamed = sum(abs(n - Counter(row["colour"] for row in rows)[colour]) for colour, n in found["colour"].items())
    assert unnamed <= 8  # a row without a colour takes that of the first row of its product
    paths = {row["path"]: row for row in rows}
    for shot in catalogue.images():
        row = paths[shot.image.path]
        assert shot.product.sku == " ".join(row["group"].split())
        assert (shot.image.width, shot.image.height) == (int(row["width"]), int(row["height"]))
        assert shot.path.is_file()


@pytest.fixture(scope="module")
def some(rows):
    return rows[::40]


@pytest.mark.parametrize(
    "form", ["csv gb18030", "tsv utf-16", "jsonl", "parquet", "zip", "folder", "shopify", "merchant"]
)
def test_every_reader_on_a_part_of_it(tmp_path, some, form):
    root = tmp_path / "in"
    for row in some:
        (root / row["path"]).parent.mkdir(parents=True, exist_ok=True)
        (root / row["path"]).write_bytes((DATA / row["path"]).read_bytes())
    source = WRITERS[form.split()[0]](root, some, *form.split()[1:])
    done = ingest(source, tmp_path / "out", kind="folder" if form == "folder" else "auto")
    assert done.serious == 0, done.problems
    assert (done.urls if form in ("shopify", "merchant") else done.pictures) == len(some)
    catalogue = done.open()
    if form not in ("folder", "shopify", "merchant"):
        assert counts(catalogue)["licence"] == Counter(row["licence"] for row in some)
        assert {p.title for p in catalogue} == {" ".join(row["title"].split()) for row in some}


def write_csv(root, rows, encoding="utf-8", delimiter=","):
    with (root / "manifest.csv").open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return root / "manifest.csv"


def write_jsonl(root, rows):
    text = "".join(json.dumps({k: v for k, v in row.items() if v}, ensure_ascii=False) + "\n" for row in rows)
    (root / "manifest.jsonl").write_text(text, encoding="utf-8")
    return root / "manifest.jsonl"


def write_parquet(root, rows):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(pyarrow.Table.from_pylist(rows), root / "manifest.parquet", row_group_size=7)
    return root / "manifest.parquet"


def write_zip(root, rows):
    write_csv(root, rows)
    with zipfile.ZipFile(root.parent / "delivery.zip", "w") as archive:
        for path in sorted(root.rglob("*")):
            archive.write(path, f"delivery/{path.relative_to(root)}")
    return root.parent / "delivery.zip"


def write_shopify(root, rows):
    header = ["Handle", "Title", "Body (HTML)", "Type", "Option1 Name", "Option1 Value", "Variant Price", "Image Src"]
    with (root / "export.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row in sorted(rows, key=lambda row: row["group"]):
            text = f"<p>{row['description']}</p>"
            url = f"https://shop.example/{row['path']}"
            writer.writerow(
                [row["group"], row["title"], text, row["category"], "Color", row["colour"], row["price"], url]
            )
    return root / "export.csv"


def write_merchant(root, rows):
    from xml.sax.saxutils import escape

    items = "".join(
        f"<item><g:id>{escape(row['path'])}</g:id><title>{escape(row['title'])}</title>"
        f"<description>{escape(row['description'])}</description>"
        f"<g:image_link>https://shop.example/{escape(row['path'])}</g:image_link></item>"
        for row in rows
    )
    text = f'<rss xmlns:g="http://base.google.com/ns/1.0"><channel>{items}</channel></rss>'
    (root / "feed.xml").write_text(text, encoding="utf-8")
    return root / "feed.xml"


WRITERS = {
    "csv": write_csv,
    "tsv": lambda root, rows, encoding: write_csv(root, rows, encoding, "\t"),
    "jsonl": write_jsonl,
    "parquet": write_parquet,
    "zip": write_zip,
    "folder": lambda root, rows: root,
    "shopify": write_shopify,
    "merchant": write_merchant,
}


@pytest.mark.slow
def test_near_duplicates_of_the_photos_are_real(tmp_path):
    """Every pair found in the source data was looked at: each is one photo twice."""
    from packshot.catalogue.duplicates import find_duplicates

    found = find_duplicates(ingest(DATA / "manifest.csv", tmp_path / "out", pictures="refer").open())
    assert found.problems == ()
    pairs = {(pair.one.path, pair.other.path) for pair in found.pairs}
    seen = {
        ("clothing/clothing_0139.jpg", "clothing/clothing_0313.jpg"),
        ("clothing/clothing_0422.jpg", "clothing/clothing_0459.jpg"),
        ("clothing/clothing_0638.jpg", "clothing/clothing_0662.jpg"),
        ("magento1/magento1_0013.jpg", "magento1/magento1_0014.jpg"),
    }
    assert pairs <= seen
    assert len(pairs) >= 3
