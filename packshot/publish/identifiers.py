"""What platforms file products under: ASIN and GTIN, what is wrong with one, and which products share one. Torch-free.

Source: GS1 General Specifications, check digit (weights 3 and 1 from the right). An ASIN is ten letters or digits
(Amazon); it has no check digit. GTINs of 8, 12 and 13 digits are the same as with zeros before them to 14.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing

from packshot.catalogue.problems import Problem, shortened
from packshot.catalogue.product import Product

ASIN = re.compile(r"[0-9A-Z]{10}")
SURELY_ASIN = re.compile(r"B0[0-9A-Z]{8}")  # what a sku must look like to be taken for one
LENGTHS = (8, 12, 13, 14)
SHOWN = 4  # products named of those that share an identifier
VARIANTS = " / "  # divides the values of a product's variants

Identifier = tuple[str, str]  # "ASIN" or "GTIN", and its value
Shared = Mapping[Identifier, tuple[str, ...]]


def asin_of(product: Product) -> str:
    """What Amazon files a product under: its ASIN, else a valid EAN, UPC, JAN or ISBN; "" if none is known."""
    stated = stated_asin(product)
    digits = _digits(attribute(product, "gtin"))
    return stated or (digits if is_gtin(digits) else "")


def stated_asin(product: Product) -> str:
    """The product's ASIN, of its attribute or its sku; "" if there is none or it is wrong."""
    stated = attribute(product, "asin").strip().upper()
    if ASIN.fullmatch(stated):
        return stated
    return product.sku if SURELY_ASIN.fullmatch(product.sku) else ""


def gtin14(product: Product) -> str:
    """The product's GTIN with 14 digits, "" if it has none or its check digit is wrong."""
    digits = _digits(attribute(product, "gtin"))
    return digits.zfill(14) if is_gtin(digits) else ""


def is_gtin(digits: str) -> bool:
    """Whether the text is a GTIN-8, -12, -13 or -14 with a right check digit.

    >>> is_gtin("4006381333931"), is_gtin("4006381333932"), is_gtin("12")
    (True, False, False)
    """
    return not _gtin_fault(digits)


def _digits(text: str) -> str:
    return re.sub(r"[\s-]", "", text)


def _gtin_fault(digits: str) -> str:
    """What is wrong with a GTIN, "" if nothing is.

    >>> _gtin_fault("4006381333932"), _gtin_fault("12")
    ('its check digit is 2, expected 1', 'has 2 digits, expected 8, 12, 13 or 14')
    """
    if not re.fullmatch(r"[0-9]+", digits):
        return "is no number, expected digits only"
    if len(digits) not in LENGTHS:
        return f"has {len(digits)} digits, expected 8, 12, 13 or 14"
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits[:-1])))
    right = (10 - total % 10) % 10
    return "" if right == int(digits[-1]) else f"its check digit is {digits[-1]}, expected {right}"


def faults(product: Product) -> Iterator[tuple[str, str, str]]:
    """`(attribute, value, what is wrong with it)` of an ASIN or a GTIN that is stated and cannot be one."""
    asin = attribute(product, "asin").strip()
    if asin and not ASIN.fullmatch(asin.upper()):
        yield "asin", shortened(asin), "is no ASIN, expected 10 letters or digits such as B012345678"
    for value in attribute(product, "gtin").split(VARIANTS):
        fault = _gtin_fault(_digits(value)) if value.strip() else ""
        if fault:
            yield "gtin", shortened(value.strip()), fault


def gtins_of(product: Product) -> list[Identifier]:
    """The valid GTINs that a product states, those of its variants among them."""
    stated = dict.fromkeys(_digits(value) for value in attribute(product, "gtin").split(VARIANTS))
    return [("GTIN", digits.zfill(14)) for digits in stated if is_gtin(digits)]


def identifiers_of(product: Product) -> list[Identifier]:
    """Every valid identifier that a product states."""
    asin = stated_asin(product)
    return [*([("ASIN", asin)] if asin else []), *gtins_of(product)]


def filed_under(template: str, product: Product) -> Identifier | None:
    """The identifier that a channel's template for file names takes from a product; None if it takes none."""
    if "{asin}" in template and (asin := stated_asin(product)):
        return "ASIN", asin
    gtin = gtin14(product) if "{asin}" in template or "{gtin14}" in template else ""
    return ("GTIN", gtin) if gtin else None


def shared(
    products: Iterable[Product], kinds: Callable[[Product], list[Identifier]] = identifiers_of
) -> dict[Identifier, tuple[str, ...]]:
    """Identifier → skus, for every identifier that more than one product states. Memory does not grow with the rest."""
    with closing(sqlite3.connect("", isolation_level=None)) as base:  # "" = a temporary file, spilled when large
        base.execute("CREATE TABLE stated (kind, value, sku, PRIMARY KEY (kind, value, sku))")
        base.execute("BEGIN")
        rows = ((*identifier, product.sku) for product in products for identifier in kinds(product))
        base.executemany("INSERT OR IGNORE INTO stated VALUES (?, ?, ?)", rows)
        several = "SELECT kind, value FROM stated GROUP BY kind, value HAVING COUNT(*) > 1"
        found: dict[Identifier, list[str]] = {}
        query = f"SELECT kind, value, sku FROM stated WHERE (kind, value) IN ({several}) ORDER BY rowid"
        for kind, value, sku in base.execute(query):
            found.setdefault((kind, value), []).append(sku)
    return {identifier: tuple(skus) for identifier, skus in found.items()}


def named(identifier: Identifier, skus: tuple[str, ...]) -> str:
    """Who shares an identifier, in words.

    >>> named(("ASIN", "B012345678"), ("a", "b"))
    'ASIN B012345678 is that of 2 products: a, b'
    """
    more = f" and {len(skus) - SHOWN} more" if len(skus) > SHOWN else ""
    return f"{' '.join(identifier)} is that of {len(skus)} products: {', '.join(map(shortened, skus[:SHOWN]))}{more}"


def problems(products: Iterable[Product], doubles: Shared) -> Iterator[Problem]:
    """All that is wrong with the identifiers of a catalogue: wrong ones product by product, then shared ones."""
    for product in products:
        for name, value, fault in faults(product):
            yield Problem(product.row, name, f"product {product.sku}: {fault}", value, serious=False, sku=product.sku)
    for identifier, skus in doubles.items():
        yield Problem(None, identifier[0].lower(), named(identifier, skus), identifier[1], serious=False, sku=skus[0])


def attribute(product: Product, name: str) -> str:
    """An attribute by its name, capitals aside; "" if there is none."""
    attributes: Mapping[str, str] = product.attributes
    return attributes.get(name, "") or next((v for k, v in attributes.items() if k.strip().casefold() == name), "")
