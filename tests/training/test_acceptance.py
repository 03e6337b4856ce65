"""Accepting generated pictures: each rule does its part, the stream repeats, counts, and stops."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
import torch

from packshot import checkpoint, networks
from packshot.errors import NotEnoughPassed, ParameterError
from packshot.models.sampling import Sampler, seeds_of
from packshot.training.acceptance.effect import Effect
from packshot.training.acceptance.rules import CriticScore
from packshot.training.acceptance.settings import AcceptSettings
from packshot.training.acceptance.stream import Accepting, accepting

SIDE = 16
COLOURS = {"colour": ["blue", "red"]}
SIZES = {"size": SIDE, "width": 4, "max_width": 8, "condition_dim": 2}


def settle(network: torch.nn.Module) -> torch.nn.Module:
    """Fresh batch norms divide by a variance of 1 and draw nearly nothing."""
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_var.fill_(0.02)
    return network


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random generator of two colours with its critic beside it, another critic, a classifier."""
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    card = {"attributes": COLOURS}
    made = settle(networks.build("dcgan-generator", {**SIZES, "z_dim": 4}))
    checkpoint.write(folder / "generator.safetensors", made, "dcgan-generator", card)
    for name, kind in (("critic", "dcgan-critic"), ("whole", "stylegan2-critic")):
        checkpoint.write(folder / f"{name}.safetensors", settle(networks.build(kind, SIZES)), kind, card)
    named = networks.build("features", {"width": 4, "classes": (2,)})
    checkpoint.write(folder / "classifier.safetensors", named, "features", card)
    return folder


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, weights: Path) -> Path:
    """A catalogue of 60 training and 20 test pictures; the first training picture is what the generator draws first."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("acceptance") / "shop"
    (folder / "images").mkdir(parents=True)
    sampler = Sampler(checkpoint.read(weights / "generator.safetensors"))
    drawn = [one.pixels for one in sampler.drawn([*seeds_of(7, 1), *range(79)])]
    rows = []
    for number in range(80):
        pixels = (drawn[number].flip(2) if number == 0 else drawn[number]) * 127.5 + 127.5  # the copy is mirrored
        image = Image.fromarray(pixels.round().byte().permute(1, 2, 0).numpy())
        image.save(folder / "images" / f"{number}.png")
        row = {"sku": str(number), "title": "noise", "category": "noise", "split": "train" if number < 60 else "test"}
        shot = {"path": f"images/{number}.png", "width": SIDE, "height": SIDE}
        rows.append({**row, "attributes": {"colour": ("blue", "red")[number % 2]}, "images": [shot], "licence": "MIT"})
    (folder / "products.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACKSHOT_HOME", str(tmp_path_factory.getbasetemp() / "home"))


def accept(weights: Path, count: int = 6, seed: int = 7, **settings: object) -> Accepting:
    return accepting(weights / "generator.safetensors", AcceptSettings(**settings), count, seed=seed, device="cpu")


def test_those_that_pass_are_those_of_the_seed_in_order_and_the_same_again(weights: Path) -> None:
    stream = accept(weights, critic=str(weights / "critic.safetensors"))
    first = [(judged.number, judged.drawn.seed) for judged in stream]
    count = stream.tally
    assert [(judged.number, judged.drawn.seed) for judged in stream] == first
    assert len(first) == count.passed == 6 < count.tried
    assert count.rejected == {"critic": count.tried - 6}
    assert [seed for _, seed in first] == [seeds_of(7, 99)[number] for number, _ in first]
    assert f"6 of {count.tried} tried" in count.told()
    assert sum(tried for tried, _ in count.values["colour"].values()) == count.tried
    assert sum(passed for _, passed in count.values["colour"].values()) == 6
    wider = accept(weights, count=9, critic=str(weights / "critic.safetensors"))
    assert [judged.number for judged in wider][:6] == [number for number, _ in first]


def test_the_critic_beside_the_generator_is_asked_if_nothing_is_named(weights: Path) -> None:
    (rule,) = accept(weights).rules
    assert rule.name == "critic"
    assert "50% of 500 generated pictures stay below" in rule.told
    scores = [judged.scores["critic"] for judged in accept(weights)]
    assert all(score >= rule.least for score in scores)


def test_real_pictures_are_the_critics_scale_where_they_are_asked_for(weights: Path, shop: Path) -> None:
    critic = str(weights / "critic.safetensors")
    named = {"critic": critic, "catalogue": str(shop), "critic_scale": "real"}
    low, high = (accept(weights, **named, critic_quantile=q).rules[0] for q in (0.1, 0.9))
    assert "of 60 training pictures" in low.told
    assert low.least < high.least


def test_a_critic_of_whole_batches_judges_each_picture_for_itself(weights: Path) -> None:
    generator = checkpoint.read(weights / "generator.safetensors")
    sampler = Sampler(generator)
    some = list(sampler.drawn(range(8)))
    for name, looks in (("critic", False), ("whole", True)):
        score = CriticScore(checkpoint.read(weights / f"{name}.safetensors"), sampler, generator, "cpu")
        assert score.looks_at_batch == looks
        assert torch.allclose(score(some)[5:], score(some[5:]), atol=1e-5)
        assert score(some).std() > 0


def test_the_classifier_must_name_what_was_asked_for(weights: Path) -> None:
    stream = accept(weights, classifier=str(weights / "classifier.safetensors"))
    network = checkpoint.read(weights / "classifier.safetensors").build()
    tried = list(stream.tried())
    assert {judged.passed for judged in tried} == {True, False}
    for judged in tried:
        with torch.inference_mode():
            told = COLOURS["colour"][int(network(judged.drawn.pixels[None])[0].argmax())]
        assert judged.passed == (told == judged.drawn.attributes["colour"])
        assert (judged.scores["classifier"] >= 0) == judged.passed


def test_a_copy_of_a_training_picture_is_refused_even_mirrored(weights: Path, shop: Path) -> None:
    stream = accept(weights, features=str(weights / "classifier.safetensors"), catalogue=str(shop), tries=4)
    tried = list(stream.tried())
    assert not tried[0].passed
    assert tried[0].failed == ("copy",)
    assert tried[0].scores["copy"] < 0.01 * stream.rules[0].least
    assert [judged.number for judged in tried if judged.passed]


def test_spent_tries_end_the_stream_with_counts_after_what_had_passed(weights: Path) -> None:
    stream = accept(weights, count=40, critic=str(weights / "critic.safetensors"), critic_quantile=0.9, tries=2)
    passed = []
    with pytest.raises(NotEnoughPassed, match=r"of 80 tried \(.*%\), .* rejected: critic \d+; 40 were wanted"):
        passed.extend(stream)
    assert 0 < len(passed) == stream.tally.passed < 40
    assert stream.tally.tried == 80


def test_before_and_after_are_compared_with_as_many_pictures(weights: Path, shop: Path) -> None:
    named = str(weights / "classifier.safetensors")
    stream = accept(weights, count=12, classifier=named)
    effect = Effect(stream, named, shop, accuracy_images=128)
    for judged in stream.tried():
        effect.add(judged)
    before, after = effect.rows()
    assert before["generated"] == after["generated"] == 12
    assert before["real"] == 20
    assert before["named"] < after["named"] == 1
    assert {"FD-classifier", "coverage", "CAS colour"} <= set(before)
    assert any("says little" in note for note in effect.notes)
    assert any("flatters" in note for note in effect.notes)
    assert [one.seed for one in effect.tried] == seeds_of(7, 12)


def test_what_was_asked_for_is_compared_with_real_pictures_of_it(weights: Path, shop: Path) -> None:
    named = AcceptSettings(critic=str(weights / "critic.safetensors"))
    stream = accepting(weights / "generator.safetensors", named, 10, wanted={"colour": "red"}, device="cpu")
    effect = Effect(stream, weights / "classifier.safetensors", shop)
    for judged in stream.tried():
        effect.add(judged)
    before, after = effect.rows()
    assert before["real"] == after["real"] == 10  # half of the test pictures
    assert not any("flatters" in note for note in effect.notes)


def test_too_few_pictures_are_not_compared(weights: Path, shop: Path) -> None:
    stream = accept(weights, count=2)
    effect = Effect(stream, weights / "classifier.safetensors", shop)
    for judged in stream.tried():
        effect.add(judged)
    assert effect.rows() == []
    assert "at least 10" in effect.notes[0]


def test_a_critic_that_reads_is_told_the_text(tmp_path: Path, shop: Path) -> None:
    torch.manual_seed(0)
    sizes = {**SIZES, "vocabulary": 4, "text_dim": 4, "code_dim": 8}
    card = {"attributes": COLOURS, "words": ["noise", "toy"], "texts": ["title"]}
    for name, own in (("generator", {"z_dim": 4}), ("critic", {})):
        network = settle(networks.build(f"product-{name}", {**sizes, **own}))
        checkpoint.write(tmp_path / f"{name}.safetensors", network, f"product-{name}", card)
    scales = ({}, {"critic_scale": "real", "catalogue": str(shop), "critic": str(tmp_path / "critic.safetensors")})
    for settings in scales:
        stream = accepting(tmp_path / "generator.safetensors", AcceptSettings(**settings), 3, text="toy", device="cpu")
        some = list(stream.sampler.drawn(range(8), text="toy"))
        told = stream.rules[0].score(some)
        other = stream.rules[0].score([dataclasses.replace(one, text="noise") for one in some])
        assert (told - other).abs().max() > 1e-6


def unfit(folder: Path) -> None:
    """A critic that was told of colours in another order, a smaller one, a network without names."""
    card = {"attributes": {"colour": ["red", "blue"]}}
    small = networks.build("dcgan-critic", {**SIZES, "size": 8})
    checkpoint.write(folder / "other.safetensors", networks.build("dcgan-critic", SIZES), "dcgan-critic", card)
    checkpoint.write(folder / "small.safetensors", small, "dcgan-critic", {})
    checkpoint.write(folder / "shape.safetensors", networks.build("features", {"width": 4}), "features", {})


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({"critic": "generator"}, "a dcgan-generator judges no pictures"),
        ({"critic": "small"}, "takes pictures of 8 px with 3 channels, the generator draws 16 px with 3"),
        ({"critic": "other"}, "told of other attributes"),
        ({"classifier": "critic"}, "a dcgan-critic names nothing"),
        ({"classifier": "shape"}, "it names nothing, the generator is asked for colour: nothing in common"),
        ({"features": "classifier"}, "name their catalogue"),
        ({"catalogue": "classifier"}, "nothing compares with training pictures"),
    ],
)
def test_what_cannot_judge_is_refused_by_name(weights: Path, tmp_path: Path, named, told) -> None:
    unfit(tmp_path)
    ((what, name),) = named.items()
    path = next(
        folder / f"{name}.safetensors" for folder in (tmp_path, weights) if (folder / f"{name}.safetensors").is_file()
    )
    with pytest.raises(ParameterError, match=told):
        accept(weights, **{what: str(path)})


def test_without_anything_to_judge_by_it_says_what_to_name(weights: Path, tmp_path: Path) -> None:
    alone = tmp_path / "generator.safetensors"
    alone.write_bytes((weights / "generator.safetensors").read_bytes())
    with pytest.raises(ParameterError, match=r"no critic beside generator\.safetensors; name a critic, a classifier"):
        accepting(alone, AcceptSettings(), 3, device="cpu")
