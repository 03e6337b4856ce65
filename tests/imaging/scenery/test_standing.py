"""How an outline is set on the ground: contact line, feet, cross-sections."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.imaging.scenery.standing import Camera, contact_line, half_depths, lowest, stand

OUTLINES = st.integers(1, 24).flatmap(
    lambda h: st.integers(1, 24).flatmap(
        lambda w: st.lists(st.booleans(), min_size=h * w, max_size=h * w).map(lambda v: np.array(v).reshape(h, w))
    )
)


def test_camera_rows_and_depths_are_inverse():
    camera = Camera(x0=50, y0=80, horizon=-200, distance=600)
    z = np.linspace(-200, 200, 9)
    assert camera.depth(camera.row(z)) == pytest.approx(z)
    points = camera.ground_to_picture() @ np.stack([np.full(9, 70.0), z, np.ones(9)])
    assert points[1] / points[2] == pytest.approx(camera.row(z))
    assert points[0] / points[2] == pytest.approx(50 + 20 * camera.scale(z))


def test_the_cross_section_of_a_round_product_is_round():
    """A row 41 px wide, seen as a circle: half-depth at its middle is the share of its half-width."""
    half = half_depths(np.ones((1, 41), bool), deepest=1e6)[0]
    assert half[20] == pytest.approx(0.8 * 20.5, rel=0.05)
    assert half[0] < half[5] < half[20]
    assert half == pytest.approx(half[::-1])


def test_a_flat_base_touches_everywhere_and_a_ball_at_its_foot():
    box = np.zeros((40, 40), bool)
    box[10:35, 8:32] = True
    base, touching = contact_line(box, 0.3, 40, 0.3)
    assert touching[8:32].all()
    assert set(base) == {35}
    ys, xs = np.mgrid[:80, :80] + 0.5
    ball = np.hypot(xs - 40, ys - 40) < 35
    base, touching = contact_line(ball, 0.3, 80, 0.3)
    assert touching[38:42].all()
    assert not touching[:15].any()
    assert not touching[-15:].any()
    assert base.max() - base.min() < 6


def test_all_four_legs_stand():
    """Two legs in front, two further back (higher up in the picture) below one seat."""
    table = np.zeros((60, 80), bool)
    table[10:20] = True
    for x, foot in ((2, 58), (74, 58), (20, 50), (56, 50)):
        table[20:foot, x : x + 4] = True
    base, touching = contact_line(table, 0.3, 80, 0.3)
    for x, foot in ((2, 58), (74, 58), (20, 50), (56, 50)):
        assert touching[x + 1]
        assert base[x + 1] == foot
    assert not touching[35:45].any()


def test_a_hanging_strap_above_the_ground_does_not_stand():
    bag = np.zeros((60, 80), bool)
    bag[5:55, 10:50] = True
    bag[5:10, 50:70] = True
    bag[5:15, 66:70] = True  # ends far above the ground
    _, touching = contact_line(bag, 0.3, 60, 0.3)
    assert touching[10:50].all()
    assert not touching[50:].any()


@given(outline=OUTLINES, elevation=st.floats(3, 60), undercut=st.floats(0, 3))
@settings(max_examples=80, deadline=None)
def test_any_outline_stands(outline, elevation, undercut):
    outline[0, 0] = True
    found = stand(outline, elevation, undercut)
    assert (found.near >= found.far)[outline].all()
    assert not (found.near >= found.far)[~outline].any()
    assert np.isfinite(found.base).all()
    assert (found.base - undercut <= outline.shape[0] + 1e-9).all()
    deepest = lowest(outline)[np.isfinite(lowest(outline))].max()
    assert found.camera.y0 == pytest.approx(deepest + undercut)
    back, front = found.depths()
    assert back <= front < found.camera.distance
    x, z = np.arange(-5, outline.shape[1] + 5.0), np.linspace(back, front, 7)
    for height in (0.0, found.tallest / 2, found.tallest + 1e6):
        assert found.slice(height, x, z).shape == (7, len(x))
    assert not found.slice(1e6, x, z).any()


def test_slices_of_a_box_lie_under_it():
    box = np.zeros((50, 60), bool)
    box[10:45, 20:40] = True
    what = stand(box, 18)
    x, z = np.arange(0, 60.0), np.arange(-60, 20.0)
    for height in (1, 10, 30):
        plate = what.slice(height, x, z)
        assert plate.any()
        columns = np.nonzero(plate.any(0))[0]
        assert columns.min() >= 18
        assert columns.max() <= 41
    assert not what.slice(what.tallest + 12, x, z).any()
