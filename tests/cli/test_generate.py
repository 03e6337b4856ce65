"""`packshot generate`: marked files, a record, ways, mixtures, acceptance, and plain refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from packshot import checkpoint, networks, verify
from packshot.cli import app
from packshot.cli.generate import numbers
from packshot.errors import ParameterError
from packshot.imaging import files
from packshot.imaging.files.gif import read_gif

SIZES = {"size": 16, "width": 4, "max_width": 8, "condition_dim": 3}
CARD = {"attributes": {"category": ["bag", "boot", "coat"]}, "preset": "tiny-gan", "role": "generator"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DCGAN with its critic, and a StyleGAN2 without one, both random."""
    folder = tmp_path_factory.mktemp("runs")
    torch.manual_seed(0)
    for run, kind, own in (("plain", "dcgan", {"z_dim": 4}), ("style", "stylegan2", {"z_dim": 4, "w_dim": 8})):
        made = networks.build(f"{kind}-generator", {**SIZES, **own})
        for module in made.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_var.fill_(0.02)
        checkpoint.write(folder / run / "generator.safetensors", made, f"{kind}-generator", CARD)
    checkpoint.write(folder / "plain/critic.safetensors", networks.build("dcgan-critic", SIZES), "dcgan-critic", CARD)
    return folder


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACKSHOT_HOME", str(tmp_path_factory.getbasetemp() / "home"))


def generate(weights: Path, out: Path, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["generate", str(weights), "--out", str(out), "--device", "cpu", *words])
    assert done.exit_code == code, done.output
    return done.output


def record(out: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (out / "generated.jsonl").read_text().splitlines()]


def test_pictures_carry_marks_and_a_record_of_what_they_are(runs: Path, tmp_path: Path) -> None:
    told = generate(runs / "plain/generator.safetensors", tmp_path, "-n", "3", "--seed", "2", "--category", "bag")
    assert [line["file"] for line in record(tmp_path)] == ["00000.png", "00001.png", "00002.png"]
    assert {line["category"] for line in record(tmp_path)} == {"bag"}
    assert len({line["seed"] for line in record(tmp_path)}) == 3
    assert set(record(tmp_path)[0]["weights"]) == {"tiny-gan"}
    for name in ("00002.png", "sheet.png"):
        marks = verify(tmp_path / name)
        assert marks.ok
        assert marks.digital_source_type == "trainedAlgorithmicMedia"
    assert b"packshot tiny-gan" in (tmp_path / "00000.png").read_bytes()  # the run's name, not its file's
    assert "from before" not in told
    told = generate(runs / "plain/generator.safetensors", tmp_path, "-n", "1")
    assert "2 other pictures" in told
    assert "category   drawn anew each time; one of bag, boot, coat" in told


def test_a_runs_folder_and_a_value_in_other_letters_will_do(runs: Path, tmp_path: Path) -> None:
    generate(runs / "plain", tmp_path / "out", "-n", "1", "--category", "BAG")
    assert record(tmp_path / "out")[0]["category"] == "bag"
    with pytest.raises(ParameterError, match=r"a folder without flow\.safetensors"):
        CliRunner().invoke(app, ["generate", str(tmp_path)], catch_exceptions=False)


def test_a_way_begins_and_ends_with_the_pictures_of_these_numbers(runs: Path, tmp_path: Path) -> None:
    weights = runs / "plain/generator.safetensors"
    generate(weights, tmp_path / "all", "-n", "6", "--seed", "4")
    assert len({line["category"] for line in record(tmp_path / "all")}) > 1
    generate(weights, tmp_path / "way", "-n", "5", "--seed", "4", "--between", "1", "5", "--gif")
    for step, number in ((0, 1), (4, 5)):
        there, here = (files.read(p) for p in (tmp_path / f"way/{step:05d}.png", tmp_path / f"all/{number:05d}.png"))
        assert (there.rgb - here.rgb).abs().max() < 1.5 / 255
    gif = tmp_path / "way" / "way.gif"
    assert verify(gif).ok
    assert sum(read_gif(gif.read_bytes()).milliseconds) == 8 * 80  # there and back


def test_mixtures_lie_in_a_sheet_between_their_sources(runs: Path, tmp_path: Path) -> None:
    weights = runs / "style/generator.safetensors"
    generate(weights, tmp_path / "all", "-n", "5")
    told = generate(weights, tmp_path / "mix", "--mix", "0-1", "2,4", "--mix-from", "16")
    assert "from 16 px on" in told
    names = ["00000-00002.png", "00000-00004.png", "00001-00002.png", "00001-00004.png"]
    assert [line["file"] for line in record(tmp_path / "mix")] == names
    sheet, top = files.read(tmp_path / "mix" / "sheet.png"), files.read(tmp_path / "all" / "00004.png")
    side, factor = 16, 96 // 16
    at = 2 + 2 * (side * factor + 2)
    there = sheet.rgb[:, :, 2 : 2 + side * factor : factor, at : at + side * factor : factor]
    assert torch.equal(there, top.rgb)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--mix", "0", "1"], "has no mapping to style codes"),
        (["--gif"], "--gif: does nothing without --between"),
        (["--between", "0", "1", "--gif", "-n", "401"], "401 steps are over the limit of 400"),
        (["--critic", "x.safetensors"], "--critic: does nothing without --accept"),
        (["--mix-from", "8"], "does nothing without --mix"),
        (["--accept", "--between", "0", "1"], "one at a time"),
        (["--accept", "--critic-quantile", "1"], "critic_quantile: Input should be less than 1"),
        (["--accept", "--accuracy-images", "9"], "needs --features and --catalogue"),
        (["--category", "hat"], "expected one of bag, boot, coat; got 'hat'"),
        (["--with", "season"], "expected NAME=VALUE"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(runs: Path, tmp_path: Path, words, told) -> None:
    out = tmp_path / "out"
    words = ["generate", str(runs / "plain/generator.safetensors"), "--out", str(out), *words]
    with pytest.raises(ParameterError, match=told):
        CliRunner().invoke(app, words, catch_exceptions=False)
    assert not out.exists()


def test_accepting_says_by_what_and_how_many_and_stops_with_exit_code_1(runs: Path, tmp_path: Path) -> None:
    weights = runs / "plain/generator.safetensors"
    told = generate(weights, tmp_path / "some", "-n", "3", "--accept")
    assert "critic     score" in told
    assert "accepted   3 of" in told
    assert "category   passed: " in told
    kept = record(tmp_path / "some")
    assert [line["file"] for line in kept] == [f"{line['seed']:05d}.png" for line in kept]  # seed 0: number = seed
    assert all(line["scores"]["critic"] for line in kept)
    strict = ["--accept", "--critic-quantile", "0.7", "--tries", "2"]
    told = generate(weights, tmp_path / "few", "-n", "9", *strict, code=1)
    assert "of 18 tried" in told
    assert "9 were wanted" in told
    assert 0 < len(record(tmp_path / "few")) < 9
    assert (tmp_path / "few" / "sheet.png").is_file()


def test_numbers_of_pictures() -> None:
    assert numbers("3") == [3]
    assert numbers("0, 4-6,2") == [0, 4, 5, 6, 2]
    for wrong in ("", "a", "3-", "5-2", "1,,2", "-1"):
        with pytest.raises(ParameterError, match="expected numbers"):
            numbers(wrong)
