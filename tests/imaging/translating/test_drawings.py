"""Drawings: lines found on shaded paper, at any size, of about the thickness asked for."""

import cv2
import numpy as np
import pytest
import torch

from packshot.errors import ParameterError
from packshot.imaging.translating import drawings


def sheet(side=256, width=4, paper=1.0, ink=0.1):
    """A circle and a bar, drawn with a pen of some width."""
    grey = np.full((side, side), paper, np.float32)
    cv2.circle(grey, (side // 2, side // 2), side // 3, ink, width, cv2.LINE_AA)
    cv2.line(grey, (side // 4, side // 2), (3 * side // 4, side // 2), ink, width, cv2.LINE_AA)
    return torch.from_numpy(grey)[None, None].expand(1, 3, side, side).contiguous()


def truth(**how):
    return (sheet(**how)[:, :1] < 0.5).float()


def agreed(found, wanted):
    both = ((found > 0.5) & (wanted > 0.5)).sum()
    return float(2 * both / ((found > 0.5).sum() + (wanted > 0.5).sum()))


def test_lines_are_found():
    found = drawings.read(sheet())
    assert agreed(found.lines, truth()) > 0.95
    assert not found.turned
    assert found.share == pytest.approx(2 / 3, abs=0.04)


def test_a_photographed_sheet_is_read_whatever_its_light():
    ramp = torch.linspace(0.35, 0.9, 256).view(1, 1, 1, 256)
    noise = 0.01 * torch.randn(1, 3, 256, 256, generator=torch.Generator().manual_seed(0))
    found = drawings.read((sheet() * ramp + noise).clamp(0, 1))
    assert agreed(found.lines, truth()) > 0.9


def test_light_on_dark_is_turned_and_transparent_is_paper():
    assert drawings.read(1 - sheet()).turned
    assert agreed(drawings.read(1 - sheet()).lines, truth()) > 0.9
    ink = torch.zeros(1, 3, 256, 256)
    assert agreed(drawings.read(ink, truth()).lines, truth()) > 0.99


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_an_empty_sheet_is_refused(level):
    with pytest.raises(ParameterError, match="a sheet without lines"):
        drawings.read(torch.full((1, 3, 64, 64), level))


@pytest.mark.parametrize("width", [1, 2, 6, 12])
def test_lines_come_out_about_as_thick_as_asked_for_and_whole(width):
    lines = drawings.read(sheet(512, width)).lines
    found = drawings.at(lines, (64, 64))
    assert found.shape == (1, 1, 64, 64)
    assert 1.3 <= drawings.thickness_of(found) <= 3.5
    pieces, _ = cv2.connectedComponents((found[0, 0] > 0.5).numpy().astype(np.uint8))
    assert pieces == 3  # ground, circle, bar


def test_enlarging_keeps_lines_thick():
    small = (drawings.at(drawings.read(sheet(512, 6)).lines, (64, 64)) > 0.5).float()
    assert drawings.thickness_of(drawings.at(small, (128, 128))) > 2


def test_framing_brings_a_small_drawing_to_the_middle():
    sheet = torch.zeros(1, 1, 200, 300)
    sheet[..., 10:50, 220:240] = 1
    out, corner = drawings.framed(sheet, (220, 10, 240, 50), 0.8)
    assert out.shape == (1, 1, 50, 50)
    assert torch.equal(out[0, 0, 5:45, 15:35], torch.ones(40, 20))
    assert corner == (205, 5)
