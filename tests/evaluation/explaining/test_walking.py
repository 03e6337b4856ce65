"""Directions: at right angles, of unit length, and the ones that were planted."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from packshot.errors import ParameterError
from packshot.evaluation.explaining.walking import (
    REACH,
    Axes,
    difference,
    moving_axes,
    principal_axes,
    random_axes,
    walk,
)


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@given(dim=st.integers(1, 40), count=st.integers(1, 12), seed=st.integers(0, 99))
def test_random_axes_stand_at_right_angles(dim, count, seed):
    axes = random_axes(dim, count, seed)
    assert len(axes.directions) == min(dim, count)
    torch.testing.assert_close(axes.directions @ axes.directions.T, torch.eye(min(dim, count)), rtol=0, atol=1e-5)


@given(steps=st.integers(2, 9), seed=st.integers(0, 99))
def test_a_walk_changes_one_coordinate_and_no_other(steps, seed):
    axes = Axes(normal(6, seed=seed), random_axes(6, 3, seed).directions, torch.tensor([1.0, 2.0, 0.5]))
    start = normal(1, 6, seed=seed + 1)
    path = walk(start, axes, 1, steps)
    along, across = (path - axes.mean) @ axes.directions[1], path @ axes.directions[[0, 2]].T
    torch.testing.assert_close(along, 2 * torch.linspace(-REACH, REACH, steps), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(across, (start @ axes.directions[[0, 2]].T).expand(steps, 2), rtol=1e-4, atol=1e-4)


def test_principal_axes_are_found_in_order():
    codes = normal(4000, 3) * torch.tensor([0.5, 3.0, 1.0]) + 2
    axes = principal_axes(codes, 2)
    torch.testing.assert_close(axes.directions, torch.eye(3)[[1, 2]], rtol=0, atol=0.08)
    torch.testing.assert_close(axes.deviations, torch.tensor([3.0, 1.0]), rtol=0.08, atol=0)
    assert axes.explained[0] == pytest.approx(9 / 10.25, abs=0.03)
    torch.testing.assert_close(axes.mean, torch.full((3,), 2.0), rtol=0, atol=0.15)


def test_moving_axes_are_those_that_change_pictures_most():
    noise, (first, second) = normal(1500, 10), torch.linalg.qr(normal(10, 2)).Q.T
    pictures = 3 * (noise @ first)[:, None] * normal(1, 40, seed=1) + (noise @ second)[:, None] * normal(1, 40, seed=2)
    axes = moving_axes(noise, pictures + 0.01 * normal(1500, 40, seed=3), 2)
    assert abs(float(axes.directions[0] @ first)) > 0.95
    assert min(axes.explained) > 0.9
    unrelated = moving_axes(noise, normal(1500, 40, seed=4), 2)
    assert max(unrelated.explained) < 0.1


def test_the_difference_of_an_attribute():
    codes = torch.tensor([[1.0, 0.0], [3.0, 0.0], [0.0, 5.0]])
    assert difference(codes, torch.tensor([True, True, False])).tolist() == [2.0, -5.0]
    for all_or_none in (torch.ones(3, dtype=torch.bool), torch.zeros(3, dtype=torch.bool)):
        with pytest.raises(ParameterError, match="with and without"):
            difference(codes, all_or_none)


def test_too_few_are_refused():
    with pytest.raises(ParameterError, match="at least 2"):
        principal_axes(normal(1, 3), 1)
    with pytest.raises(ParameterError, match="more than 4"):
        moving_axes(normal(4, 3), normal(4, 5), 4)
