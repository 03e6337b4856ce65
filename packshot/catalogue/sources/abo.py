"""Amazon Berkeley Objects (Collins et al. 2022): listings in many languages with photos, CC-BY-4.0.

As published and unpacked: `listings/metadata/listings_*.json.gz` (an object a line; texts as lists of `{language_tag,
value}`), `images/metadata/images.csv.gz` (image_id, height, width, path) and `images/small/` or `images/original/`.
Pictures stay where they are: the catalogue refers to them, so `catalogue.json` names their folder.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packshot.catalogue.names import safe_relative
from packshot.catalogue.problems import Problem, shortened
from packshot.catalogue.product import product_of
from packshot.catalogue.sources import Entry
from packshot.errors import CatalogueError

LICENCE = "CC-BY-4.0"
SIZES = ("small", "original")
FIELDS = {"brand": "brand", "color": "colour", "material": "material", "style": "style", "model_name": "model",
          "fabric_type": "fabric", "pattern": "pattern", "finish_type": "finish"}  # fmt: skip
MAX_LINE = 4 << 20


def products(place: Path, kind: str) -> Iterator[Entry | Problem]:
    """Every listing that has a title or a photo. The files of its photos must be there; missing ones are named."""
    pictures = _pictures(place)
    files = sorted((place / "listings" / "metadata").glob("listings_*.json*"))
    if not files:
        raise CatalogueError(f"{place}: expected listings/metadata/listings_*.json.gz; unpack abo-listings.tar here")
    seen: set[str] = set()
    for file in files:
        for number, line in enumerate(_lines(file), start=1):
            try:
                listing = json.loads(line)
                sku = _sku(listing, seen)
            except (ValueError, TypeError, AttributeError, KeyError):
                yield Problem(number, "", "is no listing", shortened(line[:80].strip()), file.name)
                continue
            yield from _entry(place, listing, sku, pictures, number, file.name)


def _lines(path: Path) -> Iterator[str]:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            while line := file.readline(MAX_LINE):
                yield line.decode("utf-8", "replace")
    except (OSError, EOFError, zlib.error) as error:
        raise CatalogueError(f"{path.name}: cannot be read: {error}") from error


def _pictures(place: Path) -> dict[str, tuple[str, int, int]]:
    """image id → (path from `place`, width, height)."""
    folder = place / "images"
    table = next(
        (p for p in (folder / "metadata" / "images.csv.gz", folder / "metadata" / "images.csv") if p.exists()), None
    )
    size = next((s for s in SIZES if (folder / s).is_dir()), None)
    if table is None or size is None:
        raise CatalogueError(
            f"{place}: expected images/metadata/images.csv.gz and images/small; unpack abo-images-small.tar"
        )
    found = {}
    for row in csv.DictReader(io.StringIO("".join(_lines(table)))):
        try:
            path = safe_relative(f"images/{size}/{row['path']}")
            found[row["image_id"]] = path, int(row["width"]), int(row["height"])
        except (KeyError, ValueError, TypeError):
            continue
    return found


def _sku(listing: dict[str, Any], seen: set[str]) -> str:
    """The item id; one that is listed in several shops gets the shop's domain behind it."""
    sku = str(listing["item_id"])
    if sku in seen:
        sku = f"{sku}@{listing.get('domain_name', len(seen))}"
    seen.add(sku)
    return sku


def _entry(
    place: Path, listing: dict[str, Any], sku: str, pictures: dict[str, tuple[str, int, int]], number: int, file: str
) -> Iterator[Entry | Problem]:
    titles, points = _texts(listing, "item_name"), _texts(listing, "bullet_point", "\n")
    main = next((t for t in ("en", "en-US", "en-GB", "en-IN", *titles) if t in titles), "")
    images = []
    for position, image in enumerate([listing.get("main_image_id"), *listing.get("other_image_id", ())], start=1):
        known = pictures.get(str(image))
        if image and (known is None or not (place / known[0]).is_file()):
            yield Problem(number, "image", "its picture is not there", shortened(image), file)
        elif known:
            images.append({"path": known[0], "width": known[1], "height": known[2], "position": position})
    types = listing.get("product_type") or [{}]
    fields = {
        "sku": sku, "title": titles.get(main, ""), "titles": _others(titles, main),
        "description": points.get(main, ""), "descriptions": _others(points, main),
        "category": str(types[0].get("value", "")).replace("_", " ").lower(),
        "attributes": _attributes(listing),
        "images": images, "source": "Amazon Berkeley Objects", "licence": LICENCE,
    }  # fmt: skip
    product, problems = product_of(fields, number, file)
    yield from problems
    if product is not None:
        yield Entry(product, {})


def _attributes(listing: dict[str, Any]) -> dict[str, str]:
    found = {ours: _texts(listing, theirs) for theirs, ours in FIELDS.items()}
    return {name: next(iter(texts.values())) for name, texts in found.items() if texts}


def _texts(listing: dict[str, Any], name: str, joint: str = "") -> dict[str, str]:
    """language → text, the first of each language or all joined; language tags as `en-US`."""
    found: dict[str, str] = {}
    for part in listing.get(name) or ():
        if isinstance(part, dict) and isinstance(part.get("value"), str):
            tag = str(part.get("language_tag", "en")).replace("_", "-")
            if tag not in found:
                found[tag] = part["value"]
            elif joint:
                found[tag] += joint + part["value"]
    return found


def _others(texts: dict[str, str], main: str) -> dict[str, str]:
    """All but the main one, by language alone where that is free: `zh-CN` → `zh`."""
    others: dict[str, str] = {}
    for tag, text in texts.items():
        short = tag.split("-")[0]
        if tag != main:
            others[tag if short in others or short == main.split("-")[0] else short] = text
    return others
