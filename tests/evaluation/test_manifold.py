"""Precision, recall, density, coverage and the copying test on sets whose answer is known."""

from __future__ import annotations

import pytest
import scipy.stats
import torch

from packshot.errors import ParameterError
from packshot.evaluation.copying import copying_test, k_means, mann_whitney_z
from packshot.evaluation.manifold import compare, nearest, radii


def normal(n: int, f: int, seed: int) -> torch.Tensor:
    return torch.randn(n, f, generator=torch.Generator().manual_seed(seed))


def test_equal_distributions_score_near_one() -> None:
    found = compare(normal(1500, 8, 0), normal(1500, 8, 1))
    assert found.density == pytest.approx(1, abs=0.1)
    assert found.coverage > 0.9
    assert found.precision > 0.8
    assert found.recall > 0.8


def test_one_mode_of_two_is_precise_but_does_not_cover() -> None:
    far = torch.zeros(8)
    far[0] = 50
    real = torch.cat([normal(500, 8, 0), normal(500, 8, 1) + far])
    found = compare(real, normal(1000, 8, 2))
    assert found.precision > 0.8
    assert found.recall < 0.55
    assert found.coverage < 0.55


def test_noise_elsewhere_is_neither() -> None:
    found = compare(normal(500, 8, 0), normal(500, 8, 1) + 100)
    assert (found.precision, found.recall, found.density, found.coverage) == (0, 0, 0, 0)


def test_density_and_coverage_by_hand() -> None:
    real = torch.tensor([[0.0], [1.0], [10.0]])  # with 1 neighbour the radii are 1, 1, 9
    assert radii(real, 1).tolist() == [1, 1, 9]
    found = compare(real, torch.tensor([[0.5], [30.0]]), neighbours=1)
    # 0.5 lies in the balls of 0 and 1, and 9.5 from 10, outside; 30 lies in none
    assert found.density == pytest.approx(2 / 2)
    assert found.coverage == pytest.approx(2 / 3)
    assert found.precision == pytest.approx(1 / 2)


def test_too_few_rows_are_refused_by_name() -> None:
    with pytest.raises(ParameterError, match="generated features: 5 rows, at least 6"):
        compare(normal(10, 2, 0), normal(5, 2, 1))


def test_mann_whitney_agrees_with_scipy() -> None:
    a, b = normal(60, 1, 0)[:, 0].round(decimals=1), normal(80, 1, 1)[:, 0].round(decimals=1) + 0.3
    u = scipy.stats.mannwhitneyu(a.numpy(), b.numpy()).statistic
    n, m = 60, 80
    assert mann_whitney_z(a, b) == pytest.approx((u - n * m / 2) / (n * m * (n + m + 1) / 12) ** 0.5)


def test_copies_fresh_draws_and_underfits_are_told_apart() -> None:
    training, held_out = normal(800, 6, 0), normal(800, 6, 1)
    copies = copying_test(training, held_out, training + 0.01 * normal(800, 6, 2), cells=4)
    fresh = copying_test(training, held_out, normal(800, 6, 3), cells=4)
    wide = copying_test(training, held_out, 2 * normal(800, 6, 4), cells=4)
    assert copies.c_t < -10
    assert copies.duplicates > 0.9
    assert abs(fresh.c_t) < 3
    assert fresh.duplicates < 0.05
    assert wide.c_t > 5


def test_too_small_held_out_set_is_refused() -> None:
    with pytest.raises(ParameterError, match="use more rows"):
        copying_test(normal(100, 3, 0), normal(10, 3, 1), normal(100, 3, 2))


def test_k_means_finds_clusters() -> None:
    centres = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    points = torch.cat([normal(50, 2, i) * 0.3 + c for i, c in enumerate(centres)])
    found = k_means(points, 3)
    assert float(nearest(centres, found)[0].max()) < 0.3
