"""The camera frames and develops as asked; lights have their colour; a missing renderer is named."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from packshot.catalogue.toyshop.paint.palette import encode
from packshot.catalogue.toyshop.samples import photo
from packshot.catalogue.toyshop.studio import camera as cameras
from packshot.catalogue.toyshop.studio import renderer, setup
from packshot.errors import DeviceError, MissingExtra, ParameterError


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


def test_llvm_that_is_missing_is_named_and_harms_nobody(monkeypatch):
    pytest.importorskip("mitsuba", reason="mitsuba is not installed (extra synth)")
    monkeypatch.setenv("DRJIT_LIBLLVM_PATH", "/nowhere/libLLVM.so")
    renderer.check_llvm.cache_clear()
    with pytest.raises(DeviceError, match=r"renderer: llvm did not render .*LLVM.*DRJIT_LIBLLVM_PATH"):
        renderer.mitsuba("llvm")
    with pytest.raises(ParameterError, match="renderer: expected one of scalar, llvm; got 'cuda'"):
        renderer.mitsuba("cuda")


def test_llvm_that_ends_its_process_ends_the_trial_only(monkeypatch):
    for probe, told in (("import os; os.abort()", "ended by signal 6"), ("import time; time.sleep(9)", "within 0.2 s")):
        monkeypatch.setattr(renderer, "PROBE", probe)
        monkeypatch.setattr(renderer, "PROBE_SECONDS", 0.2 if "sleep" in probe else 60)
        renderer.check_llvm.cache_clear()
        with pytest.raises(DeviceError, match=told):
            renderer.check_llvm()
