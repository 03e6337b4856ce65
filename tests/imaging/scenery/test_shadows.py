"""Drawn shadows: bounded, where light says they fall, darkest where the product stands, gone where nothing is."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.imaging.scenery import shadows
from packshot.imaging.scenery.layering import render
from packshot.imaging.scenery.shadows import Light


def box(h=200, w=240, y0=60, y1=160, x0=80, x1=160):
    matte = np.zeros((h, w), np.float32)
    matte[y0:y1, x0:x1] = 1
    return matte


def disc(size, x, y, radius):
    ys, xs = np.mgrid[:size, :size] + 0.5
    return np.clip(radius - np.hypot(xs - x, ys - y) + 0.5, 0, 1).astype(np.float32)


def drawn(matte, kind="contact", **parameters):
    shape = shadows.outline(matte)
    light = Light(*(parameters.pop(n, d) for n, d in (("angle", -110.0), ("elevation", 45.0), ("penumbra", 0.04))))
    if kind == "cast":
        parameters["light"] = light
    shade = getattr(shadows, kind)(shape, **parameters)
    return render(shade, matte.shape)


KINDS = ("contact", "cast", "floating", "drop")
MATTES = st.tuples(st.integers(1, 70), st.integers(1, 70), st.integers(0, 10**6)).map(
    lambda t: np.random.default_rng(t[2]).choice([0, 0, 0.3, 1], t[:2]).astype(np.float32)
)


@pytest.mark.parametrize("kind", KINDS)
@given(matte=MATTES, blur=st.floats(0, 0.5))
@settings(max_examples=15, deadline=None)
def test_any_matte_gives_a_bounded_shadow(kind, matte, blur):
    matte[0, 0] = 1
    density, clipped = drawn(matte, kind, **({"penumbra": blur} if kind == "cast" else {"blur": blur}))
    assert density.shape == matte.shape
    assert density.dtype == np.float32
    assert density.min() >= 0
    assert density.max() <= 1
    assert 0 <= clipped <= 1
    assert not density[[0, -1]].any()
    assert not density[:, [0, -1]].any()


@given(
    angle=st.floats(-180, 180), elevation=st.floats(10, 85), length=st.floats(0.05, 3), camera=st.floats(3, 60),
    penumbra=st.floats(0, 0.5),
)  # fmt: skip
@settings(max_examples=25, deadline=None)
def test_any_light_gives_a_bounded_shadow(angle, elevation, length, camera, penumbra):
    density, clipped = drawn(
        box(), "cast", angle=angle, elevation=elevation, penumbra=penumbra, length=length, camera=camera
    )
    assert np.isfinite(density).all()
    assert density.min() >= 0
    assert density.max() <= 1
    assert 0 <= clipped <= 1


def test_no_product_no_outline():
    assert shadows.outline(np.zeros((20, 20), np.float32)) is None
    assert shadows.outline(np.full((20, 20), 0.03, np.float32)) is None
    assert shadows.outline(np.full((1, 1), 1, np.float32)) is not None


def test_contact_is_darkest_at_the_contact_and_fades_all_around():
    matte = box()
    density, _ = drawn(matte)
    below = density[160:190, 120]
    assert below[:3].max() > 0.45
    assert (np.diff(below) <= 1e-4).all()
    assert below[-1] < 0.1
    assert density[:60].max() < 0.02  # nothing above the product
    beside = density[150, :80]
    assert (np.diff(beside[20:]) >= -1e-4).all()
    assert beside[10] < 0.03


def test_contact_follows_the_footprint_of_two_feet():
    """Two feet 80 px apart under one body: dark at each, lighter between, lightest outside."""
    matte = np.zeros((220, 240), np.float32)
    matte[40:120, 60:180] = 1
    matte[120:180, 60:75] = 1
    matte[120:180, 165:180] = 1
    row = drawn(matte)[0][181]
    left, middle, right = row[60:75].max(), row[110:130].max(), row[165:180].max()
    assert left > 1.3 * middle
    assert left == pytest.approx(right, rel=0.15)
    assert row[30] < 0.5 * left
    assert row[210] < 0.5 * right


def test_a_ball_touches_at_one_point():
    density, _ = drawn(disc(240, 120, 110, 70))
    row = density[182]
    assert abs(int(np.argmax(row)) - 120) < 8
    assert row[60] < 0.5 * row.max()


def centroid(density):
    ys, xs = np.indices(density.shape)
    return (xs * density).sum() / density.sum(), (ys * density).sum() / density.sum()


def test_light_throws_the_shadow_to_the_other_side():
    matte = box(300, 400, 100, 180, 170, 230)
    right, _ = drawn(matte, "cast", angle=-90, ambient=0)
    left, _ = drawn(matte, "cast", angle=90, ambient=0)
    assert centroid(right)[0] > 210  # what lies under the product counts too
    assert centroid(left)[0] < 190
    assert right == pytest.approx(left[:, ::-1], abs=0.12)
    front, _ = drawn(matte, "cast", angle=0, ambient=0)
    back, _ = drawn(matte, "cast", angle=180, ambient=0)
    assert centroid(front)[1] > 180
    assert centroid(back)[1] < centroid(right)[1] < centroid(front)[1]


def test_a_low_light_throws_longer():
    """Height h, elevation e: the shadow is h / tan e long, as far as it has not faded."""
    matte = box(300, 900, 100, 200, 100, 130)
    for elevation in (30, 45, 60):
        density, _ = drawn(matte, "cast", angle=-90, elevation=elevation, ambient=0, length=3, penumbra=0.0, camera=20)
        reached = np.nonzero((density > 0.1).any(0))[0].max() - 130
        assert reached == pytest.approx(100 / math.tan(math.radians(elevation)), rel=0.12)


def test_the_penumbra_widens_with_the_distance():
    matte = box(300, 700, 60, 200, 100, 130)
    density, _ = drawn(matte, "cast", angle=-60, elevation=40, ambient=0, length=3, penumbra=0.12)

    def softness(column):
        edge = density[:, column]
        return ((edge > 0.15 * edge.max()) & (edge < 0.85 * edge.max())).sum()

    assert softness(280) > 1.8 * softness(150)


def test_the_shadow_ends_at_its_length():
    matte = box(200, 900, 60, 160, 60, 100)
    for length in (0.5, 1.0):
        density, _ = drawn(matte, "cast", angle=-90, elevation=20, length=length, ambient=0)
        reached = np.nonzero((density > 0.01).any(0))[0].max() - 100
        assert 0.6 * length * 100 < reached < 1.25 * length * 100


def test_floating_is_detached_and_softer_with_the_gap():
    matte = box()
    near, far = (drawn(matte, "floating", gap=gap)[0] for gap in (0.03, 0.2))
    assert centroid(near)[1] < centroid(far)[1]
    assert near.max() > far.max()
    moved = drawn(matte, "floating", right=0.1)[0]
    assert centroid(moved)[0] == pytest.approx(centroid(drawn(matte, "floating")[0])[0] + 10, abs=1)


def test_drop_is_the_outline_shifted():
    matte = box()
    density, _ = drawn(matte, "drop", right=0.1, down=0.2, blur=0.0)
    assert density[100:170, 100:160].min() == pytest.approx(shadows.KEY, abs=0.01)
    x, y = centroid(density)
    assert (x, y) == (pytest.approx(119.5 + 10, abs=0.6), pytest.approx(109.5 + 20, abs=0.6))


def test_what_lies_outside_the_picture_is_counted():
    whole = drawn(box(400, 600, 150, 250, 250, 310), "drop", right=0, down=0.1, blur=0.02)[1]
    assert whole == 0
    half = drawn(box(400, 600, 150, 250, 0, 100), "drop", right=-0.5, down=0, blur=0.02)[1]
    assert half == pytest.approx(0.5, abs=0.05)
    beyond = drawn(box(400, 600, 150, 250, 0, 100), "drop", right=-3, down=0, blur=0.02)
    assert beyond[1] == 1
    assert not beyond[0].any()


def test_a_shadow_does_not_depend_on_where_the_product_is():
    one, two = box(300, 300, 60, 160, 80, 160), box(300, 300, 80, 180, 110, 190)
    for kind in KINDS:
        a, b = drawn(one, kind)[0], drawn(two, kind)[0]
        assert np.abs(a[50:230, 50:220] - b[70:250, 80:250]).max() < 0.02


def test_a_shadow_scales_with_the_picture():
    small, large = box(), np.kron(box(), np.ones((3, 3), np.float32))
    for kind in KINDS:
        a, b = drawn(small, kind)[0], drawn(large, kind)[0]
        assert np.abs(a - b[1::3, 1::3]).mean() < 0.006
