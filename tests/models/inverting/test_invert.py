"""Inversion: a generator's own pictures are found again, within the bounds, from any kind of code."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from packshot.errors import ParameterError
from packshot.models import features
from packshot.models.inverting.invert import Plan, invert
from packshot.models.inverting.spaces import space_of
from tests.models.inverting.nets import sampler

QUICK = Plan(steps=30, starts=3, draws=16, features=0.0, likely=0.0)


def own_picture(space, told, seed=77):
    noise = space.sampler.noises([seed])
    condition = space.sampler.conditions(told, [seed])
    with torch.no_grad():
        return space.pictures(space.draw(noise, condition), condition).clamp(-1, 1)


@pytest.mark.parametrize(
    ("name", "kind", "least"),
    [("cgan-generator", "z", 24), ("stylegan2-generator", "w", 24), ("stylegan2-generator", "w+", 24)],
)
def test_a_generators_own_picture_is_found_again(tmp_path: Path, name: str, kind: str, least: float) -> None:
    space = space_of(sampler(tmp_path, name), kind)
    told = {"category": "boat", "colour": "green"}
    found = invert(space, own_picture(space, told), features.filters(), QUICK, known=told)
    assert found.numbers["psnr"] > least
    assert found.numbers["psnr"] > found.numbers["psnr_start"]
    assert found.attributes == told
    assert found.numbers["steps"] == 30


def test_an_encoders_code_is_refined(tmp_path: Path) -> None:
    space = space_of(sampler(tmp_path, "vae"))
    picture = own_picture(space, {"category": "ball", "colour": "red"})
    told = {"category": "ball", "colour": "red"}
    plain = invert(space, picture, features.filters(), Plan(steps=0), known=told)
    found = invert(space, picture, features.filters(), Plan(**{**vars(QUICK), "steps": 50}), known=told)
    assert plain.numbers["psnr"] == plain.numbers["psnr_start"]
    assert found.numbers["psnr"] > plain.numbers["psnr"] + 3
    assert found.attributes == told
    guessed = invert(space, picture, features.filters(), Plan(steps=0))
    assert set(guessed.attributes) == {"category", "colour"}


def test_what_nobody_told_is_decided_and_what_is_known_stays(tmp_path: Path) -> None:
    space = space_of(sampler(tmp_path, "dcgan-generator"))
    picture = own_picture(space, {"category": "boat", "colour": "red"})
    found = invert(space, picture, features.filters(), QUICK, known={"category": "boat"})
    assert found.attributes["category"] == "boat"
    assert found.condition is not None
    assert sorted(found.condition[0].tolist()) == [0, 0, 0, 1, 1]


def test_the_same_seed_finds_the_same_code(tmp_path: Path) -> None:
    space = space_of(sampler(tmp_path, "cgan-generator", condition_dim=0))
    picture = own_picture(space, {})
    codes = [invert(space, picture, features.filters(), Plan(steps=8, draws=8, seed=4)).code for _ in range(2)]
    assert torch.equal(*codes)


def test_seconds_bound_the_search(tmp_path: Path) -> None:
    space = space_of(sampler(tmp_path, "cgan-generator"))
    plan = Plan(steps=100_000, seconds=0.3, starts=2, draws=4)
    found = invert(space, own_picture(space, {}), features.filters(), plan)
    assert 1 <= found.numbers["steps"] < 100_000
    assert found.numbers["seconds"] < 30


def test_a_tuned_generator_comes_nearer_and_the_given_one_stays(tmp_path: Path) -> None:
    space = space_of(sampler(tmp_path, "cgan-generator", condition_dim=0))
    torch.manual_seed(0)
    strange = torch.nn.functional.interpolate(torch.rand(1, 3, 4, 4) * 2 - 1, size=16, mode="bilinear")
    before = {name: value.clone() for name, value in space.network.state_dict().items()}
    plan = Plan(steps=10, starts=2, draws=8, features=0.0)
    plain = invert(space, strange, features.filters(), plan)
    tuned = invert(space, strange, features.filters(), Plan(**{**vars(plan), "tune": 25}))
    assert tuned.numbers["psnr"] > plain.numbers["psnr"] + 1
    assert all(torch.equal(value, before[name]) for name, value in space.network.state_dict().items())


def test_it_works_where_gradients_are_off(tmp_path: Path) -> None:
    space = space_of(sampler(tmp_path, "vae"))
    picture = own_picture(space, {})
    with torch.inference_mode():
        found = invert(space, picture.clone(), features.filters(), Plan(steps=5))
    assert found.numbers["steps"] == 5


def test_features_count_where_pictures_are_large_enough(tmp_path: Path) -> None:
    space = space_of(sampler(tmp_path, "cgan-generator"))
    plan = Plan(steps=6, starts=2, draws=4, features=1.0, likely=0.1)
    found = invert(space, own_picture(space, {}), features.filters(), plan)
    assert found.rebuilt.shape == (1, 3, 16, 16)
    assert float(found.rebuilt.abs().max()) <= 1


def test_style_codes_carry_their_condition(tmp_path: Path) -> None:
    space = space_of(sampler(tmp_path, "stylegan2-generator"), "w")
    old, new = (space.sampler.condition({"category": "ball", "colour": c}, 0) for c in ("blue", "red"))
    code = space.draw(space.sampler.noises([1]), old)
    moved = space.moved(code, old, new)
    assert torch.allclose(moved - space.mean(new), code - space.mean(old), atol=1e-5)
    assert not torch.allclose(moved, code, atol=1e-3)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda s: space_of(s, "w"), "space: cgan-generator has z; got 'w'"),
        (lambda s: invert(space_of(s), torch.zeros(1, 3, 8, 8), features.filters()), "expected (1, 3, 16, 16)"),
        (lambda s: Plan(starts=0), "starts: expected at least 1, got 0"),
        (lambda s: Plan(seconds=0), "seconds: expected more than 0"),
        (
            lambda s: invert(space_of(s), torch.zeros(1, 3, 16, 16), features.filters(), known={"colour": "mauve"}),
            "colour: expected one of blue, green, red; got 'mauve'",
        ),
    ],
)
def test_what_cannot_be_is_refused_by_name(tmp_path: Path, call, told: str) -> None:
    with pytest.raises(ParameterError) as error:
        call(sampler(tmp_path, "cgan-generator"))
    assert told in str(error.value)
