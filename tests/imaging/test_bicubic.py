"""Bicubic as MATLAB does it: against a second implementation written as loops, and against MATLAB's own pictures."""

import math
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from packshot.errors import ParameterError
from packshot.imaging.bicubic import bicubic, matrix, shrunk
from packshot.imaging.files import open_picture


def cubic(t):
    t = abs(t)
    if t <= 1:
        return 1.5 * t**3 - 2.5 * t**2 + 1
    return -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2 if t <= 2 else 0.0


def line(values, new):
    """One row, pixel by pixel, with indices counted from 1 as MATLAB counts."""
    old, scale = len(values), new / len(values)
    squeeze = min(scale, 1.0)
    out = []
    for i in range(1, new + 1):
        u = i / scale + 0.5 * (1 - 1 / scale)
        left = math.floor(u - 4 / squeeze / 2)
        weights = [(j, squeeze * cubic(squeeze * (u - j))) for j in range(left, left + math.ceil(4 / squeeze) + 2)]
        total = sum(w for _, w in weights)
        aux = [*range(old), *reversed(range(old))]
        out.append(sum(w / total * values[aux[(j - 1) % len(aux)]] for j, w in weights))
    return out


@given(st.integers(1, 40), st.integers(1, 40))
def test_weights_are_those_of_the_loops(old, new):
    values = np.random.default_rng(old * 41 + new).random(old)
    expected = line(values, new)
    np.testing.assert_allclose(matrix(old, new) @ torch.from_numpy(values).float(), expected, atol=2e-6)


def test_both_axes_each_channel():
    x = torch.rand(2, 3, 12, 9, generator=torch.Generator().manual_seed(0))
    out = bicubic(x, (6, 18))
    assert out.shape == (2, 3, 6, 18)
    rows = np.array([line(x[1, 2, :, i].tolist(), 6) for i in range(9)]).T
    expected = np.array([line(row, 18) for row in rows])
    np.testing.assert_allclose(out[1, 2], expected, atol=2e-6)


def test_same_size_is_the_same_picture_and_flat_stays_flat():
    x = torch.rand(1, 3, 7, 5)
    torch.testing.assert_close(bicubic(x, (7, 5)), x)
    torch.testing.assert_close(bicubic(torch.full((1, 3, 20, 20), 0.3), (7, 33)), torch.full((1, 3, 7, 33), 0.3))


def test_what_does_not_fit_is_refused():
    with pytest.raises(ParameterError, match="scale"):
        shrunk(torch.rand(1, 3, 9, 8), 2)
    with pytest.raises(ParameterError, match="size"):
        bicubic(torch.rand(1, 3, 9, 8), (0, 8))


@pytest.mark.skipif("PACKSHOT_DATA" not in os.environ, reason="PACKSHOT_DATA is not set")
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_every_byte_is_matlabs(scale):
    """Set5 as published; four pixels along the border, which that MATLAB repeated instead of mirroring, left out."""
    folder = Path(os.environ["PACKSHOT_DATA"]) / "sr-bench" / "Set5"
    for path in sorted((folder / f"LR_x{scale}").glob("*.png")):
        small, large = (open_picture(p).picture.rgb for p in (path, folder / "HR" / path.name))
        h, w = small.shape[2:]
        ours = shrunk(large[:, :, : h * scale, : w * scale], scale)
        assert torch.equal((ours * 255).round()[..., 4:-4, 4:-4], (small * 255).round()[..., 4:-4, 4:-4]), path.name
