"""Transfer: weights that fit are taken over, others start fresh, and a run says what it began with."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import yaml

from packshot import checkpoint
from packshot.catalogue.dataset.writing import PackWriter
from packshot.errors import ParameterError
from packshot.networks.gan.dcgan import DCGANCritic, DCGANCriticConfig, DCGANGenerator, DCGANGeneratorConfig
from packshot.training.preset import Preset
from packshot.training.run import run
from packshot.training.starting import begin_from

PRESET = Preset(
    what="tiny",
    objective="gan",
    networks={
        "generator": ("dcgan-generator", {"z_dim": 4, "width": 4}),
        "critic": ("dcgan-critic", {"width": 4}),
    },
    size=8,
    columns=("category",),
    settings={"batch": 4, "total_images": 8, "samples": 2, "average_images": 0},
)


def shop(folder: Path, categories: int) -> Path:
    pixels = torch.randint(0, 256, (12, 3, 8, 8), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    with PackWriter(folder, (8, 8), {"photo": 3}) as writer:
        for number, photo in enumerate(pixels):
            row = {"sku": str(number), "category": str(number % categories), "split": "train", "licence": "MIT"}
            writer.add(row, {"photo": photo.numpy()})
    return folder


def players(condition_dim: int, seed: int) -> dict[str, torch.nn.Module]:
    torch.manual_seed(seed)
    return {
        "generator": DCGANGenerator(DCGANGeneratorConfig(4, condition_dim, 3, 8, 4)),
        "critic": DCGANCritic(DCGANCriticConfig(condition_dim, 3, 8, 4)),
    }


def test_a_run_begins_with_another_ones_weights_and_says_so(tmp_path: Path) -> None:
    first = run(PRESET, shop(tmp_path / "two", 2), tmp_path / "first", device="cpu")
    second = run(
        PRESET, shop(tmp_path / "three", 3), tmp_path / "second", device="cpu", start=tmp_path / "first",
        changes={"learning_rate": {"start": 0.0, "end": 0.0}},
    )  # fmt: skip
    before, after = (checkpoint.read(r.networks["generator"]).tensors for r in (first, second))
    moved = {name for name in after if after[name].shape != before[name].shape}
    assert moved == {"body.0.weight"}  # takes noise and condition
    kept = [k for k in after if k not in moved and "running" not in k and "tracked" not in k]
    assert kept
    assert all(torch.equal(before[k], after[k]) for k in kept)
    told = yaml.safe_load((tmp_path / "second" / "config.yaml").read_text())["start"]
    assert 0.2 < told["taken"]["generator"] < 1
    assert 0.2 < told["taken"]["critic"] < 1
    again = run(PRESET, tmp_path / "three", tmp_path / "second", device="cpu", start=tmp_path / "first",
                changes={"learning_rate": {"start": 0.0, "end": 0.0}, "total_images": 16})  # fmt: skip
    assert again.outcome.images == 16
    assert yaml.safe_load((tmp_path / "second" / "config.yaml").read_text())["start"] == told


def test_one_checkpoint_starts_its_own_role(tmp_path: Path) -> None:
    source, target = players(0, 1), players(0, 2)
    checkpoint.write(tmp_path / "made.safetensors", source["critic"], "dcgan-critic", {"role": "critic"})
    fresh = target["generator"].state_dict()["body.0.weight"].clone()
    assert begin_from(target, tmp_path / "made.safetensors") == {"critic": 1.0}
    for name, value in source["critic"].state_dict().items():
        assert torch.equal(value, target["critic"].state_dict()[name])
    assert torch.equal(fresh, target["generator"].state_dict()["body.0.weight"])


def test_what_does_not_fit_at_all_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ParameterError, match=r"start: nothing in .*empty fits.*generator, critic"):
        begin_from(players(0, 0), tmp_path / "empty")
