"""What operations share that find a product as a code of a generator first: their parameters, and the finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

from packshot.operations.operation import Context, parameter
from packshot.operations.pointing import pairs_of

if TYPE_CHECKING:
    from packshot.imaging.picture import Picture
    from packshot.models.inverting.taking import Taken

OWN = "toyshop-vae"
Space = Literal["auto", "z", "w", "w+", "code", "noise"]


def was_parameter() -> Any:
    """The parameter `was`."""
    return parameter("", "what the product is, NAME=VALUE with commas between; what is left out is found")


def fill_parameter() -> Any:
    """The parameter `fill`; an operation with it needs a matte unless it is 0."""
    words = "longest side of the product as a share of what the generator sees; 0 = the whole photo"
    return parameter(0.8, words, ge=0, le=1)


def model_parameter() -> Any:
    """The parameter `model`."""
    return parameter("", f"generator by name or file: a GAN, VAE or flow; empty: {OWN}")


def space_parameter() -> Any:
    """The parameter `space`."""
    return parameter("auto", "which codes of the generator are searched")


def steps_parameter() -> Any:
    """The parameter `steps`."""
    return parameter(200, "steps of refining the code, at most", ge=0, le=5000)


def seconds_parameter() -> Any:
    """The parameter `seconds`."""
    return parameter(60.0, "time for finding the code, at most", unit="s", ge=0.1, le=3600)


def tune_parameter() -> Any:
    """The parameter `tune`."""
    return parameter(0, "steps by which the generator itself is tuned to the product afterwards", ge=0, le=1000)


class Inverting(Protocol):
    """An operation with these parameters."""

    @property
    def was(self) -> str: ...
    @property
    def fill(self) -> float: ...
    @property
    def model(self) -> str: ...
    @property
    def space(self) -> Space: ...
    @property
    def steps(self) -> int: ...
    @property
    def seconds(self) -> float: ...
    @property
    def tune(self) -> int: ...
    @property
    def commercial(self) -> bool: ...


def code_of(operation: Inverting, name: str, picture: Picture, context: Context) -> Taken:
    """The product of a photo as a code, as the operation `name` was told to search; the weights are noted."""
    from packshot.models.inverting.invert import Plan
    from packshot.models.inverting.taking import loaded, taken

    generator = loaded(operation.model or OWN, context.load_model, operation.commercial, name)
    plan = Plan(steps=operation.steps, seconds=operation.seconds, tune=operation.tune, seed=context.seed)
    return taken(picture, generator, operation.space, operation.fill, pairs_of(operation.was, "was"), plan)
