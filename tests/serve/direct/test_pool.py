"""The processes for direct work, real ones."""

from __future__ import annotations

import asyncio
from pathlib import Path

from packshot.serve.direct.desk import Limits
from packshot.serve.direct.pool import Pool
from packshot.serve.guards.admission import Memory
from tests.conftest import waited


def test_a_process_that_has_done_its_rounds_is_replaced_and_nobody_notices(tmp_path: Path) -> None:
    async def five() -> tuple[int, int]:
        pool = Pool(Limits(1_000_000, str(tmp_path), rounds=2), Memory(1 << 30), workers=1)
        await pool.start()
        try:
            answers = [await pool.do("models", {}, {}) for _ in range(3)]
            answers += await asyncio.gather(*(pool.do("models", {}, {}) for _ in range(2)))
        finally:
            await pool.stop()
        return len(answers), len({repr(answer.said) for answer in answers})

    assert waited(five()) == (5, 1)


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    """Not as a fault of the picture: the folder for files in work takes no more bytes."""
    from packshot.serve.direct import worker
    from packshot.serve.direct.desk import Desk

    def full(desk: Desk, arguments: object, blobs: object) -> tuple[dict[str, object], dict[str, bytes]]:
        with open("/dev/full", "wb") as file:
            file.write(b"x" * 100_000)
        return {}, {}

    asked = {"task": "edit", "arguments": {}}
    found, worker.tasks.find = worker.tasks.find, lambda name: full  # type: ignore[assignment]
    try:
        said, _ = worker._answer(Desk(None, Limits(1, str(tmp_path))), asked, {})  # type: ignore[arg-type]
    finally:
        worker.tasks.find = found
    assert said["failed"]["kind"] == "Unavailable"
