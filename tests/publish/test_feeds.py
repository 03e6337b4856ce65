"""Feeds: what is written reads back as the same products, and nothing in a catalogue can break out of a file."""

import json
import re
import tempfile
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.catalogue.catalogue import write_catalogue
from packshot.catalogue.feeds import handle_of, text_of_html
from packshot.catalogue.ingest import ingest
from packshot.catalogue.product import Image, Product
from packshot.errors import FileError, ParameterError
from packshot.pipeline.record import Record
from packshot.publish import feeds
from packshot.publish.feeds import sitemap
from packshot.publish.feeds.json_ld import embedded, source_type
from packshot.publish.feeds.meta import TAGS
from packshot.publish.feeds.offers import Offers, Options, address

LETTERS = st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"))
WORDS = st.text(LETTERS, min_size=1, max_size=20).map(lambda t: " ".join(t.split())).filter(bool)
PARAGRAPHS = st.lists(WORDS, max_size=3).map("\n".join)
PLACES = st.text("abcXYZ019-_.蓝 ,;|&'\"<>", min_size=1, max_size=12).map(lambda t: t.strip() or "x")
URLS = PLACES.map(lambda t: address(f"https://cdn.example/{t}.jpg"))
ROLES = st.sampled_from(["", "", "", *TAGS])
PRICES = st.decimals(0, 10**6, places=2, allow_nan=False)


@st.composite
def products(draw):
    urls = draw(st.lists(URLS, max_size=5, unique=True))
    attributes = {name: draw(st.one_of(st.just(""), WORDS)) for name in ("brand", "colour", "material", "size")}
    return Product(
        sku=draw(st.text("ABCxyz019-_", min_size=1, max_size=12).filter(lambda t: t.strip("-_"))),
        title=draw(WORDS),
        category=draw(st.one_of(st.just(""), WORDS)),
        description=draw(PARAGRAPHS),
        price=draw(st.one_of(st.none(), PRICES)),
        currency="USD",
        attributes={name: value for name, value in attributes.items() if value},
        images=tuple(Image(url=url, role=draw(ROLES)) for url in urls),
    )


CATALOGUES = st.lists(products(), min_size=1, max_size=5, unique_by=lambda p: handle_of(p.sku))


def written(goods, name, folder, **options):
    catalogue = write_catalogue(Path(folder) / "in", goods)
    target = Path(folder) / ("feed.xml" if name in ("google", "meta-xml", "sitemap") else "feed.csv")
    offers = Offers(catalogue, link="https://shop.example/p/{handle}")
    return target, feeds.find(name)(offers, target, Options(**options))


def round_trip(goods, name):
    with tempfile.TemporaryDirectory() as folder:
        target, _ = written(goods, name, folder)
        return list(ingest(target, Path(folder) / "back", kind="merchant" if name == "google" else "auto").open())


def plain(text):
    return " ".join(text_of_html(text).split())


def core(product):
    """What every feed carries."""
    return product.sku, plain(product.title), plain(product.description), plain(product.category), product.price


@settings(max_examples=12)
@given(goods=CATALOGUES)
@pytest.mark.parametrize("name", ["google", "google-tsv", "meta", "meta-xml"])
def test_google_and_meta_go_round(name, goods):
    tagged = name.startswith("meta")
    if not tagged:
        goods = [p.model_copy(update={"images": tuple(Image(url=i.url) for i in p.images)}) for p in goods]
    found = round_trip(goods, name)
    assert [core(p) for p in found] == [core(p) for p in goods]
    for before, after in zip(goods, found, strict=True):
        for key in ("brand", "colour", "material", "size"):
            assert plain(after.attributes.get(key, "")) == plain(before.attributes.get(key, ""))
        assert after.currency == ("USD" if before.price is not None else "")
        free = [i.url for i in before.images if i.role not in TAGS]
        assert [i.url for i in after.images if i.role not in TAGS] == free
        if tagged:
            wanted = [(i.url, i.role) for i in before.images if i.role in TAGS]
            assert [(i.url, i.role) for i in after.images if i.role in TAGS] == wanted


@settings(max_examples=12)
@given(goods=CATALOGUES)
def test_shopify_goes_round(goods):
    found = round_trip(goods, "shopify")
    assert [core(p) for p in found] == [core(p) for p in goods]
    for before, after in zip(goods, found, strict=True):
        assert [i.url for i in after.images] == [i.url for i in before.images]
        assert [i.position for i in after.images] == list(range(1, len(before.images) + 1))
        assert plain(after.attributes.get("brand", "")) == plain(before.attributes.get("brand", ""))


def test_shopify_writes_no_empty_column_and_no_handle_twice(tmp_path):
    goods = [Product(sku="a b", title="A"), Product(sku="A-B", title="B"), Product(sku="c", title="C")]
    target, done = written(goods, "shopify", tmp_path)
    lines = target.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "Handle,Title,Variant SKU,Image Src,Image Position,Image Alt Text"
    assert [line.split(",")[0] for line in lines[1:]] == ["a-b", "a-b-2", "c"]
    assert [p.row for p in done.problems.first if "belongs to another product" in p.reason] == [2]
    assert [p.reason for p in done.problems.first if p.serious] == ["the product has no picture"] * 3


def test_what_a_platform_requires_is_listed_and_never_made_up(tmp_path):
    goods = [Product(sku="a", title="A", images=(Image(url="https://cdn.example/a.jpg"),))]
    target, done = written(goods, "google", tmp_path)
    assert {p.field for p in done.problems.first} == {"description", "availability", "price"}
    assert "availability" not in target.read_text(encoding="utf-8")
    target, done = written(goods, "google", tmp_path, defaults={"availability": "in_stock"})
    assert "<g:availability>in_stock</g:availability>" in target.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["google", "google-tsv", "meta", "meta-xml", "shopify"])
def test_wrong_and_shared_identifiers_are_listed_and_stay_as_they_are(tmp_path, name):
    image = (Image(url="https://cdn.example/a.jpg"),)
    stated = {"a": "1234567890123", "b": "4006381333931", "c": "04006381333931", "d": "123", "e": ""}
    goods = [Product(sku=k, title=k, images=image, attributes={"gtin": v} if v else {}) for k, v in stated.items()]
    target, done = written(goods, name, tmp_path)
    found = {(p.row, p.reason) for p in done.problems.first if p.field == "gtin" and p.serious}
    double = "GTIN 04006381333931 is that of 2 products: b, c"
    wrong = "product a: its check digit is 3, expected 8"
    assert found == {(1, wrong), (2, double), (3, double), (4, "product d: has 3 digits, expected 8, 12, 13 or 14")}
    assert all(value in target.read_text(encoding="utf-8") for value in stated.values())


@pytest.mark.parametrize("name", sorted(feeds.TABLE))
def test_a_product_without_pictures_is_listed_whatever_the_feed(tmp_path, name):
    catalogue = write_catalogue(tmp_path / "in", [Product(sku="a", title="A", images=(Image(path="a.jpg"),))])
    offers = Offers(catalogue, link="https://shop.example/{sku}")
    done = feeds.find(name)(offers, tmp_path / "feed", Options())
    assert [p.sku or p.value for p in done.problems.first if p.field == "image" and p.serious] == ["a"]
    assert name != "sitemap" or "<url>" not in (tmp_path / "feed").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["google-tsv", "meta", "shopify"])
def test_a_cell_that_a_spreadsheet_would_run_is_noted_and_not_changed(tmp_path, name):
    title = '=HYPERLINK("https://x.example","Mug")'
    goods = [Product(sku="@a", title=title, description="-5", images=(Image(url="https://cdn.example/a.jpg"),))]
    target, done = written(goods, name, tmp_path)
    found = [p for p in done.problems.first if "formula" in p.reason]
    assert {p.value for p in found} == {"@a", title}
    assert not any(p.serious for p in found)
    assert title.replace('"', '""') in target.read_text(encoding="utf-8")


def test_too_many_pictures_are_cut_and_said(tmp_path):
    images = tuple(Image(url=f"https://cdn.example/{n}.jpg") for n in range(14))
    target, done = written([Product(sku="a", title="A", images=images)], "google", tmp_path)
    assert target.read_text(encoding="utf-8").count("<g:additional_image_link>") == 10
    assert any("takes 10 pictures; 3 are left out" in p.reason for p in done.problems.first)


def test_meta_as_json_in_a_cell_is_read(tmp_path):
    cell = json.dumps([{"url": "https://cdn.example/s.jpg", "tag": ["STORY_PREFERRED"]}]).replace('"', '""')
    row = f'id,title,image_link,image\n1,Mug,https://cdn.example/m.jpg,"{cell}"\n'
    (tmp_path / "meta.csv").write_text(row, encoding="utf-8")
    (product,) = ingest(tmp_path / "meta.csv", tmp_path / "c").open()
    assert [(i.url, i.role) for i in product.images] == [
        ("https://cdn.example/m.jpg", ""),
        ("https://cdn.example/s.jpg", "STORY_PREFERRED"),
    ]


def test_a_lifestyle_picture_keeps_its_role(tmp_path):
    goods = [Product(sku="a", title="A", images=(
        Image(url="https://cdn.example/a.jpg"), Image(url="https://cdn.example/l.jpg", role="lifestyle")))]  # fmt: skip
    target, _ = written(goods, "google-tsv", tmp_path)
    (back,) = ingest(target, tmp_path / "c").open()
    assert [(i.url, i.role) for i in back.images] == [(i.url, i.role) for i in goods[0].images]


@given(text=st.text(max_size=60))
def test_structured_data_cannot_leave_its_script_element(text):
    said = embedded({"name": text})
    assert not re.search("[<>&]", said)
    assert json.loads(said) == {"name": text}


def test_structured_data_of_a_catalogue(tmp_path):
    bad = "</script><script>alert(1)</script>"
    goods = [Product(sku="a", title=bad, images=(Image(url="https://x.example/a.png", width=30, height=40),))]
    target, _ = written(goods, "json-ld", tmp_path, rights={"license": "https://x.example/l", "creator": "Shop"})
    said = target.read_text(encoding="utf-8")
    assert "<" not in said
    (entry,) = json.loads(said)["@graph"]
    assert entry == {
        "@type": "ImageObject",
        "contentUrl": "https://x.example/a.png",
        "name": bad,
        "caption": bad,
        "encodingFormat": "image/png",
        "width": 30,
        "height": 40,
        "about": {"@type": "Product", "sku": "a", "name": bad, "url": "https://shop.example/p/a"},
        "license": "https://x.example/l",
        "creator": {"@type": "Organization", "name": "Shop"},
    }
    with pytest.raises(ParameterError, match="rights"):
        written(goods, "json-ld", tmp_path, rights={"licence": "x"})


def test_sitemap_is_well_formed_and_divided(tmp_path, monkeypatch):
    goods = [Product(sku=f"p-{n}", images=(Image(url=f"https://cdn.example/{n}?a=1&b=2"),)) for n in range(5)]
    target, done = written(goods, "sitemap", tmp_path)
    root = ET.parse(target).getroot()
    locs = [e.text for e in root.iter(f"{{{sitemap.IMAGE}}}loc")]
    assert locs == [i.url for p in goods for i in p.images]
    assert (done.products, done.pictures) == (5, 5)
    monkeypatch.setattr(sitemap, "MOST_PAGES", 2)
    with pytest.raises(ParameterError, match="site"):
        written(goods, "sitemap", tmp_path)
    target, done = written(goods, "sitemap", tmp_path, site="https://shop.example/")
    parts = [e.text for e in ET.parse(target).getroot().iter(f"{{{sitemap.SITEMAP}}}loc")]
    assert parts == [f"https://shop.example/feed-{n}.xml" for n in (1, 2, 3)]
    assert all((tmp_path / f"feed-{n}.xml").is_file() for n in (1, 2, 3))


def test_fitted_pictures_are_listed_by_channel_but_not_those_held_back(tmp_path):
    goods = [Product(sku="a", title="A", images=(Image(path="a.jpg"), Image(path="b.jpg")))]
    catalogue = write_catalogue(tmp_path / "c", goods)
    out = tmp_path / "out"
    out.mkdir()
    records = [
        Record("a", "a.jpg", "meta_catalog", "", "", "", "done", "meta_catalog/a 1.jpg", "00", size=(10, 20)),
        Record("a", "a.jpg", "meta_story", "", "", "", "done", "meta_story/a.jpg", "00"),
        Record("a", "b.jpg", "meta_catalog", "", "", "", "flagged", "held/meta_catalog/b.jpg", "00"),
    ]
    (out / "edits.jsonl").write_text("".join(r.line() + "\n" for r in records), encoding="utf-8")
    with pytest.raises(ParameterError, match="base_url"):
        Offers(catalogue, fitted=out)
    offers = Offers(catalogue, fitted=out, base_url="https://cdn.example/x/", channels=("meta_catalog", "meta_story"))
    feeds.find("meta")(offers, tmp_path / "m.csv", Options())
    said = (tmp_path / "m.csv").read_text(encoding="utf-8")
    assert "https://cdn.example/x/meta_catalog/a%201.jpg" in said
    assert "https://cdn.example/x/meta_story/a.jpg,STORY_PREFERRED" in said
    assert "held" not in said
    assert offers.flagged == 0
    flagged = Record("a", "b.jpg", "meta_catalog", "", "", "", "flagged", "meta_catalog/b.jpg", "00")
    (out / "edits.jsonl").write_text("".join(r.line() + "\n" for r in (*records, flagged)), encoding="utf-8")
    feeds.find("meta")(offers, tmp_path / "m.csv", Options())
    assert offers.flagged == 1
    with pytest.raises(FileError, match="fit"):
        Offers(catalogue, fitted=tmp_path, base_url="https://cdn.example")


@pytest.mark.parametrize("name", ["ftp://x/", "cdn.example", "https://a b/", "javascript:alert(1)"])
def test_an_address_that_is_none_is_refused(tmp_path, name):
    catalogue = write_catalogue(tmp_path / "c", [Product(sku="a")])
    with pytest.raises(ParameterError, match="base_url"):
        Offers(catalogue, base_url=name)
    with pytest.raises(ParameterError, match="link"):
        Offers(catalogue, link="https://shop.example/{price}")


@given(url=st.text(min_size=1, max_size=40))
def test_addresses_are_plain_and_divide_no_list(url):
    found = address("https://x.example/" + url)
    assert found.isascii()
    assert not re.search(r"[\s,;|<>\"]", found)
    assert unquote(found) == unquote("https://x.example/" + url) or "\ud800" <= max(url) <= "\udfff"


def test_every_feed_is_in_the_table_and_no_unknown_one():
    for name in feeds.TABLE:
        assert callable(feeds.find(name))
    with pytest.raises(ParameterError, match="expected one of shopify"):
        feeds.find("myspace")


def test_schema_org_names_of_every_iptc_term():
    assert source_type({}) == ""
    assert source_type({"iptc_digital_source_type": "digitalCapture"}).endswith("/DigitalCaptureDigitalSource")
    multi = source_type({"iptc_digital_source_type": "computationalCapture"})
    assert multi.endswith("/MultiFrameComputationalCaptureDigitalSource")


def test_prices_are_exact(tmp_path):
    goods = [Product(sku="a", title="A", price=Decimal("0.10"), currency="USD")]
    target, _ = written(goods, "google", tmp_path)
    assert "<g:price>0.10 USD</g:price>" in target.read_text(encoding="utf-8")
