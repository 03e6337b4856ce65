"""How to train, apart from what: one frozen model, written to `config.yaml` and turned into flags. Torch-free."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from packshot.training.schedule import Cosine, constant

Count = Annotated[int, Field(ge=1)]


class Settings(BaseModel):
    """Budget, optimiser, averaging, precision and how often to look.

    Batch and every count are in images of all processes together.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    total_images: Count = Field(1_000_000, description="images to train on, the longest")
    minutes: Annotated[float, Field(gt=0)] | None = Field(None, description="stop after so many minutes at the latest")
    batch: Count = Field(64, description="images a step, over all processes")
    seed: int = Field(0, ge=0, description="seed of weights, order and noise")
    learning_rate: Cosine = Field(constant(2e-4), description="Adam's step size")
    rates: dict[str, float] = Field({}, description="player → factor of its learning rate, 1 where it is not named")
    beta1: float = Field(0.0, ge=0, lt=1, description="Adam's decay of the mean gradient")
    beta2: Cosine = Field(constant(0.99), description="Adam's decay of the mean squared gradient")
    weight_decay: float = Field(0.0, ge=0, description="decoupled weight decay (AdamW)")
    clip_norm: Annotated[float, Field(gt=0)] | None = Field(None, description="largest norm of a player's gradient")
    average_images: Annotated[float, Field(ge=0)] = Field(
        20_000, description="half-life of the averaged weights, in images; shorter at the start; 0 = no averaging"
    )
    precision: Literal["float32", "bfloat16"] = Field("float32", description="arithmetic of the networks")
    channels_last: bool = Field(True, description="keep pictures with channels innermost: faster on CPU and GPU")
    log_images: Count = Field(5_000, description="write a line of the log every so many images")
    sample_images: Count = Field(50_000, description="draw a grid of samples every so many images")
    save_minutes: Annotated[float, Field(gt=0)] = Field(3.0, description="save the state every so many minutes")
    watch_images: int = Field(50_000, ge=0, description="images before samples that are all alike count as trouble")
    samples: Annotated[int, Field(ge=1, le=400)] = Field(64, description="pictures in a grid")
