"""Measures of mattes and of maps of classes, on figures that can be counted by hand."""

import numpy as np
import pytest

from packshot.errors import ParameterError
from packshot.evaluation import segmentation


def square(side=20, top=5, left=5, size=10):
    plane = np.zeros((side, side), np.float32)
    plane[top : top + size, left : left + size] = 1
    return plane


def test_overlap_and_error():
    found, truth = square(left=7), square()
    assert segmentation.iou(found, truth) == pytest.approx(80 / 120)
    assert segmentation.mae(found, truth) == pytest.approx(40 / 400)
    assert segmentation.iou(0 * truth, 0 * truth) == 1
    assert segmentation.iou(0 * truth, truth) == 0
    assert segmentation.iou(0.5 * truth, truth) == 0


def test_outlines_within_three_pixels_are_found():
    truth = square(60, 20, 20, 20)
    assert segmentation.boundary_f(square(60, 20, 23, 20), truth) == 1
    assert segmentation.boundary_f(square(60, 20, 26, 20), truth) < 0.8
    assert segmentation.boundary_f(square(60, 20, 23, 20), truth, px=1) < 0.8
    assert segmentation.boundary_f(0 * truth, truth) == 0
    assert segmentation.boundary_f(0 * truth, 0 * truth) == 1
    whole = np.ones((30, 30), np.float32)  # the frame is no outline
    assert segmentation.boundary_f(whole, square(30, 10, 10, 10)) == 0


def test_the_largest_f_measure_is_that_of_the_best_threshold():
    truth = square()
    found = 0.8 * truth + 0.3 * square(left=15, size=5)  # 25 px too many, up to a threshold of 0.3
    precision, recall = segmentation.curves(found, truth)
    assert precision[0] == pytest.approx(100 / 125)
    assert precision[100] == 1
    assert recall[200] == 1
    assert recall[210] == 0
    assert segmentation.largest_f([(precision, recall)]) == 1
    low = segmentation.curves(0.2 * truth + 0.8 * (1 - truth), truth)
    assert segmentation.largest_f([low]) < 0.4
    with pytest.raises(ParameterError, match="at least one"):
        segmentation.largest_f([])


def test_mean_overlap_of_classes():
    confusion = segmentation.Confusion(4)
    truth, found = np.array([[0, 0, 1, 1, -1]]), np.array([[0, 1, 1, 1, 2]])
    confusion.add(found, truth)
    np.testing.assert_allclose(confusion.ious(), [1 / 2, 2 / 3, np.nan, np.nan])
    assert confusion.mean_iou == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert confusion.accuracy == pytest.approx(3 / 4)
    assert np.isnan(segmentation.Confusion(2).mean_iou)


def test_sizes_must_be_the_same():
    with pytest.raises(ParameterError, match="one size"):
        segmentation.iou(square(20), square(24))
