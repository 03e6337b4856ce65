"""Drawing pictures: one seed a picture, whatever the batch; conditions by name; ways between two pictures."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from packshot import checkpoint, networks
from packshot.errors import ParameterError
from packshot.models import sampling
from packshot.models.sampling import Sampler

ATTRIBUTES = {"category": ["ball", "boat"], "colour": ["blue", "green", "red"]}
SMALL = {"size": 16, "channels": 1, "condition_dim": 5, "z_dim": 8, "width": 8, "max_width": 16}


def sampler(folder: Path, name: str = "dcgan-generator", **entries: object) -> Sampler:
    torch.manual_seed(0)
    network = networks.build(name, {**SMALL, **entries})
    for module in network.modules():  # a fresh batch norm divides by a variance of 1 and draws nearly nothing
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_var.fill_(0.02)
    path = folder / "small.safetensors"
    checkpoint.write(path, network, name, {"attributes": ATTRIBUTES, "licence": "CC0-1.0"})
    return Sampler(checkpoint.read(path))


def test_a_picture_depends_on_its_seed_alone(tmp_path: Path) -> None:
    maker = sampler(tmp_path)
    many = list(maker.pictures(sampling.seeds_of(3, 40)))
    alone = next(iter(maker.pictures([sampling.seeds_of(3, 40)[29]])))
    assert torch.allclose(many[29].rgb, alone.rgb, atol=1e-6)
    assert not torch.allclose(many[28].rgb, alone.rgb, atol=1e-3)
    assert many[0].rgb.shape == (1, 3, 16, 16)


def test_pictures_come_as_a_stream(tmp_path: Path) -> None:
    taken: list[int] = []

    def seeds():
        for seed in range(10**9):
            taken.append(seed)
            yield seed

    next(iter(sampler(tmp_path).pictures(seeds())))
    assert len(taken) == sampling.BATCH


def test_what_is_asked_for_is_fixed_and_the_rest_is_drawn(tmp_path: Path) -> None:
    maker = sampler(tmp_path)
    found = torch.cat([maker.condition({"colour": "green"}, seed) for seed in range(60)])
    assert (found[:, 2:] == torch.tensor([0.0, 1, 0])).all()
    assert 10 < found[:, 0].sum() < 50
    assert (found[:, :2].sum(1) == 1).all()


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"colour": "mauve"}, "colour: expected one of blue, green, red; got 'mauve'"),
        ({"season": "summer"}, "season: small knows no such attribute; it knows category, colour"),
    ],
)
def test_unknown_attributes_and_values_are_refused_with_the_known_ones(tmp_path, wanted, told) -> None:
    with pytest.raises(ParameterError, match=told):
        next(iter(sampler(tmp_path).pictures([0], wanted)))


@pytest.mark.parametrize(
    ("name", "entries"), [("dcgan-generator", {}), ("vae", {"latent_dim": 8}), ("stylegan2-generator", {"w_dim": 8})]
)
def test_truncation_brings_pictures_together(tmp_path: Path, name: str, entries: dict[str, int]) -> None:
    own = {k: v for k, v in SMALL.items() if k in networks.find(name)[0].__dataclass_fields__}
    torch.manual_seed(0)
    network = networks.build(name, {**own, **entries})
    path = tmp_path / "own.safetensors"
    checkpoint.write(path, network, name, {"attributes": ATTRIBUTES})
    maker = Sampler(checkpoint.read(path))
    wanted = {"category": "ball", "colour": "red"}

    def spread(truncation: float) -> float:
        pictures = [picture.rgb for picture in maker.pictures(range(8), wanted, truncation)]
        return float(torch.cat(pictures).std(0).mean())

    assert spread(0.0) < 1e-5
    assert spread(0.0) < spread(0.5) < spread(1.0)
    with pytest.raises(ParameterError, match="truncation: expected 0 to 1"):
        spread(1.5)


def test_truncated_pictures_too_depend_on_their_seed_alone(tmp_path: Path) -> None:
    maker = sampler(tmp_path, "stylegan2-generator", w_dim=8)
    seeds = sampling.seeds_of(5, 20)
    many = [one.pixels for one in maker.drawn(seeds, truncation=0.3)]
    fresh = sampler(tmp_path, "stylegan2-generator", w_dim=8)
    for number in (19, 4):
        (alone,) = fresh.drawn([seeds[number]], truncation=0.3)
        assert torch.allclose(many[number], alone.pixels, atol=1e-5)


def test_a_drawn_picture_says_what_it_was_drawn_for(tmp_path: Path) -> None:
    maker = sampler(tmp_path)
    for one in maker.drawn(range(30), {"colour": "green"}):
        assert one.attributes["colour"] == "green"
        assert one.condition is not None
        assert maker.named(one.condition) == one.attributes
        (again,) = maker.drawn([one.seed], one.attributes)
        assert torch.allclose(again.pixels, one.pixels, atol=1e-6)


def test_a_way_leads_from_one_picture_to_the_other_attributes_too(tmp_path: Path) -> None:
    maker = sampler(tmp_path)
    named = [one.attributes for one in maker.drawn(range(9))]
    seeds = next((a, b) for a in range(9) for b in range(9) if named[a] != named[b])
    z, condition = maker.way(*seeds, 5)
    way = list(maker.draw(z, condition))
    for end, seed in ((0, seeds[0]), (4, seeds[1])):
        (own,) = maker.pictures([seed])
        assert torch.allclose(way[end].rgb, own.rgb, atol=1e-4)
    assert torch.allclose(condition.sum(1), torch.full((5,), 2.0))


def test_a_network_of_a_run_is_called_after_its_preset(tmp_path: Path) -> None:
    maker = sampler(tmp_path)
    assert maker.name == "small"
    path = tmp_path / "generator.safetensors"
    card = {"attributes": ATTRIBUTES, "preset": "shop-gan", "role": "generator"}
    checkpoint.write(path, maker.network, "dcgan-generator", card)
    assert Sampler(checkpoint.read(path)).name == "shop-gan"


def test_the_great_circle_keeps_the_length_that_the_line_loses() -> None:
    a, b = torch.randn(2, 1, 512, generator=torch.Generator().manual_seed(0))
    round_way, line = sampling.between(a, b, 9), sampling.between(a, b, 9, spherical=False)
    for way in (round_way, line):
        assert torch.allclose(way[:1], a, atol=1e-5)
        assert torch.allclose(way[-1:], b, atol=1e-5)
    assert float(round_way[4].norm()) == pytest.approx(float(a.norm() + b.norm()) / 2, rel=0.02)
    assert float(line[4].norm()) < 0.8 * float(a.norm())
    assert torch.allclose(sampling.between(a, a, 3), a.expand(3, -1))


def test_a_network_that_draws_nothing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "unet.safetensors"
    checkpoint.write(path, networks.build("unet", {"width": 4}), "unet", {})
    with pytest.raises(ParameterError, match="a unet draws no pictures"):
        Sampler(checkpoint.read(path))


def test_conditions_follow_the_order_that_the_network_was_trained_in(tmp_path: Path) -> None:
    attributes = {"colour": ["blue", "red"], "category": ["ball"]}  # not that of the alphabet
    path = tmp_path / "own.safetensors"
    network = networks.build("dcgan-generator", {**SMALL, "condition_dim": 3})
    checkpoint.write(path, network, "dcgan-generator", {"attributes": attributes})
    own = Sampler(checkpoint.read(path))
    assert list(own.attributes) == ["colour", "category"]
    assert own.condition({"colour": "red"}, 0).tolist() == [[0, 1, 1]]
