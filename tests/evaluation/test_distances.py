"""Fréchet and kernel distances against closed forms and scipy."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import torch

from packshot.errors import ParameterError
from packshot.evaluation.distances import Moments, frechet_distance, kernel_distance, moments


def normal(n: int, f: int, seed: int) -> torch.Tensor:
    return torch.randn(n, f, generator=torch.Generator().manual_seed(seed))


def test_frechet_of_two_gaussians_in_one_dimension_has_its_closed_form() -> None:
    a = Moments(torch.tensor([1.0]).double(), torch.tensor([[4.0]]).double(), 10)
    b = Moments(torch.tensor([3.5]).double(), torch.tensor([[9.0]]).double(), 10)
    assert frechet_distance(a, b) == pytest.approx(2.5**2 + (3 - 2) ** 2)


def test_frechet_agrees_with_the_general_matrix_root() -> None:
    a, b = moments(normal(200, 12, 0) @ normal(12, 12, 1)), moments(normal(300, 12, 2) @ normal(12, 12, 3) + 0.3)
    root = scipy.linalg.sqrtm(a.covariance.numpy() @ b.covariance.numpy()).real
    expected = ((a.mean - b.mean) ** 2).sum() + np.trace(a.covariance.numpy() + b.covariance.numpy() - 2 * root)
    assert frechet_distance(a, b) == pytest.approx(float(expected), rel=1e-6)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-9)


def test_frechet_is_zero_for_the_same_set_even_with_fewer_pictures_than_features() -> None:
    a = moments(normal(20, 64, 0))
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-5)


def test_kernel_distance_is_unbiased_about_zero_and_grows_with_a_shift() -> None:
    same, spread = kernel_distance(normal(2000, 8, 0), normal(2000, 8, 1), block=500)
    near, _ = kernel_distance(normal(2000, 8, 0), normal(2000, 8, 1) + 0.2, block=500)
    far, _ = kernel_distance(normal(2000, 8, 0), normal(2000, 8, 1) + 0.5, block=500)
    assert abs(same) < 4 * spread
    assert same < near < far


def test_kernel_distance_by_hand() -> None:
    x, y = torch.tensor([[1.0], [2.0]]), torch.tensor([[0.0], [3.0]])
    # k(a, b) = (ab + 1)³: within x k(1,2) = 27, within y k(0,3) = 1, across k(1,0) + k(1,3) + k(2,0) + k(2,3)
    expected = 27 + 1 - 2 * (1 + 64 + 1 + 343) / 4
    assert kernel_distance(x, y, blocks=1)[0] == pytest.approx(expected)


def test_too_few_rows_and_other_networks_are_refused() -> None:
    with pytest.raises(ParameterError, match="n ≥ 2"):
        moments(normal(1, 4, 0))
    with pytest.raises(ParameterError, match="same network"):
        frechet_distance(moments(normal(9, 4, 0)), moments(normal(9, 5, 0)))
