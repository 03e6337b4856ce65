"""Reflections: mirrored at the contact, fading, never above it."""

import numpy as np
import pytest
import torch

from packshot.imaging.picture import Picture
from packshot.imaging.scenery import shadows
from packshot.imaging.scenery.reflections import SHINE, reflection


def striped(h=200, w=160):
    """A box with one row of each colour, standing at row 100."""
    rgb = torch.zeros(1, 3, h, w)
    rgb[:, :, 40:100] = (torch.arange(60) / 60).view(1, 1, 60, 1)
    matte = torch.zeros(1, 1, h, w)
    matte[..., 40:100, 50:110] = 1
    return Picture(rgb, matte=matte, alpha=matte)


def mirrored(picture, **parameters):
    return reflection(picture, shadows.outline(picture.matte[0, 0].numpy()), **parameters)


def test_rows_are_mirrored_at_the_contact():
    picture = striped()
    found = mirrored(picture, blur=0.0, length=3.0)
    assert not found.alpha[..., :100, :].any()
    for below in (1, 10, 30):
        row = found.rgb[0, 0, 99 + below, 80]
        assert row.item() == pytest.approx(picture.rgb[0, 0, 100 - below, 80].item(), abs=0.02)
    assert found.alpha[..., 100, 60:100].min() == pytest.approx(SHINE, abs=0.02)
    assert not found.alpha[..., :48].any()
    assert not found.alpha[..., 112:].any()


def test_it_fades_to_nothing_at_its_length():
    found = mirrored(striped(), length=0.5)
    column = found.alpha[0, 0, 100:, 80].numpy()
    assert (np.diff(column) <= 1e-4).all()
    assert column[31:].max() == 0
    assert column[10] > 0.05


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0, 3.0])
def test_strength_is_bounded_and_monotone(strength):
    found = mirrored(striped(), strength=strength).alpha
    more = mirrored(striped(), strength=strength + 0.2).alpha
    assert found.max() <= 1
    assert bool((more >= found).all())
    assert (found.max() == 0) == (strength == 0)


def test_blur_grows_with_the_distance():
    picture = striped()
    sharp, soft = (mirrored(picture, blur=b, length=2.0) for b in (0.0, 0.3))
    edge = (sharp.alpha - soft.alpha).abs()[0, 0]
    assert edge[102, 40:120].max() < edge[130, 40:120].max()


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (40, 7)])
def test_a_product_that_fills_the_picture_has_none(size):
    full = torch.ones(1, 1, *size)
    found = mirrored(Picture(torch.ones(1, 3, *size), matte=full, alpha=full))
    assert not found.alpha.any()


def test_an_opaque_picture_mirrors_the_product_without_its_old_ground():
    picture = striped()
    opaque = picture.replace(alpha=None, rgb=torch.where(picture.matte > 0, picture.rgb, torch.ones_like(picture.rgb)))
    one, two = mirrored(picture, blur=0.0), mirrored(opaque, blur=0.0)
    shown = one.alpha > 0.05
    assert (one.rgb - two.rgb).abs()[shown.expand_as(one.rgb)].max() < 0.02
