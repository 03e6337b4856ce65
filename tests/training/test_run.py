"""Runs in folders: going on, refusing another run's folder, rewinding, networks with cards, the page."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import yaml

import packshot
from packshot import checkpoint
from packshot.errors import BadCheckpoint, ParameterError, TrainingTrouble
from packshot.models.sampling import Sampler
from packshot.training import loop
from packshot.training.mixture import fit_mixture
from packshot.training.presets import TABLE, Preset, flat
from packshot.training.run import run

TINY = Preset(
    what="a tiny one",
    objective="gan",
    networks={
        "generator": ("dcgan-generator", {"z_dim": 4, "width": 4, "max_width": 8}),
        "critic": ("dcgan-critic", {"width": 4, "max_width": 8}),
    },
    size=16,
    columns=("category", "season"),
    rules={"loss": "hinge", "auxiliary": 0.1},
    settings={"batch": 8, "learning_rate": flat(1e-3), "log_images": 16, "sample_images": 32, "samples": 4},
    augment=("mirror", "diffaugment"),
)
BRIEF = {"total_images": 64}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("training") / "shop"
    packshot.open_catalogue(Path(packshot.__file__).parent / "samples" / "products.csv", into=folder)
    return folder


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACKSHOT_HOME", str(tmp_path_factory.getbasetemp() / "home"))


def test_a_run_leaves_networks_with_cards_log_grids_and_page(shop: Path, tmp_path: Path) -> None:
    done = run(TINY, shop, tmp_path / "run", changes=BRIEF)
    stored = checkpoint.read(done.networks["generator"])
    assert stored.card["images_seen"] == 64
    assert stored.card["trained_on"] == "shop"
    assert set(stored.card["attributes"]) == {"category"}  # the samples have no season
    assert stored.config["condition_dim"] == len(stored.card["attributes"]["category"])
    assert stored.card["averaged"]
    assert not checkpoint.read(done.networks["critic"]).card["averaged"]
    page = (tmp_path / "run" / "training.html").read_text()
    assert "samples/0000000064.png" in page
    assert "finished" in page
    assert (tmp_path / "run" / "samples" / "0000000064.png").is_file()


def test_going_on_in_the_same_folder_is_the_unbroken_run(shop: Path, tmp_path: Path) -> None:
    whole = run(TINY, shop, tmp_path / "a", changes=BRIEF)
    run(TINY, shop, tmp_path / "b", changes={"total_images": 24})
    broken = run(TINY, shop, tmp_path / "b", changes=BRIEF)
    first, second = (checkpoint.read(done.networks["generator"]).tensors for done in (whole, broken))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_folder_with_another_run_is_refused_by_name(shop: Path, tmp_path: Path) -> None:
    run(TINY, shop, tmp_path / "run", changes=BRIEF)
    with pytest.raises(ParameterError, match="holds a run with other rules, batch"):
        run(TINY, shop, tmp_path / "run", changes={**BRIEF, "loss": "wasserstein", "batch": 4})
    (tmp_path / "run" / "config.yaml").write_text("- what: [")
    with pytest.raises(ParameterError, match="cannot be read"):
        run(TINY, shop, tmp_path / "run", changes=BRIEF)


def test_unknown_settings_and_columns_are_refused_with_the_known_ones(shop: Path, tmp_path: Path) -> None:
    with pytest.raises(
        ParameterError, match=r"learningrate: no setting of the loop and no rule of gan; expected .*gamma"
    ):
        run(TINY, shop, tmp_path / "run", changes={"learningrate": 1})
    with pytest.raises(ParameterError, match="no picture has a 'season'"):
        run(TINY, shop, tmp_path / "run", changes=BRIEF, columns=["season"])
    assert not (tmp_path / "run").exists()


def test_after_trouble_a_run_goes_back_and_gives_up_in_the_end(shop, tmp_path, monkeypatch) -> None:
    attempts: list[int] = []

    def failing(*arguments: object, attempt: int, **options: object) -> loop.Outcome:
        attempts.append(attempt)
        raise TrainingTrouble("diverged")

    run(TINY, shop, tmp_path / "run", changes={"total_images": 32})
    monkeypatch.setattr("packshot.training.run.train", failing)
    with pytest.raises(TrainingTrouble):
        run(TINY, shop, tmp_path / "run", changes=BRIEF)
    assert attempts == [0, 1, 2]
    attempts.clear()
    with pytest.raises(TrainingTrouble):  # nothing saved to go back to
        run(TINY, shop, tmp_path / "other", changes=BRIEF)
    assert attempts == [0]


SECOND = [name for name, preset in TABLE.items() if preset.objective == "flow"]
LARGE = [name for name, preset in TABLE.items() if preset.size > 64]


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if n in LARGE else n for n in TABLE if n not in SECOND]
)
def test_every_preset_builds_and_takes_a_step_on_any_catalogue(name: str, shop: Path, tmp_path: Path) -> None:
    small = {"batch": 2, "total_images": 2, "samples": 1}
    done = run(name, shop, tmp_path / "run", changes=small)
    assert done.outcome.images == 2
    facts = yaml.safe_load((tmp_path / "run" / "config.yaml").read_text())
    assert facts["preset"] == name
    drawing = {"generator", "autoencoder"} & set(done.networks)
    if drawing and TABLE[name].objective != "discrete":
        sampler = Sampler(checkpoint.read(done.networks[drawing.pop()]))
        (picture,) = sampler.pictures([1], text="wooden blocks" if TABLE[name].texts else "")
        assert picture.size == (TABLE[name].size, TABLE[name].size)


@pytest.mark.parametrize("name", SECOND)
def test_a_second_stage_is_trained_on_the_first_and_drawn_through_it(name: str, shop: Path, tmp_path: Path) -> None:
    small = {"batch": 2, "total_images": 2, "samples": 1}
    first = run(name.replace("flow", "vae"), shop, tmp_path / "first", changes=small).networks["autoencoder"]
    with pytest.raises(ParameterError, match="autoencoder"):
        run(name, shop, tmp_path / "second", changes=small)
    done = run(name, shop, tmp_path / "second", changes={**small, "autoencoder": str(first)})
    sampler = Sampler(checkpoint.read(done.networks["flow"]))
    assert len(list(sampler.pictures([1, 2], truncation=0.5))) == 2
    done.networks["autoencoder"].write_bytes(
        run(TINY, shop, tmp_path / "x", changes=small).networks["critic"].read_bytes()
    )
    with pytest.raises(BadCheckpoint, match="not the autoencoder"):
        Sampler(checkpoint.read(done.networks["flow"]))


def test_a_mixture_is_fitted_to_codes_and_drawn_through_the_autoencoder(shop: Path, tmp_path: Path) -> None:
    small = {"batch": 2, "total_images": 2, "samples": 1}
    first = run("catalogue-vae", shop, tmp_path / "first", changes=small).networks["autoencoder"]
    fitted = fit_mixture(first, shop, tmp_path / "mixture", components=2, turns=3)
    assert fitted.log_likelihood[-1] >= fitted.log_likelihood[0]
    (picture,) = Sampler(checkpoint.read(fitted.path)).pictures([3])
    assert picture.size == (64, 64)
