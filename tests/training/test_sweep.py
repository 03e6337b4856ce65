"""Sweeps: every combination once, going on where one was stopped, trouble as a row."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from packshot.cli import app
from packshot.cli.train import values_of
from packshot.errors import ParameterError, TrainingTrouble
from packshot.training import sweep as sweeping
from packshot.training.sweep import RECORD, combinations, read, sweep
from tests.training.test_run import TINY, _own_home, shop  # noqa: F401 (fixtures)

RANGES = {"batch": [4, 8], "loss": ["hinge", "non-saturating"]}
SMALL = {"total_images": 16}


def test_every_combination_is_tried_once_and_a_stopped_sweep_goes_on(
    shop: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[dict[str, str]] = []
    real = sweeping.run

    def counted(*arguments: object, **options: object) -> object:
        tried.append(options["changes"])
        if len(tried) == 3:
            raise KeyboardInterrupt
        return real(*arguments, **options)

    monkeypatch.setattr(sweeping, "run", counted)
    with pytest.raises(KeyboardInterrupt):
        sweep(TINY, shop, tmp_path, RANGES, changes=SMALL, device="cpu")
    found = sweep(TINY, shop, tmp_path, RANGES, changes=SMALL, device="cpu")
    assert len(tried) == 5  # two, the broken one, the last two
    assert [dict(trial.values) for trial in found] == [
        {"batch": b, "loss": loss} for b in ("4", "8") for loss in ("hinge", "non-saturating")
    ]
    assert all(trial.images == 16 and trial.verdict == "finished" for trial in found)
    assert len(read(tmp_path / RECORD)) == 4


def test_a_run_that_comes_to_grief_is_a_row(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    def failing(*arguments: object, **options: object) -> None:
        raise TrainingTrouble("diverged after 8 images")

    monkeypatch.setattr(sweeping, "run", failing)
    (trial,) = sweep(TINY, shop, tmp_path / "s", {"batch": [4]}, device="cpu")
    assert trial.row()["verdict"] == "diverged after 8 images"


def test_ranges_are_read_like_settings_and_bounded() -> None:
    assert values_of(["batch=32,64", "gamma=0.1"]) == {"batch": [32, 64], "gamma": [{"start": 0.1, "end": 0.1}]}
    with pytest.raises(ParameterError, match="NAME=A,B,C"):
        values_of(["batch"])
    with pytest.raises(ParameterError, match="200 combinations"):
        list(combinations({"batch": list(range(201))}))


def test_the_command_prints_a_table(shop: Path, tmp_path: Path) -> None:  # noqa: F811
    words = ["train", "catalogue-vae", "--catalogue", str(shop), "--out", str(tmp_path), "--images", "2"]
    done = CliRunner().invoke(app, [*words, "--set", "samples=1", "--sweep", "batch=1,2", "--device", "cpu"])
    assert done.exit_code == 0, done.output
    assert "| 00 " in done.output
    assert "| 01 " in done.output
