"""Paints, prints and grain."""

from __future__ import annotations

import numpy as np
import pytest

from packshot.catalogue.toyshop.paint import prints
from packshot.catalogue.toyshop.paint.grain import wood_grain
from packshot.catalogue.toyshop.paint.palette import COLOURS, decode, encode, srgb


def test_wood_grain_runs_along_its_axis():
    along = np.stack([np.linspace(0, 1, 400), np.zeros(400), np.zeros(400)], 1)
    across = along[:, [1, 0, 2]]
    axis = np.array([1.0, 0, 0])
    changes = [np.abs(np.diff(wood_grain(line, axis, 3)[1])).mean() for line in (along, across)]
    assert changes[1] > 5 * changes[0]


def test_label_has_soft_edges_and_the_ink_asked_for():
    picture = prints.label("7", "navy", 96, "cream")
    assert picture.shape == (96, 96, 4)
    assert picture[0, 0, 3] == 0
    assert picture[48, 12, :3] == pytest.approx(srgb("cream"), abs=0.02)
    assert ((picture[..., 3] > 0.05) & (picture[..., 3] < 0.95)).any()
    assert (np.abs(picture[..., :3] - srgb("navy")).max(-1) < 0.02).sum() > 50


def test_palette_round_trip_and_names():
    ramp = np.linspace(0, 1, 200)
    assert encode(decode(ramp)) == pytest.approx(ramp, abs=1e-6)
    assert len(COLOURS) >= 14
    assert all(chinese for _, chinese in COLOURS.values())
