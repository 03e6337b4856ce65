"""What server and worker process say to each other: JSON and blobs of bytes. Nothing of it is ever unpickled."""

from __future__ import annotations

import json
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any

Blobs = Mapping[str, bytes]


def send(connection: Connection, said: Mapping[str, Any], blobs: Blobs | None = None) -> None:
    """Send a message with its blobs. Raises OSError if the other side is gone."""
    blobs = blobs or {}
    connection.send_bytes(json.dumps({"said": said, "blobs": list(blobs)}).encode())
    for data in blobs.values():
        connection.send_bytes(data)


def receive(connection: Connection) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The next message and its blobs. Raises EOFError or OSError if the other side is gone."""
    frame = json.loads(connection.recv_bytes())
    return frame["said"], {name: connection.recv_bytes() for name in frame["blobs"]}
