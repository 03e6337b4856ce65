"""What generated pictures have to pass to be kept: one frozen model, which becomes flags. Torch-free."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, lt=1)]


class AcceptSettings(BaseModel):
    """Each test runs if what it needs is named: a critic; a classifier; features and training pictures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    critic: str = Field("", description="checkpoint of a critic; a run of a GAN holds one beside its generator")
    classifier: str = Field("", description="checkpoint of a classifier, which must name what was asked for")
    features: str = Field("", description="checkpoint whose features tell copies of training pictures")
    catalogue: str = Field("", description="catalogue of the training pictures, for copies and as the critic's scale")
    critic_quantile: Share | None = Field(
        None,
        description="share of the real training pictures (without a catalogue: of generated ones) that score lower "
        "than what passes [default: 0.05, without a catalogue 0.5]",
    )
    margin: Annotated[float, Field(ge=-1, lt=1)] = Field(
        0.0, description="by how much the asked value is more probable than any other; 0 = named first"
    )
    copy_quantile: Share = Field(
        0.01, description="share of the training pictures that lie nearer to another one than what passes to any"
    )
    tries: Annotated[int, Field(ge=1)] = Field(20, description="tries for each picture wanted, at most")
