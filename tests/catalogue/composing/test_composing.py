"""Composed pictures: the same for a seed and a place, exact opacity, no halo, whatever the recipe asks for."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from packshot.catalogue.composing import gathering, grounds, light, picture, placing
from packshot.catalogue.composing.drawn import drawn_product
from packshot.catalogue.composing.labelled import Labelled
from packshot.catalogue.composing.outlines import OUTLINES
from packshot.catalogue.composing.picture import Composer, Recipe
from packshot.catalogue.composing.stock import Stock, writing
from packshot.catalogue.composing.streams import Composed
from packshot.catalogue.dataset.pictures import Pictures
from packshot.catalogue.dataset.writing import PackWriter
from packshot.errors import CatalogueError, ParameterError
from tests.catalogue.shop import files, table

PLAIN = (("grey", 1.0),)


def disc(side=40, colour=(200, 30, 30)):
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    rgba = np.zeros((side, side, 4), np.uint8)
    rgba[..., :3] = colour
    rgba[..., 3] = np.clip(side / 2 - np.hypot(x, y), 0, 1) * 255
    return rgba


def stock(folder, *cutouts, grounds=(), scenes=(), **told):
    folder.mkdir(parents=True)
    with writing(folder) as writer:
        for kind, pieces in (("cutout", cutouts), ("ground", grounds), ("scene", scenes)):
            for pixels in pieces:
                writer.add(kind, pixels, **told)
        writer.finish({})
    return Stock(folder)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A stock of drawn products and leaves, gathered once."""
    folder = tmp_path_factory.mktemp("stock") / "made"
    return gathering.gather(["drawn:20"], [], folder)[0]


def test_a_place_of_the_stream_is_always_the_same_picture(made):
    whole = Composed(Composer(made, 64, seed=3)).take(0, 5)
    again = Composed(Composer(Stock(made.folder), 64, seed=3)).take(3, 2)
    assert {k: (v.shape, v.dtype) for k, v in whole.items()} == {
        "image": ((5, 3, 64, 64), torch.uint8),
        "truth": ((5, 1, 64, 64), torch.uint8),
    }
    assert all(torch.equal(whole[name][3:], again[name]) for name in whole)
    other = Composed(Composer(made, 64, seed=4)).take(0, 5)
    assert not torch.equal(whole["image"], other["image"])


def test_the_first_pictures_may_be_half_as_large(made):
    stream = Composed(Composer(made, 64), small=8)
    assert stream.take(4, 4)["image"].shape == (4, 3, 32, 32)
    assert stream.take(8, 2)["truth"].shape == (2, 1, 64, 64)


def test_the_split_test_stays_out_and_is_what_tests_get(made):
    assert (len(made.numbers("cutout")), len(made.numbers("cutout", test=True))) == (19, 1)
    assert made.licences == ("CC0-1.0",)
    assert Composer(made, 32, test=True).cutouts == made.numbers("cutout", test=True)


@pytest.mark.parametrize("name", OUTLINES)
def test_drawn_products_have_soft_edges_and_are_the_same_for_a_seed(name):
    seed = 8 * 5 + list(OUTLINES).index(name)
    rgba = drawn_product(96, seed)
    assert np.array_equal(rgba, drawn_product(96, seed))
    assert max(rgba.shape[:2]) <= 96
    alpha = rgba[..., 3]
    assert (alpha == 255).mean() > 0.01
    assert ((alpha > 0) & (alpha < 255)).any()


def test_bags_and_rings_have_open_holes():
    for name in ("bag", "ring"):
        holes = 0
        for seed in range(6):
            mask = OUTLINES[name](128, np.random.default_rng(seed))
            import cv2

            count, labels = cv2.connectedComponents((mask < 128).astype(np.uint8), connectivity=4)
            frame = set(np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])))
            holes += count - 1 > len(frame - {0})
        assert holes == 6, name


def test_a_composite_is_the_product_over_its_ground_in_linear_light(tmp_path, monkeypatch):
    """Before the camera, on even ground: the edge is exactly between the two colours, so there is no halo."""
    monkeypatch.setattr(picture, "photographed", lambda x, random: x)
    monkeypatch.setattr(light, "wrapped", lambda front, alpha, ground, random: front)
    monkeypatch.setattr(light, "reflected", lambda front, alpha, ground, random: ground)
    monkeypatch.setattr(grounds, "studio", lambda kind, side, random: np.full((side, side, 3), 0.5, np.float32))
    recipe = Recipe(empty=0, several=0, toned=0, glass=0, shadow=0, grounds=PLAIN)
    composer = Composer(stock(tmp_path / "s", disc()), 48, recipe=recipe)
    looked = 0
    for place in range(12):
        seen, alpha = composer.picture(place)
        share = alpha[..., None].astype(np.float32) / 255
        if (alpha == 255).any():
            own = seen[alpha == 255].mean(0)
            np.testing.assert_allclose(seen, share * own + (1 - share) * 0.5, atol=0.004)
            looked += 1
    assert looked > 8


def test_recipes_are_kept(tmp_path):
    opened = stock(tmp_path / "s", disc())
    none = Composer(opened, 32, recipe=Recipe(empty=1, toned=0))
    assert all(not none.picture(place)[1].any() for place in range(5))
    glass = Composer(opened, 48, recipe=Recipe(empty=0, several=0, glass=1, toned=0, grounds=PLAIN))
    assert np.median([np.percentile(glass.picture(place)[1], 99) for place in range(8)]) < 255
    white = Composer(opened, 48, seed=1, recipe=Recipe(empty=0, several=0, toned=1, glass=0))
    spans = []
    for place in range(10):
        seen, alpha = white.picture(place)
        if (alpha > 250).any() and (alpha < 5).any():
            spans.append(abs(float(seen[alpha > 250].mean()) - float(seen[alpha < 5].mean())))
    assert np.median(spans) < 60  # white on white, black on black


def test_a_product_may_reach_over_the_frame(tmp_path):
    composer = Composer(stock(tmp_path / "s", disc()), 32, recipe=Recipe(empty=0, several=0, toned=0))
    touching = [
        np.concatenate([a[0], a[-1], a[:, 0], a[:, -1]]).max() > 128 for _, a in map(composer.picture, range(40))
    ]
    assert 0.02 < np.mean(touching) < 0.6


def test_scenes_are_photographs_with_their_matte(tmp_path):
    scene = disc(60)
    opened = stock(tmp_path / "s", scenes=[scene], licence="MIT")
    seen, alpha = Composer(opened, 48).picture(0)
    assert seen.shape == (48, 48, 3)
    assert 0 < (alpha > 127).mean() < 1
    with pytest.raises(ParameterError, match="no cut-out of the split test"):
        Composer(opened, 48, test=True)


def test_every_origin_has_its_turn_and_few_scenes_stay_few(tmp_path):
    folder = tmp_path / "s"
    folder.mkdir()
    with writing(folder) as writer:
        for number in range(25):
            writer.add("cutout", disc(), licence="MIT" if number < 16 else "CC0-1.0")
        writer.add("scene", disc())
        writer.finish({})
    composer = Composer(Stock(folder), 32)
    assert [len(group) for group in composer.groups] == [16, 9]
    np.testing.assert_allclose(composer.weights, [4 / 7, 3 / 7])
    assert composer.scene_share == pytest.approx(0.2 / 200)


def test_shadows_darken_the_ground_and_never_light_it():
    random = np.random.default_rng(0)
    alpha = disc(64)[..., 3].astype(np.float32) / 255
    for _ in range(10):
        left_over = light.shadows(alpha, random)
        assert 0 <= left_over.min() < 0.99
        assert left_over.max() <= 1


def test_light_goes_there_and_back():
    levels = np.arange(256, dtype=np.uint8)
    assert np.abs(light.encoded(light.linear(levels)) * 255 - levels).max() < 0.2


def test_a_turned_product_keeps_its_area():
    random = np.random.default_rng(2)
    areas = [placing.placed(disc(), 200, 0.4, random).alpha.sum() for _ in range(10)]
    assert np.allclose(areas, np.pi * 40**2, rtol=0.15)


@pytest.mark.parametrize("kind", ["white", "black", "grey", "colour"])
def test_studio_grounds_are_what_they_say(kind):
    random = np.random.default_rng(0)
    means = [float(grounds.studio(kind, 24, random).mean()) for _ in range(12)]
    if kind == "white":
        assert min(means) > 0.4
    if kind == "black":
        assert max(means) < 0.06


def test_gathering_a_catalogue_and_what_cannot_be_read(tmp_path):
    rgba = Image.fromarray(disc())
    shop = files(tmp_path / "shop")
    for name in ("a.png", "b.png"):
        rgba.save(shop / name)
    (shop / "c.png").write_bytes(b"no picture")
    table(
        shop / "p.csv",
        ["sku", "image", "split", "licence"],
        ["1", "a.png", "train", "MIT"],
        ["2", "b.png", "test", "MIT"],
    )
    from packshot.catalogue.ingest import ingest

    ingest(shop / "p.csv", tmp_path / "catalogue", pictures="refer")
    found, problems = gathering.gather([tmp_path / "catalogue"], [], tmp_path / "one")
    assert [(p.kind, p.split, p.licence) for p in found.pieces] == [
        ("cutout", "train", "MIT"),
        ("cutout", "test", "MIT"),
    ]
    assert problems == []
    _, problems = gathering.gather([shop], [], tmp_path / "two")
    assert [p.file for p in problems] == ["c.png"]
    with pytest.raises(CatalogueError, match="is there already"):
        gathering.gather([shop], [], tmp_path / "two")
    with pytest.raises(ParameterError, match="expected a catalogue, a pack"):
        gathering.gather(["nowhere"], [], tmp_path / "three")
    Image.new("RGB", (50, 50), "red").save(files(tmp_path / "red") / "r.png")
    with pytest.raises(CatalogueError, match="no product can be cut out"):
        gathering.gather([tmp_path / "red"], [], tmp_path / "four")
    with pytest.raises(ParameterError, match="whole number"):
        gathering.gather(["drawn:many"], [], tmp_path / "five")


def test_a_damaged_stock_is_refused(tmp_path):
    opened = stock(tmp_path / "s", disc())
    with (opened.folder / "stock.u8").open("ab") as file:
        file.write(b"x")
    with pytest.raises(CatalogueError, match="gather the stock again"):
        Stock(opened.folder)
    (opened.folder / "stock.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(CatalogueError, match="packshot catalogue stock"):
        Stock(opened.folder)


def test_the_emptiest_part_of_a_photograph():
    free = np.ones((40, 60), bool)
    free[10:30, 5:40] = False
    assert gathering.emptiest(free) == (0, 40, 40, 20)
    assert gathering.emptiest(np.zeros((4, 4), bool)) == (0, 0, 0, 0)


# -- labelled pictures ------------------------------------------------------------------------------------------------


def pack(folder, facts, count=6):
    with PackWriter(folder, (32, 32), {"photo": 3, "layout": 1}, facts=facts) as writer:
        for number in range(count):
            layout = np.zeros((1, 32, 32), np.uint8)
            layout[:, 8:24, 8:16], layout[:, 8:24, 16:24] = 1, 2
            photo = np.repeat(layout * 100, 3, 0)
            row = {
                "key": str(number),
                "category": ("car", "doll")[number % 2],
                "split": "test" if number == 5 else "train",
            }
            writer.add({**row, "licence": "CC0-1.0"}, {"photo": photo, "layout": layout})
    return Pictures(folder)


def test_parts_are_numbered_across_categories(tmp_path):
    pictures = pack(tmp_path / "p", {"regions": {"car": ["body", "wheel"], "doll": ["head", "body"]}})
    still = Labelled(pictures, 32, still=True)
    assert still.names == ("ground", "body", "head", "wheel")
    assert still.total == 5
    taken = still.take(0, 2)
    assert [sorted(np.unique(t)) for t in taken["truth"].numpy()] == [[0, 1, 3], [0, 1, 2]]
    moving = Labelled(pictures, 24, seed=1)
    first, again = moving.take(0, 4), moving.take(2, 2)
    assert all(torch.equal(first[name][2:], again[name]) for name in first)
    assert first["image"].shape == (4, 3, 24, 24)
    assert set(np.unique(first["truth"])) <= {0, 1, 2, 3}
    assert Labelled(pictures, 32, test=True, still=True).total == 1


def test_layouts_need_names(tmp_path):
    pictures = pack(tmp_path / "p", {})
    with pytest.raises(ParameterError, match="have no names"):
        Labelled(pictures, 32)
    named = pack(tmp_path / "q", {"classes": ["null", "bag", "shoe"]})
    assert isinstance(named, Pictures)
    assert Labelled(named, 32).names == ("ground", "bag", "shoe")
