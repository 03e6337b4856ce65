"""Splits by product, never by picture: all views of a product, and products that share a photo, go together.

The split of a product follows from a hash of its sku and the seed, so it is the same on every machine and in every
order of rows. Without strata it depends on nothing else: new products move no old one. With strata (one category, or
any attribute) the shares hold within each stratum exactly, at the price that new products may move a few old ones.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from packshot.catalogue.catalogue import Catalogue
from packshot.catalogue.product import SPLITS, Product
from packshot.errors import ParameterError

DEFAULT = {"train": 0.9, "test": 0.1}


def ratios(text: str) -> dict[str, float]:
    """Shares of the splits from text. Raises ParameterError unless they are known names and add up.

    >>> ratios("train=0.8,validation=0.1,test=0.1")
    {'train': 0.8, 'validation': 0.1, 'test': 0.1}
    >>> ratios("90/10")
    {'train': 0.9, 'test': 0.1}
    """
    expected = f"expected name=share of {', '.join(SPLITS)}, such as train=0.9,test=0.1 or 80/10/10; got {text!r}"
    try:
        if "=" in text:
            pairs = [part.split("=") for part in text.split(",")]
            found = {name.strip(): float(share) for name, share in pairs}
        else:
            shares = [float(share) for share in text.split("/")]
            names = {2: ("train", "test"), 3: SPLITS}[len(shares)]
            found = dict(zip(names, shares, strict=True))
    except (ValueError, KeyError):
        raise ParameterError(f"ratios: {expected}") from None
    return _checked(found, expected)


def _checked(shares: Mapping[str, float], expected: str) -> dict[str, float]:
    total = sum(shares.values())
    if not shares or set(shares) - set(SPLITS) or not all(0 <= s < float("inf") for s in shares.values()) or total <= 0:
        raise ParameterError(f"ratios: {expected}")
    if not (abs(total - 1) < 1e-6 or abs(total - 100) < 1e-6):
        raise ParameterError(f"ratios: {expected}; the shares add up to {total:g}, not to 1 or 100")
    return {name: shares[name] / total for name in SPLITS if name in shares}


def place(key: str, seed: int) -> float:
    """Where a key falls in [0, 1), evenly, by BLAKE2b."""
    digest = hashlib.blake2b(key.encode("utf-8"), digest_size=8, salt=seed.to_bytes(8, "little", signed=True)).digest()
    return int.from_bytes(digest, "little") / 2**64


def split_of_place(at: float, shares: Mapping[str, float]) -> str:
    """The split whose interval of [0, 1) holds `at`; the intervals follow one another in the order of SPLITS."""
    end, last = 0.0, ""
    for name in SPLITS:
        if shares.get(name, 0) > 0:
            end, last = end + shares[name], name
            if at < end:
                return name
    return last


@dataclass
class Splitter:
    """Gives every product its split.

    shares: as from `ratios`. seed: another seed, another split. groups: skus that must stay together (from
    `Duplicates.product_groups()`). by: "" , "category", or the name of an attribute, whose strata get the same shares;
    then `read` must see every product first.
    """

    shares: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT))
    seed: int = 0
    groups: Iterable[tuple[str, ...]] = ()
    by: str = ""

    def __post_init__(self) -> None:
        _checked(self.shares, "expected shares that add up to 1")
        self._leader = {sku: min(group) for group in self.groups for sku in group}
        self._stratum: dict[str, str] = {}
        self._chosen: dict[str, str] = {}

    def key(self, sku: str) -> str:
        """The sku whose hash decides: the product's own, or the first of its group."""
        return self._leader.get(sku, sku)

    def read(self, products: Iterable[Product]) -> None:
        """Look at all products, for exact shares in every stratum (memory: one entry a product)."""
        if not self.by:
            return
        strata: dict[str, list[str]] = defaultdict(list)
        for product in products:
            key = self.key(product.sku)
            if key not in self._stratum:
                self._stratum[key] = product.category if self.by == "category" else product.attributes.get(self.by, "")
                strata[self._stratum[key]].append(key)
        for stratum, keys in strata.items():
            self._deal(stratum, keys)

    def _deal(self, stratum: str, keys: list[str]) -> None:
        """Keys in the order of their hashes; the first n · share go to the first split, and so on.

        Every stratum starts at a place of its own, so that many small strata do not all round the same way.
        """
        keys.sort(key=lambda key: (place(key, self.seed), key))
        start = place(f"stratum {stratum}", self.seed)
        for number, key in enumerate(keys):
            self._chosen[key] = split_of_place((number + start) / len(keys) % 1.0, self.shares)

    def __call__(self, product: Product) -> str:
        """The split of a product."""
        key = self.key(product.sku)
        if self.by:
            return self._chosen[key]
        return split_of_place(place(key, self.seed), self.shares)


def assign(catalogue: Catalogue, splitter: Splitter) -> dict[str, int]:
    """Write a split to every product of a catalogue, in one step; gives the number of products in each."""
    splitter.read(catalogue)
    counts = dict.fromkeys((name for name in SPLITS if splitter.shares.get(name, 0) > 0), 0)

    def change(product: Product) -> Product:
        name = splitter(product)
        counts[name] += 1
        return product.model_copy(update={"split": name})

    catalogue.rewrite(change)
    return counts
