"""Trackers tell what the record says, no more: read back with their makers' own readers."""

from __future__ import annotations

import importlib
import importlib.util
import io
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from packshot.catalogue.dataset.writing import PackWriter
from packshot.cli import app
from packshot.errors import MissingExtra, ParameterError
from packshot.training import grids, trackers
from packshot.training.preset import Preset
from packshot.training.progress import LogFile, Progress, read
from packshot.training.run import run

needs_tensorboard = pytest.mark.skipif(
    importlib.util.find_spec("tensorboard") is None, reason="tensorboard is not installed (extra tensorboard)"
)
needs_wandb = pytest.mark.skipif(
    importlib.util.find_spec("wandb") is None, reason="wandb is not installed (extra wandb)"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run of three lines with a grid at the second."""
    grids.write(tmp_path, torch.linspace(-1, 1, 48).view(1, 3, 4, 4), 200)
    (tmp_path / "config.yaml").write_text("preset: toy\nsettings:\n  batch: 8\n")
    log = LogFile(tmp_path / "log.jsonl", 0)
    log(Progress(100, 300, 1.0, 100.0, {"critic": 1.5}, {"diversity": 0.25}))
    log(Progress(200, 300, 2.0, 50.0, {"critic": 0.5}, sample="samples/0000000200.png"))
    log(Progress(300, 300, 60.0, 25.0, {"critic": 0.125}, verdict="finished"))
    return tmp_path


def events(folder: Path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    return EventAccumulator(str(folder / "tensorboard"), {"scalars": 0, "images": 0, "tensors": 0}).Reload()


@needs_tensorboard
def test_tensorboard_holds_every_number_and_grid_of_a_record(folder: Path) -> None:
    from PIL import Image

    assert trackers.replay(folder, ["tensorboard"]) == 3
    found = events(folder)
    assert [(e.step, e.value) for e in found.Scalars("losses/critic")] == [(100, 1.5), (200, 0.5), (300, 0.125)]
    assert [(e.step, e.value) for e in found.Scalars("numbers/diversity")] == [(100, 0.25)]
    assert [e.value for e in found.Scalars("run/images_a_second")] == [100, 50, 25]
    times = [e.wall_time for e in found.Scalars("losses/critic")]
    assert times[2] - times[0] == pytest.approx(59, abs=0.01)  # as it was, not as fast as it was read
    (image,) = found.Images("samples")
    ours, theirs = (
        Image.open(source).convert("RGB")
        for source in (folder / "samples/0000000200.png", io.BytesIO(image.encoded_image_string))
    )
    assert image.step == 200
    assert ours.tobytes() == theirs.tobytes()
    assert found.Tensors("verdict/text_summary")[0].tensor_proto.string_val == [b"finished"]


@needs_tensorboard
def test_what_a_rewind_undid_is_gone_and_a_run_that_goes_on_is_one_run(folder: Path) -> None:
    tracker = trackers.find("tensorboard", folder)
    for images, loss in [(100, 1.0), (200, 9.0), (150, 0.75)]:  # went back from 200 to before 150
        tracker(Progress(images, 300, images / 100, losses={"critic": loss}))
    tracker.close()
    again = trackers.find("tensorboard", folder)
    again(Progress(250, 300, 2.5, losses={"critic": 0.5}))
    again.close()
    found = [(e.step, e.value) for e in events(folder).Scalars("losses/critic")]
    assert found == [(100, 1.0), (150, 0.75), (250, 0.5)]


@needs_wandb
def test_wandb_records_offline_without_an_account(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WANDB_MODE", "WANDB_API_KEY", "WANDB_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")  # nobody is there
    assert trackers.replay(folder, ["wandb"]) == 3
    importlib.import_module("wandb").teardown()  # its own process writes the last lines when it ends
    (place,) = (folder / "wandb").glob("offline-run-*")
    (record,) = place.glob("run-*.wandb")
    data = record.read_bytes()
    assert (folder / "wandb" / "id").read_text() in record.name
    for told in (b"losses/critic", b"numbers/diversity", b"run/images_a_second", b"finished", b"preset"):
        assert told in data
    assert (place / "files" / "media" / "images").is_dir()
    assert len(list((place / "files" / "media" / "images").glob("samples_*.png"))) == 1


def test_unknown_trackers_and_folders_without_a_record_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="track: expected one of tensorboard, wandb; got 'paper'"):
        trackers.find("paper", tmp_path)
    with pytest.raises(ParameterError, match=r"found no line"):
        trackers.replay(tmp_path, [])


def test_a_missing_extra_says_what_installs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("packshot.training.trackers.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"--track wandb needs wandb: pip install 'packshot\[wandb\]'"):
        trackers.find("wandb", tmp_path)


@needs_tensorboard
def test_the_command_shows_a_run_that_was_trained_before(folder: Path) -> None:
    done = CliRunner().invoke(app, ["track", str(folder), "tensorboard"])
    assert done.exit_code == 0, done.output
    assert "(3 lines)" in done.output
    assert f"tensorboard --logdir {folder / 'tensorboard'}" in done.output


@needs_tensorboard
def test_a_run_shows_what_it_records_and_closes_what_it_opened(tmp_path: Path) -> None:
    pixels = torch.randint(0, 256, (8, 3, 8, 8), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    with PackWriter(tmp_path / "pack", (8, 8), {"photo": 3}) as writer:
        for number, photo in enumerate(pixels):
            writer.add({"sku": str(number), "split": "train", "licence": "MIT"}, {"photo": photo.numpy()})
    changes = {"total_images": 16, "batch": 4, "samples": 2, "log_images": 8}
    networks = {"autoencoder": ("vae", {"width": 4, "latent_dim": 2})}
    preset = Preset(what="tiny", objective="vae", networks=networks, size=8)
    with pytest.raises(ParameterError, match="track: expected one of"):
        run(preset, tmp_path / "pack", tmp_path / "run", changes=changes, track=["paper"], device="cpu")
    run(preset, tmp_path / "pack", tmp_path / "run", changes=changes, track=["tensorboard"], device="cpu")
    found = events(tmp_path / "run")
    lines = read(tmp_path / "run" / "log.jsonl")
    told = [(line.images, pytest.approx(line.losses["likelihood"], rel=1e-4)) for line in lines]
    assert [(e.step, e.value) for e in found.Scalars("losses/likelihood")] == told
    assert [e.step for e in found.Images("samples")] == [16]
