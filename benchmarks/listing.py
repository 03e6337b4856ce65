"""The main job for several marketplaces at once: how long, what passes, and why the rest does not.

    python -m benchmarks listing
    python -m benchmarks.listing [--photos 200] [--out DIR]

Runs `packshot listing` for five channels over the 16 samples and over photos of `$PACKSHOT_DATA/products`, drawn
evenly over its sources. "Passes" means that the file breaks no rule the platform rejects for, judged by `packshot
check` on the file as written; such files lie in their channel's folder, the others are held back with their reasons.
Warnings about names, for want of an ASIN, are not counted.
"""

import argparse
import csv
import os
import random
import shutil
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import packshot
from packshot.catalogue.catalogue import write_catalogue
from packshot.catalogue.product import Image, Product
from packshot.evaluation.tables import markdown_table
from packshot.pipeline.record import Record, read_records
from packshot.publish.fit import listing

CHANNELS = ("amazon_main", "taobao_white", "jd_main", "gmc_image_link", "shopify_product")
COLUMNS = {
    "set": "pictures",
    "channel": "channel",
    "files": "files",
    "passes": "passes",
    "warned": "of these with warnings",
    "look": "of these to look at",
    "held": "held back",
    "failed": "failed",
    "seconds": "seconds a file, median",
}


def photos(data: Path, count: int, into: Path) -> Path:
    """A catalogue of `count` photos, an equal number from every source where it has so many; the same on every run."""
    with (data / "products" / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    random.Random(0).shuffle(rows)
    seen: Counter[str] = Counter()
    ordered = []
    for row in rows:
        source = row["path"].split("/")[0]
        ordered.append((seen[source], row))
        seen[source] += 1
    chosen = [row for _, row in sorted(ordered, key=lambda pair: pair[0])[:count]]
    products = [
        Product(sku=Path(row["path"]).stem, title=row["title"][:2000], images=(Image(path=row["path"]),))
        for row in chosen
    ]
    write_catalogue(into, products, {"pictures": str((data / "products").resolve())})
    return into


def rows_of(name: str, records: list[Record]) -> Iterable[dict[str, object]]:
    """One row of the table for every channel."""
    for channel in CHANNELS:
        mine = [r for r in records if r.variant == channel]
        passes = [r for r in mine if r.output and not r.output.startswith("held/")]
        yield {
            "set": name,
            "channel": channel,
            "files": len(mine),
            "passes": f"{len(passes) / max(1, len(mine)):.1%}",
            "warned": sum(bool({c["rule"] for c in r.checks if c["outcome"] == "warn"} - {"names"}) for r in passes),
            "look": sum(r.status == "flagged" for r in passes),
            "held": sum(r.output.startswith("held/") for r in mine),
            "failed": sum(r.status == "failed" for r in mine),
            "seconds": statistics.median(r.seconds for r in mine),
        }


def reasons(records: list[Record], outcome: str) -> Counter[str]:
    """Rule → files that broke it, of one outcome (fail, warn, hint)."""
    return Counter(check["rule"] for r in records for check in r.checks if check["outcome"] == outcome)


def flags(records: list[Record]) -> Counter[str]:
    """Why a person should look, numbers left out → photos."""
    found: Counter[str] = Counter()
    for photo in {r.key[:2]: r for r in records if r.status == "flagged"}.values():
        rules = (f"{photo.variant}: ",)  # what the check said; the rest came from the pipeline
        parts = [part for part in photo.reason.split("; ") if not part.startswith(rules)]
        found.update({part.split(":")[0].rstrip("0123456789. ").split(" 0.")[0] for part in parts})
    return found


def told(counter: Counter[str]) -> str:
    """Counts in words."""
    return ", ".join(f"{name} {count}" for name, count in counter.most_common(8)) or "none"


def measured(name: str, source: str | Path, out: Path) -> list[dict[str, object]]:
    """Run one set, print what happened besides the table, give its rows."""
    started = time.perf_counter()
    listing(source, CHANNELS, out, workers=2, report=True)
    seconds = time.perf_counter() - started
    records = list(read_records(out / "edits.jsonl"))
    count = len({r.key[:2] for r in records})
    rate, load = len(records) / seconds, os.getloadavg()[0]
    print(f"{name}: {count} photos, {len(records)} files in {seconds:.0f} s ({rate:.2f} files a second, 2 processes)")
    print(f"  load average at the end {load:.1f}")
    print(f"  held back for: {told(reasons(records, 'fail'))}")
    print(f"  warned of: {told(reasons(records, 'warn'))}; hints: {told(reasons(records, 'hint'))}")
    print(f"  photos to look at, by reason: {told(flags(records))}", flush=True)
    return list(rows_of(name, records))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--out", type=Path, help="keep the pictures and reports here")
    options = parser.parse_args(arguments)
    folder = options.out or Path(tempfile.mkdtemp(prefix="packshot-"))
    rows = measured("16 samples", Path(packshot.__file__).parent / "samples" / "products.csv", folder / "samples")
    data = Path(os.environ.get("PACKSHOT_DATA", ""))
    if os.environ.get("PACKSHOT_DATA") and (data / "products" / "manifest.csv").is_file():
        catalogue = photos(data, options.photos, folder / "chosen")
        rows += measured(f"{options.photos} real photos of at most 512 px", catalogue, folder / "photos")
    else:
        print("PACKSHOT_DATA holds no products/manifest.csv: the samples alone are measured")
    print()
    print(markdown_table(rows, COLUMNS, {"seconds": ".2f"}))
    if options.out is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
