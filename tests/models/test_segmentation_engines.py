"""Networks that segment through the engines: exported, quantised, held to the gate by the shares of their classes."""

import importlib.util

import pytest
import torch

from packshot import checkpoint, models, networks
from packshot.errors import ModelError
from packshot.models import gate
from tests.networks.members import TINY, off_zero

needs_export = pytest.mark.skipif(
    importlib.util.find_spec("onnxscript") is None, reason="needs the extra `export` (onnxscript)"
)
OTHERS = [
    pytest.param(name, marks=[pytest.mark.slow, pytest.mark.timeout(900)]) for name in ("unet", "segnet", "nested-unet")
]


@needs_export
@pytest.mark.parametrize("name", ["guided-unet", *OTHERS])
def test_every_network_exports_for_any_size_and_to_int8(name, tmp_path, monkeypatch):
    monkeypatch.setenv("PACKSHOT_HOME", str(tmp_path))
    torch.manual_seed(0)
    network = off_zero(networks.build(name, {**TINY[name], "classes": 3})).eval()
    path = tmp_path / "small.safetensors"
    checkpoint.write(path, network.fused() if hasattr(network, "fused") else network, name, {"licence": "MIT"})
    plain, fast = (models.load(str(path), "cpu", engine) for engine in ("torch", "onnx"))
    for h, w in ((64, 96), (37, 50), (8, 8)):
        x = torch.rand(1, 3, h, w)
        torch.testing.assert_close(fast.run(x), plain.run(x), rtol=1e-3, atol=1e-4)
    x = torch.rand(1, 3, 48, 64)
    small = models.load(str(path), "cpu", "onnx-int8")
    assert not torch.equal(small.run(x), plain.run(x))
    assert (small.run(x).softmax(1) - plain.run(x).softmax(1)).abs().mean() < 0.02


def test_the_gate_looks_at_shares_and_not_at_logits():
    """Large logits may differ where their shares do not."""
    torch.manual_seed(0)
    network = networks.build("unet", TINY["unet"]).eval()
    with torch.no_grad():
        network.head.weight.mul_(20)
        network.head.bias.fill_(100.0)
    work = gate.examples(3, 1)
    assert gate.check("onnx-int8", network, lambda x: network(x).detach() + 1, work, "net") > gate.NEAR
    with torch.no_grad():
        network.head.bias.fill_(0.0)
    with pytest.raises(ModelError, match="lies"):
        gate.check("onnx-int8", network, lambda x: network(x).detach() + 1, work, "net")
