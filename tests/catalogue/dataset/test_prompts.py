"""Prompts in two languages: what is understood, what is not, what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.catalogue.dataset.conditions import Group, Vocabulary
from packshot.catalogue.dataset.prompts import MOST, clean, understand
from packshot.catalogue.toyshop.scenes.tables import CATEGORIES, MATERIALS, PAINTS
from packshot.errors import ParameterError

NAMES, PAINT = tuple(PAINTS), tuple(hexes for hexes, _ in PAINTS.values())
TOYSHOP = Vocabulary((
    Group("category", "choice", CATEGORIES), Group("colour", "colour", NAMES, PAINT),
    Group("second colour", "colour", NAMES, PAINT), Group("material", "choice", tuple(MATERIALS)),
    Group("azimuth", "angle"), Group("elevation", "number", low=4, high=46),
    Group("background", "choice", ("white sweep", "colour sweep", "wood", "fabric", "room")),
))  # fmt: skip


@pytest.mark.parametrize(("prompt", "wanted"), [
    ("a glossy blue robot, three quarter view",
     {"material": "glossy plastic", "colour": "blue", "category": "robot", "azimuth": "35"}),
    ("Red wooden cars", {"colour": "red", "category": "car", "material": "painted wood"}),
    ("a wooden train", {"category": "train", "material": "raw wood"}),
    ("navy and gold teapot, from above", {"colour": "navy", "second colour": "gold", "category": "teapot",
                                          "elevation": "28"}),
    ("#ff8800 duck of rubber", {"colour": "#ff8800", "category": "duck", "material": "rubber"}),
    ("dark green ball", {"colour": "dark green", "category": "ball"}),
    ("sky blue rocket on white", {"colour": "sky blue", "category": "rocket", "background": "white sweep"}),
    ("一只红色毛绒泰迪熊，白底拍摄",
     {"colour": "red", "material": "plush", "category": "teddy", "background": "white sweep"}),
    ("深蓝色磨砂塑料机器人", {"colour": "深蓝色", "material": "matte plastic", "category": "robot"}),
    ("绿色的木头小汽车", {"colour": "green", "category": "car", "material": "painted wood"}),
])  # fmt: skip
def test_understood(prompt, wanted):
    said = understand(prompt, TOYSHOP)
    assert said.wanted == wanted
    assert (said.unwanted, said.words) == ({}, ())
    TOYSHOP.encode(said.wanted)  # can be told as it is


def test_every_name_of_the_grammar_is_understood():
    from packshot.catalogue.dataset.phrases import names_of

    for fact, values in (("category", CATEGORIES), ("colour", NAMES), ("material", tuple(MATERIALS))):
        for value in values:
            for language in ("en", "zh"):
                for name in names_of(fact, value, language):
                    said = understand(name, TOYSHOP).wanted
                    assert said == {fact: value} or name == "原木", name  # the colour of raw wood, and raw wood


@pytest.mark.parametrize(("prompt", "unwanted"), [
    ("a rocket, not metal", {"material": "metal"}), ("teddy bear without red", {"colour": "red"}),
    ("机器人，不要红色", {"colour": "red"}),
])  # fmt: skip
def test_not_wanted(prompt, unwanted):
    said = understand(prompt, TOYSHOP)
    assert said.unwanted == unwanted
    assert not set(unwanted) & set(said.wanted)


def test_words_that_mean_nothing_are_told():
    assert understand("a blurple robot with a jetpack", TOYSHOP).words == ("blurple", "jetpack")
    assert understand("xyzzy", TOYSHOP).told() == "nothing by name"


@pytest.mark.parametrize(("prompt", "match"), [("", "got none"), ("  \n", "got none"), ("x" * 10_000, "10,000"),
                                               ("a\x07b", r"U\+0007 at"), ("\ud800", "U[+]D800")])  # fmt: skip
def test_refused(prompt, match):
    with pytest.raises(ParameterError, match=match):
        understand(prompt, TOYSHOP)


def test_lines_and_full_width_letters_are_made_plain():
    assert clean("ｒｅｄ\n\tcar") == "red car"


@given(st.text(max_size=60))
def test_any_text_is_understood_or_refused(text):
    try:
        said = understand(text, TOYSHOP)
    except ParameterError:
        return
    TOYSHOP.encode(said.wanted)
    TOYSHOP.encode(said.unwanted)
    assert len(said.prompt) <= 4 * MOST


def test_a_network_that_knows_choices_alone():
    known = Vocabulary.of_choices({"category": ["robot"], "colour": ["red", "blue"]})
    assert understand("a red robot of metal", known).wanted == {"category": "robot", "colour": "red"}
