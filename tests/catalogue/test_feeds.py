"""Shopify exports and Google Merchant feeds, also hostile ones."""

import pytest

from packshot.catalogue.feeds import text_of_html
from packshot.catalogue.ingest import ingest
from packshot.errors import CatalogueError
from tests.catalogue.shop import put, table, told

_HEADER = (
    "Handle|Title|Body (HTML)|Vendor|Type|Tags|Option1 Name|Option1 Value|Option2 Name|Option2 Value|Variant SKU|"
    "Variant Price|Image Src|Image Position|Image Alt Text|Variant Image|Status"
)
SHOPIFY = _HEADER.split("|")


def row(handle, **cells):
    return [handle, *(cells.get(name, "") for name in SHOPIFY[1:])]


def cdn(name):
    return f"https://cdn.shop.example/{name}?v=17"


def shopify(path, *rows):
    return table(path, SHOPIFY, *rows)


def test_a_shopify_product_of_many_rows(tmp_path):
    first = {
        "Title": "Wool hat",
        "Body (HTML)": "<p>Soft &amp; <b>warm</b></p><ul><li>Wool</li></ul>",
        "Vendor": "Hats",
        "Type": "Hats",
        "Option1 Name": "Color",
        "Option1 Value": "Red",
        "Option2 Name": "Size",
        "Option2 Value": "S",
        "Variant SKU": "H-R-S",
        "Variant Price": "19.90",
        "Image Src": cdn("2.jpg"),
        "Image Position": "2",
        "Image Alt Text": "Back",
        "Variant Image": cdn("red.jpg"),
        "Status": "active",
    }
    source = shopify(
        tmp_path / "products_export.csv",
        row("wool-hat", **first),
        row(
            "wool-hat",
            **{
                "Option1 Value": "Red",
                "Option2 Value": "M",
                "Variant SKU": "H-R-M",
                "Variant Price": "21",
                "Image Src": cdn("1.jpg"),
                "Image Position": "1",
                "Variant Image": cdn("red.jpg"),
            },
        ),
        row(
            "wool-hat",
            **{"Option1 Value": "Blue", "Option2 Value": "S", "Variant SKU": "H-B-S", "Variant Image": cdn("blue.jpg")},
        ),
        row("wool-hat", **{"Image Src": cdn("3.jpg"), "Image Position": "3"}),
        row(
            "plain-scarf",
            Title="Scarf",
            **{"Option1 Name": "Title", "Option1 Value": "Default Title", "Variant Price": "9"},
        ),
    )
    done = ingest(source, tmp_path / "out")
    assert done.kind == "shopify"
    assert done.problems == ()
    assert (done.products, done.pictures, done.urls) == (2, 0, 5)
    hat, scarf = done.open()
    assert (hat.sku, hat.title, hat.category, hat.description) == ("wool-hat", "Wool hat", "Hats", "Soft & warm\nWool")
    assert (str(hat.price), hat.attributes["brand"]) == ("19.90", "Hats")
    assert (hat.colour, hat.attributes["size"]) == ("Red / Blue", "S / M")
    assert hat.attributes["variant_sku"] == "H-R-S / H-R-M / H-B-S"
    assert [i.url.split("/")[-1].split("?")[0] for i in hat.images] == [
        "1.jpg",
        "2.jpg",
        "3.jpg",
        "red.jpg",
        "blue.jpg",
    ]
    assert hat.images[1].alt == "Back"
    assert hat.images[3].attributes == {"colour": "Red"}
    assert hat.images[4].attributes == {"colour": "Blue", "size": "S"}
    assert (scarf.sku, scarf.attributes, scarf.images) == ("plain-scarf", {}, ())


def test_the_newer_headers_of_shopify(tmp_path):
    header = [
        "URL handle",
        "Title",
        "Description",
        "Price",
        "SKU",
        "Option1 name",
        "Option1 value",
        "Product image URL",
        "Image position",
    ]
    source = table(
        tmp_path / "t.csv",
        header,
        ["hat", "Hat", "<p>x</p>", "5", "H1", "Color", "Red", cdn("1.jpg"), "1"],
        ["hat", "", "", "6", "H2", "", "Blue", "", ""],
    )
    done = ingest(source, tmp_path / "out")
    (hat,) = done.open()
    assert done.kind == "shopify"
    assert (hat.sku, hat.title, hat.description, hat.colour, str(hat.price)) == ("hat", "Hat", "x", "Red / Blue", "5")


def test_faults_of_a_shopify_export(tmp_path):
    source = shopify(
        tmp_path / "t.csv",
        row("hat", Title="Hat", **{"Image Src": cdn("1.jpg")}),
        row("", Title="Orphan", **{"Image Src": cdn("2.jpg")}),
        row("hat", Title="Another hat"),
        row("shoe", Title="Shoe", **{"Variant Price": "n/a"}),
        row("hat", **{"Image Src": cdn("3.jpg")}),
        row("shoe", Title="Boot"),
        ["bag", "Bag"],
    )
    done = ingest(source, tmp_path / "out")
    assert sorted(told(done.problems), key=lambda p: p[0]) == [
        (3, "Handle", "is empty; the row belongs to no product"),
        (4, "Title", "handle 'hat' has another title in row 2; the first stands"),
        (5, "price", "is not a number"),
        (7, "title", "differs from row 5 of the same sku 'shoe'; the first stands"),
        (8, "", "has 2 cells under 17 column names; the missing ones are taken as empty"),
    ]
    hat, shoe, bag = done.open()
    assert [p.title for p in (hat, shoe, bag)] == ["Hat", "Shoe", "Bag"]
    assert len(hat.images) == 2


RSS = """<?xml version="1.0"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title><link>https://shop.example</link>
<item><g:id>A1</g:id><title>Red &amp; blue hat</title><description>&lt;p&gt;Soft&lt;/p&gt;</description>
<link>https://shop.example/a1</link><g:image_link>https://shop.example/a1.jpg</g:image_link>
<g:additional_image_link>https://shop.example/a1-2.jpg</g:additional_image_link>
<g:additional_image_link>https://shop.example/a1-3.jpg</g:additional_image_link>
<g:price>19.90 USD</g:price><g:color>Red</g:color><g:product_type>Clothing &gt; Hats</g:product_type>
<g:shipping><g:country>US</g:country><g:price>4.95 USD</g:price></g:shipping></item>
<item><title>No id</title><g:image_link>https://shop.example/x.jpg</g:image_link></item>
<item><g:id>B2</g:id><title><![CDATA[Shoe <new>]]></title><g:price>free</g:price></item>
</channel></rss>"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0"><title>Shop</title>
<entry><g:id>A1</g:id><g:title>Hat</g:title><summary>Soft</summary><link href="https://shop.example/a1"/>
<g:image_link>https://shop.example/a1.jpg</g:image_link></entry></feed>"""


def feed(tmp_path, text):
    put(tmp_path, {"feed.xml": text})
    return tmp_path / "feed.xml"


def test_a_merchant_feed_in_rss(tmp_path):
    done = ingest(feed(tmp_path, RSS), tmp_path / "out")
    assert done.kind == "merchant"
    assert told(done.problems) == [(9, "sku", "is missing, so the row is left out"), (10, "price", "is not a number")]
    hat, shoe = done.open()
    assert (hat.sku, hat.title, hat.description, str(hat.price), hat.currency) == (
        "A1",
        "Red & blue hat",
        "Soft",
        "19.90",
        "USD",
    )
    assert [i.url.split("/")[-1] for i in hat.images] == ["a1.jpg", "a1-2.jpg", "a1-3.jpg"]
    assert (hat.colour, hat.category) == ("Red", "Clothing > Hats")
    assert hat.attributes["shipping"] == "US / 4.95 USD"
    assert hat.attributes["link"] == "https://shop.example/a1"
    assert (shoe.sku, shoe.title, shoe.price) == ("B2", "Shoe <new>", None)


def test_a_merchant_feed_in_atom(tmp_path):
    (hat,) = ingest(feed(tmp_path, ATOM), tmp_path / "out").open()
    assert (hat.sku, hat.title, hat.description, len(hat.images)) == ("A1", "Hat", "Soft", 1)
    assert hat.attributes["link"] == "https://shop.example/a1"


def test_a_merchant_feed_as_a_table(tmp_path):
    header = ["id", "title", "description", "image link", "additional image link", "price", "color", "item group id"]
    rows = [
        "A1",
        "Hat",
        "Soft",
        "https://x.example/1.jpg",
        "https://x.example/2.jpg,https://x.example/3.jpg",
        "5 EUR",
        "Red",
        "G",
    ]
    source = table(tmp_path / "feed.txt", header, rows, delimiter="\t")
    done = ingest(source, tmp_path / "out")
    assert "Google Merchant feed as a table" in done.told[0]
    (hat,) = done.open()
    assert (hat.sku, len(hat.images), hat.currency, hat.attributes) == ("A1", 3, "EUR", {"colour": "Red", "group": "G"})


def test_a_feed_that_breaks_keeps_what_came_before(tmp_path):
    text = RSS.replace("<item><title>No id", "<item><title>No & id")
    done = ingest(feed(tmp_path, text), tmp_path / "out")
    assert [p.sku for p in done.open()] == ["A1"]
    (problem,) = done.problems
    assert problem.row == 9
    assert "broken here" in problem.reason


BILLION = (
    '<!DOCTYPE r [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
    + "]>"
)
HOSTILE = {
    "entity bomb": BILLION + "<rss><channel><item><id>&j;</id></item></channel></rss>",
    "external entity": '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><item><id>&x;</id></item></channel></rss>',
    "parameter entity": '<!DOCTYPE r [<!ENTITY % x SYSTEM "http://10.0.0.1/x.dtd"> %x;]><rss/>',
    "quadratic": '<!DOCTYPE r [<!ENTITY a "'
    + "a" * 50_000
    + '">]><rss><channel><item><id>'
    + "&a;" * 1000
    + "</id></item></channel></rss>",
    "external document type": '<!DOCTYPE rss SYSTEM "http://10.0.0.1/x.dtd"><rss/>',
    "deep nesting": "<rss>" + "<a>" * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_xml_is_refused(tmp_path, name):
    with pytest.raises(CatalogueError, match=r"document type declaration|nested more than"):
        ingest(feed(tmp_path, HOSTILE[name]), tmp_path / "out")
    assert not (tmp_path / "out" / "products.jsonl").exists()


def test_an_item_of_endless_text_is_cut(tmp_path):
    text = RSS.replace("Red &amp; blue hat", "x" * (5 * 2**20))
    done = ingest(feed(tmp_path, text), tmp_path / "out")
    assert any("characters; cut" in p.reason for p in done.problems)
    assert [p.sku for p in done.open()][-1] == "B2"


def test_xml_that_is_no_feed(tmp_path):
    with pytest.raises(CatalogueError, match="without any"):
        ingest(feed(tmp_path, "<html><body/></html>"), tmp_path / "out")


def test_html_becomes_text():
    assert text_of_html("plain") == "plain"
    assert text_of_html("<h1>A</h1>b<br>c<style>p{}</style> &lt;d&gt;") == "A\nb\nc <d>"
    assert text_of_html("<p>unclosed <b>tag") == "unclosed tag"
