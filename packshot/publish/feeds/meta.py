"""Meta's catalogue feed, as CSV and as RSS 2.0 (Meta for Developers, "Reference - Catalog" and "Managing Multiple
Aspect Ratio Images").

The fields are Google's; further pictures with tags go into `image[i].url` and `image[i].tag[0]`. Pictures are fetched
late and kept: a changed picture needs a new file name, not a time stamp in its address.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from packshot.catalogue.problems import ProblemLog
from packshot.publish.feeds.google import ATTRIBUTES, Value, common, write_rss
from packshot.publish.feeds.noting import cut, cut_pictures, doubts, formulas, missing, pictureless
from packshot.publish.feeds.offers import Offer, Offers, Options, Written, fill, whole

CHANNELS = ("meta_catalog", "meta_feed_portrait", "meta_story", "meta_reels")
TAG_OF = {
    "meta_feed_portrait": "ASPECT_RATIO_4_5_PREFERRED",
    "meta_story": "STORY_PREFERRED",
    "meta_reels": "REELS_PREFERRED",
}
TAGS = ("INSTAGRAM_PREFERRED", "ASPECT_RATIO_9_16_PREFERRED", *TAG_OF.values())
NEEDED = ("title", "description", "availability", "condition", "price", "link", "image_link", "brand")
COLUMNS = (
    "id", "title", "description", "link", "image_link", "additional_image_link", "price", "product_type",
    *ATTRIBUTES.values(),
)  # fmt: skip
MOST_ADDITIONAL = 20
TITLE_CHARACTERS, DESCRIPTION_CHARACTERS = 200, 9999


def write_csv(offers: Offers, target: Path, options: Options) -> Written:
    """Write the CSV, with as many `image[i]` columns as the product with the most tagged pictures needs."""
    log, products, pictures = ProblemLog(), 0, 0
    most = max((len(_tagged(offer)) for offer in offers), default=0)
    columns = [*COLUMNS, *(name for i in range(most) for name in (f"image[{i}].url", f"image[{i}].tag[0]"))]
    with whole(target) as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\r\n")
        writer.writeheader()
        for offer in offers:
            row: dict[str, str] = {}
            for name, value in _plain(offer, options, log):
                row[name] = f"{row[name]},{value}" if name in row else value
                pictures += name.endswith("image_link")
            for i, (url, tag) in enumerate(_tagged(offer)):
                row |= {f"image[{i}].url": url, f"image[{i}].tag[0]": tag}
                pictures += 1
            formulas(row, offer, log)
            writer.writerow(row)
            products += 1
    return Written((target,), products, pictures, log)


def write_xml(offers: Offers, target: Path, options: Options) -> Written:
    """Write RSS 2.0. Raises FileError."""

    def fields(offer: Offer, log: ProblemLog) -> list[tuple[str, Value]]:
        tagged: list[tuple[str, Value]] = [("image", [("url", url), ("tag", tag)]) for url, tag in _tagged(offer)]
        return [*_plain(offer, options, log), *tagged]

    return write_rss(offers, target, options, fields)


def _plain(offer: Offer, options: Options, log: ProblemLog) -> Iterator[tuple[str, str]]:
    fields = fill(common(offer, options), options, COLUMNS)
    fields["title"] = cut(fields["title"], TITLE_CHARACTERS, "title", offer, log)
    fields["description"] = cut(fields["description"], DESCRIPTION_CHARACTERS, "description", offer, log)
    urls = [p.url for p in offer.pictures if not tag_of(p.channel, p.image.role)]
    missing(fields | {"image_link": urls[0] if urls else offer.lacking}, NEEDED, offer, log)
    doubts(offer, log)
    pictureless(offer, log)
    for name, value in fields.items():
        if value:
            yield name, value
    for url in urls[:1]:
        yield "image_link", url
    for url in cut_pictures(list(dict.fromkeys(urls[1:])), MOST_ADDITIONAL, "additional_image_link", offer, log):
        yield "additional_image_link", url


def _tagged(offer: Offer) -> list[tuple[str, str]]:
    """`(address, tag)` of the pictures meant for one placement."""
    found = ((p.url, tag_of(p.channel, p.image.role)) for p in offer.pictures)
    return [(url, tag) for url, tag in found if tag]


def tag_of(channel: str, role: str) -> str:
    """The tag of a picture: that of the channel it was made for, or of the role it came with."""
    return TAG_OF.get(channel, "") or (role if role in TAGS else "")
