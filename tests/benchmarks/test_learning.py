"""The long benchmarks' own logic: no row missing, done rows are skipped, schedules fit, bounds are bounds."""

from __future__ import annotations

import gzip
import importlib
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.__main__ import LEARNING
from benchmarks.learning import autoencoders, budget, fashion, headline, low_data, survey
from benchmarks.learning.records import Records, spread, told
from packshot.catalogue.dataset.pictures import Pictures
from packshot.training import presets
from packshot.training.building import KINDS, augment_of


@pytest.mark.parametrize("name", LEARNING)
def test_every_command_is_there_and_says_what_it_does(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    module = importlib.import_module(f"benchmarks.learning.{name}")
    with pytest.raises(SystemExit) as stopped:
        module.main(["--help"])
    assert stopped.value.code == 0
    assert name.replace("_", "-") in capsys.readouterr().out


def test_the_survey_has_every_generator_with_a_preset_that_trains_it() -> None:
    assert set(survey.ROWS) == set(survey.generators())
    for row in survey.ROWS:
        preset = survey.preset_of(row)
        assert preset.networks["generator"][0] == f"{row}-generator"
        assert (preset.size, preset.channels) == (32, 1)
        KINDS[preset.objective].rules(**preset.rules)


def test_autoencoders_compare_one_stage_with_two_on_equal_time() -> None:
    for row, stage in autoencoders.ROWS.items():
        presets.find(stage.preset)
        if stage.after:
            assert stage.share + autoencoders.ROWS[stage.after].share == pytest.approx(1)
        else:
            assert stage.share == (autoencoders.FIRST if row.startswith("first stage") else 1)
    assert not {"fashion-vae", "fashion-vae-fixed", "fashion-latent-flow", "fashion-mixture"} - {
        stage.preset for stage in autoencoders.ROWS.values()
    }


def test_what_is_transferred_from_is_not_what_is_measured() -> None:
    assert set(low_data.SOURCE) | set(low_data.TARGET) == set(fashion.FASHION)
    assert not set(low_data.SOURCE) & set(low_data.TARGET)
    for augment in low_data.METHODS.values():
        augment_of(augment)


def test_the_plain_recipe_is_the_public_one() -> None:
    assert {**headline.TUTORIAL.settings} == {
        "batch": 128,
        "learning_rate": presets.flat(2e-4),
        "beta1": 0.5,
        "beta2": presets.flat(0.999),
        "average_images": 0,
    }
    assert not headline.TUTORIAL.augment
    assert not headline.TUTORIAL.columns


def test_done_rows_are_read_and_torn_lines_mended(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "rows.jsonl"
    worked = []

    def work(value: int) -> dict[str, int]:
        worked.append(value)
        return {"value": value}

    for _ in range(2):
        assert Records(path).once({"row": "a", "seed": 0}, lambda: work(1))["value"] == 1
    Records(path).once({"row": "a", "seed": 1}, lambda: work(2))
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])  # a kill in the middle of the last line
    assert Records(path).find(row="a", seed=1) is None
    Records(path).once({"row": "a", "seed": 1}, lambda: work(3))
    assert [row["value"] for row in Records(path)] == [1, 3]
    assert worked == [1, 2, 3]


def test_a_figure_has_its_spread() -> None:
    assert spread([1.0, 3.0]) == (2.0, pytest.approx(2**0.5))
    assert (told([1.0, 3.0], 1), told([1.0]), told([])) == ("2.0 ± 1.4", "1.00", "–")


def test_schedules_fit_the_pictures_that_the_time_allows() -> None:
    preset = survey.preset_of("progan")
    found = budget.fitted(preset, 40_000)
    assert found.settings["learning_rate"]["images"] == 40_000
    assert found.settings["learning_rate"]["start"] == preset.settings["learning_rate"]["start"]
    assert found.settings["total_images"] == budget.ENDLESS  # time ends it
    growth = 3 * (found.rules["hold_images"] + found.rules["fade_images"])  # 4, 8, 16, 32 px
    assert growth == pytest.approx(budget.GROWTH * 40_000, rel=0.01)
    assert budget.fitted(survey.preset_of("stylegan2"), 40_000).rules["gamma"]["images"] == 40_000


@given(st.floats(-1, 1), st.floats(1e-3, 2))
def test_the_steps_of_eight_bits_share_all_probability(mean: float, sigma: float) -> None:
    values = torch.arange(256) / 127.5 - 1
    logs = autoencoders.log_probability(values, torch.full((256,), mean), sigma)
    assert float(logs.exp().sum()) == pytest.approx(1, abs=1e-9)
    assert torch.isfinite(logs).all()
    inner = logs[1:-1]  # the outermost steps have the tails
    assert abs(float(values[1:-1][inner.argmax()]) - mean) <= 1 / 127.5 + 1e-6


@pytest.fixture
def drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pictures in the data set's format: a bar a class, 6 of each to learn from, 3 to test."""
    folder = tmp_path / "data" / "fashion-mnist"
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    for part, each in (("train", 6), ("t10k", 3)):
        labels = np.arange(10 * each, dtype=np.uint8) % 10
        pictures = random.integers(0, 60, (len(labels), 28, 28), np.uint8)
        for picture, label in zip(pictures, labels, strict=True):
            picture[2 + 2 * label : 5 + 2 * label] = 220
        for name, array in ((f"{part}-images-idx3-ubyte", pictures), (f"{part}-labels-idx1-ubyte", labels)):
            head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
            (folder / f"{name}.gz").write_bytes(gzip.compress(head + array.tobytes()))
    monkeypatch.setenv("PACKSHOT_DATA", str(folder.parent))
    return tmp_path


def test_packs_are_padded_and_chosen_by_seed(drawn: Path) -> None:
    pack = fashion.whole(drawn / "out")
    pictures = Pictures(pack)
    assert (len(pictures), pictures.size) == (90, (32, 32))
    photo = pictures.layers["photo"]
    assert not photo[:, :, :2].any()
    assert not photo[:, :, :, -2:].any()
    few, more = (Pictures(fashion.some(pack, count, 1, each=True)) for count in (2, 4))
    names = [{row["sku"] for row in p.rows if row["split"] == "train"} for p in (few, more)]
    assert [len(n) for n in names] == [20, 40]
    assert names[0] < names[1]
    assert len(few) == 20 + 30  # all test pictures
    part = Pictures(fashion.some(pack, 7, 1, within=low_data.TARGET))
    assert set(part.column("category")) <= set(low_data.TARGET)
    assert [len(part.where(split=s)) for s in ("train", "test")] == [7, 15]


def test_a_survey_measures_its_points_once_and_shows_what_was_not_run(drawn: Path) -> None:
    words = ["--seconds", "0.4", "--rows", "dcgan", "--out", str(drawn / "out"), "--feature-images", "128"]
    words += ["--pictures", "30", "--learned", "30", "--classifier-images", "64"]
    survey.main(words)
    path = drawn / "out" / "survey.jsonl"
    rows = [row for row in Records(path) if "share" in row]
    assert [row["share"] for row in rows] == list(survey.SHARES)
    assert [row["images"] for row in rows] == sorted({row["images"] for row in rows})
    assert all(row["fd"] >= 0 and 0 <= row["cas"] <= 1 and row["n"] == 30 for row in rows)
    assert (drawn / "out" / "survey" / rows[-1]["grid"]).is_file()
    before = path.read_bytes()
    survey.main(words)
    assert path.read_bytes() == before
    lines = (drawn / "out" / "survey" / "tables.md").read_text().splitlines()
    assert sum("| dcgan" in line for line in lines) == len(survey.SHARES)
    for row in set(survey.ROWS) - {"dcgan"}:
        assert any(line.startswith(f"| {row}") and "not run" in line for line in lines)
