"""Sets of toyshop pictures: what is told of each, splits, encoded truth, and the way from shards to training."""

import json
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from packshot.catalogue.opening import open_pictures
from packshot.catalogue.shards.files import Sample, write_index, write_shard
from packshot.catalogue.shards.layers import decoded
from packshot.catalogue.shards.unpack import to_catalogue
from packshot.catalogue.splits import place
from packshot.catalogue.toyshop.scenes.tables import FAMILIES, PAINTS
from packshot.catalogue.toyshop.sets import job, shipped
from packshot.catalogue.toyshop.sets.holding import HELD_OUT_SHARE, split_of
from packshot.catalogue.toyshop.world import describe
from packshot.errors import CatalogueError, ParameterError

SETTINGS = {"seed": 0, "size": 12, "quality": "data", "webp": 85, "matte_levels": 256,
            "layers": [*job.ALWAYS, *(n for n in job.EXTRA if n[:2] != "re")]}  # fmt: skip


def pretended(number, size=12):
    """Layers as the renderer gives them, of noise."""
    r = np.random.default_rng(number)
    return {
        "rgb": r.integers(0, 256, (size, size, 3), np.uint8), "matte": r.integers(0, 256, (size, size), np.uint8),
        "layout": r.integers(0, 6, (size, size)).astype(np.uint8), "depth": r.random((size, size), np.float32) * 90,
        "normals": (r.random((size, size, 3), np.float32) * 2 - 1), "albedo": r.random((size, size, 3), np.float32),
        "material": r.integers(0, 10, (size, size)).astype(np.uint8),
        "linear": r.random((size, size, 3), np.float32) * 3,
    }  # fmt: skip


def test_every_layer_is_kept_as_exactly_as_promised():
    layers = pretended(1)
    members = job.members_of(describe(0, 5), layers, SETTINGS)
    told = json.loads(members["json"])
    for exact in ("matte", "layout", "material"):
        assert np.array_equal(decoded(exact, members[f"{exact}.png"]), layers[exact])
    depth = decoded("depth", members["depth.png"]) * told["depth_cm"]
    assert np.abs(depth - layers["depth"]).max() <= told["depth_cm"]
    normals = decoded("normals", members["normals.png"]) / 127.5 - 1
    assert np.abs(normals - layers["normals"]).max() < 0.005
    assert np.array_equal(decoded("linear", members["linear.exr"]), layers["linear"])
    master = decoded("master", members["master.png"])
    assert master.dtype == np.uint16
    assert int(master[layers["linear"] >= 1].min()) == 65535


def test_what_is_told_of_a_picture():
    told = job.attributes_of(describe(0, 17), 64)
    again = job.attributes_of(describe(0, 17), 64)
    twin = job.attributes_of(describe(0, 16), 64)
    assert told == again
    assert told["sku"] == twin["sku"] == "TOY0-000008"
    assert told["attributes"] == twin["attributes"]
    assert told["split"] == twin["split"]
    assert told["view"] != twin["view"]
    assert told["title"]
    assert any("一" <= c <= "鿿" for c in told["titles"]["zh"])


def test_splits_go_by_product_and_keep_whole_combinations_out():
    train, counts = set(), Counter()
    for index in range(0, 1600, 2):
        description = describe(3, index)
        split, held_out = split_of(description)
        if index < 100:
            assert split_of(describe(3, index + 1)) == (split, held_out)
        counts[split] += 1
        told = description.attributes
        pairs = {(told["category"], told["colour"]), (told["category"], told["material"])}
        if split == "train":
            train |= pairs
        elif held_out:
            which = "colour" if "colour" in held_out else "material"
            counts[which] += 1
            assert (told["category"], told[which]) not in train
    assert 0.06 < counts["test"] / 800 < 0.18
    assert counts["colour"] > 5
    assert counts["material"] > 5


def test_the_card_names_what_is_held_out():
    pairs = {
        (category, value)
        for category, family in FAMILIES.items()
        for value in (*PAINTS, *family.materials)
        if place(f"held out {category} {value}", 0) < HELD_OUT_SHARE
        and (value != "natural" or "raw wood" in family.materials)
    }
    card = (Path(__file__).parents[3] / "toyshop" / "README.md").read_text(encoding="utf-8")
    told = card[card.index("Held out are:") : card.index("(Natural")].replace("\n ", "").lower()
    assert len(pairs) == 10
    for category, value in pairs:
        assert any(
            category in part and value in part for part in told.replace("block towers", "block tower").split(";")
        )


def test_variants_change_what_they_say_and_nothing_else():
    for index in range(40):
        description = describe(1, index)
        found = job.variants(description)
        recoloured, remade = found["recoloured"], found["remade"]
        assert recoloured.item.material == description.item.material
        assert remade.item.material in set(FAMILIES[description.item.category].materials) - {description.item.material}
        assert remade.item.colours == description.item.colours
        kept = set(recoloured.item.colours) & set(description.item.colours)
        assert kept == ({"natural"} if "wood" in description.item.material else set())
        main, *further = found["repainted"].item.colours
        assert tuple(further) == description.item.colours[1:]
        assert main not in further
        assert (main == description.item.colours[0]) == (main == "natural")
        for other in (recoloured, found["repainted"], remade):
            assert (other.view, other.light, other.background) == (
                description.view, description.light, description.background)  # fmt: skip
            assert other.item.form == description.item.form


@pytest.mark.parametrize("levels", [2, 17, 64, 256])
def test_fewer_levels_keep_the_ends_and_round(levels):
    matte = np.arange(256, dtype=np.uint8)
    found = job.fewer_levels(matte, levels)
    assert len(np.unique(found)) == levels
    assert (found[0], found[-1]) == (0, 255)
    assert np.abs(found.astype(int) - matte).max() <= 255 / (levels - 1) / 2 + 0.5


def test_jobs_that_cannot_be_are_refused():
    with pytest.raises(ParameterError, match="size: expected 16 to 1024, got 8"):
        job.job(10, 8)
    with pytest.raises(ParameterError, match="layers: expected some of depth"):
        job.job(10, 64, layers=["heat"])
    with pytest.raises(ParameterError, match="quality: expected one of draft, data, fine; got 'ultra'"):
        job.job(10, 64, quality="ultra")
    assert job.job(10, 64, layers=["depth"]).settings["layers"] == ["photo", "matte", "layout", "depth"]


@pytest.fixture
def shards(tmp_path, monkeypatch):
    """Two packed shards of pretended pictures where the set of 12 px is looked for."""
    monkeypatch.setenv("PACKSHOT_TOYSHOP", str(tmp_path / "sets"))
    monkeypatch.setenv("PACKSHOT_HOME", str(tmp_path / "home"))
    folder = tmp_path / "sets" / "12"
    folder.mkdir(parents=True)
    settings = SETTINGS | {"layers": list(job.ALWAYS)}
    made = []
    for shard in range(2):
        numbers = range(6 * shard, 6 * shard + 6)
        found = [Sample(f"{n:06}", job.members_of(describe(0, n), pretended(n), settings)) for n in numbers]
        made.append(write_shard(folder / f"toyshop-12-{shard:05}.tar.xz", found, 6 * shard))
    write_index(folder, made, {"size": 12, "layers": list(job.ALWAYS)})
    return folder


def test_the_set_is_unpacked_once_and_opened_by_name(shards):
    pictures = shipped.toyshop(12)
    assert len(pictures) == 12
    assert np.array_equal(pictures.layers["layout"][7, 0].numpy(), pretended(7)["layout"])
    assert np.array_equal(pictures.layers["matte"][7, 0].numpy(), pretended(7)["matte"])
    again, problems = open_pictures("toyshop", 12)
    assert again.folder == pictures.folder
    assert problems == []
    assert pictures.column("azimuth")[3] == describe(0, 3).attributes["azimuth"]
    assert pictures.labels("category").codes[0] == pictures.labels("category").codes[1]
    assert open_pictures(shards)[0].folder == open_pictures(pictures.folder)[0].folder == pictures.folder


def test_a_broken_shard_warns_every_time(shards):
    path = shards / "toyshop-12-00001.tar.xz"
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    for _ in range(2):
        with pytest.warns(UserWarning, match=r"toyshop-12-00001\.tar\.xz: .*6 pictures \(6 to 11\) are lost"):
            assert len(shipped.toyshop(12)) == 6
    path.write_bytes(whole)  # fetched again: what was unpacked without it is not kept
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(shipped.toyshop(12)) == 12


def test_views_of_one_product_become_one_product(shards, tmp_path):
    catalogue, problems = to_catalogue(shards, tmp_path / "shop")
    assert problems == []
    assert len(catalogue) == 6
    product = next(iter(catalogue))
    assert len(product.images) == 2
    assert product.images[0].attributes["view"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        packed, lost = open_pictures(tmp_path / "shop", 12, layers=("matte", "layout"))
    assert lost == []
    assert np.array_equal(packed.layers["layout"][5, 0].numpy(), pretended(5)["layout"])


def test_what_is_not_there_or_of_another_size_is_refused(shards, tmp_path):
    with pytest.raises(CatalogueError, match=r"toyshop 13 px: not found in .*packshot toyshop render --size 13"):
        shipped.toyshop(13)
    with pytest.raises(ParameterError, match="have 12 px, not 64"):
        open_pictures(shards, 64)
    with pytest.raises(CatalogueError, match="expected a catalogue"):
        open_pictures(tmp_path)
    to_catalogue(shards, tmp_path / "shop")
    with pytest.raises(ParameterError, match="side of the pictures in px"):
        open_pictures(tmp_path / "shop")
