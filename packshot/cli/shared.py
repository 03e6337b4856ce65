"""What several verbs share: a plain application, and problems told one a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer

LISTED = 20
BOTH_HELPS = {"help_option_names": ["-h", "--help"]}


def application(**more: Any) -> typer.Typer:
    """An application without completion, boxes or markup."""
    return typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None, **more)


def listed(problems: Sequence[object]) -> int:
    """Print the first problems and how many more there are; gives the exit code, 1 if there are any."""
    for problem in problems[:LISTED]:
        typer.echo(str(problem))
    if len(problems) > LISTED:
        typer.echo(f"and {len(problems) - LISTED:,} more")
    return 1 if problems else 0
