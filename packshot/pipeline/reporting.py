"""From the records of a run to its report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from packshot.catalogue.catalogue import Catalogue
from packshot.evaluation.report import After, Entry, Summary, write_report
from packshot.evaluation.thumbnails import Frame
from packshot.pipeline.reasons import merged
from packshot.pipeline.recipe import Recipe
from packshot.pipeline.record import Index, Record
from packshot.pipeline.run import RECORDS, Progress
from packshot.version import __version__


def write(
    out: Path,
    recipe: Recipe,
    catalogue: Catalogue,
    last: Progress,
    source: str,
    current: Callable[[Record], bool],
    name: str = "",
) -> Path:
    """Write `report.html` and `report.json` from `edits.jsonl`; returns the page.

    current: whether a record is part of this run; others (earlier settings, photos that are gone) are left out.
    name: what the report says was done, if it was more than the recipe.
    """
    summary = Summary(
        pipeline=name or recipe.name,
        version=__version__,
        date=datetime.now().astimezone().isoformat(timespec="seconds"),
        seconds=last.seconds,
        processed=last.done + last.flagged + last.failed,
        catalogue=Path(source).name or source,
        device="cpu",
        limits=recipe.limits.model_dump(),
    )
    index = Index(out / RECORDS)
    try:
        return write_report(out, entries(out, catalogue, index, current), summary)
    finally:
        index.close()


def entries(
    out: Path, catalogue: Catalogue, index: Index, current: Callable[[Record], bool] = lambda record: True
) -> Iterator[Entry]:
    """One entry for every picture (its variants together), in the order of the records."""
    group: list[Record] = []
    for record in filter(current, index.newest()):
        if group and record.key[:2] != group[0].key[:2]:
            yield entry(out, catalogue, group)
            group = []
        group.append(record)
    if group:
        yield entry(out, catalogue, group)


def entry(out: Path, catalogue: Catalogue, records: list[Record]) -> Entry:
    """What the report says of one picture; the worst of its variants decides the status."""
    worst = max(records, key=lambda r: ("done", "flagged", "failed").index(r.status))
    made = [r for r in records if r.output]
    first = made[0] if made else worst
    product = catalogue.get(first.sku)
    return Entry(
        sku=first.sku,
        image=first.image,
        status=worst.status,
        title=product.title if product else "",
        titles=product.titles if product else {},
        category=product.category if product else "",
        before=Path(first.source),
        afters=tuple(After(out / r.output, r.output, r.variant) for r in made),
        frame=_frame(first),
        reasons=merged(text for r in records for text in (*r.reason.split("; "), *r.notes) if text),
        numbers={k: v for step in first.steps for k, v in step.get("numbers", {}).items()},
        fidelity=_worst_fidelity(made),
        steps=first.steps,
        marks=first.marks,
        seconds=sum(r.seconds for r in records),
    )


def _frame(record: Record) -> Frame | None:
    if not record.size:
        return None
    a, b, c = ((row[0], row[1], row[2]) for row in record.to_source)
    return Frame(record.size[0], record.size[1], (a, b, c))


def _worst_fidelity(records: list[Record]) -> dict[str, float]:
    found: dict[str, float] = {}
    for record in records:
        for key, value in record.fidelity.items():
            found[key] = (min if key.endswith("ssim") else max)(found.get(key, value), value)
    return found
