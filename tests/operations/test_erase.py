"""The operations `erase` and `extend`: masks, labels that stay, pixels that stay, marks."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from packshot import checkpoint, networks
from packshot.errors import ParameterError
from packshot.imaging import compare, geometry
from packshot.imaging.picture import Picture
from packshot.imaging.writing import reader
from packshot.operations.erase import Erase
from packshot.operations.extend import Extend
from packshot.operations.operation import Context
from packshot.pipeline.lock import apply_locked
from packshot.provenance import labels, visible
from tests.operations.drawn import box_matte
from tests.operations.weights import context


@pytest.fixture(autouse=True)
def no_ocr(monkeypatch):
    monkeypatch.setattr(reader, "installed", lambda: False)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(3)
    network = networks.build("inpainter", {"width": 4, "depth": 1, "side": 16, "code": 4})
    checkpoint.write(folder / "inpaint.safetensors", network, "inpainter", {"licence": "MIT"})
    return folder


def ground(size=(200, 260)):
    """A ground of stripes under a soft light, and its picture with a red block on it."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    stripes = 0.6 + 0.12 * np.sin(columns / 3.0) + 0.001 * rows
    rgb = torch.from_numpy(np.stack([stripes, stripes * 0.95, stripes * 0.85]).astype(np.float32))[None]
    return rgb.clamp(0, 1).contiguous()


def stained(size=(200, 260)):
    rgb = ground(size)
    rgb[..., 90:120, 60:100] = torch.tensor([0.8, 0.1, 0.1]).view(1, 3, 1, 1)
    return Picture(rgb, matte=box_matte(size, (150, 60, 220, 150)))


CLASSICAL = {"method": "classical", "fill": "telea"}  # the quickest


@pytest.mark.parametrize(
    ("asked", "tolerance"),
    [({"box": "20,43,41,62", "fill": "patch"}, 22), ({"colour": "#cc1a1a"}, 18)],
)
def test_the_stain_goes_and_nothing_else_changes(asked, tolerance):
    picture = stained()
    result = Erase(**{**CLASSICAL, **asked}).apply(picture, Context())
    erased = result.layers["erased"] > 0
    assert torch.equal(result.picture.rgb.where(~erased, torch.zeros(())), picture.rgb.where(~erased, torch.zeros(())))
    assert bool(erased[..., 90:120, 60:100].all())
    assert compare.psnr(result.picture.rgb, ground(), erased) > tolerance
    assert result.numbers["erased_of_product"] == 0
    assert result.picture.matte is picture.matte
    assert result.flags == ()


def test_masks_from_a_file_and_drawn_ones(weights):
    drawn = torch.zeros(1, 1, 200, 260)
    drawn[..., 85:125, 55:105] = 1
    picture = stained()
    by_hand = Erase(**CLASSICAL).apply(picture.replace(mask=drawn), Context())
    run = Context(open_picture=lambda name: Picture(drawn.expand(1, 3, -1, -1).contiguous()))
    by_file = Erase(mask="mask.png", **CLASSICAL).apply(picture, run)
    assert torch.equal(by_hand.picture.rgb, by_file.picture.rgb)
    turned = geometry.turn(picture, 1)
    from dataclasses import replace

    moved = Erase(mask="mask.png", grow=0, **CLASSICAL).apply(turned, replace(run, source=picture))
    assert torch.equal(moved.layers["erased"], torch.rot90(drawn, -1, (2, 3)))
    small = Context(open_picture=lambda name: Picture(torch.ones(1, 3, 8, 8)))
    with pytest.raises(ParameterError, match="mask: expected the photo's size 260 x 200 px, got 8 x 8"):
        Erase(mask="mask.png", **CLASSICAL).apply(picture, small)


@pytest.mark.parametrize("corner", ["bottom-right", "top-left"])
@pytest.mark.parametrize("method", ["classical", "network"])
def test_a_visible_ai_label_is_never_erased(weights, corner, method):
    labelled = visible.draw(Picture(ground((360, 420))), corner)
    top, left, bottom, right = labelled.box
    everything = torch.zeros(1, 1, 360, 420)
    everything[..., max(0, top - 20) : bottom + 20, max(0, left - 20) : right + 20] = 1
    result = Erase(method=method, fill="telea").apply(labelled.picture.replace(mask=everything), context(weights))
    plate = (..., slice(top, bottom), slice(left, right))
    assert torch.equal(result.picture.rgb[plate], labelled.picture.rgb[plate])
    assert result.numbers["labels_kept"] >= 1
    assert "AI label" in result.notes[0]
    assert bool((result.picture.rgb != labelled.picture.rgb).any())  # the rest of the mask is filled
    assert float(result.layers["kept"][plate].min()) == 1


@pytest.mark.parametrize("scale", [0.6, 0.8, 1.3])
def test_the_label_is_found_at_other_sizes_and_inverted(scale):
    labelled = visible.draw(Picture(ground((600, 700))))
    size = round(600 * scale), round(700 * scale)
    for rgb in (labelled.picture.rgb, 1 - labelled.picture.rgb):
        found = labels.mask_of(labels.find_labels(geometry.resize_layer(rgb, size)), size)
        top, left, bottom, right = (round(n * scale) for n in labelled.box)
        assert float(found[..., top:bottom, left:right].float().mean()) > 0.95
    assert labels.find_labels(ground((300, 400))) == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("AI生成", True), ("内容由AI生成", True), ("AI generated", True), ("Made with AI", True), ("AIGC", True),
        ("人工智能合成", True), ("KI-generiert", True), ("SALE -20%", False), ("2004/05/12", False), ("MAILBOX", False),
    ],
)  # fmt: skip
def test_words_that_say_so(words, expected):
    assert labels.says_so(words) == expected


def test_strength_and_product_and_empty_masks(weights):
    picture = stained()
    nothing = Erase(box="20,43,41,62", strength=0).apply(picture, Context())
    assert torch.equal(nothing.picture.rgb, picture.rgb)
    assert Erase(strength=0).source_type() is None
    half = Erase(box="20,43,41,62", strength=0.5, **CLASSICAL).apply(picture, Context()).picture.rgb
    full = Erase(box="20,43,41,62", **CLASSICAL).apply(picture, Context()).picture.rgb
    torch.testing.assert_close(half, (picture.rgb + full) / 2, rtol=0, atol=1e-5)
    on_product = Erase(box="60,40,70,50", **CLASSICAL).apply(picture, Context())
    assert on_product.flags == ("part of the product was erased",)
    assert Erase(colour="blue", tolerance=2).apply(picture, Context()).notes == ("nothing to erase was found",)


def test_marks(weights):
    locked = apply_locked(Erase(box="20,43,41,62"), stained(), context(weights))
    assert locked.step.digital_source_type == "compositeWithTrainedAlgorithmicMedia"
    assert list(locked.step.weights) == ["inpaint"]
    assert Erase(box="1,1,2,2", **CLASSICAL).source_type() == "algorithmicallyEnhanced"
    assert Extend().source_type() == "compositeWithTrainedAlgorithmicMedia"
    assert not Extend.may_change_product


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"box": "10,10,5,20"}, "box: expected left,top,right,bottom"), ({"box": "1,2,3"}, "box"),
        ({"box": "0,0,120,50"}, "box"), ({"colour": "noclr"}, "noclr"), ({"grow": 101}, "grow"),
        ({"strength": 2}, "strength"), ({"fill": "magic"}, "fill"),
        ({"text": "yes"}, "text"), ({"tolerance": 51}, "tolerance"),
    ],
)  # fmt: skip
def test_bounds_are_refused_by_name(wrong, words):
    with pytest.raises((ValidationError, ParameterError), match=words):
        Erase(**wrong)


def test_nothing_said_or_too_much():
    with pytest.raises(ParameterError, match="expected something to erase"):
        Erase().apply(stained(), Context())
    with pytest.raises(ParameterError, match=r"covers 100% of the picture"):
        Erase(box="0,0,100,100").apply(stained(), Context())


@pytest.mark.parametrize("method", ["classical", "network"])
def test_extend_keeps_every_pixel_and_continues_the_ground(weights, method):
    picture = stained((120, 160))
    picture = picture.replace(matte=box_matte((120, 160), (60, 40, 110, 100)))
    locked = apply_locked(Extend(ratio="1:1", y=100, method=method), picture, context(weights))
    after = locked.result.picture
    assert after.size == (160, 160)
    assert torch.equal(after.rgb[..., 40:, :], picture.rgb)
    assert float(after.matte[..., :40, :].max()) == 0
    assert locked.step.fidelity["delta_e_max"] == 0
    assert locked.result.numbers["added_share"] == pytest.approx(0.25)
    if method == "classical":
        assert compare.psnr(after.rgb[..., 10:40, :], ground((120, 160))[..., :30, :]) > 18


def test_extend_flags_a_cut_product_and_refuses_too_much():
    picture = stained().replace(matte=box_matte((200, 260), (100, 100, 160, 200)))
    result = Extend(ratio="1:1", method="classical", fill="telea").apply(picture, Context())
    assert result.flags == ("the product touches the edge that was extended: bottom",)
    same = Extend(ratio="13:10", method="classical").apply(picture, Context())
    assert torch.equal(same.picture.rgb, picture.rgb)
    see_through = Extend(method="classical").apply(picture.replace(alpha=picture.matte), Context()).picture
    assert float(see_through.alpha[..., :20, :].max()) == 0
    with pytest.raises(ParameterError, match=r"ratio: 1:9 makes 260 x 2340 px"):
        Extend(ratio="1:9").apply(picture, Context())
    with pytest.raises((ValidationError, ParameterError), match="ratio"):
        Extend(ratio="wide")


def plain_with_things():
    """A red block (the product) and a small blue one beside it, on plain ground."""
    rng = np.random.default_rng(0)
    rgb = torch.from_numpy(np.clip(0.85 + rng.normal(0, 0.004, (1, 3, 160, 200)), 0, 1).astype(np.float32))
    rgb[..., 40:120, 40:110] = torch.tensor([0.8, 0.1, 0.1]).view(1, 3, 1, 1)
    rgb[..., 20:34, 160:178] = torch.tensor([0.1, 0.2, 0.8]).view(1, 3, 1, 1)
    return rgb


@pytest.mark.parametrize("what", ["background-clutter", "object:74,5,95,28"])
def test_a_thing_is_erased_by_its_kind_and_the_product_stays(what):
    before = Picture(plain_with_things(), matte=box_matte((160, 200), (40, 40, 110, 120)))
    done = Erase(what=what, **CLASSICAL).apply(before, Context())
    gone = done.picture.rgb[..., 20:34, 160:178]
    assert float((gone - 0.85).abs().max()) < 0.06
    assert torch.equal(done.picture.rgb[..., 40:120, 40:110], before.rgb[..., 40:120, 40:110])
    assert done.numbers["erased_share"] < 0.05


def test_where_there_is_no_clutter_it_says_so():
    rgb = plain_with_things()
    rgb[..., 20:34, 160:178] = 0.85
    done = Erase(what="background-clutter", **CLASSICAL).apply(Picture(rgb), Context())
    assert done.notes
    assert torch.equal(done.picture.rgb, rgb)


@pytest.mark.parametrize("what", ["clutter", "object", "object:50,50,10,90", "text:1,2,3,4", "text+hat"])
def test_an_unknown_thing_is_named(what):
    with pytest.raises(ValidationError, match=r"what|box"):
        Erase(what=what)
