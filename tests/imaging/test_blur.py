"""The quick Gaussian against OpenCV's own, and what it must keep."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.imaging.blur import blurred


@pytest.mark.parametrize("sigma", [0.5, 2, 4, 9, 25])
def test_close_to_the_true_gaussian(sigma):
    layer = np.zeros((220, 260), np.float32)
    layer[90:130, 100:180] = 1
    true = cv2.GaussianBlur(layer, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    assert np.abs(blurred(layer, sigma) - true).max() < 0.025


@given(h=st.integers(1, 30), w=st.integers(1, 30), sigma=st.floats(0, 200))
@settings(max_examples=40, deadline=None)
def test_flat_stays_flat_and_nothing_overshoots(h, w, sigma):
    flat = np.full((h, w), 0.7, np.float32)
    assert np.allclose(blurred(flat, sigma, "mirror"), 0.7, atol=1e-5)
    assert blurred(flat, sigma).max() <= 0.7 + 1e-5
    assert blurred(flat, sigma).min() >= 0
    assert blurred(np.dstack([flat] * 4), sigma).shape == (h, w, 4)
