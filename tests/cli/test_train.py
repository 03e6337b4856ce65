"""`packshot train` on two folders of blank pictures: no catalogue is needed, and what is missing is named."""

from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from packshot.cli import app
from packshot.errors import ParameterError
from packshot.imaging import files
from packshot.imaging.picture import Picture


def train(*words: object) -> str:
    return CliRunner().invoke(app, ["train", *map(str, words)], catch_exceptions=False).output


def test_two_folders_are_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACKSHOT_HOME", str(tmp_path / "home"))
    for name, shade in (("dull", 0.2), ("shiny", 0.8)):
        (tmp_path / name).mkdir()
        for number in range(2):
            files.write(Picture(torch.full((1, 3, 70, 64), shade)), tmp_path / name / f"{number}.png")
    brief = ("--images", 2, "--set", "batch=2", "--set", "samples=1", "--device", "cpu", "--out", tmp_path / "run")
    told = train("cyclegan", "--a", tmp_path / "dull", "--b", tmp_path / "shiny", *brief)
    assert "translator.safetensors" in told
    with pytest.raises(ParameterError, match="b: name the domain"):
        train("cyclegan", "--a", tmp_path / "dull")
    with pytest.raises(ParameterError, match="--catalogue: name the catalogue"):
        train("cyclegan")
    with pytest.raises(ParameterError, match="a: no setting of the loop and no rule of pix2pix"):
        train("pix2pix", "--a", tmp_path / "dull")
