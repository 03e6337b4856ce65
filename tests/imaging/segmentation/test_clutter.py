"""What stands out, GrabCut from it, trust in an outline, masks of small pictures, and the edge at full size."""

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from packshot.imaging.segmentation import calibration, regions, trust
from packshot.imaging.segmentation.clutter import clutter, cut
from packshot.imaging.segmentation.refine import enlarge, refine
from packshot.imaging.segmentation.saliency import saliency, superpixels

SIDE = 128
Y, X = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j].astype(np.float32)
DISC = np.hypot(X, Y) < 0.5


def photo(product=(0.8, 0.15, 0.1), noise=0.05):
    rgb = np.where(DISC[..., None], np.float32(product), np.float32((0.5, 0.55, 0.5)))
    return np.clip(rgb + np.random.default_rng(0).normal(0, noise, rgb.shape), 0, 1).astype(np.float32)


def lab_of(rgb):
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab)


def agree(found, truth):
    return (found & truth).sum() / (found | truth).sum()


def test_the_product_stands_out():
    salient = saliency(photo(), lab_of(photo()))
    assert salient.min() >= 0
    assert salient.max() <= 1
    assert salient[DISC].mean() > salient[~DISC].mean() + 0.5


def test_superpixels_cover_the_picture_and_keep_to_its_edges():
    labels = superpixels(photo(noise=0.01))
    assert labels.shape == (SIDE, SIDE)
    assert labels.min() >= 0
    share = np.bincount(labels.ravel(), DISC.ravel()) / np.maximum(1, np.bincount(labels.ravel()))
    assert np.minimum(share, 1 - share)[labels].mean() < 0.03


def test_grabcut_mends_a_rough_guess():
    rgb = photo()
    guess = np.hypot(X - 0.1, Y) < 0.4
    assert agree(cut(rgb, guess) > 0.5, DISC) > max(0.97, agree(guess, DISC))
    assert agree(clutter(rgb, saliency(rgb, lab_of(rgb))) > 0.5, DISC) > 0.95


@pytest.mark.parametrize("guess", [np.zeros((20, 30), bool), np.ones((20, 30), bool)])
def test_a_guess_that_says_nothing_comes_back_as_it_is(guess):
    assert np.array_equal(cut(np.full((20, 30, 3), 0.5, np.float32), guess) > 0.5, guess)


def test_trust_is_highest_for_the_true_outline():
    lab = lab_of(photo(noise=0.01))
    true, wide, shifted = (m.astype(np.float32) for m in (DISC, np.hypot(X, Y) < 0.75, np.hypot(X - 0.3, Y) < 0.5))
    scores = [trust.score(trust.measure(lab, m)) for m in (true, wide, shifted)]
    assert scores[0] > max(scores[1:]) + 0.2
    measured = trust.measure(lab, true)
    assert measured["separation"] > 0.95
    assert measured["edge_support"] > 0.95
    assert measured["border_contact"] == 0
    assert measured["area_share"] == pytest.approx(DISC.mean())


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_confidence_lies_in_range_and_falls_with_border_contact(separation, plain, agreement, contact):
    parts = {"area_share": 0.3, "separation": separation, "plain": plain, "agreement": agreement}
    free, touching = (calibration.confidence("classical", {**parts, "border_contact": c}) for c in (0.0, contact))
    assert 0 <= touching <= free <= 1


def test_no_product_has_no_confidence_and_a_reason():
    parts = trust.measure(lab_of(photo()), np.zeros((SIDE, SIDE), np.float32)) | {"plain": 1.0, "agreement": 1.0}
    assert calibration.confidence("classical", parts) == 0
    assert trust.reasons(parts) == ("no product found: nothing stands out from the background",)


@given(st.integers(0, 10**6), st.integers(1, 4))
def test_widening_and_narrowing_are_each_others_complement(seed, px):
    mask = np.random.default_rng(seed).random((20, 24)) > 0.7
    inner = (slice(px, -px), slice(px, -px))  # the frame is no edge to either
    assert np.array_equal(regions.widened(mask, px)[inner], ~regions.narrowed(~mask, px)[inner])
    assert not (mask & ~regions.widened(mask, px)).any()


def test_only_what_is_connected_with_the_border_is_reached():
    allowed = np.zeros((20, 20), bool)
    allowed[0:5, 3] = allowed[10:12, 10:12] = True
    ring = np.zeros_like(allowed)
    ring[0] = True
    reached = regions.reached(allowed, ring)
    assert reached[0:5, 3].all()
    assert reached.sum() == 5


def test_the_slope_is_the_largest_step_to_a_neighbour():
    picture = np.zeros((4, 5), np.float32)
    picture[2, 2] = 3
    slope = regions.per_pixel(np.abs(np.diff(picture, axis=1)), np.abs(np.diff(picture, axis=0)))
    assert set(zip(*np.nonzero(slope == 3), strict=True)) == {(2, 2), (1, 2), (3, 2), (2, 1), (2, 3)}


@pytest.mark.parametrize("size", [300, 777])
def test_a_small_map_becomes_the_exact_edge_at_full_size(size):
    y, x = np.mgrid[:size, :size].astype(np.float32) + 0.5
    truth = np.clip(0.28 * size - np.hypot(x - size / 2, y - size / 2) + 0.5, 0, 1)
    colour = truth[..., None] * np.float32((0.1, 0.3, 0.7)) + (1 - truth[..., None]) * 0.9
    small = cv2.resize(truth, (64, 64), interpolation=cv2.INTER_AREA)
    matte = refine(torch.from_numpy(colour.astype(np.float32).transpose(2, 0, 1).copy()), small)
    plain = enlarge(small, (size, size))
    assert np.abs(matte - truth).mean() < 0.3 * np.abs(plain - truth).mean()
    assert np.abs((matte > 0.5).sum() / (truth > 0.5).sum() - 1) < 0.01
