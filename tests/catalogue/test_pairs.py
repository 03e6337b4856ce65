"""Pairs from the truth: each gives what it says, repeats, and asks for the layers it needs."""

import pytest
import torch

from packshot.catalogue.pairs import PAIRS, borders, gradient, hole_masks, pair, planes
from packshot.errors import ParameterError
from tests.catalogue.augment.drawn import photo, seeded


@pytest.fixture
def layers():
    rgb = (photo(3, 32) * 255).to(torch.uint8)
    layout = torch.zeros(3, 1, 32, 32, dtype=torch.uint8)
    layout[:, :, 8:24, 8:16] = 1
    layout[:, :, 8:24, 16:24] = 2
    return {"photo": rgb, "matte": (layout > 0).to(torch.uint8) * 255, "layout": layout, "recoloured": rgb.flip(1),
            "remade": rgb // 2}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_every_pair_is_in_range_and_repeats(name, layers):
    one, again, other = pair(name, layers, seeded(1)), pair(name, layers, seeded(1)), pair(name, layers, seeded(2))
    assert torch.equal(one.given, again.given)
    for x in (one.given, one.wanted):
        assert x.dtype == torch.float32
        assert float(x.min()) >= 0
        assert float(x.max()) <= 1
    assert len(one.given) == len(one.wanted) == 3
    if name in ("noise", "blur", "jpeg", "hole", "degraded"):
        assert not torch.equal(one.given, other.given)
    if name not in ("matte", "colour", "material"):
        assert torch.equal(one.wanted, layers["photo"] / 255)


def test_damage_leaves_what_it_should(layers):
    hole = pair("hole", layers, seeded())
    assert torch.equal(hole.given * (1 - hole.mask), hole.wanted * (1 - hole.mask))
    assert torch.equal(hole.given[hole.mask.expand_as(hole.given) == 1].unique(), torch.tensor([0.5]))
    noise = pair("noise", layers, seeded())
    spread = (noise.given - noise.wanted).flatten(1).std(1)
    assert spread.argsort().tolist() == noise.strength.argsort().tolist()
    assert pair("small x4", layers, seeded()).given.shape == (3, 3, 8, 8)


def test_holes_are_neither_tiny_nor_everything():
    shares = torch.stack(
        [hole_masks(torch.zeros(50, 3, 32, 32), seeded(s)).mean((1, 2, 3)) for s in range(4)]
    ).flatten()
    assert 0.01 < float(shares.min()) < 0.1 < float(shares.median()) < 0.35
    assert float(shares.max()) < 0.7


def test_drawings_show_borders_and_nothing_of_the_ground(layers):
    edge = borders(layers["layout"])[0, 0]
    assert edge[12, 7:9].tolist() == [1, 1]
    assert edge[12, 15:17].tolist() == [1, 1]
    assert edge[12, 10:14].sum() == 0
    drawn = pair("edges", layers, seeded()).given[0, 0]
    assert drawn[:6].sum() == drawn[:, :6].sum() == 0
    assert torch.equal(drawn.unique(), torch.tensor([0.0, 1.0]))
    step = torch.zeros(1, 3, 5, 6)
    step[..., 3:] = 1
    assert gradient(step)[0, 0, 2].tolist() == [0, 0, 1, 1, 0, 0]


def test_planes_are_one_hot(layers):
    one = planes(layers["layout"], 3)
    assert torch.equal(one.sum(1), torch.ones(3, 32, 32))
    assert torch.equal(one.argmax(1), layers["layout"][:, 0].long())
    assert planes(layers["layout"], 2)[:, 1].sum() == (layers["layout"] > 0).sum()


def test_unknown_pairs_and_missing_layers_are_refused(layers):
    with pytest.raises(ParameterError, match="pair: expected one of edges"):
        pair("dream", layers, seeded())
    with pytest.raises(ParameterError, match="edges: needs the layer 'layout'; these pictures have photo"):
        pair("edges", {"photo": layers["photo"]}, seeded())
