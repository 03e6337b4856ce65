"""warping.py, through `geometry.carry`: soft borders, no aliasing, there and back again."""

import math

import pytest
import torch

from packshot.imaging.geometry import carry
from packshot.imaging.picture import Picture
from packshot.imaging.transforms import corners, homography, scale_shift


def smooth_picture(h: int, w: int) -> Picture:
    x, y = torch.arange(w) / w, torch.arange(h)[:, None] / h
    rgb = torch.stack((0.5 + 0.4 * torch.sin(9 * x + 4 * y), 0.5 + 0.4 * torch.cos(7 * y + 0 * x), (x + y) / 2))
    return Picture(
        rgb[None].contiguous(), matte=((x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.1).float()[None, None].contiguous()
    )


def test_a_warp_that_is_only_a_scaling_agrees_with_the_filter():
    picture = smooth_picture(120, 160)
    to_old = scale_shift(1.3, 1.3, -7, 4)
    skewed = to_old.clone()
    skewed[0, 1] = 1e-7  # enough to take the other way
    a, b = (carry(picture, m, (80, 110), (0.2, 0.4, 0.6)) for m in (to_old, skewed))
    assert (a.rgb - b.rgb).abs().max() < 0.02
    assert (a.rgb - b.rgb).abs().mean() < 0.001
    assert (a.matte - b.matte).abs().mean() < 0.005


def test_there_and_back_again():
    picture = smooth_picture(150, 150)
    quad = corners((150, 150)) + torch.tensor([[-20, -9], [12, -25], [30, 14], [-11, 22.0]])
    away = homography(corners((150, 150)), quad)
    back = carry(carry(picture, away, (150, 150)), torch.linalg.inv(away), (150, 150))
    assert torch.allclose(back.to_source, torch.eye(3, dtype=torch.float64), atol=1e-9)
    inner = (slice(None), slice(None), slice(40, -40), slice(40, -40))
    assert (back.rgb[inner] - picture.rgb[inner]).abs().max() < 0.01


@pytest.mark.parametrize("outside", ["opaque", "transparent"])
def test_outside_a_warp_is_the_fill_and_the_border_is_soft(outside):
    c, s = math.cos(0.3), math.sin(0.3)
    to_old = torch.tensor([[c, -s, -10], [s, c, -30], [0, 0, 1]], dtype=torch.float64)
    fill = (0.1, 0.6, 0.9)
    new = carry(
        Picture(torch.full((1, 3, 60, 60), 0.5), matte=torch.ones(1, 1, 60, 60)), to_old, (110, 110), fill, outside
    )
    off, on = new.matte[0, 0] == 0, new.matte[0, 0] == 1
    area = float(new.matte.sum())
    assert abs(area / 3600 - 1) < 0.005
    assert (new.rgb[0][:, on] - 0.5).abs().max() < 1e-5
    assert (new.rgb[0][:, off] - torch.tensor(fill)[:, None]).abs().max() < 1e-5
    assert 50 < int((~off & ~on).sum()) < 600
    if outside == "transparent":
        assert torch.allclose(new.alpha, new.matte, atol=1e-5)
        assert (new.rgb[0][:, ~off] - 0.5).abs().max() < 1e-3
    else:
        assert new.alpha is None


def test_a_strong_perspective_does_not_alias():
    """A fine board lying far away becomes even grey, not a moiré."""
    board = ((torch.arange(300)[:, None] // 2 + torch.arange(300) // 2) % 2).float().expand(1, 3, 300, 300).contiguous()
    far = homography(torch.tensor([[60.0, 20], [80, 20], [140, 100], [0, 100]]), corners((300, 300)))
    new = carry(Picture(board), far, (100, 140))
    grey = new.rgb[0, 0, 24:40, 66:74]
    assert grey.std() < 0.03
    assert abs(float(grey.mean()) - 0.7354) < 0.03
