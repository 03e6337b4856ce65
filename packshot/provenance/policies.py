"""What has to be marked, and how: one frozen model per policy. The legal profiles join this table with part B."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from packshot.errors import ParameterError
from packshot.provenance.terms import uri


class Policy(BaseModel):
    """How exported files are marked.

    The mark is never left out: a policy chooses its wording, and nothing in packshot removes one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "default"
    unmarked_input: str = Field(
        "digitalCapture",
        description="IPTC term taken for an input that carries none; a catalogue's photos are photographs",
    )

    @field_validator("unmarked_input")
    @classmethod
    def _known(cls, value: str) -> str:
        uri(value)
        return value


TABLE = {"default": Policy()}


def find(name: str) -> Policy:
    """The policy of a name. Raises ParameterError listing the known ones."""
    if name not in TABLE:
        raise ParameterError(f"policy {name!r}: expected one of {', '.join(TABLE)}")
    return TABLE[name]
