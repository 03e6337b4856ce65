"""The toyshop world: seconds a picture by size and quality, what they go into, pictures an hour.

Processor time, so that other work on the machine does not count; pictures an hour are for one core and two, whose
processes share nothing. Needs the extra `synth`.

usage: python -m benchmarks toyshop [pictures of each row, default 24]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import cv2

from packshot.catalogue.toyshop.scenes.building import build_item
from packshot.catalogue.toyshop.scenes import developing, tracing
from packshot.catalogue.toyshop.studio.renderer import load_emitter
from packshot.catalogue.toyshop.world import describe, render

ROWS = ((64, "data"), (96, "data"), (128, "data"), (96, "fine"), (256, "data"))


def timed(step: Callable[[], Any]) -> tuple[float, Any]:
    """Processor seconds of a step and what it gives."""
    began = time.process_time()
    result = step()
    return time.process_time() - began, result


def stages(size: int, quality: str, count: int) -> dict[str, float]:
    """Mean processor seconds of each stage of a picture."""
    names = ("shapes", "grain, set, camera", "light paths", "truth", "filter, smooth, develop")
    total = dict.fromkeys(names, 0.0)
    cell = min(max(0.9 * tracing.SPAN_CM / (0.75 * size), 0.06), 0.26)
    for index in range(0, 2 * count, 2):
        seconds = _one(index, size, quality, cell)
        for name, spent in zip(names, seconds, strict=True):
            total[name] += spent / count
    return total


def _one(index: int, size: int, quality: str, cell: float) -> tuple[float, ...]:
    d = describe(5, index)
    shapes, _ = timed(lambda: build_item(d.item, cell))
    whole, stage = timed(lambda: tracing.set_up(d, size, quality))
    mi, emitters, sensor = _loaded(stage)
    scene = (stage.dressed, stage.backdrops)
    paths, light = timed(lambda: tracing._light(mi, stage.parts, *scene, emitters, sensor, stage.seed))
    truth, samples = timed(lambda: tracing._samples(mi, stage.camera, *scene, sensor, stage.seed))
    rest, _ = timed(lambda: developing.finish(d, stage.parts, stage.camera, light, samples, size))
    return shapes, whole - shapes, paths, truth, rest


def _loaded(stage: tracing.Stage) -> tuple[Any, Any, Any]:
    mi = tracing.mitsuba()
    emitters = {name: load_emitter(mi, e) for name, e in stage.emitters.items()}
    return mi, emitters, tracing._sensor(mi, stage.camera, stage.film)


def main(arguments: list[str]) -> None:
    cv2.setNumThreads(1)
    count = int(arguments[0]) if arguments else 24
    render(describe(5, 0), 32)
    print("| size | quality | paths a pixel | s a picture | an hour, 1 core | an hour, 2 cores |")
    print("| ---: | --- | ---: | ---: | ---: | ---: |")
    for size, quality in ROWS:
        some = max(count * 96**2 // size**2 // (4 if quality == "fine" else 1), 3)
        seconds = (
            sum(timed(lambda i=i, s=size, q=quality: render(describe(5, 2 * i), s, q))[0] for i in range(some)) / some
        )
        paths, rate = tracing.PATHS[quality] ** 2, 3600 / seconds
        print(f"| {size} | {quality} | {paths} | {seconds:.2f} | {rate:,.0f} | {2 * rate:,.0f} |", flush=True)
    print("\n| stage of a picture, 96 px, data | s | share |\n| --- | ---: | ---: |")
    parts = stages(96, "data", count)
    for name, seconds in parts.items():
        print(f"| {name} | {seconds:.3f} | {seconds / sum(parts.values()):.0%} |")


if __name__ == "__main__":
    main(sys.argv[1:])
