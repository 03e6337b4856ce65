"""Segmentation networks: own ones and other projects' ONNX files and folders, over photos of any shape."""

import json

import numpy as np
import pytest
import torch

from packshot import checkpoint, models, networks
from packshot.errors import BadCheckpoint, LicenceRefused, ModelError
from packshot.models import onnx_files
from packshot.models.segmenting import seen


def photo(h=80, w=120, at=(20, 60, 30, 70)):
    """A bright red box on dark ground, and where it is."""
    y0, y1, x0, x1 = at
    truth = torch.zeros(h, w)
    truth[y0:y1, x0:x1] = 1
    rgb = torch.full((1, 3, h, w), 0.1)
    rgb[:, 0, y0:y1, x0:x1] = 0.9
    return rgb, truth


def onnx_file(path, *, side=32, classes=1, gain=20.0):
    """A network of one convolution whose logits are the red of what it is given, less a half."""
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper, numpy_helper

    weight = np.zeros((classes, 3, 1, 1), np.float32)
    weight[-1, 0] = gain
    bias = np.zeros(classes, np.float32)
    bias[-1] = -gain / 2
    node = helper.make_node("Conv", ["photo", "w", "b"], ["found"])
    graph = helper.make_graph(
        [node],
        "net",
        [helper.make_tensor_value_info("photo", TensorProto.FLOAT, [1, 3, side, side])],
        [helper.make_tensor_value_info("found", TensorProto.FLOAT, [1, classes, side, side])],
        [numpy_helper.from_array(weight, "w"), numpy_helper.from_array(bias, "b")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), str(path))
    return path


PLAIN = {"mean": [0, 0, 0], "std": [1, 1, 1], "activation": "sigmoid"}


def told(path, **values):
    path.with_suffix(".json").write_text(json.dumps({**PLAIN, **values}))
    return path


def iou(found, truth):
    import cv2

    found = cv2.resize(found, truth.shape[::-1], interpolation=cv2.INTER_LINEAR) > 0.5
    truth = truth.numpy() > 0.5
    return (found & truth).sum() / (found | truth).sum()


def test_a_file_of_theirs_finds_what_it_should(tmp_path):
    rgb, truth = photo()
    found = seen(models.load(str(told(onnx_file(tmp_path / "theirs.onnx")))), rgb, again=False)
    assert found.product.shape == (21, 32)
    assert iou(found.product, truth) > 0.85


def test_a_small_product_is_looked_at_again_and_is_found_finer(tmp_path):
    rgb, truth = photo(400, 600, (100, 160, 60, 130))
    model = models.load(str(told(onnx_file(tmp_path / "theirs.onnx"))))
    once, twice = seen(model, rgb, again=False), seen(model, rgb)
    assert (once.looks, twice.looks) == (1, 2)
    assert iou(twice.product, truth) > max(0.95, iou(once.product, truth))


def test_classes_become_parts_with_the_background_first(tmp_path):
    rgb, _ = photo()
    path = told(
        onnx_file(tmp_path / "parts.onnx", classes=3),
        activation="softmax",
        background=1,
        classes=["sole", "none", "cap"],
    )
    found = seen(models.load(str(path)), rgb, again=False)
    assert found.names == ("none", "sole", "cap")
    assert found.parts[10, 13] == 2
    assert found.product[10, 13] > 0.99


def test_families_are_known_by_name_and_overruled_by_what_is_told(tmp_path):
    how, family = onnx_files.processing_of(tmp_path / "u2netp.onnx")
    assert (how.size, how.divide_by, how.activation, family) == (320, "max", "stretch", "u2netp")
    assert onnx_files.processing_of(tmp_path / "isnet-general-use.onnx")[0].size == 1024
    assert onnx_files.processing_of(tmp_path / "BiRefNet-lite.onnx")[0].activation == "sigmoid"
    told(tmp_path / "u2netp.onnx", size=64)
    assert onnx_files.processing_of(tmp_path / "u2netp.onnx")[0].size == 64


@pytest.mark.parametrize("text", ["{", '{"size": 1}', '{"shape": 3}', "[1]"])
def test_a_damaged_description_is_named(tmp_path, text):
    (tmp_path / "net.json").write_text(text)
    with pytest.raises(BadCheckpoint, match=r"net\.json"):
        onnx_files.processing_of(tmp_path / "net.onnx")


def test_what_is_no_network_is_refused(tmp_path):
    (tmp_path / "net.onnx").write_bytes(b"no graph")
    with pytest.raises(BadCheckpoint, match=r"net\.onnx"):
        models.load(str(tmp_path / "net.onnx"))


def test_the_licence_decides_for_shops(tmp_path):
    path = told(onnx_file(tmp_path / "theirs.onnx"))
    with pytest.raises(LicenceRefused, match="unstated"):
        models.load(str(path), commercial=True)
    path.with_suffix(".licence").write_text("Apache-2.0\n")
    assert models.load(str(path), commercial=True).card["licence"] == "Apache-2.0"


def test_own_networks_take_any_size(tmp_path):
    torch.manual_seed(0)
    network = networks.build("unet", {"width": 4, "depth": 2})
    checkpoint.write(tmp_path / "net.safetensors", network, "unet", {"licence": "MIT", "input_px": 64})
    model = models.load(str(tmp_path / "net.safetensors"), engine="torch")
    for h, w in ((64, 64), (37, 121), (9, 500), (1, 1)):
        found = seen(model, torch.rand(1, 3, h, w))
        assert np.isfinite(found.product).all()
        assert 0 <= found.product.min() <= found.product.max() <= 1


def test_a_network_for_something_else_is_refused(tmp_path):
    network = networks.build("span", {"width": 4, "blocks": 2, "gain": 1, "scale": 2, "channels_in": 3})
    checkpoint.write(tmp_path / "net.safetensors", network.fused(), "span", {"licence": "MIT"})
    with pytest.raises(ModelError, match="segments pictures"):
        seen(models.load(str(tmp_path / "net.safetensors"), engine="torch"), torch.rand(1, 3, 20, 20))


@pytest.mark.slow
def test_a_folder_of_transformers(tmp_path):
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = transformers.SegformerConfig(
        num_encoder_blocks=2, depths=[1, 1], sr_ratios=[2, 1], hidden_sizes=[8, 8], patch_sizes=[7, 3], strides=[4, 2],
        num_attention_heads=[1, 1], mlp_ratios=[1, 1], decoder_hidden_size=8, num_labels=3,
        id2label={0: "Background", 1: "shirt", 2: "shoe"},
    )  # fmt: skip
    transformers.SegformerForSemanticSegmentation(config).save_pretrained(tmp_path / "segformer")
    (tmp_path / "segformer" / "preprocessor_config.json").write_text('{"size": {"height": 64, "width": 64}}')
    model = models.load(str(tmp_path / "segformer"))
    found = seen(model, photo()[0])
    assert found.names == ("Background", "shirt", "shoe")
    assert found.product.shape == (43, 64)
    (tmp_path / "segformer" / "config.json").write_text('{"architectures": ["Unheard"], "model_type": "unheard"}')
    with pytest.raises(BadCheckpoint, match="segformer"):
        models.load(str(tmp_path / "segformer"))


def own(run, **card):
    """A network of this project's, as its card says."""
    card = {"role": "segmenter", "input_px": 64, "licence": "MIT", **card}
    return models.Model(run, {"classes": 1}, card, "0" * 64, "cpu", "torch", "cutout")


def test_own_networks_look_twice_and_say_how_steady_they_are():
    """One that sees the product wherever it is, and one that sees the left half whatever is there."""
    rgb, truth = photo()
    steady = seen(own(lambda x: (x[:, :1] - 0.5) * 40), rgb, again=False)
    assert (steady.looks, steady.steadiness) == (2, 1.0)
    assert iou(steady.product, truth) > 0.9

    def left(x):
        found = torch.full_like(x[:, :1], -20.0)
        found[..., : x.shape[3] // 2] = 20.0
        return found

    guess = seen(own(left), rgb, again=False)
    assert guess.steadiness == 0
    np.testing.assert_allclose(guess.product, 0.5, atol=1e-3)
    theirs = seen(own(left, role=""), rgb, again=False)
    assert (theirs.looks, theirs.steadiness) == (1, None)


def test_faint_patches_away_from_the_product_are_no_product():
    rgb, _ = photo()
    rgb[:, 1, 60:76, 90:110] = 0.5  # what the network half believes in

    def run(x):
        return (x[:, :1] - 0.5) * 40 + 15 * (x[:, 1:2] > 0.3)

    product = seen(own(run, input_px=120), rgb, again=False).product
    assert product[24:56, 34:66].min() > 0.9
    assert product[62:74, 92:108].max() == 0
    glass = seen(own(lambda x: run(x).clamp(max=-1)), rgb, again=False).product
    assert glass.max() > 0.2  # nothing is sure, nothing is taken away
