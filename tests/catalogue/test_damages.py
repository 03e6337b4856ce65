"""Damages: what is given, what is wanted, and the strengths promised."""

import math

import pytest
import torch

from packshot.catalogue import damages
from packshot.catalogue.augment import blurs
from packshot.errors import ParameterError
from packshot.imaging.bicubic import shrunk
from tests.catalogue.augment.drawn import photo, seeded


@pytest.mark.parametrize("name", damages.DAMAGES)
def test_repeatable_of_one_size_and_different_for_another_seed(name):
    clean = photo(3, 48)
    pair = damages.damaged(name, clean, seeded(1), 2 if name in ("bicubic", "photo") else 1)
    again = damages.damaged(name, clean, seeded(1), 2 if name in ("bicubic", "photo") else 1)
    assert torch.equal(pair.given, again.given)
    scale = pair.wanted.shape[2] // pair.given.shape[2]
    assert pair.wanted.shape == (3, 3, scale * pair.given.shape[2], scale * pair.given.shape[3])
    if name != "bicubic":
        other = damages.damaged(name, clean, seeded(2), scale)
        assert not torch.equal(pair.given, other.given)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_a_small_crop_is_the_crop_of_the_small_picture(scale):
    whole, m = photo(1, 24 * scale), damages.MARGIN
    crop = whole[:, :, 4 * scale : 20 * scale, 4 * scale : 20 * scale]
    pair = damages.damaged("bicubic", crop, seeded(), scale)
    assert torch.equal(pair.given, shrunk(whole, scale)[:, :, 4 + m : 20 - m, 4 + m : 20 - m])
    edge = m * scale
    assert torch.equal(pair.wanted, crop[:, :, edge:-edge, edge:-edge])


def test_the_strength_told_is_the_noise_added():
    clean = torch.full((6, 3, 64, 64), 0.5)
    pair = damages.damaged("noise", clean, seeded(), 1)
    found = (pair.given - clean).flatten(1).std(1)
    torch.testing.assert_close(found, pair.strength, rtol=0.03, atol=1e-4)
    assert float(pair.strength.max()) <= 55 / 255


def test_holes_cover_what_they_should_and_hide_it():
    masks = damages.free_form(60, 64, 80, seeded())
    shares = masks.mean((1, 2, 3))
    assert set(masks.unique().tolist()) == {0, 1}
    assert 0.04 < float(shares.min()) < 0.1
    assert 0.3 < float(shares.max()) < 0.65
    assert 0.5 < float((shares < 0.27).float().mean()) < 0.95
    pair = damages.damaged("hole", photo(2, 64), seeded(), 1)
    assert float((pair.given * pair.mask).abs().max()) == 0
    assert torch.equal(pair.given * (1 - pair.mask), pair.wanted * (1 - pair.mask))


def test_light_moves_tones_and_no_edge_and_spares_one_in_six():
    clean = photo(1, 24).expand(300, -1, -1, -1)
    given = damages.damaged("light", clean, seeded(), 1).given
    moved = (given - clean).abs().mean((1, 2, 3))
    assert 0.1 < float((moved < 0.01).float().mean()) < 0.25
    assert float((given.mean((1, 2, 3)) < clean.mean((1, 2, 3)) - 0.02).float().mean()) > 0.4  # mostly under
    centred = [x.mean(1) - x.mean((1, 2, 3))[:, None, None] for x in (given, clean)]
    same = torch.nn.functional.cosine_similarity(*(x.flatten(1) for x in centred))
    assert float(same.median()) > 0.9


def test_blur_kernels_have_the_spread_of_their_shapes():
    length, angle = torch.tensor([9.0, 9.0]), torch.tensor([0.0, math.pi / 2])
    kernels = damages.motion(length, angle)
    torch.testing.assert_close(kernels.sum((1, 2)), torch.ones(2))
    torch.testing.assert_close(kernels[0].T, kernels[1], rtol=0, atol=1e-6)
    across, down = blurs.offsets(17, length)
    assert float((kernels[0] * across**2).sum()) == pytest.approx(9**2 / 12, rel=0.02)  # an even line of 9 px
    assert float((kernels[0] * down**2).sum()) < 1e-6
    disk = damages.defocus(torch.tensor([3.0]))[0]
    assert float((disk * (across**2 + down**2)).sum()) == pytest.approx(3**2 / 2, rel=0.06)


def test_mixed_has_each_damage_and_a_mask_where_there_is_a_hole():
    pair = damages.damaged("mixed", photo(24, 32), seeded(5), 1)
    holed = pair.mask.flatten(1).amax(1) > 0
    assert 2 < int(holed.sum()) < 20
    assert float((pair.given * pair.mask).abs().max()) == 0
    assert bool((pair.given[~holed] != pair.wanted[~holed]).flatten(1).any(1).all())


def test_unknown_damage_is_refused_with_the_known_ones():
    with pytest.raises(ParameterError, match="bicubic, photo"):
        damages.damaged("rust", photo(1, 32), seeded())
