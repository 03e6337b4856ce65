"""A small network's picture on a large photo: nothing changes where nothing was changed, detail and edges stay."""

import pytest
import torch

from packshot.imaging import compare
from packshot.imaging.colour import delta_e_2000, linear_to_srgb, rgb_to_lab, srgb_to_linear
from packshot.imaging.geometry import resize_layer
from packshot.imaging.translating.kept import structure
from packshot.imaging.translating.returning import enlarged, returned

SMALL = (32, 48)


def photo(h=128, w=192):
    """A shaded product with fine print on a grey ground, and where it is."""
    matte = torch.zeros(1, 1, h, w)
    matte[..., h // 4 : 3 * h // 4, w // 4 : 3 * w // 4] = 1
    shade = torch.linspace(0.3, 0.8, w).view(1, 1, 1, w)
    print_ = torch.ones(h, w)
    print_[h // 2 : h // 2 + 2, w // 3 : 2 * w // 3] = 0.4
    light = shade * print_
    red, grey = (torch.tensor(c).view(1, 3, 1, 1) for c in ((0.8, 0.1, 0.05), (0.5, 0.5, 0.5)))
    return linear_to_srgb(light * (matte * red + (1 - matte) * grey)), matte


def as_blue(rgb, matte):
    """The same product in blue: the light of each pixel, another colour."""
    luma = srgb_to_linear(rgb)[:, :1] / 0.8
    blue = torch.tensor([0.05, 0.15, 0.7]).view(1, 3, 1, 1)
    return linear_to_srgb(matte * luma * blue + (1 - matte) * srgb_to_linear(rgb))


def small(rgb):
    return resize_layer(rgb, SMALL, linear=True)


def test_a_network_that_changes_nothing_changes_nothing():
    rgb, _ = photo()
    assert (returned(rgb, small(rgb), small(rgb)) - rgb).abs().max() < 2e-3


def test_another_colour_comes_with_the_photos_detail():
    rgb, matte = photo()
    wanted = as_blue(rgb, matte)
    found = returned(rgb, small(rgb), small(wanted), part=resize_layer(matte, SMALL))
    inside = torch.nn.functional.max_pool2d(1 - matte, 9, 1, 4) < 0.5
    far = delta_e_2000(rgb_to_lab(found), rgb_to_lab(wanted))[inside]
    assert float(far.median()) < 1.5
    enlarged = resize_layer(small(wanted), (128, 192), linear=True)
    assert compare.psnr(found, wanted, inside) > compare.psnr(enlarged, wanted, inside) + 6
    assert structure(rgb, found, matte)["edge_f"] > 0.8


def test_without_detail_it_is_the_networks_picture_enlarged():
    rgb, matte = photo()
    made = small(as_blue(rgb, matte))
    found = returned(rgb, small(rgb), made, detail=0)
    assert (found - resize_layer(made, (128, 192), linear=True)).abs().mean() < 0.01


def test_a_pattern_that_the_network_drew_is_there():
    rgb, _ = photo()
    made = small(rgb)
    made[..., 10:14, 20:28] = torch.tensor([0.9, 0.9, 0.1]).view(1, 3, 1, 1)
    found = returned(rgb, small(rgb), made)
    assert (resize_layer(found, SMALL, linear=True) - made).abs()[..., 11:13, 22:26].max() < 0.15


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (33, 64)])
def test_odd_sizes(size):
    rgb = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(1))
    few = tuple(max(1, n // 2) for n in size)
    before = resize_layer(rgb, few, linear=True)
    found = returned(rgb, before, 1 - before)
    assert found.shape == rgb.shape
    assert found.isfinite().all()
    assert 0 <= float(found.min()) <= float(found.max()) <= 1


def test_structure_tells_moved_edges_from_other_colours():
    rgb, matte = photo()
    other = structure(rgb, as_blue(rgb, matte), matte)
    moved = structure(rgb, rgb.roll(6, 3).roll(6, 2), matte)
    assert structure(rgb, rgb, matte) == {"edge_f": 1.0, "ssim_luma": 1.0}
    assert other["edge_f"] > 0.8 > moved["edge_f"] + 0.2
    assert other["ssim_luma"] > moved["ssim_luma"]
    assert structure(rgb, rgb, matte * 0) == {}


def test_rows_enlarged_alone_are_those_of_the_whole():
    few = torch.rand(1, 2, 5, 7, generator=torch.Generator().manual_seed(2))
    whole = torch.nn.functional.interpolate(few, (31, 20), mode="bilinear", align_corners=False)
    torch.testing.assert_close(enlarged(few, (31, 20)), whole)
    torch.testing.assert_close(enlarged(few, (31, 20), slice(10, 17)), whole[:, :, 10:17])
