"""Google Merchant product data, as RSS 2.0 with the namespace `g:` and as a table with tabs (Google Merchant Center,
"Product data specification"). At most 10 additional pictures, one lifestyle picture, addresses of 2,000 characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO
from xml.sax.saxutils import escape

from packshot.catalogue.problems import ProblemLog
from packshot.publish.feeds.noting import cut, cut_pictures, doubts, formulas, missing, pictureless
from packshot.publish.feeds.offers import Offer, Offers, Options, Written, fill, whole

NAMESPACE = "http://base.google.com/ns/1.0"
CHANNELS = ("gmc_image_link", "gmc_additional", "gmc_lifestyle")
ATTRIBUTES = {  # attribute of the product → field of the feed
    "availability": "availability", "condition": "condition", "brand": "brand", "gtin": "gtin", "mpn": "mpn",
    "group": "item_group_id", "colour": "color", "material": "material", "pattern": "pattern", "size": "size",
    "gender": "gender", "age_group": "age_group", "google_product_category": "google_product_category",
}  # fmt: skip
COLUMNS = (
    "id", "title", "description", "link", "image_link", "additional_image_link", "lifestyle_image_link", "price",
    "product_type", *ATTRIBUTES.values(),
)  # fmt: skip
NEEDED = ("title", "description", "link", "image_link", "availability", "price")
MOST_ADDITIONAL = 10
TITLE_CHARACTERS, DESCRIPTION_CHARACTERS = 150, 5000
Value = str | list[tuple[str, str]]
Fields = Callable[[Offer, ProblemLog], list[tuple[str, Value]]]
UNSAYABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # characters XML 1.0 has no place for


def write_xml(offers: Offers, target: Path, options: Options) -> Written:
    """Write RSS 2.0. Raises FileError."""
    return write_rss(offers, target, options, lambda offer, log: list(item(offer, options, log)))


def write_tsv(offers: Offers, target: Path, options: Options) -> Written:
    """Write a table with tabs; lists are divided by commas, line breaks become blanks. Raises FileError."""
    log, products, pictures = ProblemLog(), 0, 0
    with whole(target, newline="\n") as file:
        file.write("\t".join(COLUMNS) + "\n")
        for offer in offers:
            row: dict[str, str] = {}
            for name, value in item(offer, options, log):
                row[name] = f"{row[name]},{value}" if name in row else " ".join(value.split())
                pictures += name.endswith("image_link")
            formulas(row, offer, log)
            file.write("\t".join(_cell(row.get(name, "")) for name in COLUMNS) + "\n")
            products += 1
    return Written((target,), products, pictures, log)


def _cell(text: str) -> str:
    """A cell that holds a quotation mark is quoted, or readers would take the mark for quoting."""
    return '"' + text.replace('"', '""') + '"' if '"' in text else text


def item(offer: Offer, options: Options, log: ProblemLog) -> Iterator[tuple[str, str]]:
    """The fields of one product in order; `additional_image_link` as often as there are pictures."""
    fields = fill(common(offer, options), options, COLUMNS)
    fields["title"] = cut(fields["title"], TITLE_CHARACTERS, "title", offer, log)
    fields["description"] = cut(fields["description"], DESCRIPTION_CHARACTERS, "description", offer, log)
    lifestyle = next((p for p in offer.pictures if p.channel == "gmc_lifestyle" or p.image.role == "lifestyle"), None)
    rest = [p.url for p in offer.pictures if p is not lifestyle]
    main = rest[0] if rest else ""
    missing(fields | {"image_link": main or offer.lacking}, NEEDED, offer, log)
    doubts(offer, log)
    pictureless(offer, log)
    for name, value in fields.items():
        if value:
            yield name, value
    if main:
        yield "image_link", main
    for url in cut_pictures(list(dict.fromkeys(rest[1:])), MOST_ADDITIONAL, "additional_image_link", offer, log):
        yield "additional_image_link", url
    if lifestyle:
        yield "lifestyle_image_link", lifestyle.url


def common(offer: Offer, options: Options) -> dict[str, str]:
    """What Google and Meta call alike: everything but the pictures."""
    product = offer.product
    price = "" if product.price is None else f"{product.price:f} {product.currency}".strip()
    return {
        "id": product.sku,
        "title": offer.title(options.language),
        "description": offer.description(options.language),
        "link": offer.link,
        "price": price,
        "product_type": product.category,
        **{name: product.attributes.get(attribute, "") for attribute, name in ATTRIBUTES.items()},
    }


def write_rss(offers: Offers, target: Path, options: Options, fields_of: Fields) -> Written:
    """RSS 2.0 of any fields; a field whose value is a list of pairs becomes an element with children."""
    log, products, pictures = ProblemLog(), 0, 0
    with whole(target, newline="\n") as file:
        file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:g="{NAMESPACE}">\n<channel>\n')
        file.write(f"<title>{text(options.title)}</title>\n<link>{text(options.site)}</link>\n<description/>\n")
        for offer in offers:
            found = fields_of(offer, log)
            _write_item(file, found)
            products, pictures = products + 1, pictures + sum("image" in name for name, _ in found)
        file.write("</channel>\n</rss>\n")
    return Written((target,), products, pictures, log)


def _write_item(file: IO[str], fields: list[tuple[str, Value]]) -> None:
    file.write("<item>\n")
    for name, value in fields:
        if isinstance(value, str):
            file.write(f"<g:{name}>{text(value)}</g:{name}>\n")
        else:
            inner = "".join(f"<{child}>{text(words)}</{child}>" for child, words in value)
            file.write(f"<{name}>{inner}</{name}>\n")
    file.write("</item>\n")


def text(value: str) -> str:
    """Text as XML holds it; what XML cannot say at all is left out, and a return is written so that it stays one."""
    return escape(UNSAYABLE.sub("", value), {"\r": "&#13;"})
