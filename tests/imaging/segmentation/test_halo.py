"""Halo: what is known to be in an edge is what is measured, with truth and without."""

import numpy as np
import pytest
import torch

from packshot.errors import PictureError
from packshot.imaging import mattes
from packshot.imaging.segmentation.halo import halo, suspected_halo

H, W = 120, 160
RED, GREEN = (0.7, 0.15, 0.1), (0.1, 0.6, 0.2)


def flat(colour):
    return torch.tensor(colour).view(1, 3, 1, 1).expand(1, 3, H, W).contiguous()


def disc(radius=40.0, soft=1.5):
    y, x = np.mgrid[:H, :W] + 0.5
    away = radius - np.hypot(y - H / 2, x - W / 2)
    return torch.from_numpy(np.clip(away / soft + 0.5, 0, 1).astype(np.float32))[None, None]


@pytest.fixture
def photo():
    return mattes.over(flat(RED), disc(), flat(GREEN))


def test_the_true_cut_out_has_none(photo):
    found = halo(photo, disc(), flat(RED), disc(), flat(RED))
    assert found.halo < 0.1
    assert found.edge_error < 0.1
    assert found.seen > 0.9


def test_an_edge_as_photographed_has_more_than_a_cleaned_one(photo):
    raw = halo(photo, disc(), photo, disc(), flat(RED))
    clean = halo(photo, disc(), mattes.foreground(photo, disc()), disc(), flat(RED))
    assert raw.halo > 1
    assert clean.halo < 0.4 * raw.halo


def test_too_wide_a_matte_is_halo_and_too_narrow_a_one_is_not(photo):
    wide = halo(photo, disc(43), photo, disc(), flat(RED))
    narrow = halo(photo, disc(37), photo, disc(), flat(RED))
    assert wide.halo > 20
    assert narrow.halo < 1
    assert narrow.edge_error > 10


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_the_share_is_the_one_mixed_in(photo, share):
    from packshot.imaging.colour import linear_to_srgb, srgb_to_linear

    tainted = linear_to_srgb(srgb_to_linear(flat(RED)).lerp(srgb_to_linear(flat(GREEN)), share))
    found = halo(photo, disc(soft=0.1), tainted, disc(soft=0.1), flat(RED))
    assert found.share == pytest.approx(share / 2, rel=0.2)  # about half of the band lies outside and shows nothing


def test_without_truth_the_order_is_the_same(photo):
    wide = suspected_halo(photo, disc(42), photo)
    raw = suspected_halo(photo, disc(), photo)
    clean = suspected_halo(photo, disc(), mattes.foreground(photo, disc()))
    assert wide.halo > 2 * raw.halo
    assert raw.halo > 2 * clean.halo
    assert np.isnan(raw.edge_error)


def test_nothing_to_see_where_product_and_ground_are_alike():
    photo = mattes.over(flat(RED), disc(), flat(RED))
    assert halo(photo, disc(), photo, disc(), flat(RED)).seen == 0
    assert np.isnan(suspected_halo(photo, disc(), photo).halo)


def test_an_empty_or_full_matte_has_no_edge(photo):
    for value in (0.0, 1.0):
        assert suspected_halo(photo, torch.full((1, 1, H, W), value), photo).seen == 0


def test_other_sizes_are_refused(photo):
    with pytest.raises(PictureError, match="layers of its size"):
        halo(photo, torch.zeros(1, 1, 3, 3), photo, disc())
