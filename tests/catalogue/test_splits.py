"""Splits: by product, the same everywhere, with the shares asked for."""

import math
import unicodedata
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.catalogue.catalogue import write_catalogue
from packshot.catalogue.product import Image, Product
from packshot.catalogue.splits import Splitter, assign, ratios
from packshot.errors import ParameterError

words = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8)
skus = st.lists(words.map(lambda text: unicodedata.normalize("NFC", text)), unique=True, max_size=60)


def shop(skus, strata=1):
    return [
        Product(sku=sku, category=f"c{i % strata}", attributes={"colour": f"k{i % 3}"}) for i, sku in enumerate(skus)
    ]


@given(skus, st.integers(0, 2**31), st.randoms())
@settings(deadline=None)
def test_the_split_depends_on_sku_and_seed_alone(names, seed, chance):
    products = shop(names)
    one = {p.sku: Splitter(seed=seed)(p) for p in products}
    chance.shuffle(products)
    other = Splitter(seed=seed)
    assert {p.sku: other(p) for p in products} == one
    assert set(one.values()) <= {"train", "test"}


@given(skus, st.integers(0, 2**31))
@settings(deadline=None)
def test_new_products_move_no_old_one(names, seed):
    splitter = Splitter(seed=seed)
    before = {p.sku: splitter(p) for p in shop(names[: len(names) // 2])}
    after = {p.sku: splitter(p) for p in shop(names)}
    assert {sku: after[sku] for sku in before} == before


@given(skus, st.integers(0, 99), st.data(), st.sampled_from(["", "category", "colour"]))
@settings(deadline=None)
def test_groups_stay_together(names, seed, data, by):
    size = data.draw(st.integers(1, 5))
    groups = [tuple(names[i : i + size]) for i in range(0, len(names), size)]
    splitter = Splitter({"train": 0.5, "validation": 0.2, "test": 0.3}, seed, groups, by)
    products = shop(names, 3)
    splitter.read(products)
    chosen = {p.sku: splitter(p) for p in products}
    assert all(len({chosen[sku] for sku in group}) == 1 for group in groups)


@given(skus.filter(bool), st.integers(0, 99), st.integers(1, 6))
@settings(deadline=None)
def test_every_stratum_has_its_shares_to_the_nearest_product(names, seed, strata):
    shares = {"train": 0.6, "validation": 0.15, "test": 0.25}
    products = shop(names, strata)
    splitter = Splitter(shares, seed, by="category")
    splitter.read(products)
    for category in {p.category for p in products}:
        chosen = Counter(splitter(p) for p in products if p.category == category)
        total = chosen.total()
        for name, share in shares.items():
            assert math.floor(share * total) - 1 <= chosen[name] <= math.ceil(share * total) + 1


@pytest.mark.parametrize("by", ["", "category"])
def test_shares_of_many_products(by):
    products = shop([f"S{i}" for i in range(20_000)], 4)
    splitter = Splitter({"train": 0.8, "validation": 0.1, "test": 0.1}, by=by)
    splitter.read(products)
    counts = Counter(splitter(p) for p in products)
    assert abs(counts["train"] / 20_000 - 0.8) < 0.01
    assert abs(counts["test"] / 20_000 - 0.1) < 0.01


def test_another_seed_is_another_split():
    products = shop([f"S{i}" for i in range(200)])
    assert [Splitter(seed=0)(p) for p in products] != [Splitter(seed=1)(p) for p in products]


def test_the_split_of_a_sku_never_changes_between_versions():
    splitter = Splitter({"train": 0.5, "test": 0.5}, seed=7)
    found = " ".join(splitter(Product(sku=sku)) for sku in ("A", "B", "C", "D", "E", "F", "红", "SKU-17"))
    assert found == "train train train test test train train train"


def test_assign_writes_the_catalogue(tmp_path):
    products = [Product(sku=f"S{i}", images=(Image(path=f"{i}.jpg"), Image(path=f"{i}b.jpg"))) for i in range(50)]
    catalogue = write_catalogue(tmp_path, products)
    counts = assign(catalogue, Splitter({"train": 0.5, "test": 0.5}))
    assert Counter(p.split for p in catalogue) == counts
    assert sum(counts.values()) == 50
    assert [p.model_copy(update={"split": ""}) for p in catalogue] == products


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("90/10", {"train": 0.9, "test": 0.1}),
        ("80/10/10", {"train": 0.8, "validation": 0.1, "test": 0.1}),
        ("train=0.5, test=0.5", {"train": 0.5, "test": 0.5}),
        ("train=100", {"train": 1.0}),
    ],
)
def test_ratios(text, shares):
    assert ratios(text) == pytest.approx(shares)


BAD = ["", "half", "90/20", "train=0.9", "train=0.9,holdout=0.1", "1/1/1/1", "train=-1,test=2", "train=nan,test=1"]


@pytest.mark.parametrize("text", BAD)
def test_bad_ratios_are_refused_with_an_example(text):
    with pytest.raises(ParameterError, match=r"train=0\.9,test=0\.1"):
        ratios(text)
