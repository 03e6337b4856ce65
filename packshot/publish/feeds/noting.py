"""What a platform will miss, refuse or cut in a feed, noted with its row; nothing is invented and nothing changed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from packshot.catalogue.problems import Problem, ProblemLog, shortened
from packshot.publish.feeds.offers import Offer
from packshot.publish.identifiers import faults

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a cell begins with that spreadsheets run (OWASP, CSV injection)
NUMBER = re.compile(r"[+-]?[0-9][0-9.,]*")
LONGEST_ADDRESS = 2000  # characters, Google Merchant


def doubts(offer: Offer, log: ProblemLog) -> None:
    """Note GTINs that are wrong or those of other products, too; they are listed as they are stated."""
    for name, value, fault in faults(offer.product):
        if name == "gtin":
            log.add(Problem(offer.row, name, f"product {offer.product.sku}: {fault}", value))
    for told in offer.shared:
        log.add(Problem(offer.row, "gtin", told, offer.product.sku))


def pictureless(offer: Offer, log: ProblemLog, told: str = "") -> None:
    """Note a product without pictures, and why; told: what becomes of it."""
    if offer.lacking:
        log.add(Problem(offer.row, "image", offer.lacking + told, offer.product.sku))


def formulas(row: Mapping[str, str], offer: Offer, log: ProblemLog) -> None:
    """Note cells that a spreadsheet would run as a formula; the platform gets the text as it is."""
    for name, value in row.items():
        if value[:1] in FORMULA and not NUMBER.fullmatch(value):
            told = f"begins with {value[0]!r}: a spreadsheet takes it for a formula, so do not open the feed in one"
            log.add(Problem(offer.row, name, told, shortened(value), serious=False))


def missing(fields: Mapping[str, str], needed: tuple[str, ...], offer: Offer, log: ProblemLog) -> None:
    """Note what the platform requires and the product does not state; nothing is invented for it."""
    for name in needed:
        if not fields.get(name):
            told = "is required by the platform, but not known; give a column, or a default for all"
            log.add(Problem(offer.row, name, told, offer.product.sku))


def cut(text: str, most: int, name: str, offer: Offer, log: ProblemLog) -> str:
    """The text within the platform's limit of characters; a cut is noted."""
    if len(text) <= most:
        return text
    told = f"has {len(text)} characters; the platform takes {most}, the rest is cut"
    log.add(Problem(offer.row, name, told, offer.product.sku, serious=False))
    return text[: most - 1].rstrip() + "…"


def cut_pictures(pictures: list[str], most: int, name: str, offer: Offer, log: ProblemLog) -> list[str]:
    """At most so many addresses, each short enough; what is left out is noted."""
    long = [url for url in pictures if len(url) > LONGEST_ADDRESS]
    for url in long:
        told = f"is longer than {LONGEST_ADDRESS} characters; left out"
        log.add(Problem(offer.row, name, told, url[:80]))
    kept = [url for url in pictures if len(url) <= LONGEST_ADDRESS]
    if len(kept) > most:
        told = f"the platform takes {most} pictures; {len(kept) - most} are left out"
        log.add(Problem(offer.row, name, told, offer.product.sku, serious=False))
    return kept[:most]
