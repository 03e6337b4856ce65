"""Seams and scraps: boards under a product, drawn, with the truth known."""

import cv2
import numpy as np
import pytest

from packshot.imaging.segmentation.answers import SHADOWS, find
from packshot.imaging.segmentation.backdrop import behind, surfaces
from packshot.imaging.segmentation.scraps import without_scraps
from packshot.imaging.segmentation.seams import seams
from packshot.imaging.segmentation.shade import Leeway, lit

SIDE = 200
BOARD, RED = np.float32((0.72, 0.55, 0.38)), np.float32((0.75, 0.12, 0.1))
LINES = (60, 125, 165)


def rectangle(top, bottom, left, right):
    inside = np.zeros((SIDE, SIDE), dtype=bool)
    inside[top:bottom, left:right] = True
    return inside


def boards(product, shadow=None, colour=RED):
    """Boards with dark seams at `LINES`, a hard-edged shadow and a product on them: sRGB `(h, w, 3)`."""
    ground = np.ones((SIDE, SIDE, 1), np.float32) * BOARD
    for y in LINES:
        ground[y : y + 2] *= 0.72
    if shadow is not None:
        ground[shadow] *= 0.8
    rgb = np.where(product[..., None], colour, ground)
    rgb = cv2.GaussianBlur(rgb, (0, 0), 0.7) + np.random.default_rng(0).normal(0, 0.004, rgb.shape)
    return np.clip(rgb, 0, 1).astype(np.float32)


def lightness(rgb):
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab)[..., 0]


def everywhere():
    return np.ones((SIDE, SIDE), dtype=bool)


@pytest.mark.parametrize("turned", [False, True])
def test_seams_are_the_lines_that_reach_the_border(turned):
    rgb = boards(rectangle(0, 0, 0, 0))
    plane = lightness(np.ascontiguousarray(rgb.transpose(1, 0, 2)) if turned else rgb)
    found = seams(plane, everywhere(), 0.3)
    found = found.T if turned else found
    for y in LINES:
        assert found[y : y + 2].all()
        found[y - 4 : y + 6] = False
    assert not found.any()


def test_a_line_that_ends_inside_or_has_product_beside_it_is_no_seam():
    rgb = np.ones((SIDE, SIDE, 3), np.float32) * BOARD
    rgb[100:102, 40:160] *= 0.6
    assert not seams(lightness(rgb), everywhere(), 0.3).any()
    rgb[100:102] *= 0.6
    assert seams(lightness(rgb), everywhere(), 0.3).any()
    assert not seams(lightness(rgb), rectangle(0, 101, 0, SIDE), 0.3).any()


def test_a_step_is_no_seam():
    rgb = np.where(rectangle(0, 90, 0, SIDE)[..., None], BOARD, 0.6 * BOARD).astype(np.float32)
    assert not seams(lightness(rgb), everywhere(), 0.3).any()


def test_a_shadow_between_two_seams_is_shade_only_across_seams():
    product = rectangle(70, 150, 60, 120)
    shadow = rectangle(127, 165, 118, SIDE)
    lab = cv2.cvtColor(boards(product, shadow), cv2.COLOR_RGB2Lab)
    backdrop = behind(surfaces(lab))
    deep = rectangle(132, 160, 126, SIDE - 4)
    strict, lenient = (lit(lab, backdrop, x) for x in (Leeway(), SHADOWS))
    assert (strict.shade | strict.ground)[deep].mean() < 0.5
    assert (lenient.shade | lenient.ground)[deep].mean() > 0.9
    assert not (lenient.shade | lenient.ground)[rectangle(73, 147, 63, 117)].any()


def scraps(*pieces, colours, main=None):
    """The map of a main piece and further ones, tidied beside a scene on which they have these colours."""
    main = rectangle(40, 120, 40, 120) if main is None else main
    rgb = np.where(main[..., None], RED, BOARD).astype(np.float32)
    for piece, colour in zip(pieces, colours, strict=True):
        rgb = np.where(piece[..., None], np.float32(colour), rgb)
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab)
    matte = np.any([main, *pieces], axis=0).astype(np.float32)
    return without_scraps(matte, lit(lab, behind(surfaces(lab)))), main


def kept(piece, colour):
    matte, main = scraps(piece, colours=[colour])
    assert (matte[main] == 1).all()
    return bool(matte[piece].all())


def test_a_second_part_of_the_product_stays():
    assert kept(rectangle(140, 156, 140, 156), RED)
    assert kept(rectangle(140, 144, 140, 144), RED)  # tiny, but of no ground's colour
    assert kept(rectangle(140, 180, 40, 140), 0.95 * BOARD)  # hardly told from the ground, but large


def test_slivers_and_faint_patches_of_the_ground_go():
    assert not kept(rectangle(150, 152, 60, 150), 0.8 * BOARD)
    assert not kept(rectangle(140, 154, 140, 154), 0.95 * BOARD)


def test_what_touches_the_border_goes_unless_the_product_touches_it_too():
    piece = rectangle(150, 180, 180, SIDE)
    assert not kept(piece, (0.1, 0.2, 0.6))
    matte, _ = scraps(piece, colours=[(0.1, 0.2, 0.6)], main=rectangle(0, 120, 40, 120))
    assert matte[piece].all()


def test_a_product_on_boards_is_cut_out_without_lines_and_without_its_hard_shadow():
    product = rectangle(70, 150, 60, 120)
    rgb = boards(product, rectangle(127, 165, 118, SIDE))
    matte = find(rgb).matte > 0.5
    assert (matte & product).sum() / (matte | product).sum() > 0.97
