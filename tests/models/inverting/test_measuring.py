"""Identity ignores tone and sees shape; a judge's leakage and what it sees of what was asked."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from packshot.errors import ModelError
from packshot.models import features
from packshot.models.inverting.measuring import identity_but_colour, judge_named, leakage, obeyed
from tests.models.inverting.nets import judge, written


def picture(seed: int, size: int = 40) -> torch.Tensor:
    """A few soft blots, `(1, 3, size, size)`."""
    noise = torch.rand(1, 3, 6, 6, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.interpolate(noise, size=size, mode="bicubic").clamp(0, 1)


def test_the_same_thing_in_another_tone_is_itself_and_another_is_not() -> None:
    a, space = picture(1), features.filters()
    assert identity_but_colour(a, a, space) == pytest.approx(1, abs=1e-4)
    assert identity_but_colour(a, 0.2 + 0.5 * a, space) > 0.99
    assert identity_but_colour(a, 1 - a, space) > 0.99  # dark where it was light: the same shapes
    assert abs(identity_but_colour(a, picture(2), space)) < 0.7
    assert identity_but_colour(a, a.roll(3, 3), space) < identity_but_colour(a, a.roll(1, 3), space) < 0.999


def test_only_what_counts_counts() -> None:
    a = picture(1)
    b, where = a.clone(), torch.zeros(1, 1, 40, 40)
    where[..., 8:32, 8:32] = 1
    b[..., :4, :] = 0
    assert identity_but_colour(a, b, features.filters(), where) > identity_but_colour(a, b, features.filters())


def test_leakage_lies_between_nothing_and_all(tmp_path: Path) -> None:
    judged = judge_named(str(judge(tmp_path)))
    a, b = picture(1), picture(2)
    assert leakage(judged, a, a, ["colour"]) == {"category": 0}
    assert 0 < leakage(judged, a, b, [])["colour"] <= 1
    shares = obeyed(judged, a, {"colour": "red", "category": "kite", "season": "winter"})
    assert set(shares) == {"colour"}
    assert 0 <= shares["colour"] <= 1
    assert set(judged.named(a)[0]) == {"category", "colour"}


def test_a_generator_is_no_judge(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="expected a classifier of attributes"):
        judge_named(str(written(tmp_path, "vae")))
