"""Adversarial pairs against values worked by hand, their directions, and their gradients."""

import math

import pytest
import torch

from packshot.losses import adversarial
from packshot.losses.adversarial import PAIRS

LOG2 = math.log(2)
HAND = {  # name: critic and generator at real = (0, 0), fake = (0, 0); then at real = (2,), fake = (-1,)
    "minimax": (2 * LOG2, -LOG2, math.log1p(math.exp(-2)) + math.log1p(math.exp(-1)), -math.log1p(math.exp(-1))),
    "non-saturating": (2 * LOG2, LOG2, math.log1p(math.exp(-2)) + math.log1p(math.exp(-1)), math.log1p(math.e)),
    "least-squares": (0.5, 0.5, 0.5 + 0.5, 2.0),
    "hinge": (2.0, 0.0, 0.0, 1.0),
    "wasserstein": (0.0, 0.0, -3.0, 1.0),
    "relativistic": (LOG2, LOG2, math.log1p(math.exp(-3)), math.log1p(math.exp(3))),
}


def scores(*values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def test_every_pair_has_values_by_hand():
    assert set(HAND) == set(PAIRS)


@pytest.mark.parametrize("name", PAIRS)
class TestPair:
    def test_values_by_hand(self, name):
        pair, (at_zero_c, at_zero_g, apart_c, apart_g) = PAIRS[name], HAND[name]
        zero, real, fake = scores(0, 0), scores(2), scores(-1)
        assert pair.critic(zero, zero).item() == pytest.approx(at_zero_c)
        assert pair.generator(zero, zero).item() == pytest.approx(at_zero_g)
        assert pair.critic(real, fake).item() == pytest.approx(apart_c)
        assert pair.generator(real, fake).item() == pytest.approx(apart_g)

    def test_descent_moves_scores_the_right_way(self, name):
        real, fake = scores(0.3, -0.2), scores(0.1, 0.4)
        g_real, g_fake = torch.autograd.grad(PAIRS[name].critic(real, fake), (real, fake))
        assert (g_real < 0).all()
        assert (g_fake > 0).all()
        (g_fake,) = torch.autograd.grad(PAIRS[name].generator(real, fake), fake)
        assert (g_fake < 0).all()

    def test_gradients_in_double(self, name):
        real, fake = scores(0.3, -0.2, 1.7), scores(0.1, -0.4, -2.3)
        assert torch.autograd.gradcheck(PAIRS[name].critic, (real, fake))
        assert torch.autograd.gradcheck(PAIRS[name].generator, (real, fake))

    def test_a_large_score_overflows_nothing(self, name):
        real, fake = torch.tensor([-1e4, 1e4]), torch.tensor([1e4, -1e4])
        assert torch.isfinite(PAIRS[name].critic(real, fake))
        assert torch.isfinite(PAIRS[name].generator(real, fake))

    def test_reals_are_needed_only_where_declared(self, name):
        pair, fake = PAIRS[name], scores(0.5)
        if pair.needs_real:
            assert pair.generator(scores(0.0), fake) != pair.generator(scores(1.0), fake)
        else:
            assert pair.generator(None, fake) == pair.generator(scores(1.0), fake)


def test_smoothing_moves_the_optimum_to_the_smoothed_target():
    """With real target 0.9 the best score is log(0.9/0.1) for cross-entropy, 0.9 for least squares."""
    fake = scores(0.0)
    for critic, best in ((adversarial.minimax_critic, math.log(9)), (adversarial.least_squares_critic, 0.9)):
        real = scores(best)
        (gradient,) = torch.autograd.grad(critic(real, fake, smoothing=0.1), real)
        assert gradient.item() == pytest.approx(0, abs=1e-12)


def test_feature_matching_compares_means():
    real = torch.tensor([[0.0, 2.0], [2.0, 4.0]])  # mean (1, 3)
    fake = torch.tensor([[1.0, 0.0], [3.0, 2.0]])  # mean (2, 1)
    assert adversarial.feature_matching(real, fake).item() == pytest.approx((1 + 4) / 2)
    assert adversarial.feature_matching(real, real.flip(0)).item() == 0
