"""The product lock: keeps its promise, and catches every way of breaking it."""

from typing import ClassVar

import pytest
import torch

from packshot import operations, pipeline
from packshot.errors import LockBreach
from packshot.imaging import geometry, mattes
from packshot.imaging.picture import Picture
from packshot.operations.operation import Context, Operation, Result
from packshot.pipeline.lock import apply_locked, encoded_fidelity
from packshot.pipeline.recipe import Limits


@pytest.fixture
def picture():
    torch.manual_seed(3)
    rgb = torch.nn.functional.interpolate(torch.rand(1, 3, 16, 20), size=(64, 80), mode="bicubic").clamp(0, 1)
    matte = torch.zeros(1, 1, 64, 80)
    matte[..., 14:50, 20:60] = 1
    return Picture(rgb, matte=matte, alpha=matte)


class Tint(Operation):
    """Tints everything although it promised not to."""

    def apply(self, picture, context):
        return Result(picture.replace(rgb=(picture.rgb * 0.8).clamp(0, 1)))


class Honest(Tint):
    """Tints everything and says so."""

    may_change_product: ClassVar[bool] = True


class Shift(Operation):
    """Moves the product by three pixels and does not say so."""

    def apply(self, picture, context):
        return Result(picture.replace(rgb=torch.roll(picture.rgb, 3, dims=3)))


class Lie(Operation):
    """Says that it moved the product, and leaves it where it was."""

    def apply(self, picture, context):
        return Result(picture.replace(to_source=geometry.scale_shift(1, 1, 3, 0) @ picture.to_source))


class Forget(Operation):
    """Drops the matte to escape the lock."""

    def apply(self, picture, context):
        return Result(picture.replace(rgb=torch.roll(picture.rgb, 3, dims=3), matte=None))


def test_a_tint_is_undone_inside_the_product_and_recorded(picture):
    done = apply_locked(Tint(), picture, Context())
    inside = mattes.inner(picture.matte)
    assert torch.equal(done.result.picture.rgb[inside.expand(-1, 3, -1, -1)], picture.rgb[inside.expand(-1, 3, -1, -1)])
    assert done.step.fidelity["delta_e_max"] == 0
    assert done.step.fidelity["unlocked_delta_e_p99"] > 2
    assert not torch.equal(done.result.picture.rgb, picture.rgb)


def test_an_operation_that_may_change_the_product_is_left_alone(picture):
    done = apply_locked(Honest(), picture, Context())
    torch.testing.assert_close(done.result.picture.rgb, picture.rgb * 0.8)
    assert done.step.fidelity == {}


@pytest.mark.parametrize("rogue", [Shift(), Lie(), Forget()])
def test_a_moved_product_is_a_breach(picture, rogue):
    with pytest.raises(LockBreach, match=r"edges moved [1-9]"):
        apply_locked(rogue, picture, Context())


def test_limits_decide(picture):
    apply_locked(Shift(), picture, Context(), limits=Limits(edge_shift_px=50))
    with pytest.raises(LockBreach):
        apply_locked(Shift(), picture, Context(), limits=Limits(edge_shift_px=0.1))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("background", {"colour": "white"}),
        ("background", {"kind": "gradient"}),
        ("shadow", {"kind": "contact"}),
        ("shadow", {"kind": "cast"}),
        ("frame", {"fill": 0.7}),
        ("frame", {"fill": 0.9, "width": 50, "height": 70}),
    ],
)
def test_operations_that_promise_keep_their_promise(picture, name, parameters):
    done = apply_locked(operations.find(name)(**parameters), picture, Context(source=picture))
    assert done.step.fidelity["delta_e_p99"] <= 0.5
    assert done.step.fidelity["edge_shift_px"] <= 0.1
    assert done.step.fidelity["ssim"] >= 0.999
    assert done.step.operation == name


def test_the_step_holds_everything_needed_to_do_it_again(picture):
    step = apply_locked(operations.find("frame")(fill=0.7), picture, Context(seed=5)).step.to_json()
    assert step["seed"] == 5
    assert operations.find(step["operation"])(**step["parameters"]) == operations.find("frame")(fill=0.7)


def test_encoded_figures_tell_jpeg_from_lossless(picture):
    rounded = picture.replace(rgb=(picture.rgb * 255).round() / 255)
    assert encoded_fidelity(rounded, rounded)["delta_e_max"] == 0
    worse = rounded.replace(rgb=(rounded.rgb + 0.02).clamp(0, 1))
    assert encoded_fidelity(rounded, worse)["delta_e_p99"] > 0.5


def test_the_runner_has_its_name_at_the_package(picture):
    assert pipeline.apply_locked is apply_locked
