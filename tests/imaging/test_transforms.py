"""transforms.py: points go where the matrices say."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.errors import ParameterError
from packshot.imaging.transforms import corners, homography, scale_shift, transform_points


def test_scale_and_shift_act_as_written():
    assert transform_points(scale_shift(2, 3, 5, -1), torch.tensor([[1.0, 1.0]])).tolist() == [[7, 2]]
    assert corners((3, 7)).tolist() == [[0, 0], [7, 0], [7, 3], [0, 3]]


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_homography_takes_four_points_to_four_points(seed):
    g = torch.Generator().manual_seed(seed)
    a, b = (corners((60, 80)) + 30 * torch.rand(4, 2, generator=g, dtype=torch.float64) for _ in range(2))
    h = homography(a, b)
    assert torch.allclose(transform_points(h, a), b, atol=1e-8)
    assert torch.allclose(transform_points(homography(b, a), b), a, atol=1e-8)


def test_homography_refuses_three_points_on_a_line():
    line = torch.tensor([[0, 0], [1, 1], [2, 2], [0, 5.0]])
    with pytest.raises(ParameterError, match="line"):
        homography(corners((5, 5)), line)
