"""Gradient penalties on critics whose gradient is known, and their second order."""

import math

import pytest
import torch

from packshot.losses import penalties


def linear_critic(x):
    """Score 3·x₀ − 4·x₁ of pictures `(n, 1, 1, 2)`: the norm of its gradient is 5 everywhere."""
    return 3 * x[:, 0, 0, 0] - 4 * x[:, 0, 0, 1]


def test_a_linear_critic_by_hand():
    x = torch.randn(6, 1, 1, 2, requires_grad=True)
    assert penalties.zero_centred(linear_critic(x), x).item() == pytest.approx(12.5)
    assert penalties.one_centred(linear_critic(x), x).item() == pytest.approx(16, rel=1e-5)


def test_a_flat_critic_costs_nothing_at_zero_and_one_at_one_and_has_finite_gradients():
    x = torch.zeros(3, 1, 2, 2, requires_grad=True)
    slope = torch.zeros(1, requires_grad=True)
    score = (slope * x).sum((1, 2, 3))
    assert penalties.zero_centred(score, x).item() == 0
    penalty = penalties.one_centred((slope * x).sum((1, 2, 3)), x)
    penalty.backward()
    assert penalty.item() == pytest.approx(1, abs=1e-5)
    assert torch.isfinite(slope.grad).all()


@pytest.mark.parametrize("penalty", [penalties.zero_centred, penalties.one_centred])
def test_second_order_gradients_in_double(penalty):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(3, 1, 2, 2, generator=generator, dtype=torch.float64).requires_grad_()
    weight = torch.randn(4, 5, generator=generator, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda w: penalty((x.flatten(1) @ w).tanh().sum(1), x), (weight,))


def test_points_between_lie_on_the_lines_and_forget_their_graph():
    real, fake = torch.ones(2, 1, 2, 2, requires_grad=True), torch.zeros(2, 1, 2, 2)
    x = penalties.between(real * 1, fake, torch.tensor([0.25, 1.0]))
    assert x.is_leaf
    assert x.requires_grad
    assert x[0].unique().tolist() == [0.25]
    assert x[1].unique().tolist() == [1.0]


def test_path_lengths_of_a_linear_map_by_hand():
    """Pictures 1 × 2 × 2 = A·w: ‖Aᵀy‖, y = noise/2, is known without autograd."""
    A = torch.tensor([[1.0, 0.0], [2.0, 1.0], [0.0, 3.0], [1.0, 1.0]])
    w = torch.randn(5, 2, requires_grad=True)
    noise = torch.randn(5, 1, 2, 2)
    lengths = penalties.path_lengths((w @ A.T).view(5, 1, 2, 2), w, noise)
    torch.testing.assert_close(lengths, (noise.flatten(1) / 2 @ A).norm(dim=1))
    assert penalties.path_length(lengths, lengths.mean()).item() == pytest.approx(lengths.var(correction=0).item())


def test_path_lengths_of_layered_codes_average_over_layers():
    w = torch.randn(4, 3, 2, requires_grad=True)
    pictures = (w[:, 0] * 2 + w[:, 1])[:, None, None, :]  # layer 2 does nothing; h·w = 2
    lengths = penalties.path_lengths(pictures, w, torch.ones(4, 1, 1, 2))
    expected = math.sqrt(((2**2 + 2**2) / 2 + (1 + 1) / 2 + 0) / 3)
    torch.testing.assert_close(lengths, torch.full((4,), expected))
