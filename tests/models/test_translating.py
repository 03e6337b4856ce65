"""Running a translator: what it takes, what may be wanted, what a seed decides."""

from pathlib import Path

import pytest
import torch

from packshot import checkpoint, networks
from packshot.errors import LicenceRefused, ModelError, ParameterError
from packshot.models.translating import planes_of, translator_of

ATTRIBUTES = {"category": ["car", "duck"], "colour": ["red", "blue"], "material": ["wood", "felt"]}
FACTS = {
    "side": 16,
    "ground": "white",
    "drawn": ["colour", "material"],
    "combinations": [[0, 0], [1, 1]],  # red wood and blue felt alone
}


def stored(folder: Path, name: str = "unet-translator", takes: str = "drawing", **facts: object) -> str:
    torch.manual_seed(0)
    config = {
        "unet-translator": {"channels_in": 1, "width": 4, "max_width": 8, "depth": 2, "condition_dim": 6},
        "spade": {"channels_in": 4, "width": 4, "depth": 2, "condition_dim": 6, "look_dim": 3},
        "two-way-translator": {"width": 4, "blocks": 1},
    }[name]
    network = networks.build(name, config)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    attributes = {"material": ["wood", "felt"]} if name == "two-way-translator" else ATTRIBUTES
    card = {"licence": "unstated", "attributes": attributes, "translation": {"takes": takes, **FACTS, **facts}}
    checkpoint.write(folder / "t.safetensors", network, name, card)
    return str(folder / "t.safetensors")


def test_what_is_wanted_changes_the_picture_and_a_seed_decides_the_rest(tmp_path: Path) -> None:
    translator = translator_of(stored(tmp_path))
    assert (translator.takes, translator.side, translator.ground) == ("drawing", 16, "white")
    assert translator.settled({"category": "car"}) == {"category": "car"}
    for seed in range(8):
        told = translator.settled({"category": "car", "colour": "red"}, seed)
        assert told == {"category": "car", "colour": "red", "material": "wood"}  # nothing else is red
    assert {translator.settled({}, seed)["colour"] for seed in range(12)} == {"red", "blue"}
    assert all("category" not in translator.settled({}, seed) for seed in range(12))
    ink = torch.rand(1, 1, 16, 20)
    red, blue = (translator.translated(ink, {"colour": value}) for value in ("red", "blue"))
    assert red.shape == (1, 3, 16, 20)
    assert not torch.equal(red, blue)
    assert torch.equal(red, translator.translated(ink, {"colour": "red"}))


def test_unknown_wishes_are_refused_with_the_known_ones(tmp_path: Path) -> None:
    translator = translator_of(stored(tmp_path))
    for wanted, why in (
        ({"mood": "glad"}, "mood: t knows no such attribute; it knows category, colour, material"),
        ({"colour": "mauve"}, "colour: expected one of red, blue; got 'mauve'"),
    ):
        with pytest.raises(ParameterError, match=why):
            translator.settled(wanted)
    with pytest.raises(ParameterError, match=r"takes a drawing \(n, 1, h, w\), got \(1, 3, 8, 8\)"):
        translator.translated(torch.rand(1, 3, 8, 8))


def test_layouts_by_names_of_parts_and_looks_by_seed(tmp_path: Path) -> None:
    parts = {"car": ["body", "wheel", "window"], "duck": ["body"]}
    translator = translator_of(stored(tmp_path, "spade", "layout", parts=parts, combinations=[]))
    assert translator.parts_of("car") == ("body", "wheel", "window")
    with pytest.raises(ParameterError, match="category: expected one of car, duck; got 'boat'"):
        translator.parts_of("boat")
    layout = torch.randint(0, 4, (2, 1, 9, 13))
    one, two, plain = (translator.translated(layout, {"category": "car"}, seed) for seed in (1, 2, None))
    assert one.shape == (2, 3, 9, 13)
    assert not torch.equal(one, two)
    assert not torch.equal(one, plain)
    layout[1, 0, 3, 5] = 9
    with pytest.raises(ParameterError, match=r"parts from 0 \(ground\) to 3; got 9 at row 3, column 5"):
        translator.translated(layout)
    assert planes_of(torch.tensor([[[[0, 2]]]]), 3).tolist() == [[[[1, 0]], [[0, 0]], [[0, 1]]]]


def test_a_domain_that_has_to_be_told_and_sides_that_are_no_multiples(tmp_path: Path) -> None:
    translator = translator_of(stored(tmp_path, "two-way-translator", "photo", must=["material"], drawn=[]))
    with pytest.raises(ParameterError, match="material: has to be told; one of wood, felt"):
        translator.translated(torch.rand(1, 3, 8, 8))
    made = translator.translated(torch.rand(1, 3, 9, 14), {"material": "felt"}, seed=3)
    assert made.shape == (1, 3, 9, 14)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LicenceRefused):
        translator_of(stored(tmp_path), commercial=True)
    network = networks.build("unet", {"width": 4, "depth": 1})
    checkpoint.write(tmp_path / "u.safetensors", network, "unet", {})
    with pytest.raises(ModelError, match="is a unet that translates nothing"):
        translator_of(str(tmp_path / "u.safetensors"))
