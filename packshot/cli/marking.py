"""The flags that say how exported files are marked and signed; shared by every verb that writes pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from packshot.provenance.credentials import Signing

PANEL = "Marks"
POLICY = Annotated[
    str | None,
    typer.Option(
        help="how files are marked: default, google, eu, cn-visible, cn-art9, all [default: the pipeline's own]",
        rich_help_panel=PANEL,
    ),
]
PRODUCER = Annotated[
    str | None,
    typer.Option(
        envvar="PACKSHOT_PRODUCER", help="your provider code, for China's metadata label", rich_help_panel=PANEL
    ),
]
CERTIFICATE = Annotated[
    Path | None,
    typer.Option(
        envvar="PACKSHOT_C2PA_CERT",
        help="PEM chain to sign with, signing certificate first [default: an own, untrusted one]",
        rich_help_panel=PANEL,
    ),
]
KEY = Annotated[
    Path | None,
    typer.Option(envvar="PACKSHOT_C2PA_KEY", help="PEM private key of that certificate", rich_help_panel=PANEL),
]

TIMESTAMP = Annotated[
    str | None,
    typer.Option(
        envvar="PACKSHOT_C2PA_TIMESTAMP",
        help="address of an RFC 3161 time stamp service to ask for every signature",
        rich_help_panel=PANEL,
    ),
]


def policy_overrides(policy: str | None, producer: str | None) -> dict[str, Any]:
    """The flags as overrides of a pipeline's `policy:` section."""
    given = {"policy.name": policy, "policy.producer": producer}
    return {key: value for key, value in given.items() if value is not None}


def policy_entries(policy: str | None, producer: str | None) -> dict[str, str]:
    """The flags as entries of a policy, the default one where none is named."""
    return {"name": policy or "default", **({"producer": producer} if producer else {})}


def signing(certificate: Path | None, key: Path | None, timestamp: str | None = None) -> Signing | None:
    """The signer the flags name; None for the pipeline's own. Raises ParameterError if only one of two is given."""
    from packshot.provenance.credentials import Signing

    given = certificate, key, timestamp
    return None if given == (None, None, None) else Signing(certificate, key, timestamp_url=timestamp)
