"""Drawing by a flow: solvers, guidance, known pixels, wishes, and a checkpoint with its vocabulary."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from packshot import checkpoint, networks
from packshot.catalogue.dataset.conditions import Group, Vocabulary
from packshot.errors import BadCheckpoint, ParameterError
from packshot.imaging.picture import Picture
from packshot.models.flowing import Extra, Flow, How, foreseeing, transport
from packshot.models.sampling import Sampler, seeds_of
from packshot.models.wishing import Wish, granted, grid_of

SIDE = 16
VOCABULARY = Vocabulary((
    Group("category", "choice", ("car", "robot")), Group("colour", "colour", ("red", "blue"), ("#c4211f", "#1d4bb4")),
    Group("material", "choice", ("metal", "felt")), Group("azimuth", "angle"),
))  # fmt: skip
ENTRIES = {"size": SIDE, "patch": 4, "told": VOCABULARY.sizes, "known": True, "width": 16, "code": 8, "depth": 2,
           "heads": 2, "refine": 2}  # fmt: skip


def stirred(network: torch.nn.Module) -> torch.nn.Module:
    """Fresh blocks do nothing and the end is zero: give every weight something."""
    generator = torch.Generator().manual_seed(1)
    for parameter in network.parameters():
        parameter.data += 0.2 * torch.randn(parameter.shape, generator=generator)
    return network


@pytest.fixture(scope="module")
def flow_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("flow") / "flow.safetensors"
    card = {"role": "flow", "preset": "tiny-flow", "conditions": VOCABULARY.facts(),
            "attributes": {k: list(v) for k, v in VOCABULARY.attributes.items()}}  # fmt: skip
    torch.manual_seed(0)
    checkpoint.write(path, stirred(networks.build("dit", ENTRIES)), "dit", card)
    return path


@pytest.fixture
def sampler(flow_file: Path) -> Sampler:
    return Sampler(checkpoint.read(flow_file)).tuned(How(steps=3))


class Gaussian:
    """The exact answer for pictures that are N(middle, spread²) everywhere: what a perfect network foresees."""

    def __init__(self, middle: float, spread: float) -> None:
        self.middle, self.spread = middle, spread

    def __call__(self, x: torch.Tensor, time: float) -> torch.Tensor:
        variance = time**2 * self.spread**2 + (1 - time) ** 2
        return self.middle + time * self.spread**2 / variance * (x - time * self.middle)


@pytest.mark.parametrize(("solver", "steps", "off"), [("euler", 100, 0.03), ("heun", 20, 0.02)])
def test_solvers_lead_to_the_distribution_that_is_foreseen(solver, steps, off):
    noise = torch.randn(4000, 1, 1, 1, generator=torch.Generator().manual_seed(0))
    drawn = transport(Gaussian(0.3, 0.5), noise, How(steps=steps, solver=solver))
    exact = 0.3 + 0.5 * noise
    assert float((drawn - exact).abs().mean()) < off


def test_heun_is_nearer_at_as_many_looks():
    noise = torch.randn(500, 1, 1, 1, generator=torch.Generator().manual_seed(0))
    error = {}
    for solver, steps in (("euler", 16), ("heun", 8)):
        drawn = transport(Gaussian(0.3, 0.5), noise, How(steps=steps, solver=solver))
        error[solver] = float((drawn - (0.3 + 0.5 * noise)).abs().mean())
    assert error["heun"] < error["euler"]


@pytest.mark.parametrize("bad", [{"steps": 0}, {"steps": 500}, {"guidance": -1.0}, {"solver": "leap"}])
def test_how_is_checked(bad):
    with pytest.raises(ParameterError, match=next(iter(bad))):
        How(**bad)


class Told:
    """A network that foresees its condition's first number."""

    def picture(self, x, time, condition, known):
        return (condition[:, :1, None, None] * 0.1).expand_as(x)


def test_guidance_weights_and_negation_add_up():
    x, told = torch.zeros(2, 1, 2, 2), torch.tensor([[1.0, 0], [2.0, 0]])

    def at(guidance: float, *extras: Extra) -> list[float]:
        return foreseeing(Told(), told, How(guidance=guidance), extras=extras)(x, 0.5)[:, 0, 0, 0].tolist()

    assert at(1) == pytest.approx([0.1, 0.2])
    assert at(3) == pytest.approx([0.3, 0.6])
    assert at(0) == [0, 0]
    away = Extra(torch.tensor([[1.0, 0]]).expand(2, -1), -1.0)
    assert at(1, away) == pytest.approx([0.0, 0.1])
    assert at(2, away) == pytest.approx([0.0, 0.2])
    assert foreseeing(Told(), None, How(), extras=(away,))(x, 0.5)[0, 0, 0, 0] == pytest.approx(-0.2)


def test_known_pixels_stay_exactly(sampler):
    given = torch.zeros(1, 1, SIDE, SIDE)
    given[..., :6] = 1
    known = torch.cat([torch.full((1, 3, SIDE, SIDE), 0.25) * given, given], dim=1)
    drawn = next(sampler.tuned(How(steps=2), known=known).drawn([3]))
    assert torch.equal(drawn.pixels[..., :6], torch.full((3, SIDE, 6), 0.25))
    assert float((drawn.pixels[..., 6:] - 0.25).abs().max()) > 0.01


def test_a_seed_is_one_picture_whatever_the_batch(sampler):
    together = [d.pixels for d in sampler.drawn(seeds_of(1, 5), {"category": "car"})]
    alone = next(sampler.drawn(seeds_of(1, 5)[3:4], {"category": "car"}))
    assert torch.allclose(together[3], alone.pixels, atol=1e-5)
    assert alone.attributes == {"category": "car"}  # the rest stays open


def test_what_is_told_changes_the_picture(sampler):
    pictures = [next(sampler.drawn([1], wanted)).pixels for wanted in ({}, {"colour": "#00ff00"}, {"azimuth": "30"})]
    assert all(float((a - b).abs().max()) > 1e-3 for a in pictures for b in pictures if a is not b)


def test_wishes_in_words(sampler):
    got = granted(sampler, Wish("a red robot, not metal", weights={"colour": 2.0}))
    assert got.wanted == {"category": "robot", "colour": "red"}
    assert [weight for _, weight in got.sampler.network.extras] == [-1.0, 1.0]
    assert got.told[0] == "understood  colour red, category robot, not material metal"
    plain = granted(sampler, Wish("a red robot"))
    assert float((next(got.sampler.drawn([1], got.wanted)).pixels
                  - next(plain.sampler.drawn([1], plain.wanted)).pixels).abs().max()) > 1e-3  # fmt: skip


def test_a_negative_weight_takes_the_attribute_away(sampler):
    got = granted(sampler, Wish("a red robot", weights={"colour": -1.0}))
    assert got.wanted == {"category": "robot"}
    assert [weight for _, weight in got.sampler.network.extras] == [-1.0]


@pytest.mark.parametrize(("wish", "match"), [
    (Wish("xyzzy"), "understands none of it"), (Wish("x" * 2000), "1,000"),
    (Wish("robot", {"colour": "blurple"}), "blurple"),
    (Wish("robot", weights={"colour": 2.0}), "colour is not asked for"), (Wish(against=["xyzzy"]), "understands none"),
    (Wish("robot", against=["size=9"]), "size"), (Wish("robot", like=Picture(torch.ones(1, 3, 8, 8))), "picture"),
])  # fmt: skip
def test_wishes_that_cannot_be_told(sampler, wish, match):
    with pytest.raises(ParameterError, match=match):
        granted(sampler, wish)


def test_other_generators_take_words_too_but_no_guidance(tmp_path):
    made = networks.build("dcgan-generator", {"size": 16, "width": 4, "max_width": 8, "z_dim": 4, "condition_dim": 4})
    card = {"attributes": {"category": ["car", "robot"], "colour": ["red", "blue"]}}
    checkpoint.write(tmp_path / "gan.safetensors", made, "dcgan-generator", card)
    gan = Sampler(checkpoint.read(tmp_path / "gan.safetensors"))
    got = granted(gan, Wish("一个红色机器人"))
    assert got.wanted == {"category": "robot", "colour": "red"}
    with pytest.raises(ParameterError, match="navy"):
        granted(gan, Wish("a navy robot"))
    with pytest.raises(ParameterError, match="for flows"):
        granted(gan, Wish("a robot, not red"))


def test_grids(sampler):
    assert grid_of("colour × material", sampler) == (("colour", ("red", "blue")), ("material", ("metal", "felt")))
    assert grid_of("colour=#00ff00,RED x azimuth=0,30", sampler)[1] == ("azimuth", ("0", "30"))
    for bad, match in (("colour", "two attributes"), ("colour x colour", "different"), ("colour x size", "size"),
                       ("colour x azimuth", "which values"), ("colour=puce? x material", "puce")):  # fmt: skip
        with pytest.raises(ParameterError, match=match):
            grid_of(bad, sampler)


def test_codes_of_an_autoencoder_flow_too(tmp_path):
    first = networks.build(
        "fsq", {"channels": 3, "size": 16, "width": 4, "max_width": 8, "halvings": 2, "levels": [4, 5]}
    )
    checkpoint.write(tmp_path / "autoencoder.safetensors", first, "fsq", {})
    digest = checkpoint.read(tmp_path / "autoencoder.safetensors").digest
    card = {"decoder": {"file": "autoencoder.safetensors", "digest": digest}}
    network = stirred(networks.build("dit", {**ENTRIES, "channels": 2, "size": 4, "patch": 1, "told": []}))
    checkpoint.write(tmp_path / "flow.safetensors", network, "dit", card)
    flow = Sampler(checkpoint.read(tmp_path / "flow.safetensors"))
    assert next(flow.drawn([1])).pixels.shape == (3, 16, 16)
    assert isinstance(flow.network, Flow)
    entries = flow.network.autoencoder.look_up(torch.arange(20).view(1, 4, 5))
    assert torch.equal(flow.network.autoencoder.snapped(entries + 0.05), entries)
    (tmp_path / "autoencoder.safetensors").unlink()
    with pytest.raises(BadCheckpoint, match="not beside"):
        Sampler(checkpoint.read(tmp_path / "flow.safetensors"))


def test_attention_adds_up_to_one(flow_file):
    network = checkpoint.read(flow_file).build()
    maps = network.attention(
        torch.randn(2, 3, SIDE, SIDE), torch.tensor([0.3, 0.8]), torch.zeros(2, sum(VOCABULARY.sizes))
    )
    assert maps.shape == (2, 2, 2, 16, 4 + 16)
    assert torch.allclose(maps.sum(-1), torch.ones(2, 2, 2, 16), atol=1e-5)
