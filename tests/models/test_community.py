"""Weights of other projects, by spandrel, in an environment of their own: `make community`."""

from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from packshot import models
from packshot.errors import BadCheckpoint, LicenceRefused
from packshot.imaging.picture import Picture
from packshot.models import community
from packshot.operations.operation import Context
from packshot.operations.upscale import Upscale

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("spandrel") is None, reason="needs the extra `community`: make community"),
]


def test_what_is_no_known_network_is_refused(tmp_path):
    torch.save({"x": torch.zeros(2)}, tmp_path / "no.pth")
    with pytest.raises(BadCheckpoint, match=r"no\.pth: not weights that spandrel knows"):
        models.load(str(tmp_path / "no.pth"), device="cpu")


def test_pickles_that_would_run_code_are_refused(tmp_path):
    class Trap:
        def __reduce__(self):
            return (Path(tmp_path / "sprung").touch, ())

    torch.save({"params": Trap()}, tmp_path / "trap.pth")
    with pytest.raises(BadCheckpoint):
        models.load(str(tmp_path / "trap.pth"), device="cpu")
    assert not (tmp_path / "sprung").exists()


def test_a_network_of_theirs_enlarges_through_the_operation(tmp_path):
    community.load_spandrel()  # past what keeps torchvision from being imported
    from spandrel.architectures.Compact import Compact

    torch.manual_seed(0)
    network = Compact(num_feat=8, num_conv=2, upscale=2).eval()
    path = tmp_path / "theirs.pth"
    torch.save({"params": network.state_dict()}, path)
    picture = Picture(torch.rand(1, 3, 21, 30))
    model = models.load(str(path), device="cpu")
    assert (model.scale, model.channels_in, model.card["licence"]) == (2, 3, "unstated")
    expected = network(picture.rgb).clamp(0, 1)  # spandrel clips
    torch.testing.assert_close(model.run(picture.rgb), expected, rtol=0, atol=1e-5)
    run = Context(load_model=lambda name, commercial: models.load(name, "cpu", commercial=commercial))
    assert Upscale(model=str(path)).apply(picture, run).picture.size == (42, 60)
    with pytest.raises(LicenceRefused, match="unstated"):
        Upscale(model=str(path), commercial=True).apply(picture, run)
    path.with_suffix(".licence").write_text("BSD-3-Clause")
    assert Upscale(model=str(path), commercial=True).apply(picture, run).picture.size == (42, 60)
