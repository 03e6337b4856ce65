"""What a kind of job is: a frozen parameter model that does its work in a folder and can go on where it was killed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, field_validator

from packshot.operations.operation import no_truth_value

if TYPE_CHECKING:
    from packshot.provenance.credentials import Signing
    from packshot.serve.jobs.reporter import Reporter

Source = Literal["needed", "optional", "none"]


@dataclass(frozen=True)
class Work:
    """What a kind is given.

    source: photos, table or catalogue to read, None if the caller gave none. out: folder to write to; what lies there
    is what an earlier, killed attempt left. named: the local file of an upload that a parameter names by its id.
    processes: how many may share the work. signing: whose signature, None for the recipe's own.
    """

    source: Path | None
    out: Path
    reporter: Reporter
    named: Callable[[str], Path]
    processes: int = 1
    device: str = "auto"
    signing: Signing | None = None

    def pictures(self) -> Path:
        """The source, where there must be one."""
        assert self.source is not None, "checked when the job was handed in"
        return self.source


class Kind(BaseModel):
    """Base of all kinds. source: whether it works on pictures. records: file of its own record lines in `out`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    source: ClassVar[Source] = "needed"
    records: ClassVar[str] = ""

    _numbers = field_validator("*", mode="before")(no_truth_value)

    def check(self) -> None:
        """Raise for parameters that could not even be begun with; called when the job is handed in."""

    def run(self, work: Work) -> None:
        """Do it, or go on with it. Raises PackshotError if it cannot be done at all."""
        raise NotImplementedError

    def uploads(self) -> tuple[str, ...]:
        """Ids of uploads that parameters name; they are kept as long as the job."""
        return ()


def policy_of(name: str, producer: str) -> dict[str, Any]:
    """A policy's name and producer as the entries of a recipe; empty where neither is given."""
    given = {"name": name, "producer": producer}
    return {key: value for key, value in given.items() if value}
