"""The camera frames and develops as asked; lights have their colour; a missing renderer is named."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from packshot.catalogue.toyshop.paint.palette import encode
from packshot.catalogue.toyshop.samples import photo
from packshot.catalogue.toyshop.studio import camera as cameras
from packshot.catalogue.toyshop.studio import renderer, setup
from packshot.errors import MissingExtra


def test_camera_frames_the_product_as_asked():
    points = np.random.default_rng(0).uniform(-1, 1, (200, 3)) * (6, 3, 4) + (0, 0, 4)
    for fill, offset in ((0.5, (0.0, 0.0)), (0.8, (0.04, -0.03))):
        camera = setup.place_camera(points, setup.Studio(fill=fill, offset=offset))
        ahead = (camera.target - camera.eye) / np.linalg.norm(camera.target - camera.eye)
        right = np.cross(ahead, [0, 0, 1.0])
        right /= np.linalg.norm(right)
        x = (points - camera.eye) @ right / ((points - camera.eye) @ ahead) / np.tan(np.radians(camera.fov / 2))
        y = (points - camera.eye) @ np.cross(right, ahead)
        y = y / ((points - camera.eye) @ ahead) / np.tan(np.radians(camera.fov / 2))
        assert max(np.ptp(x), np.ptp(y)) / 2 == pytest.approx(fill, abs=0.02)
        assert (x.min() + x.max()) / 4 == pytest.approx(offset[0], abs=0.01)
        assert (y.min() + y.max()) / 4 == pytest.approx(offset[1], abs=0.01)


def test_blackbody_is_red_below_and_blue_above_daylight():
    warm, white, cool = (setup.blackbody(k) for k in (2900, 6500, 9000))
    assert warm[0] > 2 * warm[2]
    assert white == pytest.approx(1, abs=0.06)
    assert cool[2] > 1.15 * cool[0]


def test_develop_is_repeatable_exposes_and_darkens_corners():
    light = np.full((64, 64, 3), 5.0, np.float32)
    response = cameras.Response(key=0.2, vignette=0.3, electrons=1e6, contrast=0.0, seed=4)
    picture = photo.develop(light, response, np.ones(3))
    assert np.array_equal(picture, photo.develop(light, response, np.ones(3)))
    assert picture[30:34, 30:34].mean() == pytest.approx(encode(np.array(0.2)) * 255, abs=2)
    assert picture[:3, :3].mean() < 0.9 * picture[30:34, 30:34].mean()


def test_missing_renderer_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "mitsuba", None)
    with pytest.raises(MissingExtra, match=r"packshot\[synth\]"):
        renderer.mitsuba()
