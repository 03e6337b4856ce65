"""The two-stage degradation: repeatable, of the right size, really worse, and close to the picture it came from."""

import pytest
import torch

from packshot.catalogue.augment.degrade import Degradation, Stage, degrade, resized
from packshot.errors import ParameterError
from tests.catalogue.augment.drawn import photo, seeded

NOTHING = Stage(blur=0, resize=(0, 0, 1), gaussian=1, noise=(0, 0), grey=0, quality=(100, 100))


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_size_range_and_repeatability(scale):
    x = photo(3, 64)
    worse = degrade(x, seeded(1), scale)
    assert worse.shape == (3, 3, 64 // scale, 64 // scale)
    assert torch.equal(worse, degrade(x, seeded(1), scale))
    assert not torch.equal(worse, degrade(x, seeded(2), scale))
    assert torch.equal(worse, (worse * 255).round() / 255)
    assert float(worse.min()) >= 0
    assert float(worse.max()) <= 1


def test_without_damage_little_is_lost():
    x = photo(2, 64)
    same = degrade(x, seeded(), 1, Degradation(NOTHING, NOTHING, closing_sinc=0))
    assert float((same - x).abs().mean()) < 0.012  # JPEG of quality 100, colours at half resolution


def test_damage_is_damage_but_the_picture_is_still_there():
    x = photo(8, 64)
    for seed in range(4):
        small = resized(x, (32, 32), "area")
        worse = degrade(x, seeded(seed), 2)
        error = (worse - small).abs().mean()
        strangers = (worse - small.roll(1, 0)).abs().mean()
        assert 0.005 < float(error) < 0.6 * float(strangers)


def test_heavier_noise_means_more_of_it():
    x = photo(4, 64)
    light = Degradation(NOTHING, NOTHING, closing_sinc=0)
    heavy = Degradation(
        Stage(blur=0, resize=(0, 0, 1), gaussian=1, noise=(30, 30), grey=0, quality=(95, 95)), NOTHING, 0
    )
    errors = [float((degrade(x, seeded(3), 1, recipe) - x).abs().mean()) for recipe in (light, heavy)]
    assert errors[1] > 3 * errors[0]


def test_sizes_that_do_not_divide_are_refused():
    with pytest.raises(ParameterError, match="multiple of 4"):
        degrade(photo(1, 50), seeded(), 4)
