"""Hard cases of the cut-out, each with a stated outcome; a person's word, networks and parts through the operation."""

import cv2
import numpy as np
import pytest
import torch

from packshot.errors import ParameterError, WeightsNotFound
from packshot.imaging import mattes
from packshot.imaging.picture import Picture
from packshot.models import Model
from packshot.operations.cutout import Cutout
from packshot.operations.operation import Context

H, W = 120, 160
WHITE, BLACK, GREY = (0.97, 0.97, 0.96), (0.02, 0.02, 0.022), (0.6, 0.6, 0.61)


def photo(draw, product, ground=WHITE, shadow=0.0, noise=0.004):
    """`(1, 3, h, w)` and the true matte `(1, 1, h, w)`; draw paints the product 4 times as large."""
    big = np.zeros((4 * H, 4 * W), np.uint8)
    draw(big)
    matte = cv2.resize(big, (W, H), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    light = np.linspace(1.0, 0.94, H)[:, None, None] * np.ones((1, W, 1))
    back = np.array(ground) * light
    if shadow:
        back = back * (1 - shadow * cv2.GaussianBlur(np.roll(matte, (8, 10), (0, 1)), (0, 0), 6)[..., None])
    shade = (0.8 + 0.3 * np.linspace(0, 1, W))[None, :, None]
    front = np.clip(np.array(product) * shade, 0, 1) * np.ones((H, W, 3))
    layers = (torch.from_numpy(x.astype(np.float32).transpose(2, 0, 1))[None] for x in (front, matte[..., None], back))
    rgb = mattes.over(*layers) + torch.from_numpy(
        np.random.default_rng(0).normal(0, noise, (1, 3, H, W)).astype(np.float32)
    )
    return (rgb.clamp(0, 1) * 255).round() / 255, torch.from_numpy(matte)[None, None]


def ellipse(big):
    cv2.ellipse(big, (320, 250), (170, 130), 20, 0, 360, 255, -1)


def ring(thick):
    return lambda big: cv2.circle(big, (320, 240), 150, 255, thick)


def parts(big):
    cv2.rectangle(big, (90, 140), (270, 380), 255, -1)
    cv2.circle(big, (460, 260), 90, 255, -1)


def cup(big):
    cv2.rectangle(big, (160, 130), (400, 390), 255, -1)
    cv2.ellipse(big, (400, 260), (90, 80), 0, 0, 360, 255, 28)


def at_border(big):
    cv2.rectangle(big, (180, 150), (430, 480), 255, -1)


def in_corner(big):
    cv2.rectangle(big, (0, 150), (350, 480), 255, -1)


def cut(rgb, context=None, **parameters):
    return Cutout(**parameters).apply(Picture(rgb), context or Context())


def iou(a, b):
    return float(torch.minimum(a, b).sum() / torch.maximum(a, b).sum())


@pytest.mark.parametrize(
    ("name", "draw", "product", "ground", "least"),
    [
        ("white on white", ellipse, (0.84, 0.84, 0.82), WHITE, 0.9),
        ("black on black", ellipse, (0.1, 0.1, 0.105), BLACK, 0.85),
        ("thin ring", ring(14), (0.6, 0.45, 0.1), WHITE, 0.75),
        ("hole of a handle", cup, (0.2, 0.35, 0.6), WHITE, 0.93),
        ("two parts", parts, (0.7, 0.2, 0.15), GREY, 0.95),
        ("touching the border", at_border, (0.1, 0.3, 0.6), GREY, 0.9),
    ],
)
def test_hard_cases_are_cut_out(name, draw, product, ground, least):
    rgb, truth = photo(draw, product, ground, noise=0.002)
    done = cut(rgb, method="classical")
    assert iou(done.picture.matte, truth) > least, name


def test_the_hole_of_a_thin_ring_and_of_a_handle_stay_open():
    assert cut(photo(ring(14), (0.6, 0.45, 0.1))[0], method="classical").picture.matte[0, 0, 60, 80] < 0.1
    assert cut(photo(cup, (0.2, 0.35, 0.6))[0], method="classical").picture.matte[0, 0, 65, 110] < 0.1


@pytest.mark.parametrize("method", ["classical", "edges"])
def test_a_product_that_fills_a_corner(method):
    rgb, truth = photo(in_corner, (0.1, 0.3, 0.6), GREY)
    assert iou(cut(rgb, method=method).picture.matte, truth) > 0.95


def test_an_empty_picture_is_flagged_and_nothing_is_in_it():
    done = cut(photo(lambda big: None, (0, 0, 0))[0])
    assert done.flags
    assert done.picture.matte.mean() < 0.01


def worn(big):
    cv2.circle(big, (320, 90), 45, 255, -1)
    cv2.rectangle(big, (250, 130), (390, 480), 255, -1)


def test_of_a_person_wearing_the_product_a_box_gives_the_garment_alone():
    """Without a network nobody knows what is sold: the whole person is cut out; a person's box says which part."""
    rgb, truth = photo(worn, (0.75, 0.55, 0.45), GREY)
    shirt = torch.zeros_like(truth)
    shirt[..., 40:85, 63:97] = 1
    rgb = torch.where(shirt > 0, torch.tensor((0.1, 0.25, 0.7)).view(1, 3, 1, 1), rgb)
    assert iou(cut(rgb, method="classical").picture.matte, truth) > 0.85
    boxed = cut(rgb, method="classical", box="39,33,61,71")
    assert iou(boxed.picture.matte, shirt) > 0.9


@pytest.mark.parametrize("method", ["classical", "edges"])
def test_a_word_is_obeyed_by_every_method_whatever_is_done_to_the_edge(method):
    rgb, _ = photo(ellipse, (0.7, 0.15, 0.1))
    drawn = torch.zeros(1, 4, H, W)
    drawn[:, 1, 5:12, 5:30] = drawn[:, 3, 5:12, 5:30] = 1  # green, on the ground
    drawn[:, 0, 60:66, 70:90] = drawn[:, 3, 60:66, 70:90] = 1  # red, on the product
    context = Context(open_picture=lambda name: Picture(drawn[:, :3], alpha=drawn[:, 3:]))
    done = cut(rgb, context, method=method, scribbles="drawn.png", points="-50,50", grow=3, feather=2, threshold=0.1)
    matte = done.picture.matte[0, 0]
    assert (matte[5:12, 5:30] == 1).all()
    assert (matte[60:66, 70:90] == 0).all()
    assert matte[60, 80] == 0
    assert (done.layers["uncertainty"][0, 0, 5:12, 5:30] == 0).all()


def test_a_word_on_a_picture_that_is_transparent_already():
    rgb, truth = photo(ellipse, (0.7, 0.15, 0.1))
    done = Cutout(points="-50,50;+2,2").apply(Picture(rgb, alpha=truth), Context())
    assert done.picture.matte[0, 0, 60, 80] == 0
    assert done.picture.matte[0, 0, 2, 3] == 1


@pytest.mark.parametrize(
    ("parameters", "named"),
    [({"box": "50,1,20,9"}, "box"), ({"box": "1"}, "box"), ({"points": "5"}, "points"),
     ({"points": "200,1"}, "points")],
)  # fmt: skip
def test_what_is_not_understood_is_named(parameters, named):
    with pytest.raises(ValueError, match=named):
        Cutout(**parameters)


def test_a_drawing_that_says_nothing_or_has_another_size_is_refused():
    rgb, _ = photo(ellipse, (0.7, 0.15, 0.1))
    blue = Picture(torch.zeros(1, 3, H, W) + torch.tensor((0.0, 0.0, 1.0)).view(1, 3, 1, 1))
    for drawn, words in ((blue, "says nothing"), (Picture(torch.ones(1, 3, 9, 9)), "size")):
        with pytest.raises(ParameterError, match=words):
            cut(rgb, Context(open_picture=lambda name, drawn=drawn: drawn), scribbles="drawn.png")


def network(classes=1, name="cutout"):
    """A model that takes what is red for product, and for its upper half a part of its own."""

    def run(x):
        product = (x[:, :1] - x[:, 2:] - 0.2) * 40
        if classes == 1:
            return product
        upper = torch.linspace(1, -1, x.shape[2]).view(1, 1, -1, 1) * 40
        return torch.cat([-product, product + upper.clamp(max=0), product + (-upper).clamp(max=0)], 1)

    card = {"licence": "MIT", "input_px": 128, "classes": ["background", "lid", "body"] if classes > 1 else []}
    return Model(run, {"classes": classes}, card, "0" * 64, "cpu", "torch", name)


def asked(model):
    return Context(load_model=lambda name, commercial: model)


def test_a_network_is_asked_and_its_edge_is_refined():
    rgb, truth = photo(ellipse, (0.7, 0.15, 0.1), shadow=0.5)
    done = cut(rgb, asked(network()), method="net")
    assert iou(done.picture.matte, truth) > 0.96
    assert done.numbers["by_network"] == 1
    assert 0 <= done.numbers["confidence"] <= 1
    assert {"agreement", "boundary_entropy", "halo_seen", "holes"} <= set(done.numbers)


def test_parts_come_as_a_layer_with_names():
    rgb, _ = photo(ellipse, (0.7, 0.15, 0.1))
    done = cut(rgb, asked(network(3)), method="net")
    parts = (done.layers["parts"][0, 0] * 255).round()
    assert (parts[50, 80], parts[75, 80], parts[5, 5]) == (1, 2, 0)
    assert done.numbers["part_lid"] + done.numbers["part_body"] == pytest.approx(1)


def test_weights_nobody_calibrated_are_said_to_be_so():
    rgb, _ = photo(ellipse, (0.7, 0.15, 0.1))
    assert "not calibrated" in cut(rgb, asked(network(name="theirs")), model="theirs").notes[0]


def test_weights_are_those_that_are_there(monkeypatch, tmp_path):
    monkeypatch.setenv("PACKSHOT_HOME", str(tmp_path))
    assert Cutout(method="net").weights() == ("cutout",)
    assert Cutout(model="theirs.onnx").weights() == ("theirs.onnx",)
    assert Cutout(method="edges", model="theirs.onnx").weights() == ()
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "cutout.safetensors").write_bytes(b"")
    assert Cutout().weights() == ("cutout",)


def test_auto_asks_the_network_where_the_ground_is_not_a_studio():
    rgb, truth = photo(ellipse, (0.7, 0.15, 0.1))
    done = cut(rgb, asked(network()))
    assert done.numbers["by_network"] == 0
    assert iou(done.picture.matte, truth) > 0.96
    noise = torch.rand(rgb.shape, generator=torch.Generator().manual_seed(3))
    done = cut(torch.where(truth > 0.5, rgb, 0.4 * rgb + 0.5 * noise), asked(network()))
    assert done.numbers["by_network"] == 1


def test_auto_does_without_a_network_in_a_studio_unless_somebody_points():
    rgb, truth = photo(ellipse, (0.7, 0.15, 0.1))
    model = network()
    blind = Model(lambda x: x[:, :1] * 0 - 40, model.config, model.card, model.digest, "cpu", "torch", "cutout")
    done = cut(rgb, asked(blind))
    assert done.numbers["by_network"] == 0
    assert iou(done.picture.matte, truth) > 0.96
    pointed = cut(rgb, asked(blind), box="20,20,80,80")
    assert pointed.numbers["by_network"] == 1


def test_a_network_that_is_not_there_is_an_error_that_says_what_to_do():
    def nothing(name, commercial):
        raise WeightsNotFound(f"weights {name!r}: not found")

    with pytest.raises(WeightsNotFound, match="classical"):
        cut(photo(ellipse, (0.7, 0.15, 0.1))[0], Context(load_model=nothing), method="net")


def test_the_shadow_is_a_layer_of_its_own():
    rgb, truth = photo(ellipse, (0.7, 0.15, 0.1), shadow=0.4)
    done = cut(rgb, method="classical", shadow=True)
    shadow = done.layers["shadow"]
    assert shadow.shape == truth.shape
    assert shadow[0, 0, 100, 100] > 0.05  # beside the product, where it falls
    assert shadow[0, 0, 10, 10] < 0.02
    assert (done.picture.alpha[0, 0, 105:, 20:140] < 0.1).float().mean() > 0.9


def test_glass_keeps_its_transparency():
    """Half of the light goes through: the network says so, and the refined matte keeps it."""
    rgb, truth = photo(ellipse, (0.7, 0.15, 0.1))

    def run(x):
        return torch.where((x[:, :1] - x[:, 2:]) > 0.2, 0.0, -8.0)  # probability 0.5 on the product

    model = network()
    glass = Model(run, model.config, model.card, model.digest, "cpu", "torch", "cutout")
    matte = cut(rgb, asked(glass), method="net", threshold=0).picture.matte
    inside = mattes.inner(truth, 6)
    assert 0.2 < float(matte[inside].mean()) <= 1
