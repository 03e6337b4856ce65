"""Catalogues of the data folder that cutting out learns from and is measured on, photos referred to where they lie.

`python scripts/pair_catalogues.py OUT [--data $PACKSHOT_DATA]` writes OUT/toys (exact alphas, MIT), OUT/products_arc
(pairs, BSD-3-Clause), OUT/clothing (photos, CC0-1.0), OUT/grocery (photos of loose fruit and vegetables, to be grounds,
MIT; packages are left out, since there hands hold one up), OUT/photos (all product photos) and OUT/fashion_ccp (garment
classes as a layer layout; licence of the photos not stated: for development and evaluation).
"""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Iterator
from pathlib import Path

from packshot.catalogue.catalogue import write_catalogue
from packshot.catalogue.product import Image, Product


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def toys(data: Path) -> Iterator[Product]:
    """RGBA files: the alpha is the matte."""
    for row in rows_of(data / "toys" / "manifest.csv"):
        yield _product(row["codepoint"], row["name"], row, Image(path=f"toys/{row['path']}"), row["licence"])


def pairs(data: Path, subset: str, licence: str) -> Iterator[Product]:
    """Photos with a matte, and a label where there is one."""
    for row in rows_of(data / "cutout" / "manifest.csv"):
        if row["subset"] == subset:
            layers = {"layout": f"cutout/{row['label']}"} if row["label"] else {}
            image = Image(path=f"cutout/{row['image']}", matte=f"cutout/{row['mask']}", layers=layers)
            yield _product(Path(row["image"]).stem, row["name"], row, image, licence)


def photos(data: Path, folder: str = "", without: str = " ") -> Iterator[Product]:
    """Product photos, of one source. without: part of the source's file names that are left out."""
    for row in rows_of(data / "products" / "manifest.csv"):
        if row["path"].startswith(folder) and without not in row["source_file"]:
            sku = Path(row["path"]).with_suffix("").as_posix()
            yield _product(sku, row["title"], row, Image(path=f"products/{row['path']}"), row["licence"])


def _product(sku: str, title: str, row: dict[str, str], image: Image, licence: str) -> Product:
    split = "test" if row["split"] == "test" else "train"
    return Product(sku=sku, title=title, images=(image,), split=split, licence=licence)


def main() -> None:
    """Write all of them."""
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("out", type=Path)
    told.add_argument("--data", type=Path, default=Path(os.environ.get("PACKSHOT_DATA", "")))
    given = told.parse_args()
    data = given.data.resolve()
    garments = [row["name"] for row in rows_of(data / "cutout" / "fashion_ccp" / "labels.csv")]
    wanted = {
        "toys": toys(data),
        "products_arc": pairs(data, "products_arc", "BSD-3-Clause"),
        "clothing": photos(data, "clothing/"),
        "grocery": photos(data, "grocery/", without="/Packages/"),
        "photos": photos(data),
        "fashion_ccp": pairs(data, "fashion_ccp", ""),
    }
    for name, products in wanted.items():
        facts = {"pictures": str(data)} | ({"classes": garments} if name == "fashion_ccp" else {})
        made = write_catalogue(given.out / name, products, facts)
        print(f"{given.out / name}: {len(made):,} products")


if __name__ == "__main__":
    main()
