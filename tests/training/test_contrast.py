"""Pictures and texts in one space: the losses by hand, what counts neither way, and that it learns and comes back."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from packshot import checkpoint, networks
from packshot.catalogue.dataset.tokens import Tokens
from packshot.training import progress
from packshot.training.objective import Batch
from packshot.training.objectives.contrast import (
    Contrast,
    ContrastSettings,
    also_true,
    by_length,
    sigmoid_match,
    softmax_match,
)
from packshot.training.preset import Preset, flat
from packshot.training.run import run
from tests.catalogue.test_captions import shop

TINY = {"dim": 8, "width": 4, "maps": 2, "vocabulary": 300, "length": 16, "text_width": 8, "heads": 2, "blocks": 1}
PRESET = Preset("test", "contrast", {"encoder": ("clip", TINY)}, 16, texts=("title",),
                settings={"batch": 16, "learning_rate": flat(3e-3), "beta1": 0.9, "total_images": 480,
                          "log_images": 16, "average_images": 50})  # fmt: skip


def test_losses_are_those_of_the_papers() -> None:
    logits = torch.tensor([[2.0, 0.0], [1.0, 3.0]])
    nothing = torch.zeros(2, 2, dtype=torch.bool)
    rows = [math.log(1 + math.exp(-2)), math.log(1 + math.exp(-2))]
    columns = [math.log(1 + math.exp(-1)), math.log(1 + math.exp(-3))]
    assert float(softmax_match(logits, nothing)) == pytest.approx((sum(rows) + sum(columns)) / 4)
    pairs = [math.log(1 + math.exp(s)) for s in (-2.0, 0.0, 1.0, -3.0)]
    assert float(sigmoid_match(logits, nothing)) == pytest.approx(sum(pairs) / 2)


def test_what_is_true_of_both_counts_neither_way() -> None:
    logits = torch.tensor([[2.0, 50.0], [1.0, 3.0]])
    aside = torch.tensor([[False, True], [False, False]])
    assert float(softmax_match(logits, aside)) < 0.2
    assert float(sigmoid_match(logits, aside)) < 1.0


def test_a_text_is_set_aside_where_the_facts_it_names_are_the_same_or_unknown() -> None:
    label = torch.tensor([[0, 1], [0, 2], [1, 1], [-1, 1]])
    told = torch.tensor([[[0, -1]], [[0, 2]], [[1, 1]], [[-1, 1]]])
    tokens = torch.arange(4).view(4, 1, 1) + 5
    found = also_true(label, told, tokens, 0)  # picture, text
    assert found.tolist() == [
        [False, False, False, True],
        [True, False, False, False],
        [False, False, False, True],
        [True, False, True, False],
    ]
    assert also_true(None, None, torch.full((3, 1, 2), 7), 0).sum() == 6  # word for word the same


def test_texts_asked_by_length_are_the_same_texts() -> None:
    torch.manual_seed(0)
    net = networks.build("clip", TINY).eval()
    tokens = torch.randint(2, 300, (9, 16))
    for row in range(9):
        tokens[row, row + 2 :] = 0
    torch.testing.assert_close(by_length(net.texts, tokens), net.texts(tokens), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("loss", ["softmax", "sigmoid"])
def test_losses_reach_the_scale_and_both_towers(loss: str) -> None:
    torch.manual_seed(0)
    objective = Contrast(networks.build("clip", TINY), ContrastSettings.model_validate({"loss": loss}))
    tokens = torch.randint(2, 300, (6, 2, 16))
    found = objective.losses(Batch(torch.randn(6, 3, 16, 16), tokens=tokens))
    sum(found.values()).backward()
    for parameters in (objective.scale, objective.encoder.picture, objective.encoder.text):
        assert any(p.grad is not None and bool(p.grad.any()) for p in parameters.parameters())


def test_it_learns_goes_on_and_its_checkpoint_reads_texts(tmp_path: Path) -> None:
    shop(tmp_path / "p")
    first = run(PRESET, tmp_path / "p", tmp_path / "run", changes={"total_images": 240}, device="cpu")
    done = run(PRESET, tmp_path / "p", tmp_path / "run", device="cpu")
    whole = run(PRESET, tmp_path / "p", tmp_path / "whole", device="cpu")
    assert first.outcome.images == 240
    lines = progress.read(tmp_path / "whole" / "log.jsonl")
    assert lines[-1].losses["softmax"] < 0.8 * lines[0].losses["softmax"]
    stored, other = (checkpoint.read(r.networks["encoder"]) for r in (done, whole))
    assert all(torch.equal(v, other.tensors[k]) for k, v in stored.tensors.items())
    tokens = Tokens(stored.card["words"])
    assert len(tokens) == stored.config["vocabulary"]
    with torch.inference_mode():
        assert float(stored.build().texts(tokens.tokens(["blue bear"], 16)).norm()) == pytest.approx(1, abs=1e-4)


def test_a_run_begins_with_the_pieces_that_another_one_knows(tmp_path: Path) -> None:
    shop(tmp_path / "p")
    short = {"total_images": 16}
    run(PRESET, tmp_path / "p", tmp_path / "a", changes=short, device="cpu")
    child = run(PRESET, tmp_path / "p", tmp_path / "b", changes=short, device="cpu", start=tmp_path / "a")
    assert child.parents["encoder"]["taken"] == 1


def test_a_generator_is_led_by_a_trained_encoder(tmp_path: Path) -> None:
    from packshot.errors import ParameterError
    from packshot.training.objectives.product import ProductGan, ProductSettings
    from packshot.training.prepare import prepare
    from packshot.training.rows.common import players
    from tests.models.test_words import foreign, own

    shop(tmp_path / "p")
    sizes = {"width": 4, "max_width": 8, "text_dim": 4, "code_dim": 8}
    preset = Preset(
        "test", "product", players("product", {"z_dim": 8}, **sizes), 16, texts=("title",), augment=("mirror",)
    )
    prepared = prepare(preset, tmp_path / "p", {"encoder": str(own(tmp_path)), "consistency": 2.0})
    objective = prepared.objective
    assert isinstance(objective, ProductGan)
    assert "encoder" not in objective.networks  # it is asked, and neither trained nor stored
    taken = prepared.stream.take(0, 4)
    torch.testing.assert_close(taken["vector"].norm(dim=1), torch.ones(4))
    names = ("tokens", "condition", "label", "vector")
    batch = Batch(taken["image"] / 127.5 - 1, **{name: taken[name] for name in names if name in taken})
    losses = objective.generator_losses(batch)
    assert 0 <= float(losses["consistency"].detach()) <= 4
    losses["consistency"].backward()
    assert any(p.grad is not None and bool(p.grad.any()) for p in objective.generator.parameters())
    plain = ProductGan(objective.generator, objective.critic, ProductSettings())
    assert "consistency" not in plain.generator_losses(batch)
    with pytest.raises(ParameterError, match="lets gradients pass"):
        prepare(preset, tmp_path / "p", {"encoder": str(foreign(tmp_path / "clip", sees=True))})
