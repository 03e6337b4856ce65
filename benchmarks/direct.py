"""Direct edits: threads of the server against processes beside it, what HTTP adds, how soon a sketch is a toy.

    python -m benchmarks direct [--edits 64] [--side 192] [--rounds 3]

First the same edits by 1, 2, … threads and by as many processes (rounds interleaved, the median shown), with how late
the server's event loop is meanwhile. Then edits over HTTP one after the other: processor time of the server, of the
process that edits, and of the client for each; among them a drawing and a painted layout of the size the Sketch page
sends, by the shipped weights. Wall-clock figures need an idle machine; processor times hold on a busy one.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from benchmarks.faults import _free_port, photo
from packshot.evaluation.tables import markdown_table
from packshot.imaging.translating import layouts

OPERATIONS = ("retouch", "background")
CANVAS = 512  # px that the Sketch page sends; its answers are of 128 px
LATE = 0.005  # seconds between two looks at the loop


def arguments(operation: str) -> dict[str, Any]:
    return {"steps": [{"operation": operation, "parameters": {}}], "seed": 0}


async def late(over: asyncio.Event) -> list[float]:
    """How much later than asked for the loop goes on, in ms."""
    found = []
    while not over.is_set():
        began = time.perf_counter()
        await asyncio.sleep(LATE)
        found.append((time.perf_counter() - began - LATE) * 1000)
    return found


def in_threads(operation: str, data: bytes, edits: int, count: int, scratch: str) -> None:
    from packshot.serve.direct import editing
    from packshot.serve.direct.desk import Desk, Limits

    class Alone(Desk):
        def __init__(self) -> None:
            self.limits = Limits(100_000_000, scratch)

        def need(self, bytes_: int) -> None:
            """Enough."""

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(lambda _: editing.edit(Alone(), arguments(operation), {"picture": data}), range(edits)))


async def in_processes(pool: Any, operation: str, data: bytes, edits: int, count: int) -> None:
    turn = asyncio.Semaphore(count)

    async def one() -> None:
        async with turn:
            await pool.do("edit", arguments(operation), {"picture": data})

    await asyncio.gather(*(one() for _ in range(edits)))


async def compared(data: bytes, edits: int, rounds: int, most: int) -> list[dict[str, str]]:
    from packshot.pipeline.pool import one_thread
    from packshot.serve.direct.desk import Limits
    from packshot.serve.direct.pool import Pool
    from packshot.serve.guards.admission import Memory

    one_thread()
    rates: dict[tuple[str, str, int], list[float]] = {}
    lags: dict[tuple[str, str, int], list[float]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        pool = Pool(Limits(100_000_000, scratch), Memory(4 << 30), workers=most, queue=edits)
        await pool.start()
        for operation in OPERATIONS:
            await in_processes(pool, operation, data, most * 2, most)
            await asyncio.to_thread(in_threads, operation, data, 1, 1, scratch)
        for _ in range(rounds):
            for operation in OPERATIONS:
                for way in ("threads", "processes"):
                    for count in {1, most}:
                        over = asyncio.Event()
                        watch = asyncio.create_task(late(over))
                        began = time.perf_counter()
                        if way == "threads":
                            await asyncio.to_thread(in_threads, operation, data, edits, count, scratch)
                        else:
                            await in_processes(pool, operation, data, edits, count)
                        rates.setdefault((operation, way, count), []).append(edits / (time.perf_counter() - began))
                        over.set()
                        lags.setdefault((operation, way, count), []).extend(await watch)
        await pool.stop()
    return [
        {
            "edit": operation,
            "in": f"{count} {way}",
            "a second": f"{statistics.median(found):.1f}",
            "loop late, ms, median": f"{statistics.median(lags[operation, way, count]):.1f}",
            "99 %": f"{sorted(lags[operation, way, count])[int(0.99 * len(lags[operation, way, count]))]:.1f}",
        }
        for (operation, way, count), found in sorted(rates.items())
    ]


def canvas(outline: str, fill: str, band: str) -> bytes:
    """A ball with a band as somebody draws it (outlines) or paints it (a part in its colour): PNG on white."""
    page = Image.new("RGB", (CANVAS, CANVAS), "white")
    pen, far = ImageDraw.Draw(page), CANVAS * 3 // 4
    pen.ellipse((CANVAS - far, CANVAS - far, far, far), fill=fill, outline=outline, width=3)
    pen.rectangle((CANVAS * 2 // 5, CANVAS * 2 // 5, CANVAS * 3 // 5, CANVAS // 2), fill=band, outline=outline)
    buffer = io.BytesIO()
    page.save(buffer, "PNG")
    return buffer.getvalue()


def requests(data: bytes) -> list[tuple[str, bytes, dict[str, Any]]]:
    """(operation, its picture, its parameters)"""
    ball, band = layouts.PALETTE[1:3]
    return [
        *((operation, data, {}) for operation in OPERATIONS),
        ("from-sketch", canvas("black", "white", "white"), {}),
        ("from-layout", canvas(ball, ball, band), {"category": "ball", "colour": "red"}),
    ]


def spent(pid: int) -> float:
    """Processor time of a process in ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def over_http(data: bytes, edits: int) -> list[dict[str, str]]:
    """Processor time of server, editing process and client for each edit, and the seconds a caller waits."""
    import packshot
    from benchmarks.service import below

    port, rows = _free_port(), []
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "packshot", "serve", "--port", str(port), "--data", folder]
        process = subprocess.Popen([*command, "--edit-workers", "1", "--no-studio"], stderr=subprocess.DEVNULL)
        try:
            client = packshot.Client(f"http://127.0.0.1:{port}", tries=20)
            for operation, picture, asked in requests(data):
                for _ in range(4):
                    client.edit(operation, picture, **asked)
                workers = [pid for pid in below(process.pid) if pid != process.pid]
                before, others = spent(process.pid), sum(map(spent, workers))
                own, waits = time.process_time(), []
                for _ in range(edits):
                    began = time.perf_counter()
                    client.edit(operation, picture, **asked)
                    waits.append((time.perf_counter() - began) * 1000)
                row = {"edit": operation, "server, ms": (spent(process.pid) - before) / edits}
                row |= {"processes, ms": (sum(map(spent, workers)) - others) / edits}
                row |= {
                    "client, ms": (time.process_time() - own) * 1000 / edits,
                    "waited, ms": statistics.median(waits),
                    "slowest": max(waits),
                }
                rows.append({key: value if isinstance(value, str) else f"{value:.1f}" for key, value in row.items()})
        finally:
            process.terminate()
            process.wait(60)
    return rows


def main(options: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks direct")
    parser.add_argument("--edits", type=int, default=64)
    parser.add_argument("--side", type=int, default=192)
    parser.add_argument("--rounds", type=int, default=3, help="of threads against processes; 0: HTTP alone")
    given = parser.parse_args(options)
    data, most = photo(0, given.side), max(2, len(os.sched_getaffinity(0)))
    if given.rounds:
        rows = asyncio.run(compared(data, given.edits, given.rounds, most))
        print(markdown_table(rows, list(rows[0])), flush=True)
    rows = over_http(data, given.edits)
    print(markdown_table(rows, list(rows[0])))


if __name__ == "__main__":
    main(sys.argv[1:])
