"""How fast each engine runs a network on this machine, and how near to the plain one: measured, shown, remembered.

The fastest engine that passes the gate becomes the one that `engine="auto"` takes for these weights on this machine.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from packshot.errors import ModelError, PackshotError
from packshot.imaging.files import write_atomic
from packshot.imaging.home import home
from packshot.models import engines, gate

if TYPE_CHECKING:
    from packshot.checkpoint import Checkpoint

REPEATS = 3
SECONDS = 4.0  # spent on one engine, at most, after its first run
FILE = "engines.json"


@dataclass(frozen=True)
class Row:
    """One engine. seconds: of one picture, best of some; ready_s: until its first picture; psnr: dB from torch.

    99 dB is the same. words: why it cannot be used, "" if it can.
    """

    engine: str
    seconds: float | None
    ready_s: float | None
    psnr: float | None
    words: str = ""


def measured(stored: Checkpoint, side_px: int = 256, names: tuple[str, ...] = ()) -> Iterator[Row]:
    """Every engine on a picture of `side_px` × `side_px`, one row after the other. names: only these engines.

    Raises ModelError for weights that do not turn one picture into another.
    """
    check(stored)
    for name in names or tuple(engines.TABLE):
        yield _row(name, stored, side_px)


def check(stored: Checkpoint) -> None:
    """Raise ModelError for weights that engines have nothing to do with."""
    if not engines.serves(stored):
        raise ModelError(
            f"{stored.path.stem}: {stored.network} ({stored.card['role']}) does not turn a picture into another, so it "
            "always runs in torch; engines are measured for networks that restore, segment or restyle"
        )


def _row(name: str, stored: Checkpoint, side_px: int) -> Row:
    network, x = stored.build(), engines.probe(stored, (side_px, side_px), 1)
    started = time.perf_counter()
    try:
        run = engines.make(name, stored, network, "cpu")
        run(x)
        ready = time.perf_counter() - started
        seconds = _best(lambda: run(x))
        plain, work = stored.build(), engines.examples_of(stored)
        psnr = 99.0 if name == "torch" else gate.check(name, plain, run, work, stored.path.name)
    except PackshotError as error:
        return Row(name, None, None, None, str(error))
    except Exception as error:  # a compiler that is missing, an operator that an engine lacks
        return Row(name, None, None, None, f"{type(error).__name__}: {' '.join(str(error).split())[:120]}")
    return Row(name, seconds, ready, psnr)


def _best(function: Callable[[], object]) -> float:
    best, until = float("inf"), time.perf_counter() + SECONDS
    for _ in range(REPEATS):
        started = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - started)
        if time.perf_counter() > until:
            break
    return best


# What is remembered


def machine() -> str:
    """What an engine's speed depends on: processor, threads, versions."""
    import onnxruntime

    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        lines = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        name = lines[0].split(":", 1)[1].strip() if lines else name
    threads = f"{torch.get_num_threads()} of {os.cpu_count()} threads"
    return f"{name}, {threads}, torch {torch.__version__}, onnxruntime {onnxruntime.__version__}"


def fastest(rows: list[Row]) -> str:
    """The engine to use: the quickest one that passes; not `compile`, which every new size of tile would pay for."""
    usable = [row for row in rows if row.seconds is not None and row.engine != "compile"]
    return min(usable, key=lambda row: row.seconds or 0.0).engine if usable else "torch"


def remember(stored: Checkpoint, rows: list[Row]) -> str:
    """Keep the rows and the choice for these weights on this machine; returns the choice."""
    known = _known()
    choice = fastest(rows)
    known.setdefault(machine(), {})[stored.digest] = {"engine": choice, "rows": [asdict(row) for row in rows]}
    write_atomic(home() / FILE, json.dumps(known, indent=1).encode())
    return choice


def remembered(digest: str) -> str:
    """The engine chosen for weights on this machine; torch where nothing was measured yet."""
    return str(_known().get(machine(), {}).get(digest, {}).get("engine", "torch"))


def rows_of(digest: str) -> list[dict[str, object]]:
    """What was measured of the engines for these weights on this machine, as plain values; empty if nothing was."""
    rows = _known().get(machine(), {}).get(digest, {}).get("rows", [])
    return rows if isinstance(rows, list) else []


def _known() -> dict[str, dict[str, dict[str, object]]]:
    try:
        found: dict[str, dict[str, dict[str, object]]] = json.loads((home() / FILE).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
