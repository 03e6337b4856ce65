"""What generated pictures have to pass to be kept: one frozen model, which becomes flags. Torch-free."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from packshot.errors import ParameterError, complaints
from packshot.training.acceptance.fields import FIELDS

Share = Annotated[float, Field(ge=0, lt=1)]


def told(name: str) -> Any:
    """The field of that name with its default and help."""
    return Field(FIELDS[name].default, description=FIELDS[name].help)


class AcceptSettings(BaseModel):
    """Each test runs if what it needs is named: a critic; a classifier; features and training pictures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    critic: str = told("critic")
    classifier: str = told("classifier")
    features: str = told("features")
    catalogue: str = told("catalogue")
    critic_scale: Literal["generated", "real"] = told("critic_scale")
    critic_quantile: Share | None = told("critic_quantile")
    margin: Annotated[float, Field(ge=-1, lt=1)] = told("margin")
    copy_quantile: Share = told("copy_quantile")
    tries: Annotated[int, Field(ge=1)] = told("tries")


def accept_settings(**entries: Any) -> AcceptSettings:
    """The settings of these entries. Raises ParameterError naming the first one that does not fit."""
    try:
        return AcceptSettings(**entries)
    except ValidationError as error:
        raise ParameterError(complaints(error, "")[0]) from None
