"""`packshot generate` in words: what is read as words, what is printed, grids, kept pixels, ways, refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from packshot import checkpoint, networks
from packshot.catalogue.dataset.conditions import Group, Vocabulary
from packshot.cli import app
from packshot.cli.wishes import told_apart
from packshot.errors import ParameterError
from packshot.imaging import files
from packshot.imaging.picture import Picture
from packshot.provenance.verify import verify

TOLD = Vocabulary((
    Group("category", "choice", ("car", "robot")), Group("colour", "colour", ("red", "blue"), ("#c4211f", "#1d4bb4")),
    Group("material", "choice", ("metal", "felt")), Group("azimuth", "angle"),
))  # fmt: skip
SIDE = 16


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("wishes") / "flow.safetensors"
    entries = {
        "size": SIDE,
        "patch": 4,
        "told": TOLD.sizes,
        "known": True,
        "width": 16,
        "code": 8,
        "depth": 1,
        "heads": 2,
    }
    torch.manual_seed(0)
    network = networks.build("dit", entries)
    for parameter in network.parameters():
        parameter.data += 0.2 * torch.randn(parameter.shape)
    card = {"role": "flow", "conditions": TOLD.facts(), "attributes": {k: list(v) for k, v in TOLD.attributes.items()}}
    checkpoint.write(path, network, "dit", card)
    return path


def generate(flow: Path, out: Path, *words: str, code: int = 0) -> str:
    arguments = ["generate", *words, "--model", str(flow), "--out", str(out), "--device", "cpu", "--steps", "2"]
    done = CliRunner().invoke(app, arguments, catch_exceptions=not code)
    assert done.exit_code == code, done.output
    return str(done.output)


def lines(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (out / "generated.jsonl").read_text(encoding="utf-8").splitlines()]


def test_words_are_understood_printed_and_recorded(flow: Path, tmp_path: Path) -> None:
    told = generate(flow, tmp_path, "a shiny red robot, not felt", "-n", "2", "--weight", "colour=1.5")
    assert "understood  colour red, category robot, not material felt" in told
    assert "ignored  shiny" in told
    assert "left open; one of metal, felt" in told
    first = lines(tmp_path)[0]
    assert first["prompt"] == "a shiny red robot, not felt"
    assert (first["category"], first["colour"], first["steps"], first["weight"]) == (
        "robot",
        "red",
        2,
        {"colour": "1.5"},
    )
    assert verify(tmp_path / "00000.png").to_json()["ok"]


def test_options_go_before_words_and_the_seed_repeats(flow: Path, tmp_path: Path) -> None:
    generate(flow, tmp_path / "a", "红色机器人", "-n", "2", "--colour", "#00ff88", "--with", "azimuth=30")
    generate(flow, tmp_path / "b", "robot", "-n", "1", "--colour", "#00ff88", "--with", "azimuth=30")
    assert lines(tmp_path / "a")[0]["colour"] == "#00ff88"
    pixels = [files.read(tmp_path / name / "00000.png").rgb for name in "ab"]
    assert torch.equal(*pixels)


def test_a_grid_is_one_noise_under_every_pair(flow: Path, tmp_path: Path) -> None:
    told = generate(flow, tmp_path, "robot", "--grid", "colour=red,#00ff88 × material")
    assert "down       colour: red, #00ff88" in told
    assert [(one["file"], one["colour"], one["material"]) for one in lines(tmp_path)] == [
        ("00-00.png", "red", "metal"), ("00-01.png", "red", "felt"),
        ("01-00.png", "#00ff88", "metal"), ("01-01.png", "#00ff88", "felt"),
    ]  # fmt: skip
    assert len({one["seed"] for one in lines(tmp_path)}) == 1


def test_what_can_be_seen_stays(flow: Path, tmp_path: Path) -> None:
    matte = torch.zeros(1, 1, SIDE, SIDE)
    matte[..., :6] = 1
    rgb = torch.full((1, 3, SIDE, SIDE), 0.4)
    files.write(Picture(rgb, alpha=matte), tmp_path / "cut.png")
    generate(flow, tmp_path / "out", "robot", "-n", "1", "--keep", str(tmp_path / "cut.png"))
    drawn = files.read(tmp_path / "out" / "00000.png").rgb
    assert float((drawn[..., :6] - 0.4).abs().max()) <= 1 / 255
    assert float((drawn[..., 6:] - 0.4).abs().max()) > 0.05


def test_a_way_between_two(flow: Path, tmp_path: Path) -> None:
    generate(flow, tmp_path, "red robot", "--between", "0", "1", "-n", "3")
    assert len(lines(tmp_path)) == 3


@pytest.mark.parametrize(("words", "match"), [
    (["xyzzy"], "understands none of it"), ([""], "got none"), (["x " * 5000], "1,000 characters, got 10,000"),
    (["red\x07"], r"U\+0007"), (["robot", "--colour", "blurple"], "blurple"),
    (["robot", "--weight", "colour=2"], "not asked"),
    (["robot", "--weight", "colour=big"], "from -10 to 10"), (["robot", "--not", "xyzzy"], "none of it"),
    (["robot", "--solver", "leap"], "solver"), (["robot", "--grid", "colour"], "two attributes"),
    (["robot", "--grid", "colour x material", "--between", "0", "1"], "one at a time"),
])  # fmt: skip
def test_refused_with_the_reason(flow: Path, tmp_path: Path, words: list[str], match: str) -> None:
    arguments = ["generate", *words, "--model", str(flow), "--out", str(tmp_path), "--device", "cpu"]
    with pytest.raises(ParameterError, match=match):
        CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_words_and_weights_are_told_apart(flow: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PACKSHOT_HOME", str(tmp_path))
    assert told_apart(str(flow), "") == (str(flow), "")
    assert told_apart(str(flow.parent), "") == (str(flow.parent), "")
    assert told_apart("fashion-gan", "") == ("fashion-gan", "")
    assert told_apart("no-such-weights", "") == ("no-such-weights", "")  # refused as weights later
    assert told_apart("小鸭", "toyshop-flow") == ("toyshop-flow", "小鸭")
    with pytest.raises(ParameterError, match="are weights too"):
        told_apart("fashion-gan", str(flow))


def test_the_flow_that_draws_words_is_asked_for_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("packshot.cli.wishes.OWN", "no-such-flow")
    with pytest.raises(ParameterError, match="--model FILE"):
        told_apart("a red robot", "")
