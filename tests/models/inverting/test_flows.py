"""A flow's noise as a space: back and forth again, edits by another condition, variations by degrees, scenes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from packshot import checkpoint, networks
from packshot.catalogue.dataset.conditions import Group, Vocabulary
from packshot.errors import ModelError, ParameterError
from packshot.imaging.picture import Picture
from packshot.models import features
from packshot.models.flowing import How, transport
from packshot.models.inverting.editing import under
from packshot.models.inverting.flows import backwards
from packshot.models.inverting.invert import Plan, invert
from packshot.models.inverting.spaces import space_of
from packshot.models.inverting.varying import varied
from packshot.models.painting import Wish, ground_around, without_product
from packshot.models.sampling import Sampler

WORDS = Vocabulary(
    (Group("category", "choice", ("ball", "boat")), Group("colour", "colour", ("red", "blue"), ("#c22a26", "#2a5ba8")))
)


def flow(folder: Path, *, known: bool = True) -> Path:
    """A tiny flow with random weights that does something."""
    torch.manual_seed(2)
    config = {"size": 16, "patch": 4, "told": WORDS.sizes, "known": known, "width": 32, "code": 16, "depth": 2,
              "heads": 2}  # fmt: skip
    network = networks.build("dit", config)
    for parameter in network.parameters():
        if not bool(parameter.any()):
            torch.nn.init.normal_(parameter, std=0.1)
    path = folder / "flow.safetensors"
    checkpoint.write(path, network, "dit", {"conditions": WORDS.facts(), "licence": "CC0-1.0"})
    return path


def blob() -> torch.Tensor:
    """A red square on grey, `(1, 3, 16, 16)` in [-1, 1]."""
    x = torch.full((1, 3, 16, 16), 0.2)
    x[:, 0, 4:12, 4:12], x[:, 1:, 4:12, 4:12] = 0.6, -0.6
    return x


def gaussian(x: torch.Tensor, time: float, mean: float = 0.1, spread: float = 0.3) -> torch.Tensor:
    """The picture that is foreseen if pictures are N(mean, spread²): what a perfect network would say."""
    share = time * spread**2 / (time**2 * spread**2 + (1 - time) ** 2)
    return mean + share * (x - time * mean)


def test_backwards_and_forwards_leads_to_the_picture() -> None:
    picture = 0.1 + 0.3 * torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    start = backwards(gaussian, picture, steps=16)
    again = transport(gaussian, start, How(16, 1.0, "euler"))
    assert float((again - picture).abs().mean()) < 0.03
    assert 0.7 < float(start.std()) < 1.3  # noise, as it is drawn
    nearer = transport(gaussian, backwards(gaussian, picture, 16, rounds=30), How(16, 1.0, "euler"))
    assert float((nearer - picture).abs().max()) < 1e-3


def test_a_flow_is_inverted_without_descent_and_what_is_open_stays_open(tmp_path: Path) -> None:
    space = space_of(Sampler(checkpoint.read(flow(tmp_path))))
    found = invert(space, blob(), features.filters(), Plan(steps=50), known={"category": "boat"})
    assert found.numbers["steps"] == 0
    assert found.attributes == {"category": "boat"}
    assert found.code.shape == (1, 3, 16, 16)
    edited = under(found, {"colour": "#11aa44"})
    assert edited.pixels.shape == (1, 3, 16, 16)
    assert not torch.equal(edited.pixels, found.rebuilt)


def test_variations_leave_by_degrees_and_follow_their_seed(tmp_path: Path) -> None:
    space = space_of(Sampler(checkpoint.read(flow(tmp_path))))
    found = invert(space, blob(), features.filters(), Plan(steps=0))
    near, far, other = (varied(found, blob(), s, seed) for s, seed in ((0.05, 1), (1.0, 1), (1.0, 2)))
    assert near.shape == (1, 3, 16, 16)
    assert not torch.equal(far, other)
    again = varied(found, blob(), 1.0, 2)
    assert torch.equal(other, again)


def test_a_ground_is_drawn_around_the_product(tmp_path: Path) -> None:
    matte = torch.zeros(1, 1, 40, 32)
    matte[..., 12:28, 10:22] = 1
    picture = Picture(torch.full((1, 3, 40, 32), 0.5), matte=matte)
    path = flow(tmp_path)
    grounds = [ground_around(path, picture, Wish("a table", steps=3, seed=seed), "cpu") for seed in (1, 2)]
    assert grounds[0].rgb.shape == (1, 3, 40, 32)
    assert grounds[0].drawn_px == 16
    assert "reads no words" in grounds[0].notes[0]
    assert not torch.equal(grounds[0].rgb, grounds[1].rgb)
    with pytest.raises(ModelError, match="a flow with masks"):
        ground_around(flow(tmp_path, known=False), picture, Wish("a table"), "cpu")


def test_nothing_of_the_product_is_left_in_a_ground() -> None:
    rgb = torch.full((1, 3, 32, 32), 0.8)
    matte = torch.zeros(1, 1, 32, 32)
    matte[..., 10:20, 10:20] = 1
    rgb[..., 10:20, 10:20] = 0
    assert float(without_product(rgb, matte).min()) > 0.79


def test_other_spaces_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="has noise; got 'w'"):
        space_of(Sampler(checkpoint.read(flow(tmp_path))), "w")
