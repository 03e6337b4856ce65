"""The Shopify product CSV: one row a picture, all under the product's handle (Shopify, "Using CSV files to import and
export products").

Only columns that hold something are written, since an empty cell would empty the shop's own value. Variants belong to
the shop: they are stated for products with a single one, and otherwise left as they are. Prices carry no currency.
"""

from __future__ import annotations

import csv
import html
from collections.abc import Iterator
from pathlib import Path

from packshot.catalogue.feeds import handle_of
from packshot.catalogue.problems import Problem, ProblemLog
from packshot.publish.feeds.noting import cut_pictures, doubts, formulas, missing, pictureless
from packshot.publish.feeds.offers import Offer, Offers, Options, Written, fill, whole

ALWAYS = ("Handle", "Title", "Image Src", "Image Position", "Image Alt Text")
COLUMNS = (
    "Handle", "Title", "Body (HTML)", "Vendor", "Type", "Tags", "Variant SKU", "Variant Price", "Variant Barcode",
    "Image Src", "Image Position", "Image Alt Text", "Status",
)  # fmt: skip
CHANNELS = ("shopify_product",)
MOST_PICTURES = 250
ALT_CHARACTERS = 512


def write(offers: Offers, target: Path, options: Options) -> Written:
    """Write the CSV. Raises FileError."""
    log = ProblemLog()
    used = set(ALWAYS)
    for offer in offers:
        used |= {name for name, value in fill(_fields(offer, options), options, COLUMNS).items() if value}
    columns = [name for name in COLUMNS if name in used]
    products = pictures = 0
    taken: set[str] = set()
    with whole(target) as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\r\n")
        writer.writeheader()
        for offer in offers:
            rows = list(_rows(offer, options, taken, log))
            writer.writerows(rows)
            products, pictures = products + 1, pictures + sum(bool(row.get("Image Src")) for row in rows)
    return Written((target,), products, pictures, log)


def _rows(offer: Offer, options: Options, taken: set[str], log: ProblemLog) -> Iterator[dict[str, str]]:
    fields = fill(_fields(offer, options), options, COLUMNS)
    handle = unique_handle(offer, taken, log)
    missing(fields, ("Title",), offer, log)
    doubts(offer, log)
    pictureless(offer, log)
    formulas(fields | {"Handle": handle}, offer, log)
    urls = cut_pictures([p.url for p in offer.pictures], MOST_PICTURES, "Image Src", offer, log)
    texts = {p.url: p.alt.get(options.language) or p.alt.get("en", "") for p in offer.pictures}
    for number, url in enumerate(urls or [""], start=1):
        row = {name: value for name, value in fields.items() if value} if number == 1 else {}
        if url:
            row |= {"Image Src": url, "Image Position": str(number), "Image Alt Text": texts[url][:ALT_CHARACTERS]}
        yield row | {"Handle": handle}


def _fields(offer: Offer, options: Options) -> dict[str, str]:
    product, stated = offer.product, offer.product.attributes
    skus = stated.get("variant_sku", "")
    single = " / " not in skus
    paragraphs = offer.description(options.language).split("\n")
    return {
        "Title": offer.title(options.language),
        "Body (HTML)": "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in paragraphs if line.strip()),
        "Vendor": stated.get("brand", ""),
        "Type": product.category,
        "Tags": stated.get("tags", ""),
        "Variant SKU": (skus or product.sku) if single else "",
        "Variant Price": format(product.price, "f") if product.price is not None and single else "",
        "Variant Barcode": stated.get("gtin", "") if single else "",
        "Status": stated.get("status", ""),
    }


def unique_handle(offer: Offer, taken: set[str], log: ProblemLog) -> str:
    """The product's handle, `-2` and on where two products would have the same."""
    base = handle = handle_of(offer.product.sku)
    number = 1
    while handle in taken:
        number += 1
        handle = f"{base}-{number}"
    taken.add(handle)
    if number > 1:
        told = f"the handle {base} belongs to another product; written as {handle}"
        log.add(Problem(offer.row, "Handle", told, offer.product.sku, serious=False))
    return handle
