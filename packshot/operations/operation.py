"""What an operation is: a frozen parameter model that turns one picture into another.

This file imports no torch, so that the command line, the HTTP schema and the web form read the
parameters of every operation in milliseconds; the pixels are worked on below, in `imaging/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from packshot.errors import ParameterError
from packshot.imaging.names import parse_colour

if TYPE_CHECKING:
    from torch import Tensor

    from packshot.imaging.picture import Picture
    from packshot.models import Model


@dataclass(frozen=True)
class PictureFile:
    """Marks a text parameter as the name of a picture file, which the runner opens (never the operation)."""


@dataclass(frozen=True)
class ModelFile:
    """Marks a text parameter as the name of weights or their file, which the runner finds (never the operation)."""


def _known_colour(text: str) -> str:
    parse_colour(text)
    return text


Colour = Annotated[str, AfterValidator(_known_colour), Field(json_schema_extra={"format": "colour"})]
PictureName = Annotated[str, PictureFile(), Field(json_schema_extra={"format": "picture"})]
ModelName = Annotated[str, ModelFile(), Field(json_schema_extra={"format": "model"})]
Method = Literal["network", "classical"]


def parameter(default: Any, help: str, *, unit: str = "", **bounds: Any) -> Any:
    """One parameter, written once: default, help text, unit and bounds (`ge`, `gt`, `le`, `lt`).

    The command line, the HTTP schema and the web form all read it from here. `default=...` means required.
    """
    if unit:  # a plain None would hide the format of Colour and its like
        bounds["json_schema_extra"] = {"unit": unit}
    return Field(default, description=help, **bounds)


def method_parameter(classical: str) -> Any:
    """The parameter `method` of an operation with a network and a classical way, which is named."""
    return parameter("network", f"network: by weights (`model`); classical: {classical}, no weights needed")


def model_parameter(names: str) -> Any:
    """The parameter `model` of an operation that uses weights; `names`: what it takes by itself."""
    return parameter(
        "", f"weights by name or file; empty: {names}. Other projects' files are read too (extra: community)"
    )


def commercial_parameter() -> Any:
    """The parameter `commercial` of an operation that uses weights."""
    return parameter(False, "refuse weights whose licence is not known to allow commercial use")


def no_truth_value(cls: type[BaseModel], value: Any, info: ValidationInfo) -> Any:
    """Refuse true and false where a number is meant: YAML makes them of yes, no, on and off."""
    numeric = cls.model_fields[str(info.field_name)].annotation in (int, float)
    if numeric and isinstance(value, bool):
        raise ParameterError(f"expected a number, got {value!r} (YAML reads yes, no, on and off as true and false)")
    return value


def _no_pictures(name: str) -> Picture:
    raise ParameterError(f"picture {name!r}: this operation was run without a way to open picture files")


def no_models(name: str, commercial: bool) -> Model:
    """What a context loads weights with unless it is told how: it raises."""
    raise ParameterError(f"model {name!r}: this operation was run without a way to load weights")


@dataclass(frozen=True)
class Context:
    """What an operation may know of the world: models, a seed, a device, the photo as it was read.

    source: the picture the run began with; `picture.to_source` leads into its pixels.
    open_picture: gives the picture behind a `PictureName` parameter (cached, paths checked by the runner).
    load_model: gives the Model of a name or file; called with it and whether its licence must allow commercial use.
    """

    seed: int = 0
    device: str = "cpu"
    source: Picture | None = None
    open_picture: Callable[[str], Picture] = _no_pictures
    load_model: Callable[[str, bool], Model] = no_models


@dataclass(frozen=True)
class Result:
    """What an operation gives back.

    numbers: measurements worth keeping, names with units (`confidence`, `delta_e_reached`, `shadow_px`).
    flags: short reasons why a person should look ("matte touches the border").
    layers: extra tensors `(n, c, h, w)` in `[0, 1]` of the result's size (a shadow, an uncertainty map).
    notes: what is worth knowing, but no reason to look ("too few pixels for the size asked").
    """

    picture: Picture
    numbers: Mapping[str, float] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    layers: Mapping[str, Tensor] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Operation(BaseModel):
    """Base of all operations. Subclasses add parameters, set the class facts and implement `apply`.

    may_change_product: False = the runner pastes the product back and measures that nothing moved.
    needs_matte: it works on a product that is known; doors for people run cutout first if it is not.
    finds_product: after it the product is known.
    digital_source_type: IPTC term the result deserves, or None if the picture stays what it was (a photo).
    models: names of weights it needs whatever its parameters say.
    own_model: weights it takes where its parameter `model` is empty; with it go the parameters `method`, `model` and
    `commercial`. classical: the way that needs no weights, in words. trained_by: the command that trains its weights.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    may_change_product: ClassVar[bool] = False
    needs_matte: ClassVar[bool] = False
    finds_product: ClassVar[bool] = False
    digital_source_type: ClassVar[str | None] = None
    models: ClassVar[tuple[str, ...]] = ()
    own_model: ClassVar[str] = ""
    classical: ClassVar[str] = ""
    trained_by: ClassVar[str] = ""

    _numbers = field_validator("*", mode="before")(no_truth_value)

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """The operation itself. `picture` is None only for operations that generate one."""
        raise NotImplementedError

    def source_type(self) -> str | None:
        """`digital_source_type` of this very operation; overridden where it depends on a parameter."""
        return self.digital_source_type

    def weights(self) -> tuple[str, ...]:
        """Names or files of the weights this very operation uses: its own or `model`, none where `method` is classical.

        Overridden where other parameters decide.
        """
        if not self.own_model or not self.by_network():
            return self.models
        return (getattr(self, "model", "") or self.own_model,)

    def by_network(self) -> bool:
        """Whether it works by weights: its `method` is network."""
        return getattr(self, "method", "classical") == "network"

    def touches_product(self) -> bool:
        """`may_change_product` of this very operation; overridden where it depends on a parameter."""
        return self.may_change_product

    def wants_matte(self) -> bool:
        """`needs_matte` of this very operation; overridden where it depends on a parameter."""
        return self.needs_matte

    @classmethod
    def picture_names(cls, parameters: Mapping[str, Any]) -> tuple[str, ...]:
        """Files that parameters name, as they are given; overridden where one parameter names several."""
        values = (parameters.get(name) for name in cls.picture_fields())
        return tuple(value for value in values if isinstance(value, str) and value)

    @classmethod
    def picture_fields(cls) -> tuple[str, ...]:
        """Names of the parameters that name picture files."""
        return tuple(
            name for name, info in cls.model_fields.items() if any(isinstance(m, PictureFile) for m in info.metadata)
        )


def need_picture(picture: Picture | None, operation: str) -> Picture:
    """The picture, or a clear error if there is none."""
    if picture is None:
        raise ParameterError(f"{operation}: expected a picture, got none")
    return picture


def need_matte(picture: Picture | None, operation: str) -> tuple[Picture, Tensor]:
    """The picture and its matte, or an error that says how to get one."""
    picture = need_picture(picture, operation)
    if picture.matte is None:
        raise ParameterError(f"{operation}: the product is not known yet; run cutout before it")
    return picture, picture.matte


def need_one(picture: Picture | None, operation: str) -> Picture:
    """The picture, or a clear error if there is none or a batch."""
    picture = need_picture(picture, operation)
    if picture.rgb.shape[0] != 1:
        raise ParameterError(f"{operation}: expected one picture at a time, got a batch of {picture.rgb.shape[0]}")
    return picture


def need_model(operation: Operation, context: Context, name: str = "") -> Model:
    """The weights an operation asks for (the first, or those named), or an error that says what to do."""
    from packshot.errors import WeightsNotFound

    try:
        return context.load_model(name or operation.weights()[0], bool(getattr(operation, "commercial", False)))
    except WeightsNotFound as error:
        raise WeightsNotFound(f"{_told(operation)}: {error}; {_instead(operation)}") from None


def _instead(operation: Operation) -> str:
    """What to do where weights are missing."""
    if operation.trained_by:
        return f"{operation.trained_by} trains them; or name others with model"
    if operation.classical:
        return f"name others with model, or set method to classical ({operation.classical})"
    return "name others with model"


def _told(operation: Operation) -> str:
    from packshot.operations import name_of

    return name_of(operation)
