"""Every objective drives its loss down on 32 pictures; every pair and penalty trains."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from packshot.losses.adversarial import PAIRS
from packshot.networks.autoencoders.vae import VAE, VAEConfig
from packshot.networks.features import FeatureNet, FeatureNetConfig
from packshot.networks.gan.dcgan import DCGANCritic, DCGANCriticConfig, DCGANGenerator, DCGANGeneratorConfig
from packshot.networks.gan.r3gan import R3GANCritic, R3GANCriticConfig
from packshot.training import progress
from packshot.training.loop import train
from packshot.training.objective import Objective
from packshot.training.objectives.classify import Classify, ClassifySettings
from packshot.training.objectives.gan import Gan, GanSettings
from packshot.training.objectives.vae import Vae, VaeSettings
from packshot.training.schedule import constant
from packshot.training.settings import Settings
from packshot.training.source import Arrays

SIZE = 14


def pictures(count: int = 32) -> Arrays:
    """Bright discs and dark squares on grey, two classes."""
    generator = torch.Generator().manual_seed(0)
    y, x = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    kind = torch.arange(count) % 2
    middle = 5 + 4 * torch.rand(count, 2, generator=generator)
    dx, dy = (x - middle[:, 0, None, None]).abs(), (y - middle[:, 1, None, None]).abs()
    disc, square = (dx**2 + dy**2).sqrt() < 4, torch.maximum(dx, dy) < 3
    image = torch.full((count, 1, SIZE, SIZE), 110, dtype=torch.uint8)
    image[kind == 0] = torch.where(disc[kind == 0][:, None], 250, 110).to(torch.uint8)
    image[kind == 1] = torch.where(square[kind == 1][:, None], 5, 110).to(torch.uint8)
    condition = torch.nn.functional.one_hot(kind, 2).float()
    return Arrays({"image": image, "label": kind[:, None], "condition": condition})


def learn(objective: Objective, folder: Path, steps: int, **changes: object) -> list[progress.Progress]:
    settings = Settings(
        total_images=32 * steps,
        batch=32,
        log_images=32,
        sample_images=32 * steps,
        learning_rate=constant(2e-3),
        samples=4,
    )
    train(objective, pictures(), settings.model_copy(update=changes), folder, watch_diversity=False)
    return progress.read(folder / "log.jsonl")


def gan(settings: GanSettings, critic: str = "dcgan") -> Gan:
    torch.manual_seed(0)
    generator = DCGANGenerator(DCGANGeneratorConfig(8, 2, 1, SIZE, 8, 16))
    if critic == "dcgan":
        return Gan(generator, DCGANCritic(DCGANCriticConfig(2, 1, SIZE, 8, 16, classes=(2,))), settings)
    return Gan(
        generator, R3GANCritic(R3GANCriticConfig(2, 1, SIZE, 8, 16, classes=(2,), blocks=1, group_size=0)), settings
    )


@pytest.mark.parametrize("loss", PAIRS)
def test_a_critic_alone_learns_to_tell_real_from_generated(tmp_path: Path, loss: str) -> None:
    objective = gan(GanSettings(loss=loss))
    critic_only = objective.phases()[:1]
    objective.phases = lambda: critic_only  # type: ignore[method-assign]
    lines = learn(objective, tmp_path, 25)
    assert (
        lines[-1].losses["critic"] < 0.6 * lines[0].losses["critic"]
        if loss != "wasserstein"
        else (lines[-1].losses["critic"] < lines[0].losses["critic"] - 1)
    )


@pytest.mark.parametrize("loss", PAIRS)
@pytest.mark.parametrize("penalty", ["none", "r1", "r1+r2", "gradient"])
def test_every_pair_with_every_penalty_takes_steps(tmp_path: Path, loss: str, penalty: str) -> None:
    settings = GanSettings(loss=loss, penalty=penalty, penalty_every=2, auxiliary=0.5, feature_matching=0.1)
    objective = gan(settings, "r3gan")
    before = [p.detach().clone() for p in objective.generator.parameters()]
    lines = learn(objective, tmp_path, 4)
    assert lines[-1].verdict == "finished"
    assert any(not torch.equal(a, b) for a, b in zip(before, objective.generator.parameters(), strict=True))
    names = {name for line in lines for name in line.losses}
    expected = {"none": set(), "r1": {"r1"}, "r1+r2": {"r1", "r2"}, "gradient": {"gradient"}}[penalty]
    assert names == {"critic", "generator", "critic_classes", "generator_classes", "feature_matching"} | expected


def test_a_generator_comes_nearer_to_32_pictures(tmp_path: Path) -> None:
    objective = gan(GanSettings(loss="relativistic", penalty="r1+r2", penalty_every=2))
    real = pictures().take(0, 32)["image"].float() / 127.5 - 1

    def gap() -> float:
        with torch.no_grad():
            made = objective.generator(torch.randn(64, 8), torch.eye(2).repeat(32, 1))
        return float((made.mean(0) - real.mean(0)).abs().mean() + (made.std(0) - real.std(0)).abs().mean())

    before = gap()
    learn(objective, tmp_path, 150)
    assert gap() < 0.5 * before


def test_clipping_bounds_the_critic(tmp_path: Path) -> None:
    objective = gan(GanSettings(loss="wasserstein", clip=0.01, critic_steps=2))
    learn(objective, tmp_path, 4)
    assert max(float(p.detach().abs().max()) for p in objective.critic.parameters()) <= 0.01


@pytest.mark.parametrize("variance", ["fixed", "optimal"])
def test_an_autoencoder_drives_its_bound_down(tmp_path: Path, variance: str) -> None:
    torch.manual_seed(0)
    objective = Vae(VAE(VAEConfig(4, 2, 1, SIZE, 8, 16)), VaeSettings(variance=variance, sigma=0.1))
    lines = learn(objective, tmp_path, 40)
    assert lines[-1].losses["likelihood"] < lines[0].losses["likelihood"] - 0.5
    assert objective.sample(objective.networks, _batch()).shape == (4, 1, SIZE, SIZE)


def test_a_classifier_learns_32_pictures_by_heart(tmp_path: Path) -> None:
    torch.manual_seed(0)
    objective = Classify(FeatureNet(FeatureNetConfig(1, (2,), 8)), ClassifySettings())
    lines = learn(objective, tmp_path, 40, beta1=0.9)
    assert lines[-1].losses["cross_entropy"] < 0.1 * lines[0].losses["cross_entropy"]


def test_attributes_that_nobody_knows_do_not_count() -> None:
    torch.manual_seed(0)
    objective = Classify(FeatureNet(FeatureNetConfig(1, (2, 3), 4)), ClassifySettings())
    image, known = torch.rand(4, 1, SIZE, SIZE), torch.tensor([[0, -1], [1, -1], [1, -1], [0, -1]])
    loss = objective.losses(replace(_batch(), image=image, label=known))["cross_entropy"]
    alone = torch.nn.functional.cross_entropy(objective.classifier(image)[0], known[:, 0])
    assert loss.item() == pytest.approx(alone.item() / 2, rel=1e-5)


def _batch():
    from packshot.training.objective import Batch

    return Batch(torch.zeros(4, 1, SIZE, SIZE), condition=torch.eye(2).repeat(2, 1))
