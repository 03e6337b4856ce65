"""The product: what it takes, what it refuses and in which words, and that a line of JSON loses nothing."""

import subprocess
import sys
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from packshot.catalogue.product import Image, Product, product_of
from packshot.errors import CatalogueError

TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
words = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters=TURNS), max_size=30)
names = words.filter(lambda s: s.strip())
attributes = st.dictionaries(names, words, max_size=4)
paths = st.lists(st.from_regex(r"[a-zA-Z0-9_ 图-]{1,8}", fullmatch=True).filter(str.strip), min_size=1, max_size=3).map(
    lambda parts: "/".join(p.strip() for p in parts) + ".jpg"
)
images = st.builds(
    Image,
    path=paths,
    role=words,
    alt=words,
    position=st.integers(0, 99),
    width=st.none() | st.integers(1, 9000),
    attributes=attributes,
)
products = st.builds(
    Product,
    sku=names,
    title=words,
    titles=st.dictionaries(st.sampled_from(["zh", "de", "pt-BR"]), words, max_size=2),
    category=words,
    description=words,
    attributes=attributes,
    price=st.none() | st.decimals(0, 10**9, allow_nan=False, allow_infinity=False, places=2),
    currency=st.sampled_from(["", "USD", "CNY"]),
    images=st.lists(images, max_size=3).map(tuple),
    split=st.sampled_from(["", "train", "validation", "test"]),
    licence=words,
)


@given(products)
@settings(deadline=None)
def test_a_line_of_json_gives_the_same_product_back(product):
    line = product.line()
    assert "\n" not in line
    assert Product.read(line) == product
    assert Product.read(line.encode()).line() == line


def test_reading_products_needs_neither_torch_nor_numpy():
    code = (
        "import packshot.catalogue.product, packshot.catalogue.catalogue, sys;"
        "print(sorted({'torch', 'numpy', 'cv2', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_product_is_frozen():
    with pytest.raises(ValidationError):
        Product(sku="A").sku = "B"


def test_text_is_normalised_and_numbers_become_text():
    product, found = product_of(
        {"sku": " cafe\u0301 \t1 ", "title": "two\nlines", "attributes": {"size": 38.0, "new": True}}
    )
    assert found == []
    assert (product.sku, product.title) == ("café 1", "two lines")
    assert product.attributes == {"size": "38", "new": "yes"}
    assert product_of({"sku": 12345})[0].sku == "12345"


def test_a_price_is_exact():
    assert Product(sku="A", price="19.90").price == Decimal("19.90")
    assert '"price":"19.90"' in Product(sku="A", price="19.90").line()
    assert str(Product(sku="A", price="1E+3").price) == "1000"


FAULTS = [
    ("title", "x\x00y", "holds control characters"),
    ("title", "x" * 3000, "is longer than 2000 characters"),
    ("price", "cheap", "is not a number"),
    ("price", "-1", "is below 0"),
    ("price", "Infinity", "is not a finite number"),
    ("currency", "usd", "is not three capital letters such as USD or CNY"),
    ("split", "holdout", "is not one of train, validation, test"),
    ("colour", "red", "is no field of a product; put it under attributes"),
    ("titles", {"klingon!": "x"}, "is not a language code such as en, zh or pt-BR"),
    ("titles", "x", "is not a table of names and values"),
    ("attributes", {"size": "x" * 30_000}, "is longer than 20000 characters"),
    ("attributes", {f"a{i}": "x" for i in range(1300)}, "is longer than 1000 entries"),
    ("images", 3, "is not a list"),
    ("images", [{"path": "../../etc/passwd"}], "leaves the folder"),
    ("images", [{"path": "/etc/passwd"}], "is absolute"),
    ("images", [{"path": "C:\\photos\\1.jpg"}], "is absolute"),
    ("images", [{"url": "not a url"}], "is not a URL"),
    ("images", [{"url": "data:image/png;base64,AAAA"}], "save it as a file"),
    ("images", [{"alt": "nothing"}], "an image needs a path or a url"),
    ("row", 0, "is below 1"),
]


@pytest.mark.parametrize(("field", "value", "words"), FAULTS, ids=lambda v: str(v)[:24])
def test_a_bad_field_is_named_left_out_and_costs_nothing_else(field, value, words):
    fields = {"sku": "A", "category": "shoes", "licence": "CC0-1.0", field: value}
    product, found = product_of(fields, row=7, file="t.csv")
    assert product is not None
    assert (product.sku, product.category, product.licence) == ("A", "shoes", "CC0-1.0")
    assert all((p.row, p.file, p.serious) == (7, "t.csv", True) for p in found)
    assert any(p.field.startswith(field) and words in p.reason for p in found), found


def test_bad_entries_go_one_by_one():
    good = [{"path": f"{i}.jpg"} for i in range(12)]
    bad = [{"path": "../x.jpg"}, {}]
    product, found = product_of({"sku": "A", "images": [*good[:11], *bad, good[11]]})
    assert [image.path for image in product.images] == [f"{i}.jpg" for i in range(12)]
    assert [p.field for p in found] == ["images.11.path", "images.12"]


@pytest.mark.parametrize("sku", ["", "   ", None, "a\x00b", "x" * 600, "\u202eevil", ["a"]])
def test_without_a_usable_sku_there_is_no_product(sku):
    product, found = product_of({"sku": sku, "title": "Shoe"})
    assert product is None
    assert any(p.field == "sku" for p in found)


def test_a_broken_line_says_what_is_wrong():
    with pytest.raises(CatalogueError, match="not JSON"):
        Product.read('{"sku": "A", "ti')
    with pytest.raises(CatalogueError, match="price is below 0"):
        Product.read('{"sku":"A","price":-3}')
    with pytest.raises(CatalogueError, match="sku is missing"):
        Product.read('{"title":"A"}')


def test_a_picture_may_differ_from_its_product():
    product = Product(sku="A", attributes={"colour": "red", "size": "M"})
    assert product.attributes_of(Image(path="b.jpg", attributes={"colour": "blue"})) == {"colour": "blue", "size": "M"}


def test_layers_are_safe_relative_paths():
    image = Image(path="a.png", layers={"layout": "truth\\a.png"})
    assert Image.model_validate_json(image.model_dump_json(exclude_defaults=True)) == image
    with pytest.raises(ValueError, match="layers"):
        Image(path="a.png", layers={"layout": "../../etc/passwd"})
