"""The set of toyshop pictures that the repository holds."""

import importlib.util
from itertools import islice

import numpy as np
import pytest

from benchmarks.judge import SHIPPED, WANTED, named
from packshot.catalogue.opening import open_pictures
from packshot.catalogue.shards.files import read_index, read_samples, sound
from packshot.catalogue.shards.layers import decoded
from packshot.catalogue.toyshop import world
from packshot.catalogue.toyshop.sets.holding import split_of
from packshot.catalogue.toyshop.sets.shipped import shards_folder
from packshot.catalogue.toyshop.world import describe


def test_it_is_whole_of_this_world_and_small_enough():
    shards, facts = read_index(shards_folder())
    assert all(sound(shards_folder(), shard) for shard in shards)
    assert sum(shard.samples for shard in shards) >= 12_000
    assert sum(shard.bytes for shard in shards) <= 16_000_000
    assert (facts["world"], facts["size"]) == (world.WORLD_VERSION, 64)


def test_its_pictures_are_those_of_the_world():
    shards, facts = read_index(shards_folder())
    for number, sample in islice(enumerate(read_samples(shards_folder(), shards[:1], [])), 0, 1000, 111):
        description, told = describe(facts["seed"], number), sample.attributes()
        assert told["title"] == description.title
        assert told["split"] == split_of(description)[0]
        matte, layout = (decoded(name, sample.members[f"{name}.png"]) for name in ("matte", "layout"))
        assert np.array_equal(layout > 0, matte >= 128)
        assert decoded("photo", sample.members["photo.webp"]).shape == (64, 64, 3)


@pytest.mark.skipif(importlib.util.find_spec("mitsuba") is None, reason="the extra synth is not there")
def test_it_can_be_rendered_again():
    shards, facts = read_index(shards_folder())
    sample = next(islice(read_samples(shards_folder(), shards[:1], []), 17, None))
    again = world.render(describe(facts["seed"], 17), 64, "data")
    matte, layout = (decoded(name, sample.members[f"{name}.png"]).astype(int) for name in ("matte", "layout"))
    assert (np.abs(matte - again.matte) > 2).mean() < 0.005  # last digits are another processor's to choose
    assert (layout != again.layout).mean() < 0.005
    assert np.abs(decoded("photo", sample.members["photo.webp"]).astype(int) - again.rgb).mean() < 6


def test_what_its_unseen_products_are_can_be_told_by_the_judge_beside_it():
    pictures, _ = open_pictures("toyshop")
    rows = pictures.where(split="test")
    told = named(SHIPPED, pictures, rows)
    for name, wanted in WANTED.items():
        assert (told[name] == np.array(pictures.column(name))[rows.numpy()]).mean() >= wanted, name
