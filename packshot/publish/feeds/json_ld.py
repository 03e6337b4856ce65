"""Structured data: a `schema.org/ImageObject` for every picture, as JSON-LD to be put into a page.

`license`, `acquireLicensePage`, `creditText`, `creator` and `copyrightNotice` are what Google's licence badge reads;
they are the seller's to state and are never made up. `digitalSourceType` repeats the mark inside the file
(schema.org/IPTCDigitalSourceEnumeration).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from packshot.catalogue.problems import ProblemLog
from packshot.errors import ParameterError
from packshot.publish.feeds.noting import pictureless
from packshot.publish.feeds.offers import Offer, Offers, Options, Shown, Written, whole

CHANNELS = ("shopify_product", "gmc_image_link")
RIGHTS = ("license", "acquireLicensePage", "creditText", "copyrightNotice", "creator")
MEDIA = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".avif": "image/avif"}
SCHEMA_NAMES = {"computationalCapture": "MultiFrameComputationalCapture"}  # else the IPTC term, capitalised


def write(offers: Offers, target: Path, options: Options) -> Written:
    """Write one document with all pictures under `@graph`. Raises ParameterError, FileError."""
    unknown = [name for name in options.rights if name not in RIGHTS]
    if unknown:
        raise ParameterError(f"rights: expected {', '.join(RIGHTS)}, got {unknown[0]!r}")
    products = pictures = 0
    log = ProblemLog()
    with whole(target, newline="\n") as file:
        file.write('{"@context": "https://schema.org/", "@graph": [')
        for offer in offers:
            products += 1
            pictureless(offer, log)
            for shown in offer.pictures:
                file.write((",\n" if pictures else "\n") + embedded(image_object(offer, shown, options)))
                pictures += 1
        file.write("\n]}\n")
    return Written((target,), products, pictures, log)


def embedded(value: Mapping[str, Any]) -> str:
    """JSON that may stand inside a `<script>` element: no `<`, `>`, `&` in it as such."""
    text = json.dumps(value, ensure_ascii=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def image_object(offer: Offer, shown: Shown, options: Options) -> dict[str, Any]:
    """The ImageObject of one picture; what is not known is left out."""
    alt = shown.alt.get(options.language) or shown.alt.get("en", "")
    height, width = shown.record.size[:2] if shown.record and shown.record.size else (None, None)
    said = {
        "@type": "ImageObject",
        "contentUrl": shown.url,
        "name": alt or offer.title(options.language),
        "caption": alt,
        "encodingFormat": MEDIA.get(PurePosixPath(urlsplit(shown.url).path).suffix.lower(), ""),
        "width": width or (None if shown.record else shown.image.width),
        "height": height or (None if shown.record else shown.image.height),
        "sha256": shown.record.output_sha256 if shown.record else "",
        "digitalSourceType": source_type(shown.record.marks if shown.record else {}),
        "about": {"@type": "Product", "sku": offer.product.sku, "name": offer.title(options.language)}
        | ({"url": offer.link} if offer.link else {}),
        **options.rights,
    }
    if options.rights.get("creator"):
        said["creator"] = {"@type": "Organization", "name": options.rights["creator"]}
    return {name: value for name, value in said.items() if value}


def source_type(marks: Mapping[str, str]) -> str:
    """The schema.org twin of the IPTC term that a file states, "" if it states none.

    >>> source_type({"iptc_digital_source_type": "compositeWithTrainedAlgorithmicMedia"})
    'https://schema.org/CompositeWithTrainedAlgorithmicMediaDigitalSource'
    """
    term = marks.get("iptc_digital_source_type", "")
    name = SCHEMA_NAMES.get(term, term[:1].upper() + term[1:])
    return f"https://schema.org/{name}DigitalSource" if term else ""
