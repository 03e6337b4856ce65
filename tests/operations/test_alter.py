"""`alter` and `vary`: a product edited in a tiny generator's latent space; what stays, what is said of it, refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from pydantic import ValidationError

from packshot.errors import ParameterError, WeightsNotFound
from packshot.imaging.picture import Picture
from packshot.models import load
from packshot.models.inverting.editing import draws
from packshot.models.inverting.framing import space_named
from packshot.models.inverting.measuring import judge_named
from packshot.operations.alter import Alter
from packshot.operations.operation import Context
from packshot.operations.vary import Vary
from packshot.pipeline.lock import apply_locked
from tests.models.inverting.nets import judge, written

QUICK = {"steps": 4, "seconds": 30}
CONTEXT = Context(seed=1, load_model=lambda name, commercial: load(name, "cpu", commercial=commercial))


def ball(size=48, alpha=False):
    """A shaded ball with a grain, on grey, its matte known."""
    y, x = torch.meshgrid(*(torch.linspace(-1.4, 1.4, size),) * 2, indexing="ij")
    matte = ((0.9 - (x**2 + y**2).sqrt()) * size / 3).clamp(0, 1)[None, None]
    grain = 0.05 * torch.rand(1, 1, size, size, generator=torch.Generator().manual_seed(0))
    light = (0.8 - 0.3 * x - 0.2 * y).clamp(0.2, 1)[None, None] - grain
    body = light * torch.tensor([0.7, 0.25, 0.2]).view(1, 3, 1, 1)
    rgb = (matte * body + (1 - matte) * 0.6).clamp(0, 1)
    return Picture(rgb, matte=matte, alpha=matte if alpha else None)


def test_the_change_is_laid_on_the_photo_and_the_ground_stays(tmp_path: Path) -> None:
    picture, weights = ball(), str(written(tmp_path, "vae"))
    operation = Alter(colour="green", model=weights, judge=str(judge(tmp_path)), was="category=ball", **QUICK)
    locked = apply_locked(operation, picture, CONTEXT)
    result = locked.result
    assert result.picture.size == picture.size
    outside = (picture.matte == 0).expand_as(picture.rgb)
    assert torch.equal(result.picture.rgb[outside], picture.rgb[outside])
    assert not torch.equal(result.picture.rgb, picture.rgb)
    assert torch.equal(result.picture.matte, picture.matte)
    numbers = result.numbers
    assert {"rebuilt_psnr", "rebuilt_identity", "identity", "asked_colour", "leak_category"} <= set(numbers)
    assert "leak_colour" not in numbers
    assert 0 <= numbers["leak_category"] <= 1
    assert numbers["generated_px"] == 16
    assert any("generated at 16 px and laid on the photo" in note for note in result.notes)
    assert any("taken for colour" in note for note in result.notes)
    assert locked.step.digital_source_type == "compositeWithTrainedAlgorithmicMedia"
    assert set(locked.step.weights) == {"vae", "judge"}
    assert result.layers["change"].shape == (1, 1, 48, 48)


def test_another_category_is_the_generators_own_picture(tmp_path: Path) -> None:
    operation = Alter(category="boat", model=str(written(tmp_path, "cgan-generator")), **QUICK)
    locked = apply_locked(operation, ball(), CONTEXT)
    made = locked.result.picture
    assert made.size == (16, 16)
    assert locked.step.digital_source_type == "trainedAlgorithmicMedia"
    assert any("everything in it is generated" in note for note in locked.result.notes)
    corner = made.to_source @ torch.tensor([16.0, 16, 1], dtype=torch.float64)
    start = made.to_source @ torch.tensor([0.0, 0, 1], dtype=torch.float64)
    assert float(corner[0] - start[0]) == pytest.approx(float(corner[1] - start[1]))
    assert 32 < float(corner[0] - start[0]) < 48


@pytest.mark.parametrize("space", ["w", "w+"])
def test_style_codes_move_by_their_means(tmp_path: Path, space: str) -> None:
    weights = str(written(tmp_path, "stylegan2-generator"))
    done = Alter(colour="red", carry="picture", space=space, model=weights, **QUICK).apply(ball(), CONTEXT)
    assert done.picture.size == (16, 16)


@pytest.mark.parametrize(
    ("name", "direction"), [("stylegan2-generator", "sefa:1"), ("vae", "ganspace:2"), ("cgan-generator", "sefa:2")]
)
def test_directions_without_labels(tmp_path: Path, name: str, direction: str) -> None:
    weights = str(written(tmp_path, name))
    there, back = (
        Alter(direction=direction, amount=amount, model=weights, **QUICK).apply(ball(), CONTEXT).picture.rgb
        for amount in (3, -3)
    )
    assert not torch.allclose(there, back, atol=0.02)


def test_a_direction_is_learned_from_a_judge(tmp_path: Path) -> None:
    weights = written(tmp_path, "cgan-generator", condition_dim=0)
    _, pictures = draws(space_named(str(weights)), 64, 3)
    named = judge(tmp_path, centred_on=pictures)
    colour = judge_named(str(named)).named(pictures)[0]["colour"]
    done = Alter(colour=colour, model=str(weights), judge=str(named), **QUICK).apply(ball(), CONTEXT)
    assert done.numbers["deviations_colour"] in (0.5, 1, 1.5, 2, 3, 4)
    assert 0 <= done.numbers["asked_colour"] <= 1


def test_strength_nothing_changes_nothing_and_needs_nothing() -> None:
    picture = ball()
    for operation in (Alter(colour="red", strength=0, model="nowhere"), Vary(strength=0, model="nowhere")):
        result = operation.apply(picture, Context())
        assert result.picture is picture
        assert operation.weights() == ()
        assert operation.source_type() is None


def test_variations_leave_the_picture_by_degrees(tmp_path: Path) -> None:
    weights = str(written(tmp_path, "vae"))
    picture = ball()
    near, far = (Vary(strength=s, model=weights, **QUICK).apply(picture, CONTEXT) for s in (0.02, 1.0))
    small = torch.nn.functional.interpolate(picture.rgb, size=(16, 16), mode="area")
    assert near.picture.size == (16, 16)
    assert near.numbers["identity"] > far.numbers["identity"]
    assert (near.picture.rgb - small).abs().mean() < (far.picture.rgb - small).abs().mean()
    other = Vary(strength=1.0, model=weights, **QUICK).apply(picture, Context(seed=2, load_model=CONTEXT.load_model))
    assert not torch.equal(other.picture.rgb, far.picture.rgb)


def test_a_colour_without_a_name_is_the_nearest_that_is_known(tmp_path: Path) -> None:
    done = Alter(colour="#c22a26", model=str(written(tmp_path, "vae")), **QUICK).apply(ball(alpha=True), CONTEXT)
    assert any("nearest is red" in note for note in done.notes)
    assert done.picture.alpha is not None


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({}, "expected an attribute (colour, material, category, attributes) or a direction; got neither"),
        ({"colour": "red", "direction": "sefa:1"}, "got both"),
        ({"colour": "mauvish"}, "colour: expected one of blue, green, red"),
        ({"category": "tent"}, "category: expected one of ball, boat; got 'tent'"),
        ({"material": "felt"}, "name one with judge"),
        ({"direction": "ganspace:99"}, "has 6 directions"),
        ({"colour": "red", "was": "colour=plaid"}, "colour: expected one of blue, green, red; got 'plaid'"),
        ({"colour": "red", "space": "w"}, "space: vae has code; got 'w'"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path: Path, parameters: dict[str, str], told: str) -> None:
    operation = Alter(model=str(written(tmp_path, "vae")), **{**QUICK, **parameters})
    with pytest.raises(ParameterError) as error:
        operation.apply(ball(), CONTEXT)
    assert told in str(error.value)


def test_missing_weights_and_mattes_and_bad_words(tmp_path: Path) -> None:
    with pytest.raises(WeightsNotFound, match="packshot train toyshop-none"):
        Alter(colour="red", model="toyshop-none").apply(ball(), CONTEXT)
    with pytest.raises(ParameterError, match="run cutout before it"):
        Vary(model=str(written(tmp_path, "vae"))).apply(Picture(ball().rgb), CONTEXT)
    for wrong in ({"direction": "sefa"}, {"direction": "pca:1"}, {"attributes": "colour"}, {"was": "=red"}):
        with pytest.raises(ValidationError):
            Alter(**wrong)
