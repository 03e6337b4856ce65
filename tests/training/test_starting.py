"""Transfer: weights that fit are taken over, others start fresh, and a run says what it began with."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import torch
import yaml
from torch import nn

from packshot import checkpoint
from packshot.catalogue.dataset.writing import PackWriter
from packshot.errors import ParameterError
from packshot.networks.gan.dcgan import DCGANCritic, DCGANCriticConfig, DCGANGenerator, DCGANGeneratorConfig
from packshot.training.objectives.gan import Gan, GanSettings
from packshot.training.preset import Preset
from packshot.training.run import run
from packshot.training.starting import begin_from
from tests.networks.members import CRITICS, GENERATORS, make, off_zero

PRESET = Preset(
    what="tiny",
    objective="gan",
    networks={
        "generator": ("dcgan-generator", {"z_dim": 4, "width": 4}),
        "critic": ("dcgan-critic", {"width": 4}),
    },
    size=8,
    columns=("category",),
    settings={"batch": 4, "total_images": 8, "samples": 2, "average_images": 0},
)


def shop(folder: Path, categories: int) -> Path:
    pixels = torch.randint(0, 256, (12, 3, 8, 8), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    with PackWriter(folder, (8, 8), {"photo": 3}) as writer:
        for number, photo in enumerate(pixels):
            row = {"sku": str(number), "category": str(number % categories), "split": "train", "licence": "MIT"}
            writer.add(row, {"photo": photo.numpy()})
    return folder


def players(condition_dim: int, seed: int) -> dict[str, torch.nn.Module]:
    torch.manual_seed(seed)
    return {
        "generator": DCGANGenerator(DCGANGeneratorConfig(4, condition_dim, 3, 8, 4)),
        "critic": DCGANCritic(DCGANCriticConfig(condition_dim, 3, 8, 4)),
    }


def test_a_run_begins_with_another_ones_weights_and_says_so(tmp_path: Path) -> None:
    first = run(PRESET, shop(tmp_path / "two", 2), tmp_path / "first", device="cpu")
    second = run(
        PRESET, shop(tmp_path / "three", 3), tmp_path / "second", device="cpu", start=tmp_path / "first",
        changes={"learning_rate": {"start": 0.0, "end": 0.0}},
    )  # fmt: skip
    before, after = (checkpoint.read(r.networks["generator"]).tensors for r in (first, second))
    moved = {name for name in after if after[name].shape != before[name].shape}
    assert moved == {"body.0.weight"}  # takes noise and condition
    kept = [k for k in after if k not in moved and "running" not in k and "tracked" not in k]
    assert kept
    assert all(torch.equal(before[k], after[k]) for k in kept)
    told = yaml.safe_load((tmp_path / "second" / "config.yaml").read_text())["start"]
    assert 0.2 < told["generator"]["taken"] < 1
    assert 0.2 < told["critic"]["taken"] < 1
    assert second.parents["generator"]["fresh"] == []  # of every weight something was taken
    assert second.parents["generator"]["unknown"] == ["category=2"]
    card = checkpoint.read(second.networks["generator"]).card
    assert card["parents"]["critic"]["digest"] == checkpoint.read(first.networks["critic"]).digest
    assert card["parents"]["generator"]["trained_on"] == "two"
    again = run(PRESET, tmp_path / "three", tmp_path / "second", device="cpu", start=tmp_path / "first",
                changes={"learning_rate": {"start": 0.0, "end": 0.0}, "total_images": 16})  # fmt: skip
    assert again.outcome.images == 16
    assert yaml.safe_load((tmp_path / "second" / "config.yaml").read_text())["start"] == told


def test_one_checkpoint_starts_its_own_role(tmp_path: Path) -> None:
    source, target = players(0, 1), players(0, 2)
    checkpoint.write(tmp_path / "made.safetensors", source["critic"], "dcgan-critic", {"role": "critic"})
    fresh = target["generator"].state_dict()["body.0.weight"].clone()
    (parent,) = begin_from(target, tmp_path / "made.safetensors").values()
    assert (parent.taken, parent.fresh, parent.file) == (1.0, (), "made.safetensors")
    for name, value in source["critic"].state_dict().items():
        assert torch.equal(value, target["critic"].state_dict()[name])
    assert torch.equal(fresh, target["generator"].state_dict()["body.0.weight"])


def test_what_does_not_fit_at_all_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ParameterError, match=r"start: nothing in .*empty fits.*generator, critic"):
        begin_from(players(0, 0), tmp_path / "empty")


OLD = {"category": ["a", "b"], "colour": ["red"]}
NEW = {"colour": ["blue", "red"], "category": ["b", "c", "a"]}  # other order, a new value each
RED_B_OLD, RED_B_NEW = torch.tensor([[0.0, 1, 1]]), torch.tensor([[0.0, 1, 1, 0, 0]])


def grown_up(name: str, folder: Path, old: dict[str, object], new: dict[str, object]) -> tuple[nn.Module, nn.Module]:
    """A network, and one for other values that began with its weights."""
    parent, child = off_zero(make(name, **old)), off_zero(make(name, **new))
    card = {"role": "x", "attributes": OLD, "words": ["ball", "boat"]}
    checkpoint.write(folder / "parent.safetensors", parent, name, card)
    begin_from({"x": child}, folder / "parent.safetensors", NEW, ["boat", "red", "ball"])
    return parent.eval(), child.eval()


@pytest.mark.parametrize("name", [*GENERATORS, "vae"])
def test_what_a_generator_knew_of_a_value_it_still_knows_under_another_number(name: str, tmp_path: Path) -> None:
    old, new = {"condition_dim": 3}, {"condition_dim": 5}
    if name.startswith("product"):
        old, new = old | {"vocabulary": 4}, new | {"vocabulary": 5}
    parent, child = grown_up(name, tmp_path, old, new)
    tokens = [(torch.tensor([[2, 3]]), torch.tensor([[4, 2]]))] if name.startswith("product") else []
    z = torch.randn(1, parent.config.latent_dim if name == "vae" else parent.config.z_dim)
    draw = [network.decode if name == "vae" else network for network in (parent, child)]
    with torch.inference_mode():
        before = draw[0](z, RED_B_OLD, *(pair[0] for pair in tokens))
        after = draw[1](z, RED_B_NEW, *(pair[1] for pair in tokens))
    torch.testing.assert_close(after, before, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", ["dcgan-critic", "progan-critic", "stylegan2-critic", "r3gan-critic"])
def test_a_critic_judges_and_names_known_values_as_before(name: str, tmp_path: Path) -> None:
    old, new = {"condition_dim": 3, "classes": [2, 1]}, {"condition_dim": 5, "classes": [2, 3]}
    parent, child = grown_up(name, tmp_path, old, new)
    x = torch.randn(1, 1, 14, 14).tanh()
    with torch.inference_mode():
        before, after = parent.judge(x, RED_B_OLD), child.judge(x, RED_B_NEW)
    torch.testing.assert_close(after.score, before.score, atol=1e-4, rtol=1e-4)
    close = partial(torch.testing.assert_close, atol=1e-4, rtol=1e-4)
    close(after.classes[0][0, 1], before.classes[1][0, 0])  # red
    close(after.classes[1][0, [2, 0]], before.classes[0][0])  # a, b


def test_frozen_layers_of_a_critic_stay_and_the_others_learn(tmp_path: Path) -> None:
    torch.manual_seed(0)
    generator = DCGANGenerator(DCGANGeneratorConfig(8, 2, 1, 14, 8, 16))
    critic = DCGANCritic(DCGANCriticConfig(2, 1, 28, 8, 16))
    assert [len(modules) for modules in critic.layers()] == [2, 4]  # activation, normalisation, flattening go along
    objective = Gan(generator, critic, GanSettings(freeze=1))
    moving = {id(p) for p in objective.phases()[0].parameters}
    still = [name for name, p in critic.named_parameters() if id(p) not in moving]
    assert still == ["body.0.weight"]
    with pytest.raises(ParameterError, match="freeze: expected less than the critic's 2 layers, got 2"):
        Gan(generator, critic, GanSettings(freeze=2)).phases()


@pytest.mark.parametrize("name", CRITICS)
def test_every_critic_counts_its_layers_from_the_picture_on(name: str) -> None:
    critic = make(name, size=28)
    layers = critic.layers()
    assert len(layers) >= 2
    assert any(
        p.shape[1] == 1 for module in layers[0] for p in module.parameters() if p.dim() == 4
    )  # takes one channel
    within = {id(p) for modules in layers for module in modules for p in module.parameters()}
    assert not within & {id(p) for p in critic.heads.parameters()}
