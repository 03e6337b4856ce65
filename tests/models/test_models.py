"""models.load: places, devices, licences, engines."""

import importlib.util

import pytest
import torch

from packshot import checkpoint, models, networks
from packshot.errors import DeviceError, LicenceRefused, WeightsNotFound


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PACKSHOT_HOME", str(tmp_path))
    torch.manual_seed(0)
    network = networks.build("unet", {"width": 4, "depth": 2})
    checkpoint.write(tmp_path / "weights" / "mine.safetensors", network, "unet", {"licence": "MIT"})
    checkpoint.write(tmp_path / "weights" / "theirs.safetensors", network, "unet", {"licence": "CC-BY-NC-4.0"})
    return tmp_path


def test_finds_by_name_and_by_path_and_runs(home):
    by_name = models.load("mine", device="cpu")
    by_path = models.load(str(home / "weights" / "mine.safetensors"), device="cpu")
    x = torch.rand(1, 3, 12, 9)
    assert by_name.run(x).shape == (1, 1, 12, 9)
    assert by_name.digest == by_path.digest
    assert torch.equal(by_name.run(x), by_path.run(x))
    assert "mine" in [p.stem for p in models.available()]


def test_a_missing_name_says_where_it_was_looked_for(home):
    with pytest.raises(WeightsNotFound, match=r"nowhere.*weights/nowhere\.safetensors"):
        models.load("nowhere")


def test_commercial_refuses_other_licences(home):
    assert models.load("mine", commercial=True).card["licence"] == "MIT"
    with pytest.raises(LicenceRefused, match="CC-BY-NC"):
        models.load("theirs", commercial=True)
    assert models.load("theirs").card["licence"] == "CC-BY-NC-4.0"


@pytest.mark.parametrize("device", ["tpu", "cuda:99", "cpu:1", "cuda:x"])
def test_a_device_asked_for_and_missing_is_an_error(device):
    with pytest.raises(DeviceError, match=device):
        models.resolve_device(device)


def test_auto_device_is_one_that_exists():
    assert models.resolve_device(models.resolve_device("auto"))


@pytest.mark.skipif(importlib.util.find_spec("onnxscript") is None, reason="needs the extra `export` (onnxscript)")
def test_onnx_engine_agrees_with_torch_and_is_cached(home):
    plain, fast = models.load("mine", device="cpu"), models.load("mine", device="cpu", engine="onnx")
    for shape in [(1, 3, 32, 32), (2, 3, 45, 33)]:
        x = torch.rand(shape)
        torch.testing.assert_close(fast.run(x), plain.run(x), rtol=0, atol=1e-4)
    assert fast.engine == "onnx"
    assert len(list((home / "cache").glob("*.onnx"))) == 1
