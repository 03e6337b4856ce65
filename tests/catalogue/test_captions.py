"""Captions say what they claim to say, in both languages; the stream is the same wherever it is entered."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch

from packshot.catalogue.dataset.captions import FACTS, Captioned, language_of
from packshot.catalogue.dataset.phrases import NOUNS, caption, facts_of, mirrored, names_of
from packshot.catalogue.dataset.pictures import Pictures
from packshot.catalogue.dataset.tokens import START
from packshot.catalogue.dataset.writing import PackWriter
from packshot.catalogue.toyshop.scenes.tables import FAMILIES, MATERIALS, PAINTS
from packshot.errors import ParameterError

CAR = {"colour": "purple", "second colour": "white", "material": "painted wood", "decal": "star", "view": "turned left",
       "azimuth": "-40", "elevation": "28", "background": "wood"}  # fmt: skip


def pack(folder: Path, rows: list[dict[str, object]]) -> Pictures:
    with PackWriter(folder, (16, 16), {"photo": 3, "matte": 1}) as writer:
        for number, row in enumerate(rows):
            photo = np.full((3, 16, 16), number * 20, np.uint8)
            photo[0, :8] = 250
            writer.add({"key": f"{number}", **row}, {"photo": photo, "matte": np.full((1, 16, 16), 255, np.uint8)})
    return writer.open()


def shop(folder: Path) -> Pictures:
    car = {"sku": "A", "title": "Wooden car", "titles": {"zh": "木质小汽车"}, "category": "car", "attributes": CAR}
    other = {"sku": "B", "title": "Blue felt bear", "category": "teddy", "attributes": {"colour": "blue"}}
    return pack(folder, [car, car, other, {"sku": "C", "title": "Etwas ganz anderes"}])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_caption_holds_a_name_of_every_fact_it_says_and_no_other_colour(language: str) -> None:
    facts, random = facts_of("car", CAR), Random(1)
    seen: set[str] = set()
    for _ in range(300):
        text, said = caption(facts, language, random)
        assert said.items() <= facts.items()
        assert {"category", "colour", "material", "stuff"} & set(said)
        for fact, value in said.items():
            names = (*names_of(fact, value, language), value, *NOUNS.get(value, ()))
            assert any(name in text for name in names), (text, fact)
        if "colour" not in said:
            assert not any(name in text for name in names_of("colour", "purple", language))
        seen |= set(said)
    assert seen == set(facts)


def test_every_value_of_the_toyshop_has_names_in_both_languages() -> None:
    for fact, table in (("category", FAMILIES), ("colour", PAINTS), ("material", MATERIALS)):
        for value in table:
            english, chinese = (names_of(fact, value, language) for language in ("en", "zh"))
            assert all(name.isascii() for name in english)
            assert all(language_of(name) == "zh" for name in chinese if name != "ABS亮面")
    assert names_of("colour", "mauve", "zh") == ("mauve",)


def test_views_turn_in_the_mirror_and_unknown_facts_stay_unsaid() -> None:
    facts = facts_of("car", CAR)
    assert mirrored(facts)["view"] == "turned right"
    assert facts["angle"] == "three quarter"
    assert facts["stuff"] == "wood"
    assert facts_of("", {"material": "", "azimuth": "north"}) == {}
    assert caption({"view": "turned left"}, "en", Random(0)) == ("", {})


def test_the_stream_is_the_same_wherever_it_is_entered(tmp_path: Path) -> None:
    pictures = shop(tmp_path / "p")
    stream = Captioned(pictures, torch.arange(4), 3, length=24, vocabulary=300)
    whole = stream.take(0, 40)
    assert whole["tokens"].shape == (40, 2, 24)
    assert (whole["tokens"][:, :, 0] == START).all()
    assert whole["told"].shape == (40, 2, len(FACTS))
    again = Captioned(pictures, torch.arange(4), 3, length=24, vocabulary=300)
    again.take(0, 8)
    for start, count in ((0, 40), (8, 4)):
        first, second = stream.take(start, count), again.take(start, count)
        assert all(torch.equal(value, second[name]) for name, value in first.items())


def test_what_a_text_says_is_true_of_its_picture_or_it_is_the_products_alone(tmp_path: Path) -> None:
    stream = Captioned(shop(tmp_path / "p"), torch.arange(4), 0, length=24, vocabulary=300)
    batch = stream.take(0, 400)
    label, told = batch["label"], batch["told"]
    said = told >= 0
    assert (said.any(2)).all()
    assert ((told == label[:, None]) | ~said).all()
    own = label[:, 0] == stream.texts[3].product
    assert (told[own][:, :, 0] == stream.texts[3].product).all()  # no attributes: its title is its alone
    assert (told[~own][:, :, 1:] >= 0).any(2).float().mean() > 0.5


def test_pictures_of_which_nothing_is_said_are_refused_by_name(tmp_path: Path) -> None:
    pictures = pack(tmp_path / "p", [{"sku": "A", "title": "Car"}, {"sku": "B"}])
    with pytest.raises(ParameterError, match=r"1 of 2 pictures \(first: B\)"):
        Captioned(pictures, torch.arange(2), 0, length=8, vocabulary=300)
