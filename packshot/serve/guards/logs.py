"""One line of JSON for every request and every fault. Nothing of a picture, a parameter or a file name stands in it."""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import time
from typing import Any

LOGGER = logging.getLogger("packshot.serve")
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class Lines(logging.Formatter):
    """Every record as one line of JSON; line breaks inside are escaped, so that nobody can forge a line."""

    def format(self, record: logging.LogRecord) -> str:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z"
        line: dict[str, Any] = {"at": at, "level": record.levelname.lower(), "event": record.getMessage()}
        line |= getattr(record, "facts", {})
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        if record.name != LOGGER.name:
            line["logger"] = record.name
        return json.dumps(line, default=str)


def to_stderr(level: str = "INFO") -> None:
    """Send packshot's and the web server's lines to standard error, as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    for name in (LOGGER.name, "uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler] if name != "uvicorn.error" else []
        logger.setLevel(level)
        logger.propagate = name == "uvicorn.error"


def note(event: str, level: int = logging.INFO, *, error: BaseException | None = None, **facts: Any) -> None:
    """Write a line."""
    LOGGER.log(level, event, extra={"facts": facts}, exc_info=error)


def request_id(given: str) -> str:
    """The id a caller gave to its request, if it is one, else a new one."""
    return given if REQUEST_ID.fullmatch(given) else secrets.token_hex(12)
