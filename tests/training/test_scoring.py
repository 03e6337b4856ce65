"""Scores of a checkpoint: reproducible, complete, and better for the training pictures than for noise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from packshot import checkpoint, networks
from packshot.cli import app
from packshot.errors import ParameterError, WeightsNotFound
from packshot.training.references import FeatureSpace
from packshot.training.scoring import score

SIDE = 16


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue of 60 training and 40 test pictures, discs in two colours."""
    from PIL import Image, ImageDraw

    folder = tmp_path_factory.mktemp("scoring") / "shop"
    (folder / "images").mkdir(parents=True)
    generator = torch.Generator().manual_seed(0)
    rows = []
    for number in range(100):
        colour = ("red", "blue")[number % 2]
        image = Image.new("RGB", (SIDE, SIDE), "white")
        x, y, r = (int(torch.randint(low, high, (), generator=generator)) for low, high in ((4, 9), (4, 9), (3, 6)))
        ImageDraw.Draw(image).ellipse((x - r, y - r, x + r, y + r), fill=colour)
        image.save(folder / "images" / f"{number}.png")
        shot = {"path": f"images/{number}.png", "width": SIDE, "height": SIDE}
        split = "train" if number < 60 else "test"
        rows.append(
            {
                "sku": str(number),
                "title": colour,
                "category": "disc",
                "attributes": {"colour": colour},
                "images": [shot],
            }
            | {"split": split, "licence": "CC0-1.0"}
        )
    (folder / "products.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACKSHOT_HOME", str(tmp_path_factory.getbasetemp() / "home"))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A random generator of two colours, and a random feature network."""
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    sizes = {"z_dim": 4, "width": 4, "max_width": 8, "size": SIDE, "condition_dim": 2}
    card = {"attributes": {"colour": ["blue", "red"]}}
    checkpoint.write(folder / "made.safetensors", networks.build("dcgan-generator", sizes), "dcgan-generator", card)
    checkpoint.write(folder / "own.safetensors", networks.build("features", {"width": 4}), "features", {})
    return folder / "made.safetensors", folder / "own.safetensors"


def test_a_score_states_everything_and_repeats(shop: Path, weights: tuple[Path, Path]) -> None:
    first, again, other = (score(weights[0], shop, weights[1], count=60, seed=s, device="cpu") for s in (1, 1, 2))
    assert first.rows() == again.rows() != other.rows()
    made, training = first.rows()
    assert {"FD-own", "KD-own", "precision", "recall", "density", "coverage", "split", "seed"} <= set(made)
    assert (made["real"], made["generated"], made["split"], made["seed"]) == (40, 60, "test", 1)
    assert training["FD-own"] < 0.5 * made["FD-own"]
    assert first.neighbours.shape[0] == 3


def test_the_accuracy_score_of_real_pictures_beats_that_of_noise(shop: Path, weights: tuple[Path, Path]) -> None:
    found = score(weights[0], shop, weights[1], count=40, accuracy=True, accuracy_images=2000, device="cpu")
    assert found.real_accuracy is not None
    assert found.accuracy is not None
    assert found.real_accuracy.by_attribute[0] > 0.9
    assert found.rows()[0]["CAS colour"] == found.accuracy.by_attribute[0] < 0.9


def test_what_cannot_be_scored_is_refused_by_name(shop: Path, weights: tuple[Path, Path]) -> None:
    with pytest.raises(ParameterError, match="splits are test, train"):
        score(weights[0], shop, weights[1], split="held", device="cpu")
    with pytest.raises(ParameterError, match="has no features"):
        score(weights[0], shop, weights[0], device="cpu")


def test_the_command_writes_table_json_and_sheet(shop: Path, weights: tuple[Path, Path], tmp_path: Path) -> None:
    words = ["score", str(weights[0]), "--catalogue", str(shop), "--features", str(weights[1]), "-n", "20"]
    done = CliRunner().invoke(app, [*words, "--out", str(tmp_path), "--device", "cpu"])
    assert done.exit_code == 0, done.output
    assert "FD-own" in done.output
    assert json.loads((tmp_path / "score.json").read_text())["rows"][0]["generated"] == 20
    assert (tmp_path / "neighbours.png").is_file()


def test_inception_is_a_feature_space_of_grey_and_coloured_pictures_alike(tmp_path: Path) -> None:
    torch.manual_seed(0)
    torch.save(networks.build("inception", {"divide": 16}).state_dict(), tmp_path / "own.pth")
    space = FeatureSpace.read(f"inception={tmp_path / 'own.pth'}", "cpu")
    space.check(3)
    grey = torch.randint(0, 256, (2, 1, SIDE, SIDE), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    assert space.name == "inception-fid"
    assert torch.equal(space.of(grey), space.of(grey.expand(-1, 3, -1, -1)))
    with pytest.raises(WeightsNotFound, match=r"inception=nowhere\.pth"):
        FeatureSpace.read("inception=nowhere.pth", "cpu")
