"""Attributes that are not known: what is drawn for them, and who is told what."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from packshot.networks.gan.cgan import CGANCritic, CGANCriticConfig, CGANGenerator, CGANGeneratorConfig
from packshot.training import progress
from packshot.training.conditions import one_hots
from packshot.training.loop import train
from packshot.training.missing import filled
from packshot.training.objective import Batch
from packshot.training.objectives.gan import Gan, GanSettings
from packshot.training.schedule import constant
from packshot.training.settings import Settings
from packshot.training.source import Arrays
from tests.training.test_objectives import SIZE, gan, pictures


@given(st.lists(st.lists(st.integers(-1, 3), min_size=2, max_size=2), min_size=1, max_size=30))
def test_what_is_drawn_occurs_and_what_is_known_stays(rows: list[list[int]]) -> None:
    codes = torch.tensor(rows)
    found = filled(codes)
    assert torch.equal(found, filled(codes))
    for column in range(2):
        known = codes[:, column] >= 0
        assert torch.equal(found[known, column], codes[known, column])
        occurring = set(codes[known, column].tolist()) or {-1}
        assert set(found[:, column].tolist()) <= occurring


def test_it_is_drawn_as_often_as_it_occurs() -> None:
    codes = torch.full((40_000, 1), -1)
    codes[:400] = 0
    codes[:100] = 1
    assert float((filled(codes) == 1).float().mean()) == pytest.approx(0.25, abs=0.01)


def partly(count: int = 32) -> Arrays:
    """The two classes of pictures, three of four labels lost."""
    base = pictures(count)
    label = base.columns["label"].clone()
    label[torch.arange(count) % 8 > 1] = -1
    asked = filled(label)
    columns = {"label": label, "condition": one_hots(label, [2])}
    return Arrays({**base.columns, **columns, "asked_label": asked, "asked": one_hots(asked, [2])})


def networks() -> tuple[CGANGenerator, CGANCritic]:
    torch.manual_seed(0)
    return (
        CGANGenerator(CGANGeneratorConfig(8, 2, 1, SIZE, 8, 16)),
        CGANCritic(CGANCriticConfig(2, 1, SIZE, 8, 16, classes=(2,))),
    )


def test_the_critic_is_told_no_more_of_a_generated_picture_than_of_the_real_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    generator, critic = networks()
    objective = Gan(generator, critic, GanSettings(loss="hinge", auxiliary=0.5))
    taken = partly().take(0, 16)
    batch = Batch(taken["image"].float() / 127.5 - 1, **{k: v for k, v in taken.items() if k != "image"})
    told: dict[str, list[torch.Tensor]] = {"generator": [], "critic": []}
    for name, network, method in (("generator", generator, "forward"), ("critic", critic, "judge")):
        plain = getattr(network, method)

        def listening(x: torch.Tensor, condition: torch.Tensor, name: str = name, plain=plain):
            told[name].append(condition)
            return plain(x, condition)

        monkeypatch.setattr(network, method, listening)
    critic_losses, generator_losses = objective.critic_losses(batch), objective.generator_losses(batch)
    assert len(told["generator"]) == 1  # one generated batch for both players
    assert torch.equal(told["generator"][0], batch.asked)
    assert (told["generator"][0].sum(1) == 1).all()
    assert len(told["critic"]) == 3
    assert all(torch.equal(each, batch.condition) for each in told["critic"])
    known = batch.label[:, 0] >= 0
    assert 0 < known.sum() < len(known)
    assert (batch.condition.sum(1) == known).all()

    logits = critic.classify(batch.image)[0]
    of_known = torch.nn.functional.cross_entropy(logits[known], batch.label[known, 0])
    assert float(critic_losses["critic_classes"].detach()) == pytest.approx(
        0.5 * float(of_known.detach()), abs=0.05
    )  # spectral norm moves on
    assert float(generator_losses["generator_classes"].detach()) > 0


def test_drawn_products_are_not_compared_with_the_real_ones() -> None:
    objective = Gan(*networks(), GanSettings(reconstruction=1.0))
    taken = partly().take(0, 16)
    batch = Batch(taken["image"].float() / 127.5 - 1, **{k: v for k, v in taken.items() if k != "image"})
    known = batch.label[:, 0] >= 0
    other = batch.image.clone()
    other[~known] = -1
    fake = objective.fake(batch).detach()
    found = objective._reconstruction(fake, batch)["reconstruction"]
    again = objective._reconstruction(fake, Batch(other, batch.condition, batch.label, asked=batch.asked))
    assert torch.equal(found, again["reconstruction"])


def test_a_few_labels_teach_the_classes(tmp_path: Path) -> None:
    objective = gan(GanSettings(loss="hinge", auxiliary=0.5))
    settings = Settings(
        total_images=32 * 100, batch=32, log_images=320, sample_images=10**6, learning_rate=constant(2e-3), samples=4
    )
    train(objective, partly(), settings, tmp_path, watch_diversity=False)
    assert progress.read(tmp_path / "log.jsonl")[-1].verdict == "finished"
    with torch.no_grad():
        made = objective.generator(torch.randn(64, 8), torch.eye(2).repeat(32, 1))  # one batch: its norms see both
        light, dark = made[::2].mean(), made[1::2].mean()
    assert light > dark + 0.1  # discs are bright, squares are dark
