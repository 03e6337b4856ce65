"""The whole classical cut-out on drawn scenes: found to a pixel at any size, and doubted where there is reason to."""

import cv2
import numpy as np
import pytest
import torch

from packshot.errors import PictureError
from packshot.imaging.segmentation.segment import segment

GROUND, PRODUCT = (0.82, 0.82, 0.8), (0.15, 0.3, 0.65)


def drawn(h, w, centre=(0.5, 0.5), ground=GROUND, product=PRODUCT, noise=0.006, seed=0):
    """Photo `(1, 3, h, w)` of an ellipse on evenly falling light, and its matte `(h, w)`."""
    y, x = np.mgrid[:h, :w].astype(np.float32) + 0.5
    a, b = 0.3 * w, 0.22 * h
    dx, dy = x - centre[0] * w, y - centre[1] * h
    distance = (np.hypot(dx / a, dy / b) - 1) * min(a, b)
    matte = np.clip(0.5 - distance, 0, 1)
    light = np.linspace(1, 0.92, h, dtype=np.float32)[:, None, None]
    rgb = matte[..., None] * np.float32(product) + (1 - matte[..., None]) * np.float32(ground) * light
    rgb = rgb + np.random.default_rng(seed).normal(0, noise, rgb.shape)
    return torch.from_numpy(np.clip(rgb, 0, 1).astype(np.float32).transpose(2, 0, 1).copy())[None], matte


def outline_error(matte, truth):
    """Largest distance in px of either outline from the other."""
    lines = [m & ~(cv2.erode(m.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0) for m in (matte > 0.5, truth > 0.5)]
    far = [cv2.distanceTransform((~m).astype(np.uint8), cv2.DIST_L2, 5) for m in lines]
    return max(far[1][lines[0]].max(), far[0][lines[1]].max())


def found(rgb):
    return segment(rgb).matte[0, 0].numpy()


@pytest.mark.parametrize(("h", "w"), [(64, 64), (200, 160), (256, 256), (480, 640), (1100, 900)])
def test_the_outline_is_found_to_a_pixel_at_every_size(h, w):
    rgb, truth = drawn(h, w)
    assert outline_error(found(rgb), truth) < 1.5


@pytest.mark.parametrize("ground", [(1.0, 1.0, 1.0), (0.1, 0.1, 0.1), (0.85, 0.7, 0.5)])
def test_the_ground_may_have_any_colour(ground):
    rgb, truth = drawn(240, 240, ground=ground)
    assert outline_error(found(rgb), truth) < 1.5


def test_the_size_of_the_photo_does_not_change_the_answer():
    large, _ = drawn(800, 800, noise=0)
    small = torch.nn.functional.avg_pool2d(large, 4)
    first = torch.nn.functional.avg_pool2d(segment(large).matte, 4)
    second = segment(small)
    assert (first - second.matte).abs().mean() < 0.003
    assert second.confidence == pytest.approx(segment(large).confidence, abs=0.1)


def test_a_mirrored_photo_gives_the_mirrored_matte():
    rgb, _ = drawn(200, 240, centre=(0.42, 0.55), noise=0)
    assert np.abs(found(rgb.flip(3))[:, ::-1] - found(rgb)).mean() < 0.003


@pytest.mark.parametrize("value", [0.0, 0.4, 1.0])
def test_a_uniform_picture_holds_no_product(value):
    answer = segment(torch.full((1, 3, 90, 120), value))
    assert answer.confidence < 0.3
    assert answer.reasons


def test_confidence_falls_as_the_product_leaves_the_frame():
    inside, cut = (segment(drawn(240, 240, centre=c)[0]) for c in ((0.5, 0.5), (0.98, 0.5)))
    assert inside.confidence > 0.9
    assert inside.reasons == ()
    assert cut.confidence < inside.confidence
    assert "the product touches the border of the picture" in cut.reasons


def test_confidence_falls_as_the_product_comes_to_look_like_the_ground():
    ground = np.array(GROUND)
    steps = [segment(drawn(200, 200, product=ground * s, noise=0.02)[0]).confidence for s in (0.2, 0.96)]
    assert steps[1] < steps[0] - 0.2


def test_doubt_lies_along_the_edge_and_not_inside():
    rgb, truth = drawn(300, 300)
    doubt = segment(rgb).uncertainty[0, 0].numpy()
    near = np.abs(cv2.GaussianBlur(truth, (0, 0), 4) - 0.5) < 0.49
    assert doubt[~near].mean() < 0.01
    assert doubt[near].mean() > 10 * doubt[~near].mean()
    assert 0 <= doubt.min() <= doubt.max() <= 1


def test_a_batch_is_refused():
    with pytest.raises(PictureError, match="batch of 2"):
        segment(torch.zeros(2, 3, 32, 32))


def test_a_product_on_patterned_ground():
    """Not plain, so that the second way has to find it; close, not to a pixel, and said to be doubtful or right."""
    rng = np.random.default_rng(1)
    pattern = cv2.resize(rng.uniform(0.4, 0.75, (40, 40, 1)).repeat(3, 2).astype(np.float32), (240, 240))
    _, truth = drawn(240, 240)
    rgb = truth[..., None] * np.float32((0.85, 0.1, 0.1)) + (1 - truth[..., None]) * pattern
    answer = segment(torch.from_numpy(rgb.transpose(2, 0, 1).copy())[None])
    inside = answer.matte[0, 0].numpy() > 0.5
    assert (inside & (truth > 0.5)).sum() / (inside | (truth > 0.5)).sum() > 0.93
    assert answer.parts["plain"] < 0.5
