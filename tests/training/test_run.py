"""Runs in folders: going on, refusing another run's folder, rewinding, networks with cards, the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import yaml

import packshot
from packshot import checkpoint
from packshot.errors import BadCheckpoint, ParameterError, TrainingTrouble
from packshot.models.sampling import Sampler
from packshot.training import loop, progress
from packshot.training.first_stage import SECOND as KINDS_OF_FIRST
from packshot.training.presets import TABLE, Preset, flat
from packshot.training.run import run
from packshot.training.translating import UNPAIRED

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


def test_a_judge_learns_from_mattes_too(shop: Path, tmp_path: Path) -> None:
    few = {"total_images": 64, "batch": 16, "log_images": 32, "samples": 4}
    done = run("toyshop-judge", shop, tmp_path / "judge", changes=few)
    assert set(checkpoint.read(done.networks["classifier"]).card["attributes"]) == {"category", "colour", "material"}


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
    with pytest.raises(ParameterError, match="batch: Input should be greater than or equal to 1, got -3"):
        run(TINY, shop, tmp_path / "run", changes={"batch": -3})
    with pytest.raises(ParameterError, match=r"learning_rate\.warmup: no such parameter"):
        run(TINY, shop, tmp_path / "run", changes={"learning_rate": {"start": 1, "end": 0, "warmup": 3}})
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


SECOND = [n for n, preset in TABLE.items() if preset.objective in KINDS_OF_FIRST and preset.objective != "matching"]
LARGE = [name for name, preset in TABLE.items() if preset.size > 64]
OWN = [  # want labelled pixels, variants, two domains, or an autoencoder for their size
    name
    for name, preset in TABLE.items()
    if preset.rules.get("truth") == "layout"
    or preset.rules.get("pair") in ("layout", "material", "colour")
    or preset.objective in UNPAIRED
    or (preset.objective == "matching" and preset.size > 64)
]


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if n in LARGE else n for n in TABLE if n not in SECOND + OWN]
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


SMALL = {"batch": 2, "samples": 1}


@pytest.fixture(scope="module")
def first_stages(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The autoencoder of a preset, trained for one step, once."""
    folder, made = tmp_path_factory.mktemp("first"), {}

    def first(name: str) -> Path:
        if name not in made:
            done = run(name, shop, folder / name, changes={**SMALL, "total_images": 2})
            made[name] = done.networks["autoencoder"]
        return made[name]

    return first


@pytest.mark.parametrize(
    "name", [n if n.startswith("catalogue-") else pytest.param(n, marks=pytest.mark.slow) for n in SECOND]
)
def test_a_second_stage_is_trained_on_the_first_and_drawn_through_it(
    name: str, shop: Path, tmp_path: Path, first_stages: Callable[[str], Path]
) -> None:
    data, objective = name.split("-")[0], TABLE[name].objective
    first = first_stages(f"{data}-{KINDS_OF_FIRST[objective][-1]}")
    budget = {"turns": 2, "components": 3} if objective == "mixture" else {"total_images": 2}
    with pytest.raises(ParameterError, match=r"autoencoder: name the \.safetensors of a trained"):
        run(name, shop, tmp_path / "second", changes=SMALL)
    done = run(name, shop, tmp_path / "second", changes={**SMALL, **budget, "autoencoder": str(first)})
    role = next(iter(TABLE[name].networks))
    stored = checkpoint.read(done.networks[role])
    assert "category" in stored.card["attributes"]
    pictures = list(Sampler(stored).pictures([1, 2], {"category": "ball"}, truncation=0.5))
    assert [picture.size for picture in pictures] == [(TABLE[name].size,) * 2] * 2
    done.networks["autoencoder"].write_bytes(done.networks[role].read_bytes())
    with pytest.raises(BadCheckpoint, match="not the autoencoder"):
        Sampler(checkpoint.read(done.networks[role]))


def test_a_mixture_grows_likelier_and_the_same_command_fits_it_again(
    shop: Path, tmp_path: Path, first_stages: Callable[[str], Path]
) -> None:
    changes = {**SMALL, "autoencoder": str(first_stages("catalogue-vae")), "components": 2, "turns": 3}
    made = [run("catalogue-mixture", shop, tmp_path / "run", changes=changes) for _ in range(2)]
    lines = progress.read(tmp_path / "run" / "log.jsonl")
    losses = [line.losses["negative_log_likelihood"] for line in lines]
    assert losses[0] > losses[1] > losses[2]
    assert [line.verdict for line in lines] == ["", "", "finished"]
    stored = checkpoint.read(made[1].networks["mixture"])
    assert lines[-1].images == lines[-1].total_images == 3 * stored.card["pictures"]
    assert (tmp_path / "run" / lines[-1].sample).is_file()
    assert made[0].outcome.images == lines[-1].images
    assert stored.config["components"] == 2


def test_a_second_stage_on_the_wrong_first_or_told_otherwise_is_refused(
    shop: Path, tmp_path: Path, first_stages: Callable[[str], Path]
) -> None:
    first = str(first_stages("catalogue-vae"))
    with pytest.raises(ParameterError, match="expected a trained vqvae or fsq, got a vae"):
        run("catalogue-codes", shop, tmp_path / "run", changes={**SMALL, "autoencoder": first})
    changes = {**SMALL, "autoencoder": first}
    with pytest.raises(ParameterError, match="the autoencoder is told category, so is its second stage"):
        run("catalogue-latent-flow", shop, tmp_path / "run", changes=changes, columns=["colour"])
