"""Precision and recall of `packshot catalogue duplicates` on real product photos with planted copies.

    PACKSHOT_DATA=… python benchmarks/duplicates.py [--products 300]

Of every chosen photo one copy of each kind is written: recompressed, resized, cropped by 3 to 20 % of its sides at a
random place, brightened, padded with white, and all at once. A pair (photo, its copy) that is found counts for
recall; a pair of pictures that do not come from one photo counts against precision, and all such are listed, because
some are true duplicates of the source data.
"""

import argparse
import csv
import io
import os
import random
import resource
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path

import PIL.Image

from packshot.catalogue import duplicates
from packshot.catalogue.catalogue import write_catalogue
from packshot.catalogue.product import Image, Product
from packshot.imaging.files import read

KINDS = ("jpeg30", "jpeg60", "webp50", "resize0.25", "resize0.5", "crop3", "crop6", "crop10", "crop15", "crop20",
         "bright0.92", "bright1.08", "pad10", "pad20", "combo")  # fmt: skip


def in_srgb(path):
    """The photo as sRGB pixels, so that a copy without its profile still has its colours."""
    rgb = read(path).rgb[0].permute(1, 2, 0)
    return PIL.Image.fromarray((rgb * 255 + 0.5).byte().numpy())


def recompressed(picture, kind, quality):
    data = io.BytesIO()
    picture.save(data, kind, quality=quality)
    return PIL.Image.open(data).convert("RGB")


def planted(picture, kind, chance):
    """A copy of one kind; the number in its name is a quality, a factor or per cent."""
    w, h = picture.size
    amount = float(kind.lstrip("abcdefghijklmnopqrstuvwxyz") or 0)
    if kind.startswith(("jpeg", "webp")):
        return recompressed(picture, kind[:4].upper(), int(amount))
    if kind.startswith("resize"):
        return picture.resize((max(8, int(w * amount)), max(8, int(h * amount))), PIL.Image.Resampling.LANCZOS)
    if kind.startswith("crop"):
        dx, dy = amount / 100 * w, amount / 100 * h
        x, y = chance.random() * dx, chance.random() * dy
        return picture.crop((int(x), int(y), int(x + w - dx), int(y + h - dy)))
    if kind.startswith("bright"):
        return picture.point(lambda v: min(255, int(v * amount)))
    if kind.startswith("pad"):
        out = PIL.Image.new("RGB", (int(w * (1 + amount / 100)), int(h * (1 + amount / 100))), "white")
        out.paste(picture, ((out.width - w) // 2, (out.height - h) // 2))
        return out
    for step in ("crop5", "resize0.5", "bright1.05", "jpeg60"):
        picture = planted(picture, step, chance)
    return picture


def main(argv=None):
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--products", type=int, default=300)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--as-if", type=int, help="search as in a catalogue of so many pictures: recall at scale")
    chosen = arguments.parse_args(argv)
    if chosen.as_if:
        bits = duplicates.counted_bits(chosen.as_if)
        duplicates.counted_bits = lambda pictures: bits
    data = Path(os.environ["PACKSHOT_DATA"]) / "products"
    rows = list(csv.DictReader((data / "manifest.csv").open(encoding="utf-8")))
    chance = random.Random(chosen.seed)
    some = chance.sample(rows, chosen.products)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        products = []
        for row in rows:
            (root / row["path"]).parent.mkdir(exist_ok=True)
            shutil.copy(data / row["path"], root / row["path"])
            products.append(Product(sku=row["path"], images=(Image(path=row["path"]),)))
        for row in some:
            picture = in_srgb(data / row["path"])
            for kind in KINDS:
                path = f"{kind}/{row['path'].replace('/', '_')}.png"
                (root / kind).mkdir(exist_ok=True)
                planted(picture, kind, chance).save(root / path)
                products.append(Product(sku=f"{row['path']}#{kind}", images=(Image(path=path),)))
        catalogue = write_catalogue(root, products)
        start = time.perf_counter()
        found = duplicates.find_duplicates(catalogue, seed=chosen.seed)
        seconds = time.perf_counter() - start
    hits, foreign = Counter(), []
    for pair in found.pairs:
        one, other = pair.one.sku.split("#"), pair.other.sku.split("#")
        if one[0] != other[0]:
            foreign.append((one, other, pair.residual))
        elif len(one) + len(other) == 3:
            hits[(one + other)[1] if len(one) == 2 else other[1]] += 1
    print("| copy | recall |\n|---|---|")
    for kind in KINDS:
        print(f"| {kind} | {hits[kind] / len(some):.1%} |")
    share = sum(hits.values()) / (len(some) * len(KINDS))
    sources = sorted({tuple(sorted((a[0], b[0]))) for a, b, _ in foreign})
    print(f"| all | {share:.1%} |\n")
    print(f"{len(found.pairs)} pairs, {len(foreign)} of them of two photos ({len(sources)} pairs of photos):")
    for pair in sources:
        print("-", *pair)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{found.pictures} pictures in {seconds:.1f} s, peak {peak:.0f} MB (torch included)")


if __name__ == "__main__":
    main()
