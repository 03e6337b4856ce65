"""Latent and pixel losses against closed forms, samples, and a second implementation."""

import math

import pytest
import torch

from packshot.imaging import compare
from packshot.losses import latent, pixel


def rand(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


class TestLatent:
    def test_kl_is_zero_at_the_prior_and_known_elsewhere(self):
        zero = torch.zeros(2, 3)
        assert latent.kl_to_standard_normal(zero, zero).item() == 0
        mean, log_variance = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, math.log(4)]])
        expected = 0.5 * (1 + (4 - 1 - math.log(4)))
        assert latent.kl_to_standard_normal(mean, log_variance).item() == pytest.approx(expected)

    def test_kl_agrees_with_torch_distributions(self):
        mean, log_variance = rand(4, 5) * 3 - 1, rand(4, 5, seed=1) * 2 - 1
        ours = torch.distributions.Normal(mean, (0.5 * log_variance).exp())
        prior = torch.distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))
        truth = torch.distributions.kl_divergence(ours, prior).sum(1).mean()
        torch.testing.assert_close(latent.kl_to_standard_normal(mean, log_variance), truth)

    def test_likelihood_agrees_with_torch_distributions(self):
        truth, guess = rand(3, 1, 4, 4), rand(3, 1, 4, 4, seed=1)
        log_prob = torch.distributions.Normal(guess, 0.3).log_prob(truth).flatten(1).sum(1).mean()
        torch.testing.assert_close(latent.gaussian_nll(truth, guess, math.log(0.3)), -log_prob)

    def test_the_optimal_variance_is_optimal_and_its_gradient_the_likelihoods(self):
        truth, guess = rand(3, 1, 4, 4), rand(3, 1, 4, 4, seed=1).requires_grad_()
        best = latent.optimal_gaussian_nll(truth, guess)
        sigma = (truth - guess).square().mean().sqrt().detach()
        at_best = latent.gaussian_nll(truth, guess, sigma.log())
        torch.testing.assert_close(best, at_best)
        for worse in (0.9, 1.1):
            assert latent.gaussian_nll(truth, guess, (sigma * worse).log()) > best
        (ours,), (theirs,) = torch.autograd.grad(best, guess), torch.autograd.grad(at_best, guess)
        torch.testing.assert_close(ours, theirs)

    def test_a_perfect_guess_has_a_finite_likelihood(self):
        truth = rand(2, 1, 4, 4)
        assert torch.isfinite(latent.optimal_gaussian_nll(truth, truth))

    def test_commitment_and_codebook_are_equal_and_pull_opposite_ends(self):
        code, quantised = rand(2, 3).requires_grad_(), rand(2, 3, seed=1).requires_grad_()
        commitment, codebook = latent.commitment(code, quantised), latent.codebook(code, quantised)
        assert commitment.item() == codebook.item()
        commitment.backward()
        assert quantised.grad is None
        codebook.backward()
        torch.testing.assert_close(code.grad, -quantised.grad)


class TestPixel:
    def test_by_hand(self):
        truth, guess = torch.zeros(1, 1, 2, 2), torch.tensor([[[[0.0, 1.0], [2.0, -1.0]]]])
        assert pixel.l1(truth, guess).item() == 1
        assert pixel.l2(truth, guess).item() == 1.5
        expected = (1 + 2 * math.sqrt(2) + math.sqrt(5)) / 4
        assert pixel.charbonnier(truth, guess, epsilon=1.0).item() == pytest.approx(expected)

    def test_dissimilarity_agrees_with_the_measure(self):
        truth, guess = rand(2, 3, 24, 20).float(), rand(2, 3, 24, 20, seed=1).float()
        guess = 0.7 * truth + 0.3 * guess
        measured = 0.5 - 0.5 * compare.ssim(truth, guess)
        assert pixel.dissimilarity(truth, guess, span=1.0).item() == pytest.approx(measured, abs=1e-5)
        assert pixel.dissimilarity(2 * truth - 1, 2 * truth - 1).item() == pytest.approx(0, abs=1e-6)

    @pytest.mark.parametrize("loss", [pixel.l2, pixel.charbonnier, pixel.dissimilarity])
    def test_gradients_in_double(self, loss):
        truth, guess = rand(1, 1, 12, 11), rand(1, 1, 12, 11, seed=1).requires_grad_()
        assert torch.autograd.gradcheck(lambda g: loss(truth, g), (guess,))


class TestSpectrumAndSlopes:
    def test_a_shift_of_grey_is_one_coefficient(self):
        truth = rand(2, 3, 8, 8)
        loss = pixel.spectrum(truth, truth + 0.5)
        assert loss.item() == pytest.approx(0.5 * 8 / (8 * 5 * 2), abs=1e-9)  # of 8 · 5 complex numbers
        assert pixel.slopes(truth, truth + 0.5).item() == pytest.approx(0, abs=1e-12)

    def test_its_scale_does_not_depend_on_the_size(self):
        found = [pixel.spectrum(torch.zeros(1, 1, n, n), torch.randn(1, 1, n, n)).item() for n in (32, 128)]
        assert found[0] == pytest.approx(found[1], rel=0.15)

    def test_slopes_of_a_step_and_of_a_perfect_guess(self):
        truth, guess = torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 4, 4)
        guess[..., 2:] = 1
        assert pixel.slopes(truth, guess).item() == pytest.approx((4 / 12) / 2)
        assert pixel.slopes(guess, guess).item() == pixel.spectrum(guess, guess).item() == 0
