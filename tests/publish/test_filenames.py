"""Names and slots: what Amazon and Walmart read from a name, and that no sku leads anywhere else."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.catalogue.product import Image, Product
from packshot.errors import UnsafePath
from packshot.publish import channels
from packshot.publish.filenames import file_name, refuse_tricks, slots
from packshot.publish.identifiers import gtin14, is_gtin

AMAZON, PT, WALMART = (channels.find(name) for name in ("amazon_main", "amazon_secondary", "walmart_main"))
ROLES = ("", "", "back", "back", "swatch")


def product(sku="TS-1", images=5, **attributes):
    views = tuple(Image(path=f"{n}.jpg", role=ROLES[n % len(ROLES)]) for n in range(images))
    return Product(sku=sku, images=views, attributes=attributes)


def names(channel, goods, ext="jpg"):
    return [file_name(channel, goods, slot, ext).path for slot in slots(channel, goods)]


def test_amazon_asin_and_variants():
    goods = product(asin="B0ABCDEFGH")
    assert names(AMAZON, goods) == ["amazon_main/B0ABCDEFGH.MAIN.jpg"]
    assert names(PT, goods) == [f"amazon_secondary/B0ABCDEFGH.{code}.jpg" for code in ("PT01", "BACK", "PT02", "SWCH")]


def test_amazon_takes_an_ean_where_there_is_no_asin_and_says_where_there_is_none():
    goods = product(gtin="4006381333931")
    assert names(AMAZON, goods) == ["amazon_main/4006381333931.MAIN.jpg"]
    nameless = product()
    found = file_name(AMAZON, nameless, next(slots(AMAZON, nameless)), "jpg")
    assert found.path == "amazon_main/TS-1.MAIN.jpg"
    assert "no ASIN" in found.notes[0]


def test_walmart_gtin14_with_its_check_digit():
    goods = product(gtin="4006381333931", images=2)
    assert names(WALMART, goods) == ["walmart_main/04006381333931.jpg", "walmart_main/04006381333931_2.jpg"]
    assert gtin14(product(gtin="4006381333932")) == ""


@pytest.mark.parametrize(
    ("channel", "stated", "told"),
    [
        (WALMART, {"gtin": "1234567890123"}, "gtin '1234567890123' its check digit is 3, expected 8, so"),
        (WALMART, {"gtin": "40063814"}, "gtin '40063814' its check digit is 4, expected 2, so"),
        (WALMART, {"gtin": "123"}, "gtin '123' has 3 digits, expected 8, 12, 13 or 14, so"),
        (WALMART, {"ean": "x"}, "no GTIN is known"),
        (AMAZON, {"asin": "B0BAD"}, "asin 'B0BAD' is no ASIN, expected 10 letters or digits such as B012345678, so"),
        (AMAZON, {"asin": "B0ABCDEFGH", "gtin": "4006381333932"}, "its check digit is 2, expected 1"),
        (AMAZON, {"asin": " b0abcdefgh ", "gtin": "4006381333931"}, ""),
        (channels.find("ebay"), {"gtin": "123"}, ""),
    ],
)
def test_which_identifier_is_wrong_and_why(channel, stated, told):
    goods = product(**stated)
    notes = file_name(channel, goods, next(slots(channel, goods)), "jpg").notes
    assert told in notes[0] if told else not notes


@given(body=st.text("0123456789", min_size=7, max_size=13).filter(lambda t: len(t) in (7, 11, 12, 13)))
def test_exactly_one_check_digit_makes_a_gtin(body):
    assert sum(is_gtin(body + digit) for digit in "0123456789") == 1


def test_slots_take_the_pictures_they_are_for():
    goods = Product(
        sku="a",
        images=(Image(path="1.jpg"), Image(path="2.jpg", role="main"), Image(path="3.jpg", role="lifestyle")),
    )
    several = ("amazon_main", "amazon_secondary", "gmc_additional", "gmc_lifestyle", "taobao_white", "shopify_product")
    paths = {name: [slot.image.path for slot in slots(channels.find(name), goods)] for name in several}
    assert paths["amazon_main"] == paths["taobao_white"] == ["2.jpg"]
    assert paths["amazon_secondary"] == paths["gmc_additional"] == ["1.jpg", "3.jpg"]
    assert paths["gmc_lifestyle"] == ["3.jpg"]
    assert paths["shopify_product"] == ["2.jpg", "1.jpg", "3.jpg"]


@pytest.mark.parametrize(
    "sku",
    [
        "..",
        "../x",
        "a/../../b",
        "/etc/passwd",
        "a//b",
        "C:\\x",
        "C:/x",
        "a\\b",
        "~/x",
        "./a",
        "a/.",
        "a/ .. /b",
        "a\u202eb",
    ],
)
def test_path_tricks_are_refused_by_name(sku):
    with pytest.raises(UnsafePath, match="sku"):
        refuse_tricks(sku)


@pytest.mark.parametrize("asin", ["../../etc/x", "B0/../..", "a b", "B0ABCDEF\x00H"])
def test_a_trick_in_an_asin_is_not_used(asin):
    goods = Product.model_construct(sku="TS-1", images=(Image(path="a.jpg"),), attributes={"asin": asin})
    assert names(AMAZON, goods) == ["amazon_main/TS-1.MAIN.jpg"]


@given(sku=st.text(min_size=1, max_size=80), name=st.sampled_from(sorted(channels.load())))
def test_whatever_the_sku_the_name_stays_inside_its_channel_or_is_refused(sku, name):
    channel = channels.find(name)
    goods = Product.model_construct(
        sku=sku, images=(Image(path="a.jpg"), Image(path="b.jpg", role="lifestyle")), attributes={}
    )
    for slot in slots(channel, goods):
        try:
            path = PurePosixPath(file_name(channel, goods, slot, "jpg").path)
        except UnsafePath:
            return
        assert path.parts[0] == name
        assert not path.is_absolute()
        assert not {"", ".", ".."} & set(path.parts)
        assert path.suffix == ".jpg"
        assert all(len(part.encode()) <= 255 and part.isprintable() and part[0] not in " " for part in path.parts)


@given(skus=st.lists(st.text(min_size=1, max_size=12), min_size=2, max_size=6, unique=True))
def test_two_skus_never_share_a_name_in_a_channel_that_names_by_sku(skus):
    channel = channels.find("gmc_image_link")
    found = []
    for sku in skus:
        goods = Product.model_construct(sku=sku, images=(Image(path="a.jpg"),), attributes={})
        try:
            found.append(file_name(channel, goods, next(slots(channel, goods)), "jpg").path)
        except UnsafePath:
            continue
    assert len(set(found)) == len(found)
