"""`packshot studio`: the service on this machine, and its pages in the browser."""

from __future__ import annotations

import socket
import webbrowser
from typing import Annotated, Any

import typer

from packshot.cli import serve as serving
from packshot.cli.shared import BOTH_HELPS, application
from packshot.serve.settings import settings

app = application(context_settings=BOTH_HELPS)
BROWSER = Annotated[bool, typer.Option("--browser/--no-browser", help="open the studio in the browser")]


@app.command("studio")
@serving.with_settings
def studio(browser: BROWSER = True, **given: Any) -> None:
    """Open the studio: everything packshot does, in a browser. Nothing leaves this machine; Ctrl+C ends it.

    Without --port it takes 8080, or a free port where that is taken. Jobs under way go on the next time it is opened.
    """
    wanted = settings({**given, "studio": True})
    if "port" not in wanted.model_fields_set and _is_taken(wanted.host, wanted.port):
        wanted = wanted.model_copy(update={"port": 0})

    def opened(address: str) -> None:
        typer.echo(f"studio     {address}")
        typer.echo("Ctrl+C ends it; jobs under way go on the next time")
        if browser:
            webbrowser.open(address)

    serving.start(wanted, opened)


def _is_taken(host: str, port: int) -> bool:
    """Whether something listens there already."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False
