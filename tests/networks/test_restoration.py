"""Restoring networks: sizes, what ships is what was trained, and what the papers promise."""

import pytest
import torch

from packshot import networks
from tests.networks.members import TINY, make, off_zero

ENLARGING = ("span", "swinir")


@pytest.mark.parametrize("name", ENLARGING)
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


@pytest.mark.parametrize("name", ["nafnet", "restore-vae", "inpainter", "curves"])
def test_any_size_stays_as_it_is(name):
    network = make(name).eval()
    for n, h, w in ((1, 8, 8), (2, 9, 13), (1, 33, 17)):
        with torch.inference_mode():
            out = network(torch.rand(n, network.config.channels_in, h, w))
        assert out.shape == (n, 3, h, w)


@pytest.mark.parametrize("norm", ["layer", "rms", "batch"])
def test_norms_of_nafnet_and_what_ships_of_them(norm):
    network = off_zero(make("nafnet", norm=norm))
    x = torch.rand(4, 3, 12, 10)
    for _ in range(3):
        network(x)
    shipped = network.eval().fused()
    with torch.inference_mode():
        torch.testing.assert_close(shipped(x), network(x), rtol=1e-4, atol=1e-5)
    assert shipped.config.norm == ("folded" if norm == "batch" else norm)
    assert (norm == "batch") == (len(list(shipped.parameters())) < len(list(network.parameters())))
    again = networks.build("nafnet", {**TINY["nafnet"], "norm": shipped.config.norm})
    again.load_state_dict(shipped.state_dict())


def test_windows_that_met_by_rolling_do_not_see_each_other():
    network = off_zero(make("swinir", groups=[2], window=4, scale=1)).eval()
    x = torch.rand(1, 3, 16, 16).requires_grad_()
    (seen,) = torch.autograd.grad(network(x)[0, :, 1, 1].sum(), x)
    assert seen[0, :, 12:].abs().max() < 1e-30
    assert seen[0, :, :, 12:].abs().max() < 1e-30
    assert seen[0, :, 2:6, 2:6].abs().max() > 0


def hole(h=24, w=20):
    mask = torch.zeros(1, 1, h, w)
    mask[..., 6:14, 5:12] = 1
    return mask


def test_what_is_known_stays_and_what_lies_in_the_hole_is_not_looked_at():
    network = off_zero(make("inpainter")).eval()
    x, mask = torch.rand(1, 3, 24, 20), hole()
    with torch.inference_mode():
        out = network(torch.cat([x, mask], 1))
        other = network(torch.cat([x * (1 - mask) + 0.3 * mask, mask], 1))
    known = mask.expand_as(x) == 0
    assert torch.equal(out[known], x[known])
    assert torch.equal(out, other)
    assert not torch.equal(out, x)


def test_details_of_the_hole_come_from_known_patches():
    """With codes that do not tell patches apart, the hole gets the mean of the known patches' details."""
    network = make("inpainter", side=8, patch=2).eval()
    with torch.no_grad():
        for layer in (network.codes, network.coarse, network.gates):
            layer.weight.zero_()
            layer.bias.zero_()
        network.codes.bias.fill_(1.0)
        network.gates.bias.fill_(100.0)
    texture = 0.5 + 0.2 * (-1.0) ** torch.arange(32).view(1, 1, 1, -1).expand(1, 3, 32, -1)
    mask = torch.zeros(1, 1, 32, 32)
    mask[..., 8:24, 8:24] = 1
    with torch.inference_mode():
        out = network(torch.cat([texture, mask], 1))
    torch.testing.assert_close(out, texture, rtol=0, atol=1e-4)


def test_a_picture_that_is_all_hole_is_filled_without_trouble():
    network = off_zero(make("inpainter")).eval()
    with torch.inference_mode():
        assert network(torch.cat([torch.rand(1, 3, 16, 16), torch.ones(1, 1, 16, 16)], 1)).isfinite().all()


def test_the_code_of_the_vae_is_drawn_in_training_and_its_mean_taken_afterwards():
    network = off_zero(make("restore-vae")).eval()
    x, quiet = torch.rand(2, 4, 9, 14), torch.zeros(2, 2, 3, 4)
    still = network.reconstruct(x, quiet)
    torch.testing.assert_close(still.picture, network(x))
    assert not torch.equal(network.reconstruct(x, quiet + 1).picture, still.picture)
    assert still.mean.shape == still.log_variance.shape == (2, 24)


def test_a_verdict_of_patches_sees_its_patch_only():
    network = make("patch-discriminator", depth=3).eval()
    x = torch.zeros(1, 3, 128, 128).requires_grad_()
    verdicts = network(x)
    (seen,) = torch.autograd.grad(verdicts[0, 0, 6, 6], x)
    rows = seen.abs().sum((0, 1, 3)).nonzero()
    assert int(rows.max() - rows.min()) + 1 == 70
    assert verdicts.shape == (1, 1, 14, 14)


def test_curves_keep_black_white_and_the_order_of_tones():
    network = make("curves").eval()
    ramp = torch.linspace(0, 1, 32)[None, None, None].expand(1, 3, 32, 32)
    with torch.inference_mode():
        torch.testing.assert_close(network(ramp), ramp)  # untrained
        for one in network.parameters():
            torch.nn.init.normal_(one, std=0.5)
        alpha = network.maps(ramp)
        out = ramp
        for one in alpha.chunk(network.config.steps, dim=1):
            one = one.mean((2, 3), keepdim=True)  # the same curve everywhere
            out = out + one * out * (1 - out)
        found = network(ramp)
    assert float(alpha.abs().max()) <= 1
    assert bool((out.diff(dim=3) >= 0).all())
    torch.testing.assert_close(found[..., 0], torch.zeros_like(found[..., 0]))
    torch.testing.assert_close(found[..., -1], torch.ones_like(found[..., -1]))
