"""Objectives of networks of their own kind: they learn, keep their extra state, and follow their papers' schedules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from packshot import networks
from packshot.training import progress
from packshot.training.loop import train
from packshot.training.objective import Batch, Objective
from packshot.training.objectives.adaptive import Adaptive
from packshot.training.objectives.codes import CodePrior, CodesSettings
from packshot.training.objectives.discrete import Discrete, DiscreteSettings
from packshot.training.objectives.flow import Flow, FlowSettings
from packshot.training.objectives.gan import Gan, GanSettings
from packshot.training.objectives.growing import Growing, GrowingSettings
from packshot.training.objectives.product import ProductGan, ProductSettings, exchanged
from packshot.training.objectives.stylegan import StyleGan, StyleSettings
from packshot.training.objectives.vaegan import VaeGan, VaeGanSettings
from packshot.training.schedule import constant
from packshot.training.settings import Settings
from packshot.training.settling import settle
from packshot.training.source import Arrays
from tests.training.test_objectives import SIZE, pictures

SIZES = {"channels": 1, "size": SIZE, "condition_dim": 2, "width": 4, "max_width": 8}
BOTH = {"penalty": "r1", "penalty_every": 2, "gamma": constant(0.1)}


def build(name: str, **entries: object) -> nn.Module:
    config, _ = networks.find(name)
    return networks.build(name, {k: v for k, v in {**SIZES, **entries}.items() if k in config.__dataclass_fields__})


def pair(name: str, **entries: object) -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(0)
    return build(f"{name}-generator", z_dim=8, **entries), build(f"{name}-critic", **entries)


def texts() -> Arrays:
    base = pictures()
    return Arrays({**base.columns, "tokens": torch.tensor([[1, 2, 0], [3, 0, 0]]).repeat(16, 1)})


def adaptive() -> Gan:
    return Gan(*pair("dcgan"), GanSettings(), Adaptive(target=0.6, images=2000))


def growing() -> Growing:
    return Growing(*pair("progan"), GrowingSettings(hold_images=48, fade_images=64, **BOTH))


def style() -> StyleGan:
    generator, critic = pair("stylegan2", w_dim=8, mapping_layers=2)
    return StyleGan(generator, critic, StyleSettings(path_every=2, **BOTH))


def product() -> ProductGan:
    generator, critic = pair("product", vocabulary=4, text_dim=4, code_dim=8)
    return ProductGan(generator, critic, ProductSettings(agreement=0.5, reconstruction=0.5, loss="hinge"))


def vaegan() -> VaeGan:
    torch.manual_seed(0)
    return VaeGan(build("vae", latent_dim=4), build("dcgan-critic"), VaeGanSettings(gamma=0.1, penalty_every=2))


def vqvae() -> Discrete:
    torch.manual_seed(0)
    return Discrete(build("vqvae", codes=16, code_dim=4, halvings=1), DiscreteSettings(revive_images=64))


def fsq() -> Discrete:
    torch.manual_seed(0)
    return Discrete(build("fsq", levels=(4, 4), halvings=1), DiscreteSettings())


def flow() -> Flow:
    torch.manual_seed(0)
    autoencoder = build("vae", latent_dim=4)
    return Flow(build("latent-flow", latent_dim=4, width=32), autoencoder, FlowSettings(steps=4))


def codes() -> CodePrior:
    torch.manual_seed(0)
    autoencoder = build("fsq", levels=(4, 4), halvings=1)
    prior = build("code-transformer", codes=16, side=SIZE // 2, width=32, heads=2, blocks=2)
    return CodePrior(prior, autoencoder, CodesSettings())


KINDS: Mapping[str, Callable[[], Objective]] = {
    f.__name__: f for f in (adaptive, growing, style, product, vaegan, vqvae, fsq, flow, codes)
}


def learn(objective: Objective, folder: Path, steps: int, **changes: object) -> list[progress.Progress]:
    settings = Settings(
        total_images=32 * steps, batch=32, log_images=32, learning_rate=constant(2e-3), samples=4, sample_images=10_000
    )
    train(objective, texts(), settings.model_copy(update=changes), folder, watch_diversity=False)
    return progress.read(folder / "log.jsonl")


def weights(objective: Objective) -> dict[str, torch.Tensor]:
    return {f"{role}/{k}": v.clone() for role, net in objective.networks.items() for k, v in net.state_dict().items()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_stopped_run_goes_on_bit_for_bit_with_its_extra_state(kind: str, tmp_path: Path) -> None:
    whole, first, second = (KINDS[kind]() for _ in range(3))
    learn(whole, tmp_path / "a", 6)
    learn(first, tmp_path / "b", 3)
    learn(second, tmp_path / "b", 6)
    assert all(torch.equal(v, weights(second)[k]) for k, v in weights(whole).items())
    assert any(not torch.equal(v, weights(KINDS[kind]())[k]) for k, v in weights(whole).items())


@pytest.mark.parametrize(
    ("kind", "loss", "share"),
    [("vqvae", "reconstruction", 0.5), ("fsq", "reconstruction", 0.5), ("vaegan", "likeness", 0.7)],
)
def test_autoencoders_learn_32_pictures(kind: str, loss: str, share: float, tmp_path: Path) -> None:
    lines = learn(KINDS[kind](), tmp_path, 60)
    assert lines[-1].losses[loss] < share * lines[0].losses[loss]


@pytest.mark.parametrize("kind", ["growing", "style", "product"])
def test_generators_come_nearer_to_32_pictures(kind: str, tmp_path: Path) -> None:
    objective = KINDS[kind]()
    if isinstance(objective, Growing):
        objective = Growing(*pair("progan"), GrowingSettings(hold_images=320, fade_images=320, **BOTH))
    taken = texts().take(0, 32)
    real = taken["image"].float() / 127.5 - 1
    batch = Batch(real, taken["condition"], tokens=taken["tokens"], generator=torch.Generator().manual_seed(1))

    def gap() -> float:
        with torch.no_grad():
            batch.generator.manual_seed(1)
            made = objective.sample(objective.networks, batch)
        return float((made.mean(0) - real.mean(0)).abs().mean() + (made.std(0) - real.std(0)).abs().mean())

    before = gap()
    learn(objective, tmp_path, 240 if kind == "product" else 120)  # how fast it goes depends on the count of threads
    assert gap() < 0.7 * before


def test_the_flow_finds_codes_that_the_prior_misses(tmp_path: Path) -> None:
    objective = flow()
    lines = learn(objective, tmp_path, 150)
    assert sum(line.losses["velocity"] for line in lines[-10:]) < 0.8 * sum(
        line.losses["velocity"] for line in lines[:10]
    )
    assert all(p.grad is None for p in objective.autoencoder.parameters())


def test_a_prior_learns_the_codes_of_32_pictures_and_draws_them(tmp_path: Path) -> None:
    objective = codes()
    lines = learn(objective, tmp_path, 120)
    assert lines[-1].losses["code"] < 0.35 * lines[0].losses["code"]
    taken = texts().take(0, 32)
    real, told = taken["image"].float() / 127.5 - 1, taken["condition"]
    with torch.no_grad():
        known = objective.autoencoder.choose(objective.autoencoder.encode(real))
        drawn = objective.prior.eval().draw(torch.randn(16, objective.places), told[:1].expand(16, -1))
    agreement = (drawn[:, None] == known).float().mean((2, 3))  # of every draw with every picture
    own = told[:, 0] == told[0, 0]
    assert agreement[:, own].amax(1).mean() > agreement[:, ~own].amax(1).mean() + 0.05  # the class asked for
    assert all(p.grad is None for p in objective.autoencoder.parameters())


def test_growing_holds_and_fades_by_images_seen() -> None:
    objective = growing()  # sides 7 and 14; held for 48, faded over 64
    assert [objective.grown(images) for images in (0, 48, 80, 112, 10_000)] == [0, 0, 0.5, 1, 1]


def test_a_penalty_at_a_small_side_is_that_of_the_small_picture() -> None:
    objective = growing()
    batch = Batch(torch.rand(4, 1, SIZE, SIZE), torch.eye(2).repeat(2, 1))
    found = objective.penalty(batch)["r1"]
    small = nn.functional.avg_pool2d(batch.image, 2).requires_grad_()
    score = objective.critic(nn.functional.interpolate(small, scale_factor=2), batch.condition)
    (gradient,) = torch.autograd.grad(score.sum(), small)
    assert torch.allclose(found, 0.1 * 0.5 * gradient.square().sum((1, 2, 3)).mean(), rtol=1e-4)


def test_sides_not_reached_do_not_move(tmp_path: Path) -> None:
    objective = Growing(*pair("progan"), GrowingSettings(hold_images=10_000, fade_images=64))
    before = {name: p.detach().clone() for name, p in objective.generator.named_parameters()}
    learn(objective, tmp_path, 2)
    moved = {name for name, p in objective.generator.named_parameters() if not torch.equal(p, before[name])}
    assert moved
    assert not any(name.startswith("stages.1") for name in moved)


def test_adaptive_augmentation_rises_where_the_critic_is_sure(tmp_path: Path) -> None:
    augment = Adaptive(target=0.5, images=640)
    for _ in range(8):
        augment.observe(torch.ones(32))
        augment.settle()
    assert augment.p == pytest.approx(256 / 640)
    copy = Adaptive(target=0.5, images=640)
    copy.load_state_dict(augment.state_dict())
    for module in (augment, copy):
        for _ in range(4):
            module.observe(-torch.ones(32))
            module.settle()
    assert copy.p == augment.p == pytest.approx(128 / 640)


def test_mismatched_products_are_those_with_other_information() -> None:
    tokens = torch.tensor([[1, 2], [1, 2], [3, 0]])
    batch = Batch(torch.zeros(3, 1, 4, 4), torch.tensor([[1.0], [1.0], [0.0]]), tokens=tokens)
    other, apart = exchanged(batch)
    assert apart.tolist() == [True, False, True]
    assert other.tokens is not None
    assert other.tokens[0].tolist() == [3, 0]


def test_a_dead_code_is_put_on_an_encoder_output(tmp_path: Path) -> None:
    objective = vqvae()
    with torch.no_grad():
        objective.autoencoder.codebook.weight[0] = 1e3
        objective.autoencoder.usage[0] = 0
    learn(objective, tmp_path, 2)
    assert objective.autoencoder.codebook.weight[0].abs().max() < 10


def test_batch_statistics_of_averaged_weights_are_estimated_anew() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)).eval()
    unused = nn.BatchNorm1d(2).eval()
    unused.running_mean.fill_(7)
    batches = [torch.randn(64, 3) for _ in range(8)]
    assert settle([network, unused], [lambda x=x: network(x) for x in batches]) == 1
    inner = torch.cat([network[0](x) for x in batches])
    assert torch.allclose(network[1].running_mean, inner.mean(0), atol=1e-5)
    assert torch.allclose(network(torch.cat(batches)).std(0), torch.ones(4), atol=0.05)
    assert not network[1].training
    assert unused.running_mean.tolist() == [7, 7]


def test_product_information_changes_what_the_generator_draws() -> None:
    objective = product()
    objective.generator.eval()
    batch = Batch(torch.zeros(2, 1, SIZE, SIZE), torch.eye(2), tokens=torch.tensor([[1, 2], [1, 2]]))
    again = replace(batch, tokens=torch.tensor([[3, 0], [3, 0]]))
    made = []
    for each in (batch, again):
        made.append(objective.sample(objective.networks, replace(each, generator=torch.Generator().manual_seed(0))))
    assert not torch.equal(made[0], made[1])
