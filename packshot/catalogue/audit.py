"""Whether a catalogue is fit to train on: sizes, balance, leaks between splits, colours, privacy; found and said.

Every finding names what it is about and what to do. `serious` ones spoil training or may not be published: test photos
among the training photos, places and names left in files, pictures that cannot be read.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.catalogue import Catalogue, Shot
from packshot.catalogue.privacy import FindFaces, PrivateData, private_data
from packshot.catalogue.show import Summary, summarise
from packshot.errors import PackshotError

SMALL_PX = 64  # a longest side below this is too small for anything but the smallest networks
IMBALANCE = 10.0  # largest class over smallest
RARE = 20  # pictures of a class below which nothing is learned of it
SAMPLE = 2000  # pictures whose colours are measured
LISTED = 200


@dataclass(frozen=True)
class Finding:
    """Something a person should look at. what: in a word; said: in a sentence; skus: the first of those it is about."""

    what: str
    said: str
    count: int
    serious: bool
    skus: tuple[str, ...] = ()


@dataclass
class Audit:
    """What was measured. colours: of a sample of pictures, `colour_statistics`. balance: column → `balance_of`."""

    products: int = 0
    pictures: int = 0
    unreadable: int = 0
    sizes: Counter[str] = field(default_factory=Counter)
    balance: dict[str, dict[str, float]] = field(default_factory=dict)
    splits: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    colours: dict[str, float] = field(default_factory=dict)
    duplicates: dict[str, int] = field(default_factory=dict)
    private: Counter[str] = field(default_factory=Counter)
    faces: int | None = None
    findings: list[Finding] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """As plain values for JSON."""
        counters = {name: dict(value) for name, value in vars(self).items() if isinstance(value, Counter)}
        return {**vars(self), **counters, "findings": [asdict(finding) for finding in self.findings]}

    @property
    def serious(self) -> int:
        """Findings that are serious."""
        return sum(finding.serious for finding in self.findings)


def audit(
    catalogue: Catalogue,
    *,
    duplicates: bool = True,
    find_faces: FindFaces | None = None,
    on_picture: Callable[[int], None] | None = None,
) -> Audit:
    """Read a catalogue and all of its pictures, and say what is wrong with it as training data.

    duplicates: look for photos that several products or splits share (reads every picture once more). find_faces: a
    detector, if faces are to be counted (`privacy.yunet`).
    """
    found, summary = Audit(), summarise(catalogue)
    found.products, found.pictures = summary.products, summary.pictures
    found.splits, found.licences, found.sizes = summary.splits, summary.licences, summary.sizes
    _balance(found, summary)
    _pictures(found, catalogue, find_faces, on_picture)
    if duplicates:
        _duplicates(found, catalogue)
    _rest(found, summary)
    found.findings.sort(key=lambda finding: (not finding.serious, finding.what))
    return found


# -- balance ----------------------------------------------------------------------------------------------------------


def balance_of(counter: Counter[str]) -> dict[str, float]:
    """classes, smallest, largest, ratio, and evenness: entropy over that of equal classes (Pielou 1966), 1 = equal."""
    counts = [n for name, n in counter.items() if name != "(none)" and n]
    if not counts:
        return {}
    total = sum(counts)
    entropy = -sum(n / total * math.log(n / total) for n in counts)
    evenness = entropy / math.log(len(counts)) if len(counts) > 1 else 1.0
    return {"classes": len(counts), "smallest": min(counts), "largest": max(counts),
            "ratio": round(max(counts) / min(counts), 2), "evenness": round(evenness, 4)}  # fmt: skip


def _balance(found: Audit, summary: Summary) -> None:
    for name, counter in (
        ("category", summary.categories),
        ("colour", summary.colours),
        ("material", summary.materials),
    ):
        told = balance_of(counter)
        if not told:
            continue
        found.balance[name] = told
        if told["ratio"] > IMBALANCE:
            largest = counter.most_common(1)[0][0]
            said = (f"{name}: the largest class ({largest!r}, {told['largest']:.0f} pictures) has {told['ratio']:.0f} "
                    "times as many as the smallest; train with class balance")  # fmt: skip
            found.findings.append(Finding("imbalance", said, int(told["classes"]), False))
        rare = sorted(value for value, n in counter.items() if n < RARE and value != "(none)")
        if rare and len(rare) < len(counter):
            listed = ", ".join(rare[:10])
            said = f"{name}: {len(rare)} classes have fewer than {RARE} pictures: {listed}"
            found.findings.append(Finding("rare classes", said, len(rare), False))


# -- every picture ----------------------------------------------------------------------------------------------------


def _pictures(
    found: Audit, catalogue: Catalogue, find_faces: FindFaces | None, on_picture: Callable[[int], None] | None
) -> None:
    wanted = _evenly(found.pictures, SAMPLE)
    colours: list[NDArray[np.float64]] = []
    unreadable, small, with_faces = [], [], []
    private: dict[str, list[str]] = {}
    for number, shot in enumerate(catalogue.images()):
        try:
            told = private_data(shot.path)
            if number in wanted or find_faces is not None:
                rgb = _thumbnail(shot)
                colours.append(picture_colours(rgb))
                if find_faces is not None and find_faces(_thumbnail(shot, 640)):
                    with_faces.append(shot.product.sku)
        except (PackshotError, OSError):
            unreadable.append(shot.product.sku)
            continue
        for kind in told.kinds():
            private.setdefault(kind, []).append(shot.product.sku)
        if shot.image.width and shot.image.height and max(shot.image.width, shot.image.height) < SMALL_PX:
            small.append(shot.product.sku)
        if on_picture is not None:
            on_picture(number + 1)
    found.unreadable = len(unreadable)
    found.colours = colour_statistics(colours)
    _say(found, "unreadable", unreadable, True, "pictures cannot be read; `packshot catalogue check --decode` says why")
    _say(found, "small", small, False, f"pictures are smaller than {SMALL_PX} px")
    if find_faces is not None:
        found.faces = len(with_faces)
        _say(found, "faces", with_faces, False, "pictures seem to show a face: have you the right to train on them?")
    for kind, skus in private.items():
        found.private[kind] = len(skus)
        _say(found, "private data", skus, kind in PrivateData.SERIOUS, f"files still hold {kind}: write them anew, as "
             "`packshot run` does, before anything is published")  # fmt: skip


def _say(found: Audit, what: str, skus: list[str], serious: bool, said: str) -> None:
    if skus:
        found.findings.append(Finding(what, f"{len(skus):,} {said}", len(skus), serious, tuple(skus[:LISTED])))


def _evenly(total: int, count: int) -> set[int]:
    return {total * i // count for i in range(count)} if total else set()


def _thumbnail(shot: Shot, side_px: int = 64) -> NDArray[np.uint8]:
    from packshot.catalogue.show import thumbnail

    return np.asarray(thumbnail(shot.path, side_px).convert("RGB"))


def picture_colours(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """mean and spread of R, G, B; mean saturation; shares of near-white and near-black pixels; white border.

    All in [0, 1]. rgb: (h, w, 3). Border: whether most of the outermost pixels are near-white, 0 or 1.
    """
    x = rgb.reshape(-1, 3) / 255.0
    high, low = x.max(1), x.min(1)
    saturation = np.where(high > 0, (high - low) / np.maximum(high, 1e-9), 0)
    edge = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]]) / 255.0
    white_border = float((edge.min(1) > 0.93).mean() > 0.8)
    return np.array([*x.mean(0), *x.std(0), saturation.mean(), (low > 0.93).mean(), (high < 0.06).mean(), white_border])


def colour_statistics(found: list[NDArray[np.float64]]) -> dict[str, float]:
    """Means over pictures of what `picture_colours` gives, and how much pictures differ in brightness."""
    if not found:
        return {}
    table = np.stack(found)
    mean = table.mean(0)
    names = ("red", "green", "blue", "red spread", "green spread", "blue spread", "saturation", "near white",
             "near black", "white borders")  # fmt: skip
    told = {name: round(float(value), 4) for name, value in zip(names, mean, strict=True)}
    told["brightness between pictures"] = round(float(table[:, :3].mean(1).std()), 4)
    told["pictures measured"] = len(found)
    return told


# -- between pictures -------------------------------------------------------------------------------------------------


def _duplicates(found: Audit, catalogue: Catalogue) -> None:
    """Photos that more than one picture shares; worst where one is for training and the other for testing."""
    from packshot.catalogue.duplicates import find_duplicates

    groups = find_duplicates(catalogue).groups()
    leaking, across = [], []
    for group in groups:
        skus = sorted({member.sku for member in group})
        splits = {split for sku in skus if (split := _split(catalogue, sku))}
        if len(splits) > 1:
            leaking += skus
        elif len(skus) > 1:
            across += skus
    found.duplicates = {"groups": len(groups), "products that leak": len(leaking), "products that share": len(across)}
    _say(found, "duplicates across splits", leaking, True, "products share a photo with one of another split: divide "
         "again with `packshot catalogue split`, which keeps them together")  # fmt: skip
    _say(found, "duplicates", across, False, "products share a photo with another product")


def _split(catalogue: Catalogue, sku: str) -> str:
    product = catalogue.get(sku)
    return product.split if product is not None else ""


def _rest(found: Audit, summary: Summary) -> None:
    rows = (
        ("broken rows", summary.broken_rows, True, "rows of products.jsonl are broken"),
        ("without pictures", summary.without_pictures, False, "products have no picture"),
        ("no licence", summary.licences.get("(none)", 0), False, "pictures come without a licence: may they be used?"),
        ("no split", summary.splits.get("(none)", 0), False, "pictures have no split: `packshot catalogue split`"),
        ("no category", summary.categories.get("(none)", 0), False, "pictures have no category to learn"),
        ("only URLs", summary.urls, False, "pictures are only URLs and are not used"),
    )
    for what, count, serious, said in rows:
        if count:
            found.findings.append(Finding(what, f"{count:,} {said}", count, serious))
