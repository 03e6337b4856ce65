"""What disks and stores cannot do now, as trouble of the service: callers are told to come back."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from packshot.errors import NotKnown, ParameterError, Unavailable

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def kept(what: str) -> Iterator[None]:
    """Writing to a disk of the service. Raises Unavailable where that does not go."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise Unavailable(
                f"{what}: the disk of the service is full; nothing was kept, try again later", 60.0
            ) from None
        raise Unavailable(f"{what}: cannot be kept now ({error.strerror or error})", 30.0) from None


@contextmanager
def reached(place: str) -> Iterator[None]:
    """Calling another file store. Raises Unavailable; that something is not there goes on as FileNotFoundError."""
    try:
        yield
    except (FileNotFoundError, NotKnown, ParameterError, Unavailable, ImportError):
        raise
    except Exception as error:  # every file system has errors of its own (botocore, aiohttp, …)
        words = " ".join(str(error).split())[:200]
        raise Unavailable(f"file store {place.partition('://')[0]}: {type(error).__name__}: {words}", 10.0) from None
