"""One ruler for every network in the table: build, save, load, same output; sizes; gradients; determinism; bounds."""

import copy
from dataclasses import fields

import pytest
import torch

from packshot import checkpoint, networks
from packshot.errors import BadCheckpoint, ParameterError
from tests.networks.members import (
    BATCH_MATTERS,
    BESIDE_THE_PICTURE,
    CRITICS,
    DISCRETE,
    GENERATORS,
    LEAST_IS_ZERO,
    NOTHING_TO_LEARN,
    SIZES,
    TINY,
    everything,
    inputs,
    loud,
    make,
    off_zero,
)


def test_every_network_has_a_tiny_config():
    assert set(TINY) == set(networks.TABLE)


@pytest.mark.parametrize("name", networks.TABLE)
class TestNetwork:
    def test_gradients_reach_every_parameter(self, name):
        if name in NOTHING_TO_LEARN:
            pytest.skip("it has no parameters")
        network = off_zero(make(name))
        sum(t.square().mean() + t.mean() for t in everything(name, network, inputs(name, network, 4))).backward()
        assert [k for k, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []

    def test_save_load_same_output(self, name, tmp_path):
        network = off_zero(make(name)).eval()
        checkpoint.write(tmp_path / "n.safetensors", network, name, {"licence": "Apache-2.0"})
        loaded = checkpoint.read(tmp_path / "n.safetensors")
        assert loaded.card == {"licence": "Apache-2.0"}
        arguments = inputs(name, network, 2)
        torch.manual_seed(1)
        truth = everything(name, network, arguments)
        torch.manual_seed(1)
        assert all(map(torch.equal, everything(name, loaded.build(), arguments), truth))

    def test_a_deep_copy_is_the_same_and_apart(self, name):
        network = make(name)
        everything(name, network, inputs(name, network, 2))  # a training pass, as before an average is begun
        network.eval()
        twin, arguments = copy.deepcopy(network), inputs(name, network, 2)
        assert all(map(torch.equal, everything(name, twin, arguments), everything(name, network, arguments)))
        ours, theirs = list(network.parameters()), list(twin.parameters())
        assert all(a.data_ptr() != b.data_ptr() for a, b in zip(ours, theirs, strict=True))

    def test_each_row_of_a_batch_stands_alone(self, name):
        if name in BATCH_MATTERS:
            pytest.skip("compares the pictures of a batch on purpose")
        network = off_zero(make(name)).eval()
        three, one = inputs(name, network, 3), inputs(name, network, 1)
        for many, alone in zip(everything(name, network, three), everything(name, network, one), strict=True):
            assert torch.isfinite(many).all()
            torch.testing.assert_close(many[:1], alone, rtol=1e-4, atol=1e-5)

    def test_same_seed_same_network_same_output(self, name):
        first, second = make(name), make(name)
        arguments = inputs(name, first, 2)
        torch.manual_seed(1)
        truth = everything(name, first, arguments)
        torch.manual_seed(1)
        assert all(map(torch.equal, everything(name, second, arguments), truth))

    def test_channels_last_gives_the_same(self, name):
        network = off_zero(make(name)).eval()
        arguments = inputs(name, network, 2)
        truth = everything(name, network, arguments)
        network = network.to(memory_format=torch.channels_last)
        for a, b in zip(everything(name, network, arguments), truth, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)

    def test_bfloat16_autocast_stays_finite_and_near(self, name):
        network = off_zero(make(name)).eval()
        arguments = inputs(name, network, 2)
        truth = everything(name, network, arguments)
        with torch.autocast("cpu", torch.bfloat16):
            rough = everything(name, network, arguments)
            sum(t.float().square().mean() for t in rough).backward() if name not in NOTHING_TO_LEARN else None
        for a, b in zip(rough, truth, strict=True):
            assert a.isfinite().all()
            assert name in DISCRETE or (a.float() - b).abs().max() <= 0.1 * b.abs().max() + 0.02
        assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())

    def test_unknown_config_entry_is_refused_by_name(self, name):
        with pytest.raises(ParameterError, match="no_such_entry"):
            networks.build(name, {"no_such_entry": 1})

    def test_every_bound_is_refused_by_name(self, name):
        config, _ = networks.find(name)
        for field in (f for f in fields(config) if f.type in ("int", "float")):
            low = -1 if field.name in LEAST_IS_ZERO else 0
            with pytest.raises(ParameterError, match=field.name):
                make(name, **{field.name: low})


@pytest.mark.parametrize("name", GENERATORS)
class TestGenerator:
    def test_size_channels_and_range(self, name):
        for size, channels, n, condition_dim in [
            (size, c, n, k) for size in SIZES for c, n, k in ((3, 3, 0), (1, 1, 4))
        ]:
            network = loud(make(name, size=size, channels=channels, condition_dim=condition_dim)).eval()
            with torch.inference_mode():
                out = network(*inputs(name, network, n))
            assert out.shape == (n, channels, size, size)
            assert out.abs().max() <= 1
            assert out.std() > 0.1

    def test_condition_changes_the_picture(self, name):
        network = off_zero(make(name)).eval()
        z, condition, *rest = inputs(name, network, 2)
        assert not torch.equal(network(z, condition, *rest), network(z, 1 - condition, *rest))

    def test_condition_must_fit(self, name):
        network = make(name).eval()
        z, condition, *rest = inputs(name, network, 2)
        for wrong in (None, condition[:, :1], condition[:1]):
            with pytest.raises(ParameterError, match="condition"):
                network(z, wrong, *rest)


@pytest.mark.parametrize("name", CRITICS)
class TestCritic:
    def test_sizes(self, name):
        for size, channels, n, condition_dim in [
            (size, c, n, k) for size in SIZES for c, n, k in ((3, 3, 0), (1, 1, 4))
        ]:
            network = make(name, size=size, channels=channels, condition_dim=condition_dim).eval()
            with torch.inference_mode():
                verdict = network.judge(*inputs(name, network, n))
            assert verdict.score.shape == (n,)
            assert verdict.features.dim() == 2
            assert len(verdict.features) == n
            assert [c.shape for c in verdict.classes] == [(n, 3), (n, 2)]

    def test_one_pass_tells_the_same_as_each_method(self, name):
        network = off_zero(make(name)).eval()
        arguments = inputs(name, network, 2)
        verdict = network.judge(*arguments)
        assert torch.equal(network(*arguments), verdict.score)
        assert torch.equal(network.features(arguments[0]), verdict.features)
        assert all(map(torch.equal, network.classify(arguments[0]), verdict.classes))

    def test_penalties_have_gradients(self, name):
        """Second order: a penalty sends finite gradients to all weights that pictures pass through."""
        network = off_zero(make(name))
        x, *rest = inputs(name, network, 4)
        x.requires_grad_()
        scores = [t for t in everything(name, network, (x, *rest)) if t.dim() == 1]
        for score in scores:
            (slope,) = torch.autograd.grad(score.sum(), x, create_graph=True)
            slope.square().sum().backward(retain_graph=len(scores) > 1)
        assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())
        weights = [k for k, p in network.named_parameters() if p.dim() > 1 and not k.startswith(BESIDE_THE_PICTURE)]
        assert [k for k in weights if (g := network.get_parameter(k).grad) is None or not g.any()] == []

    def test_condition_must_fit(self, name):
        network = make(name).eval()
        x, condition, *rest = inputs(name, network, 2)
        for wrong in (None, condition[:, :1], condition[:1]):
            with pytest.raises(ParameterError, match="condition"):
                network(x, wrong, *rest)


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
