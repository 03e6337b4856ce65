"""Shared blocks against plain second implementations and hand-worked values."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from packshot.errors import ParameterError
from packshot.networks.layers import blocks, configs, judging, resizing, statistics, weights


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


class TestPyramid:
    def test_sides(self):
        assert configs.pyramid(28) == (7, 14, 28)
        assert configs.pyramid(32) == (4, 8, 16, 32)
        assert configs.pyramid(256) == (4, 8, 16, 32, 64, 128, 256)
        assert configs.pyramid(14) == (7, 14)

    @pytest.mark.parametrize("size", [0, -4, 4, 7, 12, 30, 33, 96])
    def test_other_sizes_are_refused(self, size):
        with pytest.raises(ParameterError, match=f"size: .* got {size}"):
            configs.pyramid(size)

    def test_widths_double_up_to_the_most(self):
        assert configs.pyramid_widths(8, 20, 4) == (20, 20, 16, 8)


class TestResampling:
    """The filter [1, 3, 3, 1] written as a plain convolution with zeros between (up) or every second value (down)."""

    def test_doubling_agrees_with_the_filter(self):
        x = normal(2, 3, 6, 5)
        around = F.pad(x, (1, 1, 1, 1), mode="replicate")
        spread = torch.zeros(2, 3, 2 * 8, 2 * 7)
        spread[:, :, ::2, ::2] = around
        taps = torch.tensor([1.0, 3, 3, 1]) / 4
        plain = F.conv2d(spread, torch.outer(taps, taps).repeat(3, 1, 1, 1), padding=2, groups=3)
        torch.testing.assert_close(resizing.double(x), plain[:, :, 2:14, 2:12])

    def test_halving_agrees_with_the_filter(self):
        x = normal(2, 3, 6, 8)
        around = F.pad(x, (1, 1, 1, 1), mode="replicate")
        taps = torch.tensor([1.0, 3, 3, 1]) / 8
        rows = sum(t * around[:, :, i : i + 6 : 2] for i, t in enumerate(taps))
        plain = sum(t * rows[:, :, :, i : i + 8 : 2] for i, t in enumerate(taps))
        torch.testing.assert_close(resizing.halve(x), plain)

    def test_a_constant_stays_a_constant_and_a_ramp_a_ramp(self):
        flat = torch.full((1, 2, 4, 4), 0.7)
        torch.testing.assert_close(resizing.double(flat), torch.full((1, 2, 8, 8), 0.7))
        torch.testing.assert_close(resizing.halve(flat), torch.full((1, 2, 2, 2), 0.7))
        ramp = torch.arange(8.0).expand(1, 1, 8, 8)
        torch.testing.assert_close(resizing.halve(ramp)[0, 0, 0, 1:3], torch.tensor([2.5, 4.5]))  # no shift


class TestEqualised:
    def test_starts_with_the_gain_over_the_root_of_the_inputs(self):
        torch.manual_seed(0)
        for rate in (1.0, 0.01):
            weight = weights.equalised(nn.Linear(400, 300), gain=2.0, rate=rate).weight
            assert weight.std().item() == pytest.approx(2 / 20, rel=0.02)

    def test_rate_scales_what_a_step_of_one_changes(self):
        layer = weights.equalised(nn.Linear(4, 1), gain=1.0, rate=0.01)
        weight, bias = layer.weight.clone(), layer.bias.clone()
        with torch.no_grad():
            for parameter in layer.parameters():
                parameter += 1
        torch.testing.assert_close(layer.weight - weight, torch.full((1, 4), 0.01 / 2))
        torch.testing.assert_close(layer.bias - bias, torch.full((1,), 0.01))


def test_spectral_norm_is_one():
    torch.manual_seed(0)
    layer = weights.spectral(nn.Linear(6, 5))
    for _ in range(50):
        layer(torch.zeros(1, 6))  # one power iteration each
    assert torch.linalg.svdvals(layer.weight.detach())[0].item() == pytest.approx(1, abs=1e-4)


def test_unit_scale():
    x = statistics.unit_scale(5 * normal(3, 7, 2, 2))
    torch.testing.assert_close(x.square().mean(1), torch.ones(3, 2, 2), rtol=1e-4, atol=1e-4)


class TestDeviation:
    def test_by_hand(self):
        x = torch.tensor([0.0, 2.0, 5.0, 5.0]).view(4, 1, 1, 1).expand(4, 3, 2, 2)
        out = statistics.with_deviation(x)  # one group of four: mean 3, variance (9 + 1 + 4 + 4) / 4
        assert out.shape == (4, 4, 2, 2)
        assert torch.equal(out[:, :3], x)
        torch.testing.assert_close(out[:, 3], torch.full((4, 2, 2), 4.5**0.5))

    def test_groups_know_nothing_of_each_other(self):
        x = normal(8, 3, 2, 2)
        out = statistics.with_deviation(x, group=4)
        alone = statistics.with_deviation(x[::2], group=4)  # pictures 0, 2, 4, 6 are one group, 1, 3, 5, 7 the other
        torch.testing.assert_close(out[::2], alone)
        assert not torch.allclose(out[0, 3], out[1, 3])

    def test_odd_batches_have_smaller_groups(self):
        assert torch.isfinite(statistics.with_deviation(normal(7, 3, 2, 2))).all()
        torch.testing.assert_close(statistics.with_deviation(normal(1, 3, 2, 2))[:, 3], torch.full((1, 2, 2), 1e-4))


class TestHeads:
    def test_projection_by_hand(self):
        heads = judging.Heads(2, 2, (), gain=0.5)
        with torch.no_grad():
            heads.score.weight.copy_(torch.tensor([[1.0, -1.0]]))
            heads.score.bias.fill_(0.25)
            heads.embed.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 2.0]]))
        features, condition = torch.tensor([[3.0, 1.0]]), torch.tensor([[0.0, 1.0]])
        assert heads(features, condition).item() == 3 - 1 + 0.25 + 0.5 * 2 * 1

    def test_conditional_norm_scales_and_shifts_by_condition(self):
        norm = blocks.ConditionalNorm(1, 2).eval()
        with torch.no_grad():
            norm.affine.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 3.0]]))  # gain 1 + c₀, bias 3·c₁
        out = norm(torch.full((1, 1, 1, 1), 2.0), torch.tensor([[1.0, 1.0]]))
        assert out.item() == pytest.approx(2 * 2 + 3, rel=1e-4)
