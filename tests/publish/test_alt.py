"""Alternative texts: from what is known, in both languages, overruled by a file, never too long."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.catalogue.catalogue import write_catalogue
from packshot.catalogue.product import Image, Product
from packshot.errors import FileError, ParameterError
from packshot.publish.alt import AltTexts, alt_text, of_catalogue, shortened, write_alt

MUG = Product(
    sku="M-1",
    title="Enamel Mug",
    titles={"zh": "搪瓷杯"},
    attributes={"colour": "navy", "material": "steel"},
    images=(Image(path="a.jpg"), Image(path="b.jpg", role="back"), Image(path="c.jpg")),
)


@pytest.mark.parametrize(
    ("language", "number", "told"),
    [
        ("en", 1, "Enamel Mug, navy, steel"),
        ("en", 2, "Enamel Mug, navy, steel, back view"),
        ("en", 3, "Enamel Mug, navy, steel, picture 3"),
        ("zh", 1, "搪瓷杯，藏青色，钢"),
        ("zh", 2, "搪瓷杯，藏青色，钢，背面"),
    ],
)
def test_a_picture_in_words(language, number, told):
    assert alt_text(MUG, MUG.images[number - 1], language, number) == told


def test_what_the_title_says_is_not_said_again():
    product = MUG.model_copy(update={"title": "Navy Mug of Steel", "titles": {"zh": "藏青钢杯"}})
    assert alt_text(product, MUG.images[0]) == "Navy Mug of Steel"
    assert alt_text(product, MUG.images[0], "zh") == "藏青钢杯"


def test_nothing_is_made_up_in_a_language_of_which_nothing_is_known():
    product = Product(sku="x", title="Mug", attributes={"colour": "unheard of"}, images=(Image(path="a.jpg"),))
    assert AltTexts().of(product, product.images[0]) == {"en": "Mug, unheard of"}
    assert AltTexts().of(Product(sku="x", images=product.images), product.images[0]) == {}


def test_a_text_that_came_with_the_picture_stays():
    image = Image(path="a.jpg", alt="My own words")
    assert alt_text(MUG, image) == "My own words"
    assert alt_text(MUG, image, "zh").startswith("搪瓷杯")
    with pytest.raises(ParameterError, match="language"):
        alt_text(MUG, image, "fr")


def test_a_file_of_texts_goes_round_and_overrules(tmp_path):
    catalogue = write_catalogue(tmp_path / "c", [MUG])
    table = io.StringIO()
    assert write_alt(catalogue, table) == 3
    edited = table.getvalue().replace('"Enamel Mug, navy, steel, back view"', "The back").replace("背面", "")
    (tmp_path / "c" / "alt.csv").write_text(edited, encoding="utf-8")
    texts = of_catalogue(catalogue)
    assert texts.of(MUG, MUG.images[1], 2) == {"en": "The back", "zh": "搪瓷杯，藏青色，钢，"}
    assert texts.of(MUG, MUG.images[0], 1) == AltTexts().of(MUG, MUG.images[0], 1)


def test_a_bad_file_of_texts_is_refused_by_name(tmp_path):
    with pytest.raises(FileError, match=r"none\.csv"):
        AltTexts.read(tmp_path / "none.csv")
    (tmp_path / "alt.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ParameterError, match="sku, image is missing"):
        AltTexts.read(tmp_path / "alt.csv")


@given(text=st.text(max_size=400), most=st.integers(10, 200))
def test_texts_are_one_line_and_short_enough(text, most):
    found = shortened(text, most)
    assert len(found) <= most
    assert "\n" not in found
    line = " ".join(text.split())
    assert found == line or line.startswith(found.removesuffix("…"))
