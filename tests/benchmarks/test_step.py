"""The plain loop and ours do the same work: the same losses and the same weights, step by step."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from benchmarks.learning import plain, step
from packshot.training import progress
from packshot.training.loop import seed_of, train
from packshot.training.source import Arrays

SMALL = {"width": 4, "max_width": 8}
CASES = (
    step.Case("dcgan", "dcgan", 16, 1, 8, "non-saturating", SMALL),
    step.Case("averaged", "dcgan", 16, 3, 8, "hinge", SMALL, half_life=40),
    step.Case("penalised", "r3gan", 16, 1, 8, "relativistic", {**SMALL, "blocks": 1, "group_size": 0}, 0.5, True, 40),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_both_loops_learn_the_same(case: step.Case, tmp_path: Path) -> None:
    steps, source = 4, Arrays({"image": step.pictures(case, 32)})
    objective = step.objective_of(case)
    settings = step.settings_of(case, steps).model_copy(update={"log_images": case.batch})
    outcome = train(objective, source, settings, tmp_path, watch_diversity=False)
    trainer = plain.Plain(*step.pair_of(case), case.loss, step.RATE, step.BETAS, case.gamma, case.fakes, case.half_life)
    for line, images in zip(
        progress.read(tmp_path / "log.jsonl"), range(0, steps * case.batch, case.batch), strict=True
    ):
        real = source.take(images, case.batch)["image"].float().div(255).sub(0.5).div(0.5)
        z = torch.randn(case.batch, 64, generator=torch.Generator().manual_seed(seed_of(0, images)))
        of_critic, of_generator = trainer.step(real, z)
        told = {"critic": 0.0, "r1": 0.0, "r2": 0.0, **line.losses}
        assert told["critic"] + told["r1"] + told["r2"] == pytest.approx(of_critic, rel=2e-3, abs=1e-5)
        assert told["generator"] == pytest.approx(of_generator, rel=2e-3, abs=1e-5)
    ours = outcome.averages["generator"] if case.half_life else objective.generator
    theirs = trainer.mean if case.half_life else trainer.generator
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-3)  # Adam's first steps turn rounding into their whole size
    start, _ = step.pair_of(case)
    assert any(not torch.allclose(a, b, atol=2e-4) for a, b in zip(start.parameters(), ours.parameters(), strict=True))
