"""The world: what a description fixes, that truth and picture come from the same rays, that pictures repeat."""

import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from packshot.catalogue.toyshop.scenes import developing, surfaces
from packshot.catalogue.toyshop.scenes.building import build_item
from packshot.catalogue.toyshop.scenes.description import view_name
from packshot.catalogue.toyshop.scenes.sampling import VIEWS, colour_gap
from packshot.catalogue.toyshop.scenes.smoothing import smooth
from packshot.catalogue.toyshop.scenes.tables import (
    BACKGROUNDS,
    CATEGORIES,
    DECALS,
    FAMILIES,
    LIGHTS,
    MATERIAL_IDS,
    MATERIALS,
    PAINTS,
)  # fmt: skip
from packshot.catalogue.toyshop.world import describe, render, with_colours, with_material
from packshot.errors import ParameterError

MANY = [describe(3, i) for i in range(0, 1200)]


def first_of(category, material=None, start=0):
    """A description of a category (and material)."""
    return next(
        d for i in range(start, start + 4000)
        if (d := describe(8, i)).item.category == category and material in (None, d.item.material)
    )  # fmt: skip


def test_the_world_is_as_wide_as_promised():
    assert len(CATEGORIES) >= 16
    assert len(PAINTS) >= 14
    assert len(MATERIALS) >= 8
    assert {d.item.category for d in MANY} == set(CATEGORIES)
    assert {d.item.colours[0] for d in MANY} == set(PAINTS)
    assert {d.item.material for d in MANY} == set(MATERIALS)
    assert {d.light.kind for d in MANY} == set(LIGHTS)
    assert {d.background.kind for d in MANY} == set(BACKGROUNDS)
    assert {d.item.decal for d in MANY} == set(DECALS) | {"none"}


def test_descriptions_depend_on_seed_and_index_alone():
    assert describe(3, 17) == MANY[17]
    assert describe(4, 17) != MANY[17]
    code = "from packshot.catalogue.toyshop.world import describe as d; x = d(3, 17); print(x, x.title_zh, x.text)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert told == f"{MANY[17]} {MANY[17].title_zh} {MANY[17].text}"


def test_pictures_of_one_product_share_it_and_nothing_else():
    for first, second in zip(MANY[::VIEWS], MANY[1::VIEWS], strict=True):
        assert first.item == second.item
        assert first.product == second.product
        assert first.view != second.view
        assert first.noise != second.noise
    assert len({d.item.form for d in MANY}) == len(MANY) // VIEWS


def test_categories_are_balanced_in_every_run_of_products():
    run = Counter(d.item.category for d in MANY[: VIEWS * len(CATEGORIES) * 30])
    assert set(run.values()) == {VIEWS * 30}


def test_colours_of_a_product_stand_apart_and_suit_its_material():
    for d in MANY:
        a, b, c = (PAINTS[name][0] for name in d.item.colours)
        bare = d.item.material == "painted wood"
        assert colour_gap(a, b) > (0.12 if bare else 0.22)
        assert min(colour_gap(b, c), colour_gap(a, c)) > 0.22
        assert (d.item.colours[1] == "natural") == bare
        assert (d.item.colours[0] == "natural") == (d.item.material == "raw wood")
        assert d.item.material in FAMILIES[d.item.category].materials


def test_named_paints_are_far_apart():
    names = list(PAINTS)
    gaps = {(a, b): colour_gap(PAINTS[a][0], PAINTS[b][0]) for a in names for b in names if a < b}
    closest = min(gaps, key=gaps.get)
    assert gaps[closest] > 0.07, closest  # 0.02 is just visible


def test_words_are_various_and_native_to_their_language():
    titles, chinese = {d.title for d in MANY}, {d.title_zh for d in MANY}
    assert len(titles) > 0.85 * len(MANY)
    assert len(chinese) > 0.9 * len(MANY)
    for d in MANY:
        assert re.fullmatch(r"[\x20-\x7e–]+", d.title), d.title
        assert re.search(r"[一-鿿]{4,}", d.title_zh), d.title_zh
        assert d.text.endswith(".")
        assert d.text_zh.endswith("。")
        assert not re.search(r"\{|None|  ", d.title + d.text + d.title_zh + d.text_zh)
        assert len(d.title) <= 120
        assert len(d.title_zh) <= 60  # what Chinese marketplaces take
        if d.item.decal_text:
            assert d.attributes["decal text"] == d.item.decal_text


def test_variants_keep_the_product_and_the_view():
    d = MANY[0]
    other = with_material(with_colours(d, "pink", "black"), "felt")
    assert other.item.colours == ("pink", "black", d.item.colours[2])
    assert other.item.form == d.item.form
    assert replace(other, item=d.item) == d


def test_view_names():
    assert [view_name(a) for a in (0, 350, 30, 330, 200)] == [
        "front", "front", "turned right", "turned left", "turned left"]  # fmt: skip


@pytest.mark.parametrize("category", CATEGORIES)
def test_families_differ_within_and_stand_on_the_ground(category):
    items = [d.item for d in MANY if d.item.category == category][::VIEWS][:6]
    sizes = []
    for item in items:
        parts = build_item(item, 0.3)
        assert {p.name for p in parts} <= set(FAMILIES[category].regions)
        assert {p.material for p in parts} <= set(surfaces.LOOKS)
        points = np.concatenate([p.mesh.vertices for p in parts])
        assert np.isfinite(points).all()
        assert points[:, 2].min() == pytest.approx(0, abs=1e-6)
        assert all(np.linalg.norm(p.mesh.normals, axis=1).min() > 0.9 for p in parts)
        sizes.append(np.ptp(points, 0))
        used = {p.colour for p in parts} & {PAINTS[c][0] for c in item.colours}
        assert len(used) >= 2  # colour regions
    assert np.ptp(np.array(sizes), 0).max() > 0.5
    assert np.array_equal(build_item(items[0], 0.3)[0].mesh.vertices, build_item(items[0], 0.3)[0].mesh.vertices)


def test_pixel_filter_keeps_the_sum_and_the_place():
    weight = developing.pixel_filter(8, 4)
    np.testing.assert_allclose(weight.sum(1), 1, rtol=1e-6)
    ramp = np.repeat(((np.arange(32) + 0.5) / 4)[:, None], 32, 1).astype(np.float32)
    np.testing.assert_allclose(developing.reduce(ramp, weight)[2:6, 3], np.arange(2, 6) + 0.5, atol=1e-5)


def test_smoothing_takes_noise_and_keeps_an_edge_that_a_guide_knows():
    rng = np.random.default_rng(0)
    truth = np.full((48, 48, 3), 0.5, np.float32)
    truth[:, 24:] = 1.5
    halves = [(truth * (1 + 0.3 * rng.standard_normal(truth.shape))).astype(np.float32) for _ in range(2)]
    clean = smooth(*halves, [(truth, 0.1)], 3)
    before = np.abs((halves[0] + halves[1]) / 2 - truth).mean()
    assert np.abs(clean - truth).mean() < 0.25 * before
    assert clean[:, 25].mean() - clean[:, 22].mean() > 0.9


def test_render_refuses_by_name():
    for arguments, word in ((dict(size_px=4), "size_px"), (dict(size_px=64, quality="best"), "quality")):
        with pytest.raises(ParameterError, match=word):
            render(MANY[0], **arguments)


def test_pictures_repeat_whatever_was_made_before():
    pytest.importorskip("mitsuba", reason="mitsuba is not installed (extra synth)")
    d = describe(3, 17)
    first = render(d, 32)
    render(describe(3, 4), 32)
    code = (
        "import sys; from packshot.catalogue.toyshop.world import describe, render;"
        "sys.stdout.buffer.write(render(describe(3, 17), 32).rgb.tobytes())"
    )
    elsewhere = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    again = render(d, 32)
    for name, layer in vars(first).items():
        assert np.array_equal(layer, getattr(again, name)), name
    assert elsewhere == first.rgb.tobytes()


@pytest.mark.parametrize(("category", "material"), [("sailboat", None), ("teddy", "plush"), ("drum", None)])
def test_truth_and_picture_come_from_the_same_rays(category, material):
    """A glowing set behind a black product: a small pixel is bright if and only if its ray missed the product."""
    pytest.importorskip("mitsuba", reason="mitsuba is not installed (extra synth)")
    from packshot.catalogue.toyshop.scenes import tracing

    stage = tracing.set_up(first_of(category, material), 32, "data")
    black = [replace(p, material="fitting") for p in stage.parts]
    dressed = [(mesh, np.zeros_like(colours), 0 * rough + 1) for mesh, colours, rough in stage.dressed]
    white = {"sky": {"type": "envmap", "array": np.full((4, 8, 3), 50.0), "scale": 1.0}}
    backdrops = [replace(b, roughness=0.9, bump=0.0) for b in stage.backdrops]
    light, samples = tracing.trace(replace(stage, parts=black, dressed=dressed, emitters=white, backdrops=backdrops))
    part = samples["part"]
    assert light.shape[:2] == part.shape
    # what the black product sends is its gloss; compare with the light that a grey set must send at least
    share = light.mean(-1)[part > 0] / np.median(light.mean(-1)[part == 0])
    assert 0.1 < (part > 0).mean() < 0.6
    assert np.median(share) < 0.3
    alone = tracing.trace(replace(stage, parts=black, dressed=dressed, emitters=white, backdrops=[]))
    sky = np.isclose(alone[0], 50.0, rtol=1e-4).all(-1)
    assert (sky != (alone[1]["part"] <= 0)).sum() <= 2  # rays that slip through a seam see a back side
    assert np.array_equal(alone[1]["part"] > 0, part > 0)


def test_layers_agree_with_each_other():
    pytest.importorskip("mitsuba", reason="mitsuba is not installed (extra synth)")
    d = first_of("car")
    r = render(d, 48)
    inside = r.matte >= 128
    assert np.array_equal(r.layout > 0, inside)
    assert np.array_equal(r.material > 0, inside)
    assert r.layout.max() <= len(d.regions)
    assert set(np.unique(r.material)) <= {0, *MATERIAL_IDS.values()}
    assert r.matte[0].max() == r.matte[:, 0].max() == 0
    columns, rows = (np.flatnonzero(inside.any(axis)) for axis in (0, 1))
    assert 0.55 <= max(np.ptp(columns), np.ptp(rows)) / 48 <= 0.9
    np.testing.assert_allclose(np.linalg.norm(r.normals[inside], axis=-1), 1, atol=1e-3)
    assert (r.normals[inside][:, 2] > -0.3).mean() > 0.99  # towards the camera
    assert r.depth[inside].min() > 10
    assert (r.depth[inside].max() - r.depth[inside].min()) < 40
    assert r.linear.max() > 0
    assert r.rgb.dtype == r.matte.dtype == r.layout.dtype == np.uint8
    recoloured = render(with_colours(d, "green" if d.item.colours[0] != "green" else "red"), 48)
    for name in ("matte", "layout", "depth", "normals", "material"):
        assert np.array_equal(getattr(recoloured, name), getattr(r, name)), name
    assert np.abs(recoloured.rgb.astype(int) - r.rgb)[inside].mean() > 8
