"""What a job is: what is asked for, and what became of it. Torch-free; the HTTP API answers with these models."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

State = Literal["queued", "running", "paused", "done", "failed", "cancelled"]
STATES: tuple[State, ...] = get_args(State)
Command = Literal["pause", "resume", "cancel", "retry"]
COMMANDS: tuple[Command, ...] = get_args(Command)
OPEN: tuple[State, ...] = ("queued", "running", "paused")  # states that are not the end
FINISHED: tuple[State, ...] = ("done", "failed", "cancelled")
MOST_FILES = 100_000


class JobRequest(BaseModel):
    """What is asked for.

    kind: one of the table in `kinds`. parameters: those of the kind's model. files: ids of uploads to work on.
    catalogue: instead of files, a path under one of the service's roots. webhook: address told of the end.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str = Field(description="what to do; GET /v1/jobs/kinds lists the kinds with their parameters", max_length=64)
    parameters: dict[str, Any] = Field(default_factory=dict, description="parameters of the kind")
    files: tuple[str, ...] = Field((), description="ids of uploaded files to work on", max_length=MOST_FILES)
    catalogue: str = Field("", description="instead of files: a path under the service's roots", max_length=4096)
    webhook: str = Field("", description="address that is told when the job has ended (signed)", max_length=2048)

    def digest(self) -> str:
        """SHA-256 of it; the same request has the same."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


class Job(BaseModel):
    """A job as it stands.

    progress: of jobs over pictures `finished`, `total`, `done`, `flagged`, `failed`, `skipped`, `rate` (1/s), `eta`
    (s); of training `images`, `total_images`, `seconds`, `rate`, `eta`, `losses`. wanted: a command not yet obeyed.
    error: why it failed. attempts: how often a worker took it up. last_event: number of its newest event.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    tenant: str = Field(exclude=True)
    kind: str
    state: State
    wanted: Literal["", "pause", "cancel"] = ""
    request: JobRequest
    created: dt.datetime
    started: dt.datetime | None = None
    ended: dt.datetime | None = None
    progress: dict[str, Any] = Field(default_factory=dict)
    error: str = ""
    attempts: int = 0
    last_event: int = 0


class Event(BaseModel):
    """Something that happened to a job. number: 1, 2, … within it, never reused.

    name: queued, started, progress, result, sample, note, pausing, paused, resumed, cancelling, lost, stopped, or one
    of the final states; `result` tells `name` (of the file), `status`, `reason`, `sku`, `image`, `variant`.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    at: dt.datetime
    name: str
    data: dict[str, Any]


class Result(BaseModel):
    """A file that a job made. name: its path among the job's results. status: done, flagged, failed, "" if no picture.

    What failed has no file: its digest is empty, its name that of the photo. digest: SHA-256 of the bytes.
    facts: of a picture sku, image, variant, reason, fidelity, marks, checks, size.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    tenant: str = Field(exclude=True)
    digest: str
    size: int
    media_type: str
    status: str = ""
    facts: dict[str, Any] = Field(default_factory=dict)
    made: dt.datetime


def moment(seconds: float | None) -> Any:
    """Unix seconds as a time in UTC."""
    return None if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC)
