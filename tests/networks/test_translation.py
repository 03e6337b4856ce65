"""Translators: no pattern of their own, any size, what the gate leaves is the photograph, and sizes agree."""

import pytest
import torch

from packshot import networks
from packshot.errors import ParameterError
from tests.networks.members import make, off_zero

GIVEN = {"unet-translator": 3, "resnet-translator": 3, "two-way-translator": 3, "spade": 3}


def translated(name: str, x: torch.Tensor, **entries: object) -> torch.Tensor:
    network = off_zero(make(name, **entries)).eval()
    condition = torch.eye(network.config.condition_dim)[: len(x)]
    with torch.inference_mode():
        return network(x, condition)


@pytest.mark.parametrize("name", GIVEN)
class TestTranslator:
    def test_a_constant_input_gives_a_constant_picture(self, name: str) -> None:
        """No checkerboard: neighbours are alike up to the very border."""
        x = torch.full((1, GIVEN[name], 24, 24), 0.3)
        made = translated(name, x)
        assert made.amax((2, 3)).sub(made.amin((2, 3))).abs().max() < 1e-4
        assert ((made > 0) & (made < 1)).any()

    def test_any_size_and_range(self, name: str) -> None:
        step = 4 if name in ("resnet-translator", "two-way-translator") else 1
        for h, w in ((12, 20), (16 + step, 8 * step)):
            made = translated(name, torch.rand(2, GIVEN[name], h, w))
            assert made.shape == (2, 3, h, w)
            assert made.min() >= -1e-5
            assert made.max() <= 1 + 1e-5


def test_what_the_gate_leaves_is_the_photograph_exactly() -> None:
    network = off_zero(make("resnet-translator")).eval()
    x, condition = torch.rand(2, 3, 16, 16), torch.ones(2, 3)
    with torch.inference_mode():
        network.last.bias[3] = -100.0
        made, gate = network.gated(x, condition)
    assert gate.max() < 1e-20
    assert torch.equal(made, x)


def test_an_untrained_gate_moves_colours_little() -> None:
    x = torch.rand(2, 3, 32, 32)
    gated, free = (make("resnet-translator", gated=g).eval()(x, torch.ones(2, 3)).detach() for g in (True, False))
    drift, without = ((made - x).mean((2, 3)).abs().mean() for made in (gated, free))
    assert drift < 0.35 * without


def test_two_ways_are_two_translators() -> None:
    network = off_zero(make("two-way-translator")).eval()
    x = torch.rand(2, 3, 16, 16)
    with torch.inference_mode():
        both = network(x, torch.eye(2))
        torch.testing.assert_close(both[:1], network.back(x[:1]))
        torch.testing.assert_close(both[1:], network.forth(x[1:]))
        assert torch.equal(network(x, torch.zeros(2, 2)), x)


def test_sizes_of_a_discriminator_and_its_features() -> None:
    network = make("scale-discriminator", condition_dim=0)
    found = network(torch.rand(2, 3, 32, 32))
    assert [[tuple(m.shape) for m in maps] for maps in found] == [
        [(2, 4, 16, 16), (2, 8, 8, 8), (2, 8, 8, 8), (2, 1, 8, 8)],
        [(2, 4, 8, 8), (2, 8, 4, 4), (2, 8, 4, 4), (2, 1, 4, 4)],
    ]
    plain = networks.build("scale-discriminator", {"width": 4, "depth": 2, "spectral": False})
    assert not any("parametrizations" in name for name in plain.state_dict())


def test_with_shading_no_other_colour_comes_of_a_colour():
    """Differences of channels are scaled by one factor, so hue stays; grey stays grey."""
    network = off_zero(make("resnet-translator", shading=True)).eval()
    for parameter in network.last.parameters():
        parameter.data.mul_(0.05)  # so that nothing is clipped
    x = 0.3 + 0.2 * torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    y = network(x, torch.ones(2, 3)).detach()
    assert (y - x).abs().max() > 0.01
    before, after = (torch.stack([z[:, 0] - z[:, 1], z[:, 1] - z[:, 2]]) for z in (x, y))
    turned = before[0] * after[1] - before[1] * after[0]
    assert turned.abs().max() < 1e-5
    grey = network(x.mean(1, keepdim=True).expand(-1, 3, -1, -1).contiguous(), torch.ones(2, 3)).detach()
    assert (grey - grey.mean(1, keepdim=True)).abs().max() < 1e-6
    with pytest.raises(ParameterError, match="gated"):
        make("resnet-translator", shading=True, gated=False)
