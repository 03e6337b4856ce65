"""Training of restorers: exact resume, what ships, a start, a teacher, a critic, and each objective by itself."""

from pathlib import Path

import pytest
import torch

from packshot import checkpoint
from packshot.catalogue.dataset.albums import build
from packshot.errors import ParameterError
from packshot.training import presets
from packshot.training.objective import Batch
from packshot.training.objectives.restore import RestoreSettings
from packshot.training.preset import Preset, flat
from packshot.training.restoring import crops_of, objective_of
from packshot.training.run import run

BRIEF = {"batch": 4, "total_images": 16, "learning_rate": flat(1e-3), "samples": 2, "sample_images": 8}
SPAN = ("span", {"width": 8, "blocks": 2})


def preset(objective="restore", size=40, networks=None, **rules):
    networks = networks or {"restorer": SPAN}
    return Preset(what="a tiny one", objective=objective, networks=networks, size=size, rules=rules, settings=BRIEF)


@pytest.fixture(scope="module")
def album(tmp_path_factory):
    folder = tmp_path_factory.mktemp("leaves") / "album"
    build(["leaves:1"], folder)
    return folder


def test_going_on_is_the_unbroken_run_and_what_ships_is_fused(album: Path, tmp_path: Path) -> None:
    whole = run(preset(), album, tmp_path / "a", device="cpu")
    run(preset(), album, tmp_path / "b", changes={"total_images": 8}, device="cpu")
    broken = run(preset(), album, tmp_path / "b", device="cpu")
    first, second = (checkpoint.read(done.networks["restorer"]) for done in (whole, broken))
    assert all(torch.equal(first.tensors[name], second.tensors[name]) for name in first.tensors)
    assert first.config["fused"]
    assert first.config["scale"] == 2
    assert (first.card["licence"], first.card["data_licences"]) == ("Apache-2.0", ["CC0-1.0"])
    network = first.build()
    state = whole.outcome.averages["restorer"]
    x = torch.rand(1, 3, 8, 8)
    with torch.inference_mode():
        torch.testing.assert_close(network(x), state(x), rtol=0, atol=2e-3)  # half precision
    assert (tmp_path / "a" / "samples" / "0000000016.png").is_file()


def test_one_batch_is_learned(album: Path) -> None:
    torch.manual_seed(0)
    objective = objective_of(preset(), RestoreSettings())
    image = crops_of(album, 40, 0.67, 0)[0].take(0, 4)["image"].float() / 127.5 - 1
    (phase,) = objective.phases()
    optimiser = torch.optim.Adam(phase.parameters, 3e-3)
    losses = []
    for _ in range(40):
        found = phase.losses(Batch(image, generator=torch.Generator().manual_seed(0)))["l1"]
        losses.append(found.item())
        optimiser.zero_grad()
        found.backward()
        optimiser.step()
    assert losses[-1] < 0.93 * losses[0]


def test_training_goes_on_from_what_shipped_also_at_another_scale(album: Path, tmp_path: Path) -> None:
    first = run(preset(), album, tmp_path / "first", changes={"total_images": 4}, device="cpu").networks["restorer"]
    still = {"total_images": 4, "learning_rate": flat(0.0)}
    again = run(preset(), album, tmp_path / "again", changes=still, device="cpu", start=first).networks["restorer"]
    one, two = (checkpoint.read(path) for path in (first, again))
    for name in one.tensors:
        torch.testing.assert_close(one.tensors[name], two.tensors[name], rtol=0, atol=1e-3, msg=name)
    large = preset(size=80, networks={"restorer": ("span", {**SPAN[1], "scale": 4})})
    four = run(large, album, tmp_path / "four", changes=still, device="cpu", start=first).networks["restorer"]
    found = checkpoint.read(four).tensors
    torch.testing.assert_close(found["tail.weight"], one.tensors["tail.weight"], rtol=0, atol=1e-3)
    assert found["last.weight"].shape != one.tensors["last.weight"].shape


def test_a_teacher_and_a_critic_pull_the_network(album: Path, tmp_path: Path) -> None:
    taught = run(preset(), album, tmp_path / "teacher", changes={"total_images": 4}, device="cpu")
    networks = {"restorer": SPAN, "critic": ("patch-discriminator", {"width": 4, "depth": 1})}
    rules = {"teacher": str(taught.networks["restorer"]), "distil": 0.5, "adversarial": 0.1, "spectrum": 0.1}
    done = run(preset(networks=networks, **rules), album, tmp_path / "run", device="cpu")
    text = (done.folder / "log.jsonl").read_text()
    assert all(f'"{name}"' in text for name in ("critic", "distil", "adversarial", "spectrum", "l1"))
    assert checkpoint.read(done.networks["critic"]).network == "patch-discriminator"


@pytest.mark.parametrize(
    ("objective", "size", "network", "rules"),
    [
        (
            "restore",
            24,
            ("nafnet", {"width": 4, "encoder": [1], "decoder": [1], "channels_in": 4}),
            {"damage": "noise"},
        ),
        ("restore", 24, ("nafnet", {"width": 4, "encoder": [1], "decoder": [1]}), {"damage": "jpeg"}),
        ("restore", 32, ("nafnet", {"width": 4, "encoder": [1], "decoder": [1], "norm": "batch"}), {"damage": "blur"}),
        ("restore", 48, ("swinir", {"width": 4, "groups": [2], "heads": 2, "window": 4}), {"damage": "photo"}),
        ("restore", 32, ("curves", {"width": 4, "steps": 3}), {"damage": "light"}),
        ("inpaint", 32, ("inpainter", {"width": 4, "depth": 2, "side": 16, "patch": 2, "code": 4}), {"slopes": 0.1}),
        ("restore-vae", 32, ("restore-vae", {"width": 4, "max_width": 8, "halvings": 2, "code": 2}), {"l1": 0.0}),
    ],
)
def test_every_damage_and_objective_takes_steps(objective, size, network, rules, album: Path, tmp_path: Path) -> None:
    one = preset(objective, size, {"restorer": network}, **rules)
    done = run(one, album, tmp_path / "run", changes={"total_images": 8}, device="cpu")
    stored = checkpoint.read(done.networks["restorer"])
    with torch.inference_mode():
        assert stored.build()(torch.rand(1, stored.config["channels_in"], 16, 16)).isfinite().all()


def test_shipped_weights_stay_within_five_megabytes() -> None:
    from packshot import networks

    shipping = ("upscale-x2", "upscale-x4", "upscale-x4-photo", "denoise", "dejpeg", "deblur", "inpaint", "curves")
    total = 0
    for name in shipping:
        network, entries = presets.find(name).networks["restorer"]
        built = networks.build(network, dict(entries))
        built = built.fused() if hasattr(built, "fused") else built
        total += 2 * sum(p.numel() for p in built.parameters())
    assert total < 5_000_000


def test_a_crop_larger_than_the_pictures_is_refused(album: Path, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="1 to 384 px"):
        run(preset(size=400), album, tmp_path / "run", device="cpu")
