"""Engines, the accuracy gate, what the bench remembers, tiles, other projects' files."""

import importlib.util

import pytest
import torch

from packshot import checkpoint, models, networks
from packshot.errors import LicenceRefused, MissingExtra, ModelError, ParameterError
from packshot.models import bench, community, engines, gate, reach, restoring
from tests.operations.weights import write

needs_export = pytest.mark.skipif(
    importlib.util.find_spec("onnxscript") is None, reason="needs the extra `export` (onnxscript)"
)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A SPAN wide enough to be quantised, near to a plain enlargement."""
    torch.manual_seed(0)
    network = networks.build("span", {"scale": 2, "width": 8, "blocks": 2, "gain": 1})
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    checkpoint.write(path, network.fused(), "span", {"licence": "MIT"})
    return checkpoint.read(path)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PACKSHOT_HOME", str(tmp_path))
    return tmp_path


@needs_export
def test_int8_passes_the_gate_and_is_cached(stored, home):
    fast = models.load(str(stored.path), device="cpu", engine="onnx-int8")
    x = gate.examples(3, 2)[0][:1]
    plain = stored.build()(x).detach()
    assert gate._psnr(fast.run(x), plain) > gate.NEAR
    assert not torch.equal(fast.run(x), plain)
    assert sorted(path.name.split("-")[1] for path in (home / "cache").glob("*.onnx")) == ["int8", "onnx"]
    import onnx

    quantised = onnx.load(str(next((home / "cache").glob("*-int8-*"))))
    kinds = {t.data_type for t in quantised.graph.initializer}
    assert onnx.TensorProto.UINT8 in kinds
    names = {i.name for i in quantised.graph.initializer}
    convolutions = [n for n in quantised.graph.node if n.op_type == "Conv"]
    assert convolutions[0].input[1] in names  # the first and the last keep their float weights
    assert convolutions[-1].input[1] in names
    assert convolutions[1].input[1] not in names


def test_the_gate_refuses_what_differs(stored):
    network, work = stored.build(), gate.examples(3, 2)
    with pytest.raises(ModelError, match=r"the onnx engine differs from torch by 0\.0"):
        gate.check("onnx", network, lambda x: network(x) + 0.02, work, "small")
    with pytest.raises(ModelError, match=r"costs .* dB and lies 34\.0 dB from torch"):
        gate.check("onnx-int8", network, lambda x: network(x) + 0.02, work, "small")
    assert gate.check("onnx-int8", network, lambda x: network(x) + 1e-4, work, "small") == pytest.approx(80, abs=0.5)


@pytest.mark.parametrize(("channels", "scale"), [(3, 1), (4, 1), (3, 2), (3, 4)])
def test_examples_fit_the_network(channels, scale):
    given, truth = gate.examples(channels, scale)
    assert given.shape == (gate.COUNT, channels, gate.SIDE_PX, gate.SIDE_PX)
    assert truth.shape == (gate.COUNT, 3, gate.SIDE_PX * scale, gate.SIDE_PX * scale)


def test_the_bench_measures_and_auto_remembers(stored, home):
    rows = list(bench.measured(stored, 32, ("torch", "torch-bf16", "openvino-int8")))
    assert [row.engine for row in rows] == ["torch", "torch-bf16", "openvino-int8"]
    assert rows[0].psnr == 99
    assert rows[0].seconds > 0
    if importlib.util.find_spec("openvino") is None:
        assert "pip install 'packshot[openvino]'" in rows[2].words
    assert models.load(str(stored.path), device="cpu").engine == "torch"
    quick = [
        bench.Row("torch", 2.0, 2.0, 99.0),
        bench.Row("torch-bf16", 1.0, 1.0, 50.0),
        bench.Row("compile", 0.5, 9, 99),
    ]
    assert bench.remember(stored, quick) == "torch-bf16"
    assert models.load(str(stored.path), device="cpu").engine in ("torch-bf16", "torch")  # gated again when loaded
    (home / bench.FILE).write_text("no json")
    assert bench.remembered(stored.digest) == "torch"


def test_what_draws_or_tells_has_no_engines_to_choose_from():
    for name in ("fashion-gan", "catalogue-features", "sketch-to-toy"):
        with pytest.raises(ModelError, match=f"{name}: .* does not turn a picture into another, so it always runs in"):
            next(bench.measured(checkpoint.read(models.find(name)), 32))
    assert engines.serves(checkpoint.read(models.find("upscale-x2")))


def test_engines_are_refused_by_name(stored):
    with pytest.raises(ParameterError, match="engine 'tpu': expected auto or one of torch"):
        models.load(str(stored.path), device="cpu", engine="tpu")
    with pytest.raises(ParameterError, match="runs on cpu only"):
        engines.make("onnx", stored, stored.build(), "cuda")


def test_reach_is_measured(tmp_path):
    assert reach.measure(lambda x: x, 3, 1) == 0
    blur = torch.nn.AvgPool2d(7, 1, 3)
    assert reach.measure(blur, 3, 1) == 3
    assert reach.measure(lambda x: x + x.mean((2, 3), keepdim=True), 3, 1) is None
    assert reach.measure(lambda x: torch.nn.functional.interpolate(blur(x), scale_factor=2), 3, 2) == 3
    model = models.load(str(write(tmp_path, "tiny", scale=2)), "cpu", "torch")
    assert 4 <= restoring.reach_of(model) <= 9
    with pytest.raises(ModelError, match="takes 3 channels, expected a network of 4"):
        restoring.restored(model, torch.rand(1, 4, 8, 8))
    with pytest.raises(ModelError, match="expected an inpainting network"):
        restoring.filler_of(model)


def test_other_projects_files_are_known_and_gated(tmp_path, stored):
    from safetensors.torch import save_file

    theirs = tmp_path / "theirs.safetensors"
    save_file({"x": torch.zeros(2)}, theirs, metadata={"format": "pt", "license": "CC-BY-NC-4.0"})
    bare = tmp_path / "bare.pth"
    torch.save({"x": torch.zeros(2)}, bare)
    assert community.is_foreign(theirs)
    assert community.is_foreign(bare)
    assert not community.is_foreign(stored.path)
    assert community.licence_of(theirs) == "CC-BY-NC-4.0"
    assert community.licence_of(bare) == "unstated"
    with pytest.raises(LicenceRefused, match=r"theirs\.safetensors: licence 'CC-BY-NC-4\.0'"):
        models.load(str(theirs), device="cpu", commercial=True)
    (tmp_path / "bare.licence").write_text("MIT\n")
    assert community.licence_of(bare) == "MIT"
    if importlib.util.find_spec("spandrel") is None:
        with pytest.raises(MissingExtra, match="community"):
            models.load(str(bare), device="cpu", commercial=True)
