"""Operations that translate: promises kept bit by bit, figures, seeds, errors that say what, where and how to mend."""

import math

import pytest
import torch
from pydantic import ValidationError

from packshot import models, operations
from packshot.catalogue.pairs import borders
from packshot.errors import LicenceRefused, ModelError, ParameterError, WeightsNotFound
from packshot.imaging.picture import Picture
from packshot.imaging.translating import layouts
from packshot.operations.day_to_studio import DayToStudio
from packshot.operations.from_layout import FromLayout
from packshot.operations.from_sketch import FromSketch
from packshot.operations.operation import Context
from packshot.operations.swap_attribute import SwapAttribute
from packshot.operations.swap_material import SwapMaterial
from packshot.pipeline.lock import apply_locked
from tests.operations.drawn import disc_matte, texture
from tests.operations.weights import write, write_translator

MATERIALS = {"material": ["glossy plastic", "raw wood"], "colour": ["red", "sky blue"]}
DRAWN = {"drawn": ["colour"], "combinations": [[0], [1]]}
PARTS = {"parts": {"ball": ["ball", "belt", "cap"], "car": ["body", "window", "wheel"]}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of tiny translators."""
    made = tmp_path_factory.mktemp("weights")
    write_translator(made, "drawing", **DRAWN)
    write_translator(made, "layout", must=["category"], **DRAWN, **PARTS)
    write_translator(made, "photo", attributes=MATERIALS)
    write_translator(made, "photo", "white", attributes=MATERIALS, ground="white")
    return made


def context(seed=0, **more):
    def load(name, commercial):
        return models.load(name, "cpu", "torch", commercial)

    return Context(seed=seed, load_model=load, **more)


def sheet(h=96, w=96):
    rgb = torch.ones(1, 3, h, w)
    rgb[..., 20:76, 20:24] = rgb[..., 20:76, 72:76] = 0.1
    rgb[..., 20:24, 20:76] = rgb[..., 72:76, 20:76] = 0.1
    return Picture(rgb)


def layout(part=3):
    parts = torch.zeros(1, 1, 96, 96, dtype=torch.int64)
    parts[..., 20:76, 20:76] = 1
    parts[..., 40:60, 20:76] = part
    return Picture(layouts.painted(parts))


def photo(h=90, w=120):
    """A textured disc near a corner of a textured ground."""
    matte = disc_matte((h, w), 40.0, 50.0, 30.0)
    return Picture(0.2 + 0.6 * (0.3 * texture((h, w)) + 0.5 * matte), matte=matte)


CASES = {
    "from-sketch": (lambda f: FromSketch(model=str(f / "drawing.safetensors")), sheet),
    "from-sketch of a photo": (lambda f: FromSketch(model=str(f / "drawing.safetensors"), source="photo"), photo),
    "from-layout": (lambda f: FromLayout(model=str(f / "layout.safetensors"), category="ball"), layout),
    "swap-material": (lambda f: SwapMaterial(model=str(f / "photo.safetensors"), to="raw wood"), photo),
    "swap-attribute": (lambda f: SwapAttribute(model=str(f / "photo.safetensors"), colour="red"), photo),
    "day-to-studio": (lambda f: DayToStudio(model=str(f / "photo.safetensors")), photo),
}


@pytest.mark.parametrize("case", CASES)
def test_each_says_what_it_did(folder, case):
    make, given = CASES[case]
    picture = given()
    done = apply_locked(make(folder), picture, context())
    rgb = done.result.picture.rgb
    assert rgb.isfinite().all()
    assert 0 <= float(rgb.min()) <= float(rgb.max()) <= 1
    assert list(done.step.weights) == [make(folder).weights()[0].rsplit("/", 1)[1].removesuffix(".safetensors")]
    generated = "trained" if case.startswith("from") else "compositeWithTrained"
    assert done.step.digital_source_type == f"{generated}AlgorithmicMedia"
    assert all(math.isfinite(value) for value in done.result.numbers.values())
    wanted = (
        {"lines_kept"} if "sketch" in case else {"borders_kept", "parts"} if "layout" in case else {"edge_f", "ssim"}
    )
    assert wanted <= set(done.result.numbers)


@pytest.mark.parametrize("case", ["swap-material", "swap-attribute"])
def test_outside_the_product_not_a_bit_changes_and_inside_something_does(folder, case):
    make, given = CASES[case]
    picture = given()
    done = make(folder).apply(picture, context())
    outside = (picture.matte == 0).expand_as(picture.rgb)
    assert torch.equal(done.picture.rgb[outside], picture.rgb[outside])
    assert (done.picture.rgb - picture.rgb)[~outside].abs().mean() > 0.02
    assert done.numbers["delta_e_outside"] == 0
    assert torch.equal(done.picture.matte, picture.matte)


@pytest.mark.parametrize("case", ["swap-material", "swap-attribute", "day-to-studio"])
def test_zero_strength_is_the_photo_and_asks_for_nothing(folder, case):
    operation = CASES[case][0](folder).model_copy(update={"strength": 0.0, "model": "not-there"})
    picture = photo()
    assert operation.apply(picture, Context()).picture.rgb is picture.rgb
    assert operation.weights() == ()
    assert operation.source_type() is None


def test_nothing_asked_for_is_the_photo():
    done = SwapAttribute().apply(photo(), Context())
    assert done.flags == ("nothing was asked for",)
    assert SwapAttribute().weights() == ()
    with pytest.raises(ValidationError, match="expected NAME=VALUE"):
        SwapAttribute(attributes="background")


def test_half_strength_lies_between(folder):
    picture = photo()
    whole, half = (
        SwapMaterial(model=str(folder / "photo.safetensors"), to="raw wood", strength=s).apply(picture, context())
        for s in (1.0, 0.5)
    )
    torch.testing.assert_close(half.picture.rgb, (whole.picture.rgb + picture.rgb) / 2, rtol=0, atol=1e-6)


def test_colours_of_the_photo_can_stay(folder):
    free, held = (
        SwapMaterial(model=str(folder / "photo.safetensors"), to="raw wood", colours=c).apply(photo(), context())
        for c in ("material", "photo")
    )
    assert held.numbers["delta_e_of_mean"] < free.numbers["delta_e_of_mean"]


def test_a_photo_without_a_product_is_said_so(folder):
    picture = photo()
    empty = picture.replace(matte=torch.zeros_like(picture.matte))
    operation = SwapMaterial(model=str(folder / "photo.safetensors"), to="raw wood")
    done = operation.apply(empty, context())
    assert done.flags == ("no product found",)
    assert done.picture.rgb is empty.rgb
    with pytest.raises(ParameterError, match="run cutout before it"):
        operation.apply(Picture(picture.rgb), context())
    with pytest.raises(ParameterError, match="no product in the photo"):
        FromSketch(source="photo", model=str(folder / "drawing.safetensors")).apply(empty, context())


def test_a_cut_out_product_is_shown_on_its_own_ground(folder):
    picture = photo()
    cut = picture.replace(rgb=picture.rgb * picture.matte, alpha=picture.matte)
    operation = SwapMaterial(model=str(folder / "photo.safetensors"), to="raw wood")
    with_ground = operation.apply(cut, context(source=picture)).picture.rgb
    plain = operation.apply(picture, context()).picture.rgb
    inside = (picture.matte == 1).expand_as(plain)
    assert (with_ground - plain)[inside].abs().mean() < 0.02
    white = SwapMaterial(model=str(folder / "white.safetensors"), to="raw wood").apply(picture, context())
    assert not torch.equal(white.picture.rgb, plain)


def test_the_studio_may_change_the_ground_and_holds_the_product(folder):
    picture = photo()
    model = str(folder / "photo.safetensors")
    outside = (picture.matte == 0).expand_as(picture.rgb)
    kept = DayToStudio(model=model, ground="photo", limit_delta_e=3).apply(picture, context())
    assert torch.equal(kept.picture.rgb[outside], picture.rgb[outside])
    assert kept.numbers["delta_e_of_mean"] <= 3.1
    assert kept.numbers["held"] < 1
    assert kept.flags
    free = DayToStudio(model=model).apply(picture, context())
    assert (free.picture.rgb - picture.rgb)[outside].abs().mean() > 0.02


def test_attributes_of_the_scene_change_the_ground(tmp_path):
    path = write_translator(tmp_path, "photo", attributes={"background": ["wood", "white sweep"], "colour": ["red"]})
    picture = photo()
    outside = (picture.matte == 0).expand_as(picture.rgb)
    done = [
        SwapAttribute(model=str(path), **how).apply(picture, context())
        for how in ({"attributes": "background=wood"}, {"attributes": "colour=red"})
    ]
    assert not torch.equal(done[0].picture.rgb[outside], picture.rgb[outside])
    assert done[0].numbers["delta_e_outside"] > 1
    assert torch.equal(done[1].picture.rgb[outside], picture.rgb[outside])


def test_seeds_are_variants_and_say_what_they_decided(folder):
    operation = CASES["from-sketch"][0](folder)
    found = [operation.apply(sheet(), context(seed)) for seed in range(6)]
    colours = {note for done in found for note in done.notes}
    assert colours == {"decided by the seed: colour red", "decided by the seed: colour sky blue"}
    again = operation.apply(sheet(), context(3))
    assert torch.equal(again.picture.rgb, found[3].picture.rgb)
    told = operation.model_copy(update={"colour": "Sky_Blue"}).apply(sheet(), context(1))
    assert told.notes == ()
    near = operation.model_copy(update={"colour": "#7fbfef"}).apply(sheet(), context(1))
    assert "nearest is sky blue" in near.notes[0]
    looks = [CASES["from-layout"][0](folder).apply(layout(), context(seed)).picture.rgb for seed in (1, 2)]
    assert not torch.equal(*looks)


@pytest.mark.parametrize(("size", "shape"), [(0, (64, 64)), (32, (32, 32))])
def test_the_result_has_the_size_asked_for_and_knows_where_it_lies(folder, size, shape):
    done = FromSketch(model=str(folder / "drawing.safetensors"), size=size).apply(sheet(), context())
    assert done.picture.size == shape
    assert float(done.picture.to_source[0, 0]) == 96 / shape[0]
    wide = FromLayout(model=str(folder / "layout.safetensors"), category="car", size=size).apply(
        Picture(layout().rgb[:, :, :48]), context()
    )
    assert wide.picture.size == (shape[0] // 2, shape[1])


def test_a_small_drawing_is_noted_and_can_be_framed(folder):
    corner = Picture(torch.ones(1, 3, 300, 300))
    corner.rgb[..., 200:280, 200:280] = sheet().rgb[..., 12:92, 12:92]
    operation = FromSketch(model=str(folder / "drawing.safetensors"), colour="red")
    noted = operation.apply(corner, context())
    assert "of the sheet" in noted.notes[0]
    framed = operation.model_copy(update={"frame": "drawing"}).apply(corner, context())
    assert framed.notes == ()
    assert float(framed.layers["lines"].sum()) > 4 * float(noted.layers["lines"].sum())


@pytest.mark.parametrize("name", list(CASES)[2:])
def test_missing_weights_say_how_to_get_them(folder, name):
    make, given = CASES[name]
    operation = make(folder).model_copy(update={"model": "not-there"})
    with pytest.raises(WeightsNotFound, match=rf"{name}: weights 'not-there'.*packshot train .*docs/translation.md"):
        operation.apply(given(), context())


def test_weights_of_another_kind_are_refused(folder, tmp_path):
    swapped = FromSketch(model=str(folder / "photo.safetensors"))
    with pytest.raises(ModelError, match="translates a photo, expected weights that take a drawing"):
        swapped.apply(sheet(), context())
    with pytest.raises(ModelError, match="translates nothing"):
        FromSketch(model=str(write(tmp_path, "upscaler"))).apply(sheet(), context())
    unlicensed = write_translator(tmp_path, "drawing", licence="own")
    with pytest.raises(LicenceRefused):
        FromSketch(model=str(unlicensed), commercial=True).apply(sheet(), context())


@pytest.mark.parametrize(
    ("name", "change", "match"),
    [
        ("from-sketch", {"category": "boat"}, "category: expected one of ball, car; got 'boat'"),
        ("from-sketch", {"material": "felt"}, "material: drawing cannot be told it; it knows category, colour"),
        ("from-layout", {"category": ""}, "category: has to be told; one of ball, car"),
        (
            "swap-material",
            {"to": "felt"},
            "to: photo knows material: glossy plastic, raw wood; colour: red.*got 'felt'",
        ),
        ("swap-attribute", {"attributes": "season=winter"}, "season: photo cannot be told it"),
        ("day-to-studio", {"domain": "moon"}, "domain: photo knows"),
    ],
)
def test_what_weights_do_not_know_is_refused_with_what_they_do(folder, name, change, match):
    make, given = CASES[name]
    with pytest.raises(ParameterError, match=match):
        make(folder).model_copy(update=change).apply(given(), context())


def test_layouts_are_checked_against_the_category(folder):
    operation = CASES["from-layout"][0](folder)
    with pytest.raises(ParameterError, match=r"colour #7fc4e8 at x 20, y 40 is part 5, but ball has 3: #1f4e8c ball"):
        operation.apply(layout(5), context())
    with pytest.raises(ParameterError, match="nothing but ground"):
        operation.apply(Picture(torch.ones(1, 3, 64, 64)), context())
    strange = layout()
    strange.rgb[..., 0:12, 0:12] = torch.tensor([1.0, 0.0, 1.0]).view(1, 3, 1, 1)
    with pytest.raises(ParameterError, match="colour #ff00ff at x"):
        operation.apply(strange, context())


def test_borders_of_a_layout_count_as_its_lines():
    from packshot.operations.from_sketch import kept

    parts = torch.zeros(1, 1, 64, 64, dtype=torch.int64)
    parts[..., 16:48, 16:48] = 1
    lines = borders(parts)
    assert kept(lines, layouts.painted(parts)) == 1
    assert kept(lines, torch.full((1, 3, 64, 64), 0.5)) == 0


def test_a_domain_is_named_by_any_of_its_values(tmp_path):
    held = [{"name": "wood", "values": ["raw wood"]}, {"name": "plastic", "values": ["matte plastic"]}]
    two = write_translator(tmp_path, "photo", "two", attributes={"material": ["wood", "plastic"]}, domains=held)
    done = [SwapMaterial(model=str(two), to=to).apply(photo(), context()).picture.rgb for to in ("wood", "Raw_Wood")]
    assert torch.equal(*done)
    one = str(write_translator(tmp_path, "photo", "one", attributes={}, domains=held))
    SwapMaterial(model=one, to="matte plastic").apply(photo(), context())
    with pytest.raises(ParameterError, match="to: one knows plastic, matte plastic; got 'wood'"):
        SwapMaterial(model=one, to="wood").apply(photo(), context())


def test_they_are_in_the_table():
    for name in ("from-sketch", "from-layout", "swap-material", "swap-attribute", "day-to-studio"):
        assert operations.name_of(operations.find(name).model_construct()) == name
