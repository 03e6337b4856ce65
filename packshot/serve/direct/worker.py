"""A worker process from inside: takes one piece of work at a time, asks for memory before it decodes, answers."""

from __future__ import annotations

import errno
import sys
import traceback
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from packshot.errors import PackshotError
from packshot.pipeline.pool import begin_process
from packshot.serve.direct import frames, tasks
from packshot.serve.direct.desk import Desk, Limits
from packshot.serve.direct.frames import Blobs

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FULL_DISK = {"kind": "Unavailable", "message": "the disk of this server is full", "retry_after": 30.0}


def main(connection: Connection, limits: Mapping[str, Any]) -> None:
    """Work until the server closes the connection. The first message says that the process is warm; `last` in an
    answer, that it takes no more work.
    """
    begin_process()
    desk = Desk(connection, Limits(**limits))
    try:
        tasks.warm(desk.limits)
        frames.send(connection, {"ready": True})
        for left in range(desk.limits.rounds - 1, -1, -1):
            asked, blobs = frames.receive(connection)
            said, made = _answer(desk, asked, blobs)
            frames.send(connection, said | {"last": left == 0}, made)
    except (EOFError, OSError):
        sys.exit(0)


def _answer(desk: Desk, asked: Mapping[str, Any], blobs: Blobs) -> tuple[dict[str, Any], Blobs]:
    try:
        done, made = tasks.find(asked["task"])(desk, asked["arguments"], blobs)
        return {"done": done}, made
    except PackshotError as error:
        if _is_full(error):
            return {"failed": FULL_DISK}, {}
        said = {"kind": type(error).__name__, "message": _tidy(str(error), desk)}
        return {"failed": said | {"retry_after": getattr(error, "retry_after", None)}}, {}
    except MemoryError:
        return {"failed": {"kind": "Busy", "message": "not enough memory for this picture now", "retry_after": 10}}, {}
    except EOFError:
        raise  # the server is gone
    except Exception as error:
        if _is_full(error):
            return {"failed": FULL_DISK}, {}
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        return {"fault": {"kind": type(error).__name__, "where": where, "trace": traceback.format_exc()}}, {}


def _is_full(error: BaseException) -> bool:
    """Whether a disk without room is behind an error."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__
    return cause is not None and cause.errno in FULL


def _tidy(message: str, desk: Desk) -> str:
    """A message without the places on this machine that it may name."""
    words = message.replace(desk.limits.scratch, "").replace(str(Path.home()), "~")
    return " ".join(words.split())
