"""One ruler for every network in the table: build, save, load, same output; sizes; gradients; determinism."""

import pytest
import torch

from packshot import checkpoint, networks
from packshot.errors import BadCheckpoint, ParameterError

TINY = {"unet": {"width": 4, "depth": 2}}


def make(name):
    torch.manual_seed(0)
    return networks.build(name, TINY[name])


def test_every_network_has_a_tiny_config():
    assert set(TINY) == set(networks.TABLE)


@pytest.mark.parametrize("name", networks.TABLE)
class TestNetwork:
    @pytest.mark.parametrize(("n", "h", "w"), [(1, 16, 16), (3, 17, 23), (2, 1, 1)])
    def test_keeps_batch_and_size(self, name, n, h, w):
        network = make(name).eval()
        out = network(torch.rand(n, network.config.channels_in, h, w))
        assert out.shape == (n, network.config.channels_out, h, w)
        assert torch.isfinite(out).all()

    def test_gradients_reach_every_parameter(self, name):
        network = make(name)
        network(torch.rand(2, network.config.channels_in, 16, 16)).square().mean().backward()
        assert [k for k, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []

    def test_save_load_same_output(self, name, tmp_path):
        network = make(name).eval()
        x = torch.rand(1, network.config.channels_in, 16, 16)
        checkpoint.write(tmp_path / "n.safetensors", network, name, {"licence": "Apache-2.0"})
        loaded = checkpoint.read(tmp_path / "n.safetensors")
        assert loaded.card == {"licence": "Apache-2.0"}
        assert torch.equal(loaded.build()(x), network(x))

    def test_each_picture_of_a_batch_stands_alone(self, name):
        network = make(name).eval()
        x = torch.rand(3, network.config.channels_in, 16, 16)
        torch.testing.assert_close(network(x)[1:2], network(x[1:2]), rtol=0, atol=1e-5)

    def test_unknown_config_entry_is_refused_by_name(self, name):
        with pytest.raises(ParameterError, match="no_such_entry"):
            networks.build(name, {"no_such_entry": 1})


def test_half_precision_checkpoint_is_half_the_size_and_close(tmp_path):
    network = make("unet").eval()
    checkpoint.write(tmp_path / "full.safetensors", network, "unet", {})
    checkpoint.write(tmp_path / "half.safetensors", network, "unet", {}, dtype=torch.float16)
    x = torch.rand(1, 3, 16, 16)
    half = checkpoint.read(tmp_path / "half.safetensors").build()(x)
    torch.testing.assert_close(half, network(x), rtol=0, atol=2e-2)
    sizes = [(tmp_path / f"{n}.safetensors").stat().st_size for n in ("half", "full")]
    assert sizes[0] < 0.75 * sizes[1]


class TestBadCheckpoints:
    def test_missing(self, tmp_path):
        with pytest.raises(BadCheckpoint, match="not a readable"):
            checkpoint.read(tmp_path / "nothing.safetensors")

    def test_pickled(self, tmp_path):
        torch.save({"a": torch.zeros(1)}, tmp_path / "p.safetensors")
        with pytest.raises(BadCheckpoint, match="not a readable safetensors"):
            checkpoint.read(tmp_path / "p.safetensors")

    def test_foreign(self, tmp_path):
        from safetensors.torch import save_file

        save_file({"a": torch.zeros(1)}, tmp_path / "f.safetensors")
        with pytest.raises(BadCheckpoint, match="not written by packshot"):
            checkpoint.read(tmp_path / "f.safetensors")

    def test_truncated(self, tmp_path):
        checkpoint.write(tmp_path / "n.safetensors", make("unet"), "unet", {})
        data = (tmp_path / "n.safetensors").read_bytes()
        (tmp_path / "n.safetensors").write_bytes(data[: len(data) // 2])
        with pytest.raises(BadCheckpoint):
            checkpoint.read(tmp_path / "n.safetensors")

    def test_weights_of_another_shape(self, tmp_path):
        from dataclasses import replace

        checkpoint.write(tmp_path / "n.safetensors", make("unet"), "unet", {})
        stored = checkpoint.read(tmp_path / "n.safetensors")
        with pytest.raises(BadCheckpoint, match="does not fit"):
            replace(stored, config={**stored.config, "width": 8}).build()
