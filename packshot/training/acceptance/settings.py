"""What generated pictures have to pass to be kept: one frozen model, which becomes flags. Torch-free."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from packshot.errors import ParameterError

Share = Annotated[float, Field(ge=0, lt=1)]


class AcceptSettings(BaseModel):
    """Each test runs if what it needs is named: a critic; a classifier; features and training pictures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    critic: str = Field("", description="checkpoint of a critic; a run of a GAN holds one beside its generator")
    classifier: str = Field("", description="checkpoint of a classifier, which must name what was asked for")
    features: str = Field("", description="checkpoint whose features tell copies of training pictures")
    catalogue: str = Field("", description="catalogue of the training pictures")
    critic_scale: Literal["generated", "real"] = Field(
        "generated",
        description="pictures that the critic's threshold is taken from: generated ones, or the catalogue's, which few "
        "generated ones reach unless the critic can hardly tell them apart",
    )
    critic_quantile: Share | None = Field(
        None,
        description="share of these pictures that score lower than what passes [default: 0.5 of generated, 0.05 of "
        "real ones]",
    )
    margin: Annotated[float, Field(ge=-1, lt=1)] = Field(
        0.0, description="by how much the asked value is more probable than any other; 0 = named first"
    )
    copy_quantile: Share = Field(
        0.01, description="share of the training pictures that lie nearer to another one than what passes to any"
    )
    tries: Annotated[int, Field(ge=1)] = Field(20, description="tries for each picture wanted, at most")


def accept_settings(**entries: Any) -> AcceptSettings:
    """The settings of these entries. Raises ParameterError naming the first one that does not fit."""
    try:
        return AcceptSettings(**entries)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ParameterError(f"{name}: {first['msg']}, got {first['input']!r}") from None
