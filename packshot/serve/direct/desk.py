"""What a piece of work may know and ask for: limits, memory, a folder of its own."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from packshot.errors import Busy, TooLarge
from packshot.provenance.credentials import Signing
from packshot.serve.direct import frames


@dataclass(frozen=True)
class Limits:
    """What a worker process is told once. scratch: folder for files that live as long as one answer.

    rounds: pieces of work after which a process is replaced, so that whatever a library leaks does not add up.
    """

    max_pixels: int
    scratch: str
    certificate: str = ""
    key: str = ""
    timestamp: str = ""
    rounds: int = 500


class Desk:
    """What a task may ask for while it works."""

    def __init__(self, connection: Connection, limits: Limits) -> None:
        self.connection, self.limits = connection, limits

    def need(self, bytes_: int) -> None:
        """Wait until so much memory may be used. Raises Busy if it is not to be had now, TooLarge if never."""
        frames.send(self.connection, {"need": bytes_})
        answer, _ = frames.receive(self.connection)
        if not answer["granted"]:
            raise (
                TooLarge(answer["why"]) if answer["kind"] == "TooLarge" else Busy(answer["why"], answer["retry_after"])
            )

    def scratch(self) -> tempfile.TemporaryDirectory[str]:
        """A folder of its own that is gone afterwards."""
        return tempfile.TemporaryDirectory(dir=self.limits.scratch, prefix="work-")

    def signing(self) -> Signing:
        """Whose signature files leave with."""
        known = self.limits
        certificate, key = (Path(place) if place else None for place in (known.certificate, known.key))
        return Signing(certificate, key, timestamp_url=known.timestamp or None)
