"""The log of files handed out without a visible label, which China's article 9 asks to keep for six months.

Source: 人工智能生成合成内容标识办法, article 9 (in force since 2025-09-01). One JSON object a line, in one file a month
under `$PACKSHOT_HOME/log/`, for its owner only. A line is on disk before the picture is. packshot never deletes one:
a file may go once its month is six months past and nothing else forbids it. Torch-free.
"""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from packshot.errors import FileError
from packshot.imaging.home import home

FOLDER = "log"


def add(policy: str, recipient: str, path: Path, **facts: Any) -> Path:
    """Append one line; returns the file. Raises FileError: without its line, no file is handed out."""
    now = datetime.now(UTC)
    entry = {
        "time": now.isoformat(timespec="seconds"),
        "policy": policy,
        "recipient": recipient or _account(),
        "file": path.name,
        **facts,
    }
    line = json.dumps(entry, ensure_ascii=False, sort_keys=True).encode() + b"\n"
    target = home() / FOLDER / f"article9-{now:%Y-%m}.jsonl"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, line)  # one call, so that lines of several processes do not mix
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise FileError(f"{target}: the log that article 9 asks for cannot be written ({error.strerror})") from None
    return target


def entries() -> Iterator[dict[str, Any]]:
    """Every line there is, oldest month first; a torn line is skipped."""
    for path in sorted((home() / FOLDER).glob("article9-*.jsonl")):
        for line in path.read_bytes().splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
