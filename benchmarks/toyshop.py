"""The toyshop world: pictures an hour by the wall clock, and what a picture's time goes into.

The rate is of the very command that makes sets (`packshot toyshop render`: two processes, WebP and PNG encoded, shards
written), start of the processes included; the machine should have nothing else to do. Below it stand processor seconds
by stage, which other work does not change. Needs the extra `synth`.

usage: python -m benchmarks toyshop [--pictures 200] [--stages 24] [--sizes]
"""

from __future__ import annotations

import sys
import tempfile
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2

from packshot.catalogue.shards.files import Sample, write_shard
from packshot.catalogue.shards.making import make
from packshot.catalogue.toyshop.scenes import developing, tracing
from packshot.catalogue.toyshop.scenes.building import build_item
from packshot.catalogue.toyshop.sets.job import job, members_of, render_sample
from packshot.catalogue.toyshop.studio.renderer import mitsuba, one_thread
from packshot.catalogue.toyshop.world import Quality, Rendered, describe, render

SIZE, SEED, PROCESSES, WANTED = 96, 5, 2, 4000
ROWS: tuple[tuple[int, Quality], ...] = ((64, "data"), (96, "data"), (128, "data"), (96, "fine"), (256, "data"))


def timed(step: Callable[[], Any]) -> tuple[float, Any]:
    """Processor seconds of a step and what it gives."""
    began = time.process_time()
    result = step()
    return time.process_time() - began, result


class Watched:
    """Mitsuba with a clock at its two long calls: loading (meshes, bitmaps, trees) and rendering."""

    def __init__(self, mi: Any) -> None:
        self.mi, self.rendering = mi, 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.mi, name)

    def render(self, *arguments: Any, **options: Any) -> Any:
        """`mitsuba.render`, timed."""
        seconds, found = timed(lambda: self.mi.render(*arguments, **options))
        self.rendering += seconds
        return found


def stages(count: int) -> Counter[str]:
    """Processor seconds of each stage, of `count` pictures together."""
    total: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for index in range(0, 2 * count, 2):
            total.update(one(index, Path(folder)))
    return total


def one(index: int, folder: Path) -> dict[str, float]:
    """Stage → processor seconds of one picture."""
    d = describe(SEED, index)
    shapes, _ = timed(lambda: build_item(d.item, tracing.mesh_cell(SIZE)))
    whole, stage = timed(lambda: tracing.set_up(d, SIZE, "data"))
    one_thread()
    mi = Watched(mitsuba())
    light_all, light = timed(lambda: tracing.trace_light(mi, stage))
    tracing_light, mi.rendering = mi.rendering, 0.0
    truth_all, samples = timed(lambda: tracing.trace_truth(mi, stage))
    develop, layers = timed(lambda: developing.finish(d, stage.parts, stage.camera, light, samples, SIZE))
    settings = job(1, SIZE, SEED).settings
    encode, members = timed(lambda: members_of(d, vars(Rendered(**layers)), settings))
    write, _ = timed(lambda: write_shard(folder / f"{index}.tar", [Sample(f"{index:06}", members)]))
    return {
        "geometry: shapes of the product": shapes,
        "geometry: grain, prints, set, camera": whole - shapes,
        "loading: meshes, bitmaps, ray trees": light_all - tracing_light + truth_all - mi.rendering,
        "tracing: 16 light paths a pixel": tracing_light,
        "truth: part, depth, normals, albedo along the same rays": mi.rendering,
        "filter, smoothing, camera": develop,
        "encoding and writing": encode + write,
    }


def rate(count: int) -> None:
    """Print pictures an hour by the wall clock."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        shards, failed = make(folder, job(count, SIZE, SEED), render_sample, workers=PROCESSES)
        hour = sum(s.samples for s in shards) / (time.perf_counter() - began) * 3600
    told = "reached" if hour >= WANTED else "NOT reached"
    each = sum(s.bytes for s in shards) / max(sum(s.samples for s in shards), 1)
    print(f"{count} pictures of {SIZE} px, {PROCESSES} processes: {hour:,.0f} an hour by the wall clock, {len(failed)} "
          f"failed, {each:,.0f} bytes a picture ({WANTED:,} an hour wanted: {told})", flush=True)  # fmt: skip


def by_size(count: int) -> None:
    """Print processor seconds a picture by size and quality."""
    print("\n| size | quality | paths a pixel | processor s a picture | an hour on one free core |")
    print("| ---: | --- | ---: | ---: | ---: |")
    for size, quality in ROWS:
        some = max(count * SIZE**2 // size**2 // (4 if quality == "fine" else 1), 3)
        each = timed(partial(several, some, size, quality))[0] / some
        print(f"| {size} | {quality} | {tracing.PATHS[quality] ** 2} | {each:.2f} | {3600 / each:,.0f} |", flush=True)


def several(count: int, size: int, quality: Quality) -> None:
    """Render pictures of different products."""
    for index in range(count):
        render(describe(SEED, 2 * index), size, quality)


def main(arguments: list[str]) -> None:
    options = ArgumentParser(prog="python -m benchmarks toyshop")
    options.add_argument("--pictures", type=int, default=200, help="for the rate")
    options.add_argument("--stages", type=int, default=24, metavar="N", help="pictures to take apart")
    options.add_argument("--sizes", action="store_true", help="other sizes and qualities too; minutes")
    chosen = options.parse_args(arguments)
    cv2.setNumThreads(1)
    rate(chosen.pictures)
    render(describe(SEED, 0), 32)
    parts = stages(chosen.stages)
    print(f"\n| stage of a picture, {SIZE} px, data | processor s | share |\n| --- | ---: | ---: |")
    for name, seconds in parts.items():
        print(f"| {name} | {seconds / chosen.stages:.3f} | {seconds / parts.total():.0%} |")
    if chosen.sizes:
        by_size(chosen.stages)


if __name__ == "__main__":
    main(sys.argv[1:])
