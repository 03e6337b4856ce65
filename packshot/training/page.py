"""`training.html`: curves, numbers and sample grids of a run in one page that needs no server; a reader of progress."""

from __future__ import annotations

import html
from collections.abc import Sequence
from importlib.resources import files as package_files
from itertools import cycle
from pathlib import Path

from packshot.imaging.files import write_atomic
from packshot.training.progress import Progress, read

WIDTH, HEIGHT, MARGIN = 560, 180, 44
COLOURS = ("#2563eb", "#dc2626", "#059669", "#d97706", "#7c3aed", "#0891b2")


class Page:
    """Writes the page again each time a grid is drawn and at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, progress: Progress) -> None:
        if progress.sample or progress.verdict:
            write_atomic(
                self.folder / "training.html", page(self.folder.name, read(self.folder / "log.jsonl")).encode()
            )


def page(name: str, lines: Sequence[Progress]) -> str:
    """The page of a run from the lines of its log."""
    last = lines[-1] if lines else Progress(0, 0, 0.0)
    losses = sorted({key for line in lines for key in line.losses})
    numbers = sorted({key for line in lines for key in line.numbers})
    cards = [_chart("losses", lines, losses, "losses")]
    cards += [_chart(key.replace("_", " "), lines, [key], "numbers") for key in numbers]
    cards.append(_chart("images a second", lines, ["rate"], ""))
    grids = [line for line in lines if line.sample][-12:][::-1]
    figures = "".join(
        f'<figure class="card"><img src="{html.escape(line.sample)}" alt="samples after {line.images:,} images">'
        f"<figcaption>after {line.images:,} images</figcaption></figure>"
        for line in grids
    )
    state = html.escape(last.verdict or "running")
    style = (package_files("packshot") / "training" / "page.css").read_text(encoding="utf-8")
    told = f"{last.images:,} images in {last.seconds / 60:.1f} min, {last.rate:.0f} a second: {state}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(name)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style>'
        f"<h1>{html.escape(name)}</h1><p>{told}</p>"
        f'<div class="grid">{"".join(cards)}</div><h1 style="margin-top:28px">Samples</h1><p>The same noise each time, '
        f'newest first.</p><div class="grid">{figures}</div></html>'
    )


def _chart(title: str, lines: Sequence[Progress], keys: Sequence[str], group: str) -> str:
    series = []
    for key in keys:
        points = [(line.images, getattr(line, group).get(key) if group else getattr(line, key)) for line in lines]
        series.append((key, [(x, y) for x, y in points if y is not None]))
    values = [y for _, points in series for _, y in points]
    if not values:
        return ""
    low, high = min(values), max(values)
    span, most = (high - low) or 1.0, max(line.images for line in lines) or 1
    drawn = "".join(
        f'<polyline fill="none" stroke="{colour}" stroke-width="1.6" points="{_points(p, low, span, most)}"/>'
        for (_, p), colour in zip(series, cycle(COLOURS), strict=False)
    )
    axes = (
        f'<text x="{MARGIN - 6}" y="14" text-anchor="end">{high:.3g}</text>'
        f'<text x="{MARGIN - 6}" y="{HEIGHT - 20}" text-anchor="end">{low:.3g}</text>'
        f'<text x="{WIDTH}" y="{HEIGHT - 4}" text-anchor="end">{most:,} images</text>'
    )
    key = "".join(
        f'<b style="background:{colour}"></b>{html.escape(name)}'
        for (name, _), colour in zip(series, cycle(COLOURS), strict=False)
    )
    return (
        f'<section class="card"><h2>{html.escape(title)}</h2><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{html.escape(title)}">{axes}{drawn}</svg>'
        + (f'<div class="key">{key}</div>' if len(series) > 1 else "")
        + "</section>"
    )


def _points(points: Sequence[tuple[int, float]], low: float, span: float, most: int) -> str:
    width, height = WIDTH - MARGIN - 4, HEIGHT - 34
    return " ".join(f"{MARGIN + x / most * width:.1f},{10 + (1 - (y - low) / span) * height:.1f}" for x, y in points)
