"""The colour lock: means, weights, whole factors, what it must not touch."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from packshot.errors import ParameterError
from packshot.imaging.restoring.colour_lock import cells, lock_colour


def picture(h, w, seed=0):
    small = torch.rand(1, 3, 4, 5, generator=torch.Generator().manual_seed(seed))
    return 0.25 + 0.5 * functional.interpolate(small, (h, w), mode="bilinear")


@settings(max_examples=15)
@given(st.integers(1, 70), st.integers(1, 70), st.integers(1, 3), st.floats(-0.15, 0.15))
def test_the_mean_is_kept_whatever_the_cast(h, w, scale, cast):
    before = picture(h, w)
    after = functional.interpolate(before, scale_factor=scale, mode="nearest") * 0.9 + cast
    lock_colour(before, after)
    assert float((after.mean((2, 3)) - before.mean((2, 3))).abs().max()) < 2e-4
    assert float(after.min()) >= 0
    assert float(after.max()) <= 1


def test_a_cast_that_changes_slowly_is_taken_out_and_detail_stays():
    before = picture(128, 160)
    detail = 0.05 * torch.tensor([1.0, -1.0]).repeat(80).expand(1, 3, 128, 160)
    cast = torch.linspace(-0.1, 0.1, 160).expand(1, 3, 128, 160)
    after = before + detail + cast
    moved = lock_colour(before, after)
    inner = (after - before - detail)[..., 24:-24, 24:-24]
    assert float(inner.abs().max()) < 0.004
    assert moved < 0.1  # its mean had not moved
    assert lock_colour(before, before + 0.1) == pytest.approx(25.5, abs=0.1)


def test_nothing_changes_where_nothing_differs():
    before = picture(30, 41)
    after = before.clone()
    assert lock_colour(before, after) == 0
    assert torch.equal(after, before)


def test_what_does_not_show_does_not_count():
    before = picture(64, 64)
    weight = torch.zeros(1, 1, 64, 64)
    weight[..., 16:48, 16:48] = 1
    after = (before + (1 - weight) * 0.2).clamp(0, 1)
    kept = after.clone()
    lock_colour(before, after, weight)
    inside = weight[0, 0] > 0
    assert float((after - kept)[0][:, inside].abs().max()) < 0.002


def test_cells_are_means():
    x = torch.arange(20.0).view(1, 1, 4, 5)
    assert cells(x, 4).flatten().tolist() == pytest.approx([9.0, 11.5])
    weight = torch.zeros(1, 1, 4, 5)
    weight[..., 0, 0] = 1
    assert float(cells(x + 3, 4, weight)[0, 0, 0, 0]) == 3


@pytest.mark.parametrize("size", [(20, 30), (41, 60), (0, 0)])
def test_other_sizes_are_refused(size):
    with pytest.raises(ParameterError, match="after"):
        lock_colour(picture(40, 30), torch.zeros(1, 3, *size))
