"""Style losses against closed forms, and what each is blind to."""

import math

import numpy as np
import pytest
import scipy.linalg
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.losses import robust
from packshot.losses.style import content, smoothness, statistics


def drawn(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def test_gram_is_the_second_moment():
    x = drawn(2, 3, 4, 5)
    truth = np.einsum("nchw,ndhw->ncd", x.numpy(), x.numpy()) / 20
    np.testing.assert_allclose(statistics.gram(x).numpy(), truth, atol=1e-6)
    assert statistics.gram_distance(x, x) == 0


def test_distance_of_gaussians_is_the_formula():
    a, b = drawn(1, 4, 200, seed=1), 2 * drawn(1, 4, 150, seed=2) + 1
    found = statistics.gaussian_distance(statistics.mean_covariance(a), statistics.mean_covariance(b))
    A, B = (np.cov(x[0].numpy(), bias=True) for x in (a, b))
    means = (a[0].mean(1) - b[0].mean(1)).square().sum().item()
    cross = np.trace(scipy.linalg.sqrtm(scipy.linalg.sqrtm(A) @ B @ scipy.linalg.sqrtm(A))).real
    assert found.item() == pytest.approx((means + np.trace(A) + np.trace(B) - 2 * cross) / 4, rel=1e-4)


def test_distance_of_diagonal_gaussians_is_that_of_their_deviations():
    one = torch.diag(torch.tensor([4.0, 9.0]))[None]
    two = torch.diag(torch.tensor([1.0, 25.0]))[None]
    zero = torch.zeros(1, 2)
    assert statistics.gaussian_distance((zero, one), (zero, two)).item() == pytest.approx((1 + 4) / 2, rel=1e-4)


def test_gradient_of_the_gaussian_distance_is_finite_where_eigenvalues_meet():
    flat = torch.zeros(1, 3, 8, 8, requires_grad=True)
    style = statistics.mean_covariance(drawn(1, 3, 8, 8))
    statistics.gaussian_distance(style, statistics.mean_covariance(flat)).backward()
    assert flat.grad.isfinite().all()


def test_gaussian_distance_of_flat_features_is_that_of_their_means():
    flat = statistics.mean_covariance(torch.full((1, 24, 500), 0.3) + 1e-22)
    other = statistics.mean_covariance(torch.full((1, 24, 40), 0.5))
    assert statistics.gaussian_distance(flat, other).item() == pytest.approx(0.04, rel=1e-3)


def test_moment_distance_by_hand():
    a = torch.tensor([[[[0.0, 2.0]]]])  # mean 1, deviation 1
    b = torch.tensor([[[[1.0, 7.0]]]])  # mean 4, deviation 3
    assert statistics.moment_distance(a, b).item() == pytest.approx(9 + 4, rel=1e-4)


def test_sliced_distance_of_a_shift_is_its_projection():
    x = drawn(1, 3, 16, 16)
    along = statistics.directions(3, 5, torch.Generator().manual_seed(0))
    shift = torch.tensor([0.3, -0.2, 0.5])
    truth = (along.T @ shift).square().mean()
    found = statistics.sliced_wasserstein(x, x + shift.view(1, 3, 1, 1), along)
    torch.testing.assert_close(found, truth, rtol=1e-4, atol=1e-6)
    assert torch.allclose(along.norm(dim=0), torch.ones(5))


def test_sliced_distance_in_one_dimension_is_the_exact_one():
    a, b = drawn(1, 1, 300, seed=1), drawn(1, 1, 300, seed=2).square()
    truth = (np.sort(a.numpy().ravel()) - np.sort(b.numpy().ravel())) ** 2
    assert statistics.sliced_wasserstein(a, b, torch.ones(1, 1)).item() == pytest.approx(truth.mean(), rel=1e-5)


@settings(max_examples=15)
@given(st.integers(0, 1000))
def test_statistics_are_blind_to_places(seed):
    x, style = drawn(1, 3, 6, 7, seed=seed), drawn(1, 3, 5, 5, seed=seed + 1)
    order = torch.randperm(42, generator=torch.Generator().manual_seed(seed))
    moved = x.flatten(2)[:, :, order].view_as(x)
    along = statistics.directions(3, 4, torch.Generator().manual_seed(seed))
    for distance in (
        statistics.gram_distance,
        statistics.moment_distance,
        statistics.histogram_distance,
        lambda a, b: statistics.sliced_wasserstein(a, b, along),
        lambda a, b: statistics.constraint([a], [b], 1),
    ):
        torch.testing.assert_close(distance(style, x), distance(style, moved), rtol=1e-3, atol=1e-6)


def test_unequal_sizes_are_compared_by_rank():
    a = torch.arange(100.0).view(1, 1, 100)
    b = torch.arange(50.0).view(1, 1, 50) * 2 + 0.5  # every rank of b is the mean of two of a
    assert statistics.sliced_wasserstein(a, b, torch.ones(1, 1)).item() == pytest.approx(0, abs=1e-6)


def test_matched_has_the_histogram_of_the_style_and_the_order_of_the_picture():
    x, style = drawn(1, 2, 8, 8, seed=1), drawn(1, 2, 8, 8, seed=2).square()
    found = statistics.matched(x, style)
    assert torch.equal(found.flatten(2).sort(2).values, style.flatten(2).sort(2).values)
    assert torch.equal(found.flatten(2).argsort(2), x.flatten(2).argsort(2))
    along = torch.eye(2)  # the histogram loss is the sliced one along the axes
    torch.testing.assert_close(
        statistics.histogram_distance(style, x), statistics.sliced_wasserstein(style, x, along), rtol=1e-5, atol=1e-8
    )


def test_constraints_by_hand():
    a, b = torch.tensor([[[[0.0, 2.0]]]]), torch.tensor([[[[1.0, 7.0]]]])
    assert statistics.constraint([a], [b], 1).item() == pytest.approx((3 + 2) / 2, rel=1e-4)
    assert statistics.constraint([a], [b], 2).item() == pytest.approx((9 + 4) / 2, rel=1e-4)


def test_cross_entropy_is_least_at_the_truth():
    truth = torch.full((1, 3, 4, 4), 0.3)
    at = content.pixel_cross_entropy(truth, truth).item()
    assert at == pytest.approx(-(0.3 * math.log(0.3) + 0.7 * math.log(0.7)), rel=1e-4)
    assert all(content.pixel_cross_entropy(truth, truth + move) > at for move in (-0.1, 0.1))
    assert content.pixel_cross_entropy(torch.ones(1, 3, 2, 2), torch.zeros(1, 3, 2, 2)).isfinite()


def test_self_similarity_stands_turns_and_scales_of_features_and_sees_layout():
    x = drawn(1, 4, 30) + 0.1
    turn = torch.linalg.qr(torch.randn(4, 4, generator=torch.Generator().manual_seed(3)))[0]
    assert content.self_similarity(x, 2.5 * (turn @ x)).item() < 1e-4
    assert content.self_similarity(x, x.flip(2)).item() > 0.1
    assert content.self_similarity(torch.zeros(1, 4, 5), torch.ones(1, 4, 5)).isfinite()


def test_points_are_read_where_they_lie():
    x = torch.arange(16.0).view(1, 1, 4, 4)
    places = torch.tensor([[0.125, 0.125], [0.875, 0.875], [0.5, 0.125]])
    assert content.points([x, 2 * x], places)[0].tolist() == [[0, 15, 1.5], [0, 30, 3]]


def test_laplacian_lets_ramps_pass_and_holds_edges():
    photo = drawn(1, 3, 16, 16)
    ramp = torch.linspace(0, 1, 16).expand(1, 3, 16, 16)
    assert content.laplacian(photo, 0.5 + photo, 1).item() < 1e-10
    assert content.laplacian(photo, photo + ramp, 1).item() < 1e-10
    assert content.laplacian(photo, photo.flip(3), 1).item() > 0.1
    spot = torch.zeros(1, 1, 5, 5)
    spot[..., 2, 2] = 1  # 4 in the middle, -1 on four sides: (16 + 4) / 9
    assert content.laplacian(torch.zeros_like(spot), spot, 1).item() == pytest.approx(20 / 9, rel=1e-5)
    assert content.laplacian(torch.zeros(1, 3, 1, 1), torch.ones(1, 3, 1, 1)) == 0


def test_total_variation_of_a_step():
    x = torch.zeros(1, 1, 4, 4)
    x[..., 2:] = 1
    assert smoothness.total_variation(x).item() == pytest.approx((0 + 1 / 3) / 2)
    assert smoothness.total_variation(torch.ones(1, 3, 1, 1)) == 0


def test_temporal_counts_where_it_should():
    a, b = torch.zeros(1, 3, 2, 2), torch.ones(1, 3, 2, 2)
    weight = torch.tensor([[[[1.0, 0.0], [0.0, 0.0]]]])
    assert smoothness.temporal(a, b, weight).item() == pytest.approx(0.25)


def test_scales_agree_with_their_own_averages():
    large = drawn(1, 3, 16, 16)
    small = torch.nn.functional.avg_pool2d(large, 2)
    assert smoothness.agreement([small, large]).item() < 1e-12
    assert smoothness.agreement([small + 0.1, large]).item() == pytest.approx(0.01, rel=1e-4)
    assert smoothness.agreement([large]) == 0
    assert smoothness.statistics_agreement([large, large.flip(3)]).item() < 1e-10
    assert smoothness.statistics_agreement([large, 2 * large]).item() > 0.01


def test_worst_near_raises_the_loss_within_its_bound():
    x = drawn(2, 3, 8, 8)
    target = drawn(2, 3, 8, 8, seed=1)

    def loss(y):
        return (y - target).square().mean()

    start = 2 * drawn(2, 3, 8, 8, seed=2) - 1
    found = robust.worst_near(x, loss, start, 0.03, 3)
    assert (found - x).abs().max() <= 0.03 + 1e-6
    assert found.min() >= 0
    assert found.max() <= 1
    random = (x + 0.03 * start).clamp(0, 1)
    assert loss(found) > loss(random) > 0
    assert loss(found) > loss(x)


@pytest.mark.parametrize("distance", [statistics.gram_distance, statistics.moment_distance])
def test_losses_have_gradients(distance):
    x = drawn(1, 3, 8, 8).requires_grad_()
    distance(drawn(1, 3, 8, 8, seed=1), x).backward()
    assert x.grad.abs().sum() > 0
