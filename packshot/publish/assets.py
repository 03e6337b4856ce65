"""What stands beside the fitted pictures: a sidecar per asset for asset management, and the report of the run.

Both are made from the records, so they follow whatever happened in earlier, interrupted runs. A sidecar lies under
`sidecars/` with the path of its picture and `.json` behind it, so that the folders for upload hold pictures alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packshot.catalogue.catalogue import Catalogue, write_text
from packshot.pipeline.record import Index, Record
from packshot.pipeline.run import RECORDS
from packshot.publish.alt import AltTexts
from packshot.publish.channel import Channel
from packshot.publish.filenames import HELD
from packshot.publish.leftovers import SIDECARS
from packshot.version import __version__

FORMAT = "packshot-asset/1"

Current = Callable[[Record], bool]


@dataclass(frozen=True)
class Tally:
    """Pictures of one channel: ready to upload; ready, but look at them first; held back; not made."""

    ready: int = 0
    look: int = 0
    held: int = 0
    failed: int = 0


def tallies(out: Path, channels: Iterable[str], current: Current) -> dict[str, Tally]:
    """The pictures of every channel, counted from the records."""
    counts = {name: dict.fromkeys(("ready", "look", "held", "failed"), 0) for name in channels}
    index = Index(out / RECORDS)
    try:
        for record in filter(current, index.newest()):
            if record.status == "failed":
                kind = "failed"
            elif record.output.startswith(f"{HELD}/"):
                kind = "held"
            else:
                kind = "ready" if record.status == "done" else "look"
            counts[record.variant][kind] += 1
    finally:
        index.close()
    return {name: Tally(**found) for name, found in counts.items()}


def write_sidecars(
    out: Path, catalogue: Catalogue, channels: Mapping[str, Channel], texts: AltTexts, current: Current
) -> int:
    """Write the sidecar of every picture there is; one that says the same already is left alone. Gives how many.

    current: whether a record belongs to this run's settings; older ones keep the sidecar they have.
    """
    index = Index(out / RECORDS)
    count = 0
    try:
        for record in filter(current, index.newest()):
            if record.output and (out / record.output).is_file():
                told = json.dumps(sidecar(record, catalogue, channels, texts), ensure_ascii=False, indent=1) + "\n"
                path = out / SIDECARS / f"{record.output}.json"
                if not path.is_file() or path.read_text(encoding="utf-8") != told:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    write_text(path, told)
                count += 1
    finally:
        index.close()
    return count


def sidecar(record: Record, catalogue: Catalogue, channels: Mapping[str, Channel], texts: AltTexts) -> dict[str, Any]:
    """All that is known of one file: source, operations, weights, fidelity, marks, checks, texts."""
    product = catalogue.get(record.sku)
    image = next((i for i in product.images if i.path == record.image), None) if product else None
    number = 1 + [i.path for i in product.images].index(record.image) if product and image else 1
    channel = channels.get(record.variant)
    return {
        "format": FORMAT,
        "packshot": __version__,
        "asset": {
            "file": record.output,
            "sha256": record.output_sha256,
            "height_px": record.size[0],
            "width_px": record.size[1],
            "status": record.status,
            "reason": record.reason,
            "notes": list(record.notes),
        },
        "product": {"sku": record.sku, "title": product.name if product else ""},
        "alt": texts.of(product, image, number) if product and image else {},
        "source": {"file": record.image, "sha256": record.source_sha256, "to_source": record.to_source},
        "channel": {"id": record.variant, "rules_as_of": channel.as_of.isoformat() if channel else ""},
        "settings": record.settings,
        "operations": list(record.steps),
        "weights": dict(record.weights),
        "fidelity": dict(record.fidelity),
        "marks": dict(record.marks),
        "checks": list(record.checks),
    }
