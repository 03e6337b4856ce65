"""Cutting out by edges, and what a studio answer leaves behind: soft shadows, ground inside loops, other things."""

import cv2
import numpy as np
import torch

from packshot.imaging.segmentation import leftovers
from packshot.imaging.segmentation.answers import find, find_by_edges
from packshot.imaging.segmentation.edges import by_edges
from packshot.imaging.segmentation.others import clutter_beside, thing_in

H, W = 160, 200


def drawn(shapes, ground=(0.85, 0.84, 0.82), shadow=0.0, noise=0.004):
    """Photo `(h, w, 3)` and mask of shapes: (what, colour, arguments of cv2)."""
    rgb = np.ones((4 * H, 4 * W, 3), np.float32) * ground
    mask = np.zeros((4 * H, 4 * W), np.uint8)
    for draw, colour, *arguments in shapes:
        one = np.zeros_like(mask)
        draw(one, *arguments)
        rgb[one > 0] = colour
        mask |= one
    rgb, mask = (cv2.resize(x, (W, H), interpolation=cv2.INTER_AREA) for x in (rgb, mask.astype(np.float32)))
    if shadow:
        cast = cv2.GaussianBlur(np.roll(mask, (10, 25), (0, 1)), (0, 0), 7)
        rgb = rgb * (1 - shadow * (cast * (1 - mask))[..., None])
    rng = np.random.default_rng(1)
    return np.clip(rgb + rng.normal(0, noise, rgb.shape), 0, 1).astype(np.float32), mask > 0.5


def disc(mask, x, y, r, thick=-1):
    cv2.circle(mask, (4 * x, 4 * y), 4 * r, 1, thick if thick < 0 else 4 * thick)


def iou(found, truth):
    found = found > 0.5
    return (found & truth).sum() / (found | truth).sum()


def test_edges_find_a_product_and_its_hole():
    rgb, truth = drawn([(disc, (0.2, 0.3, 0.7), 100, 80, 45, 14)])
    found = by_edges(rgb, cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab))
    assert iou(found, truth) > 0.85
    assert found[80, 100] == 0


def test_edges_pass_over_a_soft_shadow():
    rgb, truth = drawn([(disc, (0.2, 0.3, 0.7), 100, 80, 45)], shadow=0.3)
    assert iou(by_edges(rgb, cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab)), truth) > 0.9


def test_edges_of_an_empty_picture_find_nothing():
    rgb, _ = drawn([])
    assert find_by_edges(rgb).matte.max() == 0


def test_a_string_in_a_loop_shuts_no_ground_in():
    rgb, truth = drawn([(disc, (0.7, 0.1, 0.1), 60, 90, 35), (disc, (0.1, 0.5, 0.2), 132, 95, 34, 4)], shadow=0.1)
    found = find(rgb).matte
    assert found[95, 132] < 0.5
    assert found[95, 132 + 34] > 0.5
    assert iou(found, truth) > 0.75


def test_a_plain_product_is_no_leftover():
    rgb, truth = drawn([(disc, (0.6, 0.6, 0.59), 100, 80, 50)])
    assert iou(find(rgb).matte, truth) > 0.95


def test_nothing_is_taken_from_an_empty_map():
    rgb, _ = drawn([(disc, (0.2, 0.3, 0.7), 100, 80, 45)])
    from packshot.imaging.segmentation.answers import SHADOWS
    from packshot.imaging.segmentation.backdrop import behind, surfaces
    from packshot.imaging.segmentation.shade import lit

    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab)
    scene, nothing = lit(lab, behind(surfaces(lab)), SHADOWS), np.zeros((H, W), np.float32)
    assert leftovers.with_loops_open(nothing, scene).max() == 0
    assert leftovers.without_shadows(nothing, nothing, scene).max() == 0


def tensor(rgb):
    return torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1)))[None]


def test_clutter_beside_the_product_is_found_and_the_product_is_not():
    rgb, _ = drawn([(disc, (0.2, 0.3, 0.7), 80, 80, 45), (disc, (0.8, 0.5, 0.1), 170, 30, 8)])
    found = clutter_beside(tensor(rgb), None)[0, 0].numpy()
    assert found[30, 170]
    assert not found[80, 80]
    assert found.mean() < 0.03


def test_on_a_patterned_ground_nothing_is_called_clutter():
    rgb = np.random.default_rng(0).random((H, W, 3)).astype(np.float32)
    assert not clutter_beside(tensor(rgb), None).any()


def test_the_thing_in_a_box_is_found_without_the_rest():
    rgb, _ = drawn([(disc, (0.2, 0.3, 0.7), 70, 80, 40), (disc, (0.8, 0.5, 0.1), 160, 50, 18)])
    found = thing_in(tensor(rgb), [(0.65, 0.12, 0.95, 0.5)])[0, 0].numpy()
    assert found[50, 160]
    assert not found[80, 70]
    assert found.mean() < 0.06
