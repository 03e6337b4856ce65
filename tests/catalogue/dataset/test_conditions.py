"""The vocabulary of conditions: every kind of group there and back, found in pictures, open where nothing is known."""

from __future__ import annotations

import pytest
import skimage.color
import torch
from hypothesis import given
from hypothesis import strategies as st

from packshot.catalogue.dataset.conditions import Group, Vocabulary, coloured, degrees, lab_of
from packshot.catalogue.dataset.writing import PackWriter
from packshot.errors import ParameterError

RED = Group("colour", "colour", ("red", "blue"), ("#c4211f", "#1d4bb4"))
GROUPS = (Group("category", "choice", ("ball", "car")), RED, Group("azimuth", "angle"),
          Group("elevation", "number", low=10, high=30), Group("text", "vector", length=3))  # fmt: skip
VOCABULARY = Vocabulary(GROUPS)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    import numpy as np

    rows = [
        {"category": "car", "split": "train", "attributes": {"colour": "red", "azimuth": "-30.0", "elevation": "12"}},
        {"category": "ball", "split": "train", "attributes": {"colour": "navy", "azimuth": "x", "note": "new"}},
        {"category": "kite", "split": "test", "attributes": {"colour": "tartan"}},
    ]
    with PackWriter(tmp_path_factory.mktemp("conditions") / "pack", (8, 8), {"photo": 3}) as writer:
        for row in rows:
            writer.add({"sku": "", "title": "", **row}, {"photo": np.zeros((3, 8, 8), np.uint8)})
    return writer.open()


def test_nothing_said_is_zeros_and_back():
    assert not VOCABULARY.encode({}).any()
    assert VOCABULARY.tell(torch.zeros(sum(VOCABULARY.sizes))) == {}


def test_every_kind_there_and_back():
    wanted = {"category": "car", "colour": "blue", "azimuth": "-35", "elevation": "20", "text": torch.ones(3)}
    told = VOCABULARY.tell(VOCABULARY.encode(wanted)[0])
    assert told == {**wanted, "text": "told"}


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_any_hex_comes_back_as_itself(levels):
    colour = "#" + "".join(f"{level:02x}" for level in levels)
    assert VOCABULARY.tell(VOCABULARY.encode({"colour": colour})[0])["colour"] in (colour, "red", "blue")


def test_colour_is_the_lab_of_its_paint_not_of_its_name():
    code = VOCABULARY.encode({"colour": "red"})[:, VOCABULARY.places["colour"]]
    truth = skimage.color.rgb2lab([[[0xC4 / 255, 0x21 / 255, 0x1F / 255]]])[0, 0]  # not #ff0000, what red is in CSS
    assert torch.allclose(lab_of(code)[0], torch.tensor(truth, dtype=torch.float32), atol=0.1)


@pytest.mark.parametrize("wanted", [{"category": "kite"}, {"colour": "blurple"}, {"azimuth": "sideways"},
                                    {"elevation": "900"}, {"size": "9"}, {"text": "a word"},
                                    {"category": torch.ones(2)}])  # fmt: skip
def test_what_cannot_be_told_is_refused_by_name(wanted):
    with pytest.raises(ParameterError, match=next(iter(wanted))):
        VOCABULARY.encode(wanted)


@given(st.floats(-180, 180))
def test_mirroring_twice_is_nothing_and_once_turns_the_view(angle):
    code = VOCABULARY.encode({"category": "car", "azimuth": str(angle)})
    turned = VOCABULARY.mirrored(code)
    assert torch.equal(VOCABULARY.mirrored(turned), code)
    assert torch.allclose(turned, VOCABULARY.encode({"category": "car", "azimuth": str(-angle)}), atol=1e-6)


def test_words_of_views():
    assert degrees("azimuth", "Turned_Left") == -35
    assert degrees("azimuth", "-30°") == -30
    assert degrees("elevation", "above") > 25


def test_found_in_training_pictures(pictures):
    found = Vocabulary.found_in(
        pictures, ("category", "colour", "azimuth", "elevation", "note", "gone"), torch.tensor([0, 1]), {"text": 4}
    )
    assert [(g.name, g.kind) for g in found.groups] == [
        ("category", "choice"), ("colour", "colour"), ("azimuth", "angle"), ("elevation", "number"),
        ("note", "choice"), ("text", "vector"),
    ]  # fmt: skip
    assert found.attributes["category"] == ("ball", "car")
    table = found.table(pictures)
    assert found.tell(table[0]) == {"category": "car", "colour": "red", "azimuth": "-30", "elevation": "12"}
    assert found.tell(table[1]) == {"category": "ball", "colour": "navy", "note": "new"}
    assert found.tell(table[2]) == {}  # a category that training never saw, and no colour
    assert Vocabulary.read(found.facts()) == found


def test_a_column_of_other_things_than_colours_is_a_choice(pictures):
    found = Vocabulary.found_in(pictures, ("colour",), torch.tensor([2]), {})
    assert found.groups[0].kind == "choice"


def test_colours_of_the_palette_are_apart():
    codes = coloured([(0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (1.0, 0.0, 0.0)])
    assert float(torch.pdist(codes).min()) > 0.5
    assert float(codes.abs().max()) < 2
