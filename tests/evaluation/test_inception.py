"""Inception for measures: clean-fid's resizing against Pillow's own, what files it takes, and whose distance is FID."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from packshot import checkpoint, networks
from packshot.errors import BadCheckpoint, ParameterError, WeightsNotFound
from packshot.evaluation import inception
from packshot.evaluation.features import compare_sets, features_of


def pictures(n: int, height: int, width: int) -> torch.Tensor:
    return torch.randint(0, 256, (n, 3, height, width), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)


def by_pillow(picture: torch.Tensor) -> torch.Tensor:
    """The recipe of the paper, channel by channel in Pillow's 32-bit floats."""
    channels = [Image.fromarray(channel.numpy().astype(np.float32), mode="F") for channel in picture]
    large = [np.asarray(channel.resize((299, 299), Image.Resampling.BICUBIC)) for channel in channels]
    return torch.from_numpy(np.stack(large)).clamp(0, 255)


@pytest.fixture(scope="module")
def small() -> torch.nn.Module:
    torch.manual_seed(0)
    return networks.build("inception", {"divide": 16}).eval()


@pytest.mark.parametrize(("height", "width"), [(28, 28), (64, 64), (299, 299), (450, 380)])
def test_resizing_is_pillows_in_floating_point(height: int, width: int) -> None:
    (picture,) = pictures(1, height, width)
    ours, theirs = inception.resized(picture[None].float())[0], by_pillow(picture)
    torch.testing.assert_close(ours, theirs, atol=0.01, rtol=0)
    if height != 299:
        assert (ours - ours.round()).abs().max() > 0.4  # nothing is rounded to 8 bits
    assert ours.min() >= 0
    assert ours.max() <= 255


def test_features_are_those_of_pictures_resized_by_pillow(small: torch.nn.Module) -> None:
    some = pictures(2, 40, 52)
    found = features_of(inception.CleanInception(small), [some])
    with torch.inference_mode():
        truth = small.features((torch.stack([by_pillow(p) for p in some]) - 128) / 128)
    torch.testing.assert_close(found, truth, atol=1e-4, rtol=1e-3)


def test_files_of_tensors_are_taken_whatever_their_form(small: torch.nn.Module, tmp_path: Path) -> None:
    torch.save(small.state_dict(), tmp_path / "own.pth")
    save_file(small.state_dict(), tmp_path / "own.safetensors")
    checkpoint.write(tmp_path / "ours.safetensors", small, "inception", {})
    x = pictures(1, 32, 32)
    truth = features_of(inception.CleanInception(small), [x])
    for name in ("own.pth", "own.safetensors", "ours.safetensors"):
        network, called = inception.read(tmp_path / name)
        assert torch.equal(features_of(network, [x]), truth)
        assert called == "inception-fid"  # fits, but is not the weights that FID means
    torch.manual_seed(1)
    other = networks.build("inception", {"divide": 16, "pooling": "torchvision"})
    torch.save(other.state_dict(), tmp_path / "other.pth")
    assert inception.read(tmp_path / "other.pth")[1] == "inception-torchvision"


def test_only_the_published_weights_make_a_fid(
    small: torch.nn.Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save(small.state_dict(), tmp_path / "own.pth")
    features = torch.randn(40, 8, generator=torch.Generator().manual_seed(0))
    plain = compare_sets(inception.read(tmp_path / "own.pth")[1], features, features).row()
    assert {"FD-inception-fid", "KD-inception-fid"} <= set(plain)
    assert not {"FID", "KID"} & set(plain)
    digest = hashlib.sha256((tmp_path / "own.pth").read_bytes()).hexdigest()
    monkeypatch.setattr(inception, "DIGEST", digest)
    true = compare_sets(inception.read(tmp_path / "own.pth")[1], features, features).row()
    assert {"FID", "KID"} <= set(true)
    assert not [name for name in true if name.startswith(("FD-", "KD-"))]


def test_what_is_no_inception_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsNotFound, match="not part of packshot"):
        inception.read(tmp_path / "nothing.pth")
    (tmp_path / "text.pth").write_bytes(b"no weights at all")
    with pytest.raises(BadCheckpoint, match="expected a file of tensors only"):
        inception.read(tmp_path / "text.pth")
    torch.jit.script(torch.nn.Linear(2, 2)).save(tmp_path / "script.pt")
    with pytest.raises(BadCheckpoint, match="TorchScript"):
        inception.read(tmp_path / "script.pt")
    torch.save({"a": [1, 2]}, tmp_path / "list.pth")
    with pytest.raises(BadCheckpoint, match="expected tensors by name"):
        inception.read(tmp_path / "list.pth")
    torch.save({"fc.weight": torch.zeros(10, 4)}, tmp_path / "ten.pth")
    with pytest.raises(ParameterError, match="1008 or 1000 classes, got 10"):
        inception.read(tmp_path / "ten.pth")
