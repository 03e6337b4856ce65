"""What has to be marked, and how: one frozen model per policy. Torch-free.

Every policy writes all three marks that a picture deserves; a policy chooses their wording, the visible label, the
log and what else a law or a platform asks for. None leaves a mark out. `docs/provenance.md` has laws and dates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from packshot.errors import ParameterError
from packshot.provenance import tc260
from packshot.provenance.terms import uri

Corner = Literal["auto", "bottom-right", "bottom-left", "top-right", "top-left"]


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
    wording: Literal["truthful", "google"] = Field(
        "truthful",
        description="google: pictures with a generated part are stated as trainedAlgorithmicMedia, the one value "
        "Google Merchant names",
    )
    visible: Literal["none", "cn"] = Field("none", description="cn: AI生成 in a corner of generated pictures")
    corner: Corner = Field("auto", description="where the visible label stands; auto: where least product is")
    log: bool = Field(False, description="keep a log of every file handed out without visible label (China, article 9)")
    producer: str = Field(
        "packshot",
        min_length=1,
        max_length=200,
        description="provider code (27 characters from 001…) or name of the service that generates, for the AIGC label",
    )
    recipient: str = Field("", description="whom the files are for, for the log; empty: the account's name")
    wrapped: bool = Field(True, description="AIGC label as the standard's text has it; false: as the guide's sample")
    watermark: Literal["none", "trustmark"] = Field("none", description="invisible watermark")

    @field_validator("unmarked_input")
    @classmethod
    def _known(cls, value: str) -> str:
        uri(value)
        return value

    @field_validator("producer")
    @classmethod
    def _plain(cls, value: str) -> str:
        tc260.Label.first(value, "x")
        return value


TABLE = {
    "default": Policy(),
    "google": Policy(name="google", wording="google"),
    "eu": Policy(name="eu", watermark="trustmark"),
    "cn-visible": Policy(name="cn-visible", visible="cn"),
    "cn-art9": Policy(name="cn-art9", log=True),
    "all": Policy(name="all", wording="google", visible="cn", log=True, watermark="trustmark"),
}


def find(policy: str | Policy | Mapping[str, Any]) -> Policy:
    """The policy of a name, or of a mapping `{name: cn-art9, producer: …}` that changes one.

    Raises ParameterError listing the known ones, or naming the field.
    """
    if isinstance(policy, Policy):
        return policy
    given = {"name": policy} if isinstance(policy, str) else dict(policy)
    name = given.pop("name", "default")
    if name not in TABLE:
        raise ParameterError(f"policy {name!r}: expected one of {', '.join(TABLE)}")
    weaker = [key for key in given if key not in CHANGEABLE]
    if weaker:
        raise ParameterError(f"policy.{weaker[0]}: cannot be changed; expected one of {', '.join(CHANGEABLE)}")
    try:
        return Policy.model_validate({**TABLE[name].model_dump(), **given})
    except ValidationError as error:
        first = error.errors()[0]
        words = first["msg"].removeprefix("Value error, ")
        raise ParameterError(f"policy.{'.'.join(map(str, first['loc']))}: {words}, got {first['input']!r}") from None


CHANGEABLE = ("unmarked_input", "corner", "producer", "recipient", "wrapped", "watermark")
