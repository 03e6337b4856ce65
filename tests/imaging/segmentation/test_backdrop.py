"""Backdrop, light and the studio answer: surfaces, shadows and holes of drawn scenes, each with its known truth."""

import dataclasses

import cv2
import numpy as np
import pytest

from packshot.imaging.segmentation import backdrop, shade, studio
from packshot.imaging.segmentation.regions import narrowed

SIDE = 160
Y, X = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j].astype(np.float32)


def to_lab(rgb):
    return cv2.cvtColor(np.ascontiguousarray(rgb, dtype=np.float32), cv2.COLOR_RGB2Lab)


def noisy(rgb, sigma=0.004):
    return np.clip(rgb + np.random.default_rng(0).normal(0, sigma, rgb.shape), 0, 1).astype(np.float32)


def sweep(colour=(0.8, 0.78, 0.74), fall=0.08):
    return np.float32(colour) * (1 - fall * (X * X + Y * Y))[..., None]


def disc(radius=0.5, x=0.0, y=0.0):
    return np.hypot(X - x, Y - y) < radius


def scene(product, colour=(0.7, 0.12, 0.1), shadow=None):
    rgb = sweep()
    if shadow is not None:
        rgb = rgb * shadow[..., None]
    return to_lab(noisy(np.where(product[..., None], np.float32(colour), rgb)))


def agree(found, truth):
    return (found & truth).sum() / (found | truth).sum()


def test_uneven_light_is_one_surface_that_goes_on_under_the_product():
    found = backdrop.surfaces(scene(disc()))
    assert len(found) == 1
    assert found[0].corners == 4
    assert found[0].share > 0.95
    missed = backdrop.length(found[0].colour - to_lab(sweep()))
    assert missed[~disc()].max() < 1.5


def test_wall_and_floor_are_two_surfaces_and_both_are_background():
    rgb = np.where((Y < -0.2)[..., None], np.float32((0.75, 0.75, 0.72)), np.float32((0.5, 0.32, 0.2)))
    found = backdrop.behind(backdrop.surfaces(to_lab(noisy(rgb))))
    assert len(found) == 2
    assert found[0].share + found[1].share > 0.9


def test_a_product_cut_off_by_the_frame_is_not_background():
    cut = np.abs(X) < 0.3
    rgb = np.where((cut & (Y > 0))[..., None], np.float32((0.1, 0.3, 0.6)), sweep())
    lab = to_lab(noisy(rgb))
    found = backdrop.behind(backdrop.surfaces(lab))
    assert len(found) == 1
    assert backdrop.length(found[0].colour - lab)[cut & (Y > 0.1)].min() > 20


@pytest.mark.parametrize("shape", [(3, 3), (12, 40), (256, 256)])
def test_the_ring_surrounds_the_picture_on_all_sides(shape):
    ring = backdrop.ring_of(shape)
    assert ring[0].all()
    assert ring[-1].all()
    assert ring[:, 0].all()
    assert ring[:, -1].all()
    assert not ring[shape[0] // 2, shape[1] // 2]


def test_a_soft_shadow_is_shade_and_the_product_is_neither():
    product = disc(0.4)
    cast = cv2.GaussianBlur(disc(0.4, 0.25, 0.25).astype(np.float32), (0, 0), 8)
    lab = scene(product, shadow=1 - 0.4 * cast)
    lit = shade.lit(lab, backdrop.behind(backdrop.surfaces(lab)))
    assert not ((lit.ground | lit.shade) & narrowed(product, 2)).any()
    deep = (cast > 0.3) & ~cv2.dilate(product.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool)
    assert (lit.shade | lit.ground)[deep].mean() > 0.97
    assert lit.shade[deep].mean() > 0.8


def test_ground_and_shade_never_overlap_and_ground_is_the_plain_picture():
    lab = to_lab(noisy(sweep()))
    lit = shade.lit(lab, backdrop.behind(backdrop.surfaces(lab)))
    assert not (lit.ground & lit.shade).any()
    assert (lit.ground | lit.shade).mean() > 0.99


def test_the_studio_answer_is_the_product_without_its_shadow():
    product = disc(0.4)
    cast = cv2.GaussianBlur(disc(0.4, 0.2, 0.3).astype(np.float32), (0, 0), 8)
    lab = scene(product, shadow=1 - 0.35 * cast)
    matte = studio.studio(lab, shade.lit(lab, backdrop.behind(backdrop.surfaces(lab))))
    assert agree(matte > 0.5, product) > 0.97
    assert 0 <= matte.min() <= matte.max() <= 1


def test_a_hole_of_ground_stays_open_and_a_spot_of_another_colour_stays_product():
    spotted = disc(0.6)
    rgb = np.where(spotted[..., None], np.float32((0.7, 0.12, 0.1)), sweep())
    rgb = np.where(disc(0.15, -0.25)[..., None], sweep(), rgb)
    rgb = np.where(disc(0.15, 0.25)[..., None], np.float32((0.1, 0.4, 0.2)), rgb)
    lab = to_lab(noisy(rgb))
    matte = studio.studio(lab, shade.lit(lab, backdrop.behind(backdrop.surfaces(lab))))
    assert matte[disc(0.1, -0.25)].max() < 0.2
    assert matte[disc(0.1, 0.25)].min() > 0.8


def test_the_walker_solves_its_equations():
    rng = np.random.default_rng(2)
    prior, weight = rng.random((6, 7)).astype(np.float32), rng.uniform(0.1, 1, (6, 7)).astype(np.float32)
    link_x, link_y = (rng.uniform(0, 1, s).astype(np.float32) for s in ((6, 6), (5, 7)))
    system, number = np.diag(weight.ravel().astype(np.float64)), np.arange(42).reshape(6, 7)
    for a, b, links in ((number[:, 1:], number[:, :-1], link_x), (number[1:], number[:-1], link_y)):
        for i, j, link in zip(a.ravel(), b.ravel(), links.ravel(), strict=True):
            system[[i, j], [i, j]] += link
            system[[i, j], [j, i]] -= link
    wanted = np.linalg.solve(system, (weight * prior).ravel())
    np.testing.assert_allclose(studio.walk(prior, weight, link_x, link_y).ravel(), wanted, atol=1e-3)


def test_an_enclosed_piece_that_is_not_bare_ground_is_filled_and_bare_ground_is_not():
    """The walker's own holes: one of the ground's colour, one that is only like it, one too small to be a hole."""
    lab = scene(disc(0.6))
    lit = shade.lit(lab, backdrop.behind(backdrop.surfaces(lab)))
    bare, other, speck = disc(0.15, -0.25), disc(0.15, 0.25), disc(0.02, 0, -0.3)
    light = np.where(other, -25, np.where(bare | speck, 0, lit.rest.light)).astype(np.float32)
    like = lit.like | bare | other | speck
    lit = dataclasses.replace(lit, like=like, rest=dataclasses.replace(lit.rest, light=light))
    inside = np.where(disc(0.6) & ~bare & ~other & ~speck, 1, 0).astype(np.float32)
    filled = studio._with_holes(inside, lit, backdrop.ring_of(inside.shape))
    assert (filled[bare] == 0).all()
    assert (filled[other] > 0.5).all()
    assert (filled[speck] > 0.5).all()
    assert (filled[~disc(0.6)] == 0).all()
