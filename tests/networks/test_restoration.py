"""Restoring networks: sizes, what ships is what was trained, and what the papers promise."""

import pytest
import torch

from packshot import networks
from tests.networks.members import TINY, make, off_zero

RESTORERS = ("span",)


@pytest.mark.parametrize("name", RESTORERS)
@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_any_size_becomes_scale_times_as_large(name, scale):
    network = make(name, scale=scale).eval()
    for n, h, w in ((1, 1, 1), (2, 9, 13), (1, 16, 8)):
        with torch.inference_mode():
            out = network(torch.rand(n, network.config.channels_in, h, w))
        assert out.shape == (n, 3, scale * h, scale * w)


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_what_ships_gives_what_was_trained(scale):
    network = off_zero(make("span", scale=scale, width=8)).eval()
    shipped = network.fused()
    x = torch.rand(2, 3, 11, 14)
    with torch.inference_mode():
        torch.testing.assert_close(shipped(x), network(x), rtol=1e-4, atol=1e-5)
    assert shipped.config.fused
    assert shipped.config.scale == scale
    again = networks.build("span", {**TINY["span"], "width": 8, "scale": scale, "fused": True})
    assert again.state_dict().keys() == shipped.state_dict().keys()
    count = [sum(p.numel() for p in net.parameters()) for net in (network, shipped)]
    assert 3 * count[1] < count[0]


def test_fusing_keeps_the_mode_and_fusing_twice_changes_nothing():
    network = make("span")
    assert network.fused().training
    shipped = network.eval().fused()
    assert not shipped.training
    x = torch.rand(1, 3, 6, 6)
    assert torch.equal(shipped.fused()(x), shipped(x))


def test_a_verdict_of_patches_sees_its_patch_only():
    network = make("patch-discriminator", depth=3).eval()
    x = torch.zeros(1, 3, 128, 128).requires_grad_()
    verdicts = network(x)
    (seen,) = torch.autograd.grad(verdicts[0, 0, 6, 6], x)
    rows = seen.abs().sum((0, 1, 3)).nonzero()
    assert int(rows.max() - rows.min()) + 1 == 70
    assert verdicts.shape == (1, 1, 14, 14)
