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


def listed(problems: Sequence[object], total: int | None = None, *, err: bool = False) -> int:
    """Print the first problems and how many more there are; gives the exit code, 1 if there are any.

    total: of all, where only the first were kept. err: to standard error, where standard output is for a program.
    """
    count = len(problems) if total is None else total
    for problem in problems[:LISTED]:
        typer.echo(str(problem), err=err)
    if count > LISTED:
        typer.echo(f"and {count - LISTED:,} more", err=err)
    return 1 if count else 0


class counting:  # noqa: N801
    """A line that counts on a terminal; nothing where output goes to a file."""

    def __init__(self, what: str) -> None:
        from rich.console import Console

        self.what = what
        console = Console(stderr=True)
        self._status = console.status(f"reading {what}") if console.is_terminal else None

    def __enter__(self) -> counting:
        if self._status is not None:
            self._status.start()
        return self

    def __call__(self, number: int) -> None:
        if self._status is not None and number % 50 == 0:
            self._status.update(f"{number:,} {self.what}")

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()
