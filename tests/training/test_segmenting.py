"""Training of networks that segment: exact resume, what ships, learning, several classes."""

from pathlib import Path

import pytest
import torch

from packshot import checkpoint, models
from packshot.catalogue.composing.gathering import gather
from packshot.models.segmenting import seen
from packshot.training import presets
from packshot.training.objective import Batch
from packshot.training.objectives.segment import SegmentSettings, classes_of, coloured
from packshot.training.preset import Preset, falling
from packshot.training.run import run
from packshot.training.segmenting import segmenting
from tests.catalogue.composing.test_composing import pack

BRIEF = {"batch": 4, "total_images": 16, "learning_rate": falling(4e-3, 1e-4, 600), "samples": 2, "sample_images": 8}
GUIDED = ("guided-unet", {"widths": (6, 8, 12), "blocks": (0, 1, 1), "guides": 2})
RULES = {"structure": 0.5, "slopes": 0.5, "edge": 3.0}


def preset(network=GUIDED, size=48, **rules):
    return Preset("a tiny one", "segment", {"segmenter": network}, size=size, rules=rules or RULES, settings=BRIEF)


@pytest.fixture(scope="module")
def stock(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stock") / "stock"
    gather(["drawn:8"], [], folder)
    return folder


def test_going_on_is_the_unbroken_run_and_what_ships_is_folded(stock: Path, tmp_path: Path) -> None:
    whole = run(preset(), stock, tmp_path / "a", device="cpu")
    run(preset(), stock, tmp_path / "b", changes={"total_images": 8}, device="cpu")
    broken = run(preset(), stock, tmp_path / "b", device="cpu")
    first, second = (checkpoint.read(done.networks["segmenter"]) for done in (whole, broken))
    assert all(torch.equal(first.tensors[name], second.tensors[name]) for name in first.tensors)
    assert first.config["folded"]
    assert first.card["input_px"] == 320
    assert (first.card["licence"], first.card["data_licences"]) == ("Apache-2.0", ["CC0-1.0"])
    assert (tmp_path / "a" / "samples" / "0000000016.png").is_file()
    found = seen(models.load(str(whole.networks["segmenter"]), "cpu", "torch"), torch.rand(1, 3, 60, 90))
    assert found.product.shape == (213, 320)


def test_one_batch_is_learned(stock: Path) -> None:
    torch.manual_seed(0)
    made = segmenting(preset(), stock, SegmentSettings(**RULES), 0)
    taken = made.stream.take(0, 4)
    batch = Batch(taken["image"].float() / 127.5 - 1, truth=taken["truth"])
    (phase,) = made.objective.phases()
    optimiser = torch.optim.Adam(phase.parameters, 5e-3)
    losses = []
    for _ in range(60):
        found = phase.losses(batch)
        losses.append({name: value.item() for name, value in found.items()})
        optimiser.zero_grad()
        sum(found.values()).backward()
        optimiser.step()
    assert set(losses[0]) == {"entropy", "overlap", "structure", "slopes", "sides"}
    assert losses[-1]["overlap"] < 0.7 * losses[0]["overlap"]
    assert losses[-1]["entropy"] < 0.5 * losses[0]["entropy"]


@pytest.mark.parametrize(
    "network", [("unet", {"width": 4, "depth": 2}), ("segnet", {"widths": (4, 6), "convs": (1, 1)})]
)
def test_parts_are_learned_by_name(network, tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    pack(folder, {"regions": {"car": ["body", "wheel"], "doll": ["head", "body"]}})
    done = run(preset(network, 32, truth="layout"), folder, tmp_path / "run", device="cpu")
    stored = checkpoint.read(done.networks["segmenter"])
    assert stored.config["classes"] == 4
    assert stored.card["classes"] == ["ground", "body", "head", "wheel"]
    assert stored.card["input_px"] == 32
    found = seen(models.load(str(stored.path), "cpu", "torch"), torch.rand(1, 3, 32, 32))
    assert found.names == ("ground", "body", "head", "wheel")


def test_what_is_not_known_is_shown_white_and_does_not_count() -> None:
    truth = torch.tensor([[[[0, 1], [2, 255]]]], dtype=torch.uint8)
    numbers = classes_of(truth, torch.Size((2, 2)))
    assert numbers.tolist() == [[[0, 1], [2, -1]]]
    shown = coloured(numbers)
    assert shown[0, :, 1, 1].tolist() == [1, 1, 1]
    assert shown[0, :, 0, 0].tolist() == [0, 0, 0]
    assert not torch.equal(shown[0, :, 0, 1], shown[0, :, 1, 0])


def test_every_preset_of_segmentation_fits_its_network() -> None:
    rows = {name: p for name, p in presets.TABLE.items() if p.objective == "segment"}
    assert {"cutout", "cutout-unet", "cutout-unet-tutorial", "cutout-segnet", "cutout-nested"} < set(rows)
    for name, row in rows.items():
        SegmentSettings(**row.rules)
        assert name.startswith("parts-") == (row.rules.get("truth") == "layout")
