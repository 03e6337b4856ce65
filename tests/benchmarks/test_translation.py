"""The benchmark of translation: what weights are asked, rows that are not measured twice, tables put in their place."""

import pytest
import torch

from benchmarks import translation
from benchmarks._translating import Case, asked_of, baselines
from packshot.models.translating import translator_of
from tests.operations.weights import write_translator


def case(was, told, planes=3):
    rgb = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    matte = torch.zeros(1, 1, 32, 32)
    matte[..., 8:24, 8:24] = 1
    given = rgb if planes == 3 else (rgb[:, :1] > 0.9).float()
    return Case(0, given, rgb.flip(3), matte, told, was, matte.long(), (rgb, matte))


HELD = [{"name": "wood", "values": ["raw wood", "painted wood"]}, {"name": "plastic", "values": ["matte plastic"]}]
WAS = {"category": "car", "colour": "red", "material": "raw wood"}


def test_weights_are_asked_only_for_what_parts_given_from_wanted(tmp_path):
    attributes = {"material": ["wood", "plastic"]}
    two = translator_of(str(write_translator(tmp_path, "photo", "two", attributes=attributes, domains=HELD)))
    one = translator_of(str(write_translator(tmp_path, "photo", "one", attributes={}, domains=HELD)))
    star = translator_of(str(write_translator(tmp_path, "photo", "star", attributes={"colour": ["red", "blue"]})))
    to_plastic = case(WAS, {"category": "car", "material": "matte plastic"})
    to_wood = case({**WAS, "material": "matte plastic"}, {"category": "car", "material": "raw wood"})
    within = case(WAS, {"category": "car", "material": "painted wood"})
    assert asked_of(two, to_plastic) == {"material": "plastic"}
    assert asked_of(two, to_wood) == {"material": "wood"}
    assert asked_of(two, within) is None
    assert asked_of(one, to_plastic) == {}
    assert asked_of(one, to_wood) is None
    assert asked_of(star, case(WAS, {"category": "car", "colour": "blue"})) == {"colour": "blue"}
    assert asked_of(star, case(WAS, {"category": "car", "colour": "red"})) is None


@pytest.mark.parametrize("method", baselines(), ids=lambda method: method.name)
def test_baselines_make_pictures(method):
    told = {"category": "car", "colour": "blue", "second colour": "pink", "third colour": "white"}
    for planes in (3, 1):
        if planes == 1 and "drawing" not in method.tasks:
            continue
        made = method.run(case(WAS, told, planes))
        assert made.shape == (1, 3, 32, 32)
        assert made.isfinite().all()


def test_tables_are_put_between_their_marks_again_and_again(tmp_path):
    page = tmp_path / "evaluation.md"
    page.write_text("# Evaluation\n\nWords.\n", encoding="utf-8")
    for text in ("first table\n", "second table\n"):
        translation._write(page, text)
    told = page.read_text(encoding="utf-8")
    assert told.startswith("# Evaluation\n\nWords.\n\n## Translation\n")
    assert "second table" in told
    assert "first table" not in told
    assert told.count(translation.BEGIN) == told.count(translation.END) == 1


def test_what_is_not_there_is_said(tmp_path, capsys):
    translation.main(["--tasks", "colour", "--pairs", str(tmp_path / "none"), "--out", str(tmp_path), "--weights", "x"])
    said = capsys.readouterr().out
    assert "left out" in said
    assert "is not there" in said
