"""Headers, prices and splits as shops write them."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.catalogue.columns import ALIASES, price_of, split_of, target_of, targets_of

HEADERS = """
SKU > sku | sku_id > sku | 货号 > sku | SKU编码 > sku | ＳＫＵ > sku | Product ID > sku | Title > title
商品名称 > title
标题 > title | title_zh > title@zh | 中文标题 > title@zh | Title (EN) > title@en | description zh > description@zh
Color > a:colour | colour > a:colour | 颜色分类 > a:colour | 材质 > a:material | 价格 > price | Price > price
图片 > image | 图片2 > image | Image 3 > image | image_url > image | 主图 > image | g:image_link > image
additional_image_link > image | License > licence | 蒙版 > matte | 尺码 > a:size | 品牌 > a:brand | 类目 > category
条形码 > a:gtin | Farbe > None | x > None
"""
PRICES = """
19.90 > 19.90 | 19,90 € > 19.90 EUR | 1.299,00 EUR > 1299.00 EUR | $1,299.50 > 1299.50 | 1,299 > 1299 | ¥88 > 88
￥１２８ > 128 | 88元 > 88 CNY | CNY 12 > 12 CNY | 1'299.00 CHF > 1299.00 CHF | £0.5 > 0.5 GBP | 14.95 USD > 14.95 USD
-3 > -3 | 12,5 > 12.5 | 1,234,567 > 1234567 | 1 299,00 EUR > 1299.00 EUR | 12.345 > 12.345 | 3 for 2 > 3 for 2
USD > USD | 1 2 > 1 2 | $5 USD > $5 USD
"""


def pairs(text):
    return [tuple(part.strip().split(" > ")) for line in text.strip().splitlines() for part in line.split("|")]


@pytest.mark.parametrize(("header", "target"), pairs(HEADERS))
def test_headers(header, target):
    assert str(target_of(header)) == target


def test_no_name_means_two_things():
    names = [name.strip() for names in ALIASES.values() for name in names.split(",")]
    assert len(names) == len(set(names))


def test_a_table_without_a_sku_takes_its_group():
    assert targets_of(["path", "group", "split"]) == ["image", "sku", "split"]
    assert targets_of(["sku", "group"]) == ["sku", "a:group"]
    assert targets_of(["id", "EAN"], "ean") == ["a:id", "sku"]


def test_nothing_is_lost_when_two_columns_mean_the_same():
    assert targets_of(["sku", "title", "标题"]) == ["sku", "title", "title@zh"]
    assert targets_of(["sku", "id", "id"]) == ["sku", "a:id", "a:id (3)"]
    assert targets_of(["image", "图片", "Image 2", ""]) == ["image", "image", "image", ""]


@pytest.mark.parametrize(("text", "price"), pairs(PRICES))
def test_prices(text, price):
    amount, currency = price_of(text)
    assert f"{amount} {currency}".strip() == price


@given(st.decimals(0, 10**9, places=2, allow_nan=False), st.sampled_from(["", " USD", " EUR"]))
@settings(deadline=None)
def test_any_plain_price_is_read_exactly(price, unit):
    amount, currency = price_of(f"{price:.2f}{unit}")
    assert (amount, currency) == (Decimal(f"{price:.2f}"), unit.strip())


@given(st.text(max_size=20))
@settings(deadline=None)
def test_any_text_is_a_price_or_comes_back_as_it_is(text):
    amount, _ = price_of(text)
    assert isinstance(amount, Decimal) or amount == text


def test_splits():
    assert [split_of(t) for t in ("Train", "val", "测试集", "holdout")] == ["train", "validation", "test", "holdout"]
