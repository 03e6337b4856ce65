"""Prompts: a person's word holds to the last pixel, spreads over what belongs to it, and no further."""

import cv2
import numpy as np
import pytest
import torch

from packshot.imaging.picture import Picture
from packshot.imaging.segmentation.prompts import Prompts, corrected, obeyed, pointed, strokes_of

H, W = 90, 120


def scene():
    """Lab of a grey ground with a red box on the left and a blue one on the right, and the masks of both."""
    rgb = np.full((H, W, 3), 0.7, np.float32)
    rgb += np.random.default_rng(0).normal(0, 0.004, rgb.shape).astype(np.float32)
    red, blue = np.zeros((H, W), bool), np.zeros((H, W), bool)
    red[20:70, 15:50], blue[25:65, 70:105] = True, True
    rgb[red], rgb[blue] = (0.7, 0.1, 0.1), (0.1, 0.15, 0.6)
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab), red, blue


def share(found, mask):
    return float((found > 0.5)[mask].mean())


def dot(y, x, r=2):
    drawn = np.zeros((H, W), np.uint8)
    cv2.circle(drawn, (x, y), r, 1, -1)
    return drawn > 0


def test_a_word_on_what_was_missed_takes_all_of_it_and_nothing_else():
    lab, red, blue = scene()
    found = corrected(lab, red.astype(np.float32), Prompts(product=dot(45, 88)))
    assert share(found, blue) > 0.97
    assert share(found, red) > 0.97
    assert share(found, ~(red | blue)) < 0.02


def test_a_word_on_what_is_too_much_takes_it_out():
    lab, red, blue = scene()
    found = corrected(lab, (red | blue).astype(np.float32), Prompts(ground=dot(45, 88)))
    assert share(found, blue) < 0.03
    assert share(found, red) > 0.97


def test_a_word_on_the_ground_does_not_flood_the_picture():
    lab, red, _ = scene()
    found = corrected(lab, red.astype(np.float32), Prompts(product=dot(80, 60)))
    assert share(found, red) > 0.97
    assert (found > 0.5).mean() < red.mean() + 0.1


def test_a_word_on_a_band_that_crosses_the_picture_makes_it_no_product():
    lab, red, _ = scene()
    lab[75:85] = (50, 10, 30)
    found = corrected(lab, red.astype(np.float32), Prompts(product=dot(80, 60)))
    assert share(found, np.broadcast_to(np.arange(W) > 100, (H, W)) & (np.arange(H)[:, None] // 10 == 7)) < 0.5
    taken = np.zeros((H, W), bool)
    taken[75:85] = True
    found = corrected(lab, (red | taken).astype(np.float32), Prompts(ground=dot(80, 60)))
    assert share(found, taken) < 0.05


def test_a_word_that_agrees_changes_nothing():
    lab, red, _ = scene()
    found = corrected(lab, red.astype(np.float32), Prompts(product=dot(45, 30), ground=dot(10, 60)))
    assert ((found > 0.5) == red).mean() > 0.995


def test_nothing_lies_outside_the_box():
    lab, red, blue = scene()
    box = np.zeros((H, W), bool)
    box[:, :60] = True
    found = corrected(lab, (red | blue).astype(np.float32), Prompts(box=box))
    assert share(found, red) == 1
    assert share(found, blue) == 0


def test_it_is_obeyed_to_the_last_pixel():
    product, ground, box = dot(20, 20), dot(60, 60), np.zeros((H, W), bool)
    box[:80, :100] = True
    matte = obeyed(torch.full((1, 1, H, W), 0.5), Prompts(product, ground, box))[0, 0].numpy()
    assert (matte[product] == 1).all()
    assert (matte[ground] == 0).all()
    assert (matte[~box] == 0).all()
    assert (matte[box & ~product & ~ground] == 0.5).all()


def test_points_and_boxes_lie_where_they_were_put():
    prompts = pointed((100, 200), [(0.25, 0.5, 0.5, 1.0)], [(0.5, 0.5, True), (0, 1, False)])
    assert prompts.box_px() == (50, 50, 100, 100)
    assert prompts.product[50, 100]
    assert prompts.ground[99, 0]
    assert not prompts.product[50, 110]
    assert not pointed((10, 10), [], [])


@pytest.mark.parametrize(
    ("colour", "alpha", "said"),
    [
        ((0, 1, 0), 1, "product"), ((1, 0, 0), 1, "ground"), ((1, 1, 1), 1, "product"), ((0, 0, 0), 1, "ground"),
        ((0.5, 0.5, 0.5), 1, "nothing"), ((0, 1, 0), 0, "nothing"), ((0, 0, 1), 1, "nothing"),
    ],
)  # fmt: skip
def test_what_a_stroke_says(colour, alpha, said):
    drawn = Picture(
        torch.tensor(colour).view(1, 3, 1, 1).expand(1, 3, 4, 4).float(), alpha=torch.full((1, 1, 4, 4), alpha * 1.0)
    )
    product, ground = strokes_of(drawn)
    assert {"product": product.all(), "ground": ground.all(), "nothing": not (product | ground).any()}[said]
    assert product.any() + ground.any() == (said != "nothing")


def test_strokes_over_the_photo_itself_count_by_colour_alone():
    photo = torch.rand(1, 3, 20, 20) * 0.1 + 0.9  # bright, but nobody drew there
    photo[:, :, 5:8, 5:8] = torch.tensor((0.0, 1.0, 0.0)).view(1, 3, 1, 1)
    product, ground = strokes_of(Picture(photo))
    assert product.sum() == 9
    assert not ground.any()
