"""What goes out to shops and search engines: product feeds, structured data, sitemaps. `TABLE`: name → writer.

A writer is a function `(offers, target, options) -> Written`; nothing is imported until used.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from packshot.errors import ParameterError

if TYPE_CHECKING:
    from pathlib import Path

    from packshot.publish.feeds.offers import Offers, Options, Written

    Writer = Callable[[Offers, Path, Options], Written]

TABLE = {
    "shopify": "packshot.publish.feeds.shopify:write",
    "google": "packshot.publish.feeds.google:write_xml",
    "google-tsv": "packshot.publish.feeds.google:write_tsv",
    "meta": "packshot.publish.feeds.meta:write_csv",
    "meta-xml": "packshot.publish.feeds.meta:write_xml",
    "json-ld": "packshot.publish.feeds.json_ld:write",
    "sitemap": "packshot.publish.feeds.sitemap:write",
}


def find(name: str) -> Writer:
    """The writer of a format. Raises ParameterError listing the known names."""
    if name not in TABLE:
        raise ParameterError(f"feed {name!r}: expected one of {', '.join(TABLE)}")
    module, attribute = TABLE[name].split(":")
    found: Writer = getattr(import_module(module), attribute)
    return found
