"""Near-duplicate pictures: the same photo recompressed, resized, brightened, cropped by up to about 15 %, or padded.

Search, not comparison of all with all: every picture lies in a table under the hashes of its windows; in each of
twenty-four tables only some bits count (locality-sensitive hashing by bit sampling: Indyk & Motwani, 1998), chosen so
that a place holds few pictures however many there are; each picture looks at the places of its own hash and of the
neighbours reached by flipping its least certain bits. What meets there is compared (`fingerprints.py`).

Fingerprints are kept in a temporary file, 7.2 kB a picture, and the tables are gone through in parts of bounded
size, so memory does not grow with the catalogue.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.catalogue import Catalogue
from packshot.catalogue.fingerprints import SOFT_BITS, THUMB, WINDOWS, Bytes, coarse_difference, compare, fingerprint
from packshot.catalogue.problems import Problem
from packshot.errors import PackshotError

TABLES = 24
PART = 2_000_000  # entries of a table in memory at a time
NEAREST = 14  # most bits of 63 that may differ
COARSE = 26.0  # most that 8 × 8 colours may differ on the average, 8-bit steps
BLOCK = 2048  # pictures that look things up at a time
CROWD = 256  # pictures looked at in one place; more lie there only if they are as good as equal
READ_SIDE_PX = 128
REMEMBERED = 500_000  # unlike pairs that are not compared again in the next table
_ROW = np.dtype([("hashes", "<u8", len(WINDOWS)), ("soft", "u1", SOFT_BITS), ("thumb", "u1", (THUMB, THUMB, 3)),
                 ("row", "<u4"), ("image", "<u2")])  # fmt: skip
Rows = NDArray[np.void]
Unsigned = NDArray[np.uint64]
Integers = NDArray[np.int64]
Node = TypeVar("Node", bound=Hashable)


class Member(NamedTuple):
    """One picture: the row of its product, its place among the product's pictures (both from 0), sku and path."""

    row: int
    image: int
    sku: str
    path: str


class Pair(NamedTuple):
    """Two pictures of one photo. cropped: one shows a part of the other. residual: what differs, 8-bit steps."""

    one: Member
    other: Member
    cropped: bool
    residual: float


@dataclass(frozen=True)
class Duplicates:
    """Pairs found, how many pictures were looked at, and those that could not be read."""

    pairs: tuple[Pair, ...]
    pictures: int
    problems: tuple[Problem, ...] = field(default=())

    def groups(self) -> list[tuple[Member, ...]]:
        """Pictures of one photo together, in catalogue order, the groups by their first."""
        found = connected((pair.one, pair.other) for pair in self.pairs)
        return sorted(tuple(sorted(group)) for group in found)

    def product_groups(self) -> list[tuple[str, ...]]:
        """Skus of products that share a photo and so must stay in one split."""
        links = ((p.one.sku, p.other.sku) for p in self.pairs if p.one.sku != p.other.sku)
        return sorted(tuple(sorted(group)) for group in connected(links))


def connected(links: Iterable[tuple[Node, Node]]) -> list[set[Node]]:
    """The connected groups of a graph (union-find with path halving)."""
    parent: dict[Node, Node] = {}

    def root(x: Node) -> Node:
        while parent.setdefault(x, x) != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    for a, b in links:
        parent[root(a)] = root(b)
    groups: dict[Node, set[Node]] = defaultdict(set)
    for x in list(parent):
        groups[root(x)].add(x)
    return list(groups.values())


def find_duplicates(
    catalogue: Catalogue, *, seed: int = 0, on_picture: Callable[[int], None] | None = None
) -> Duplicates:
    """Every pair of near-duplicate pictures of a catalogue. Pictures that cannot be read are listed.

    seed: of the bits that the tables count. on_picture: called with the number of pictures read.
    """
    with tempfile.TemporaryDirectory(prefix="packshot-") as folder:
        path = Path(folder) / "fingerprints"
        count, problems = _write_fingerprints(catalogue, path, on_picture)
        if count < 2:
            return Duplicates((), count, tuple(problems))
        rows = np.memmap(path, _ROW, "r", shape=(count,))
        pairs = sorted(_named(catalogue, rows, _pairs(rows, seed)))
        del rows
    return Duplicates(tuple(pairs), count, tuple(problems))


def _write_fingerprints(
    catalogue: Catalogue, path: Path, on_picture: Callable[[int], None] | None
) -> tuple[int, list[Problem]]:
    problems: list[Problem] = []
    count = 0
    with path.open("wb") as file:
        number, last = 0, -1
        for shot in catalogue.images():
            number, last = (number + 1, last) if shot.row == last else (0, shot.row)
            try:
                found = fingerprint(_small_rgb(shot.path))
            except (PackshotError, OSError) as error:
                problems.append(Problem(shot.row + 1, "image", str(error), shot.image.path, catalogue.products.name))
                continue
            file.write(np.array([(*found, shot.row, number)], _ROW).tobytes())
            count += 1
            if on_picture is not None:
                on_picture(count)
    return count, problems


def _small_rgb(path: Path) -> Bytes:
    """A small upright copy, transparent parts on white, `(h, w, 3)` bytes."""
    from packshot.imaging.files import open_picture

    picture = open_picture(path, max_side_px=READ_SIDE_PX).picture
    rgb = picture.rgb[0].permute(1, 2, 0).numpy()  # (h, w, 3)
    if picture.alpha is not None:
        alpha = picture.alpha[0, 0].numpy()[..., None]
        rgb = rgb * alpha + (1 - alpha)
    return np.ascontiguousarray((rgb * 255 + 0.5).astype(np.uint8))


def counted_bits(pictures: int) -> int:
    """How many of the 63 bits a table counts: so many that a place holds about one entry."""
    return int(np.clip(np.ceil(np.log2(pictures * len(WINDOWS))), 8, 28))


def _pairs(rows: Rows, seed: int) -> Iterator[tuple[int, int, bool, float]]:
    """(picture, picture, cropped, residual) by number, each pair once."""
    random = np.random.default_rng(seed)
    entries = len(rows) * len(WINDOWS)
    bits = counted_bits(len(rows))
    parts = -(-entries // PART)
    seen: set[tuple[int, int]] = set()
    unlike: set[tuple[int, int, int]] = set()
    for _ in range(TABLES):
        mask = np.uint64(sum(1 << int(b) for b in random.permutation(63)[:bits]))
        for part in range(parts):
            for one, other, window in _candidates(rows, mask, part, parts):
                pair = (min(one, other), max(one, other))
                if pair in seen or (one, other, window) in unlike:
                    continue
                likeness = compare(rows["thumb"][one], window, rows["thumb"][other])
                if likeness.same:
                    seen.add(pair)
                    yield *pair, window > 0, likeness.residual
                elif len(unlike) < REMEMBERED:
                    unlike.add((one, other, window))


def _candidates(rows: Rows, mask: np.uint64, part: int, parts: int) -> Iterator[tuple[int, int, int]]:
    """(picture, other picture, window of the first) that meet in one part of one table and look alike at a glance."""
    masked, hashes, owners = _table(rows, mask, part, parts)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        probes, askers = _probes(block, mask, part, parts)
        low, high = np.searchsorted(masked, probes & mask, "left"), np.searchsorted(masked, probes & mask, "right")
        low, high = _uncrowded(hashes, probes, low, high)
        found = np.repeat(low, high - low) + _counting(high - low)
        asker = np.repeat(askers, high - low)
        near = np.bitwise_count(hashes[found] ^ block["hashes"][asker, 0]) <= NEAREST
        one, window = np.divmod(owners[found[near]], len(WINDOWS))
        other = asker[near] + start
        apart = one != other
        yield from _alike(rows, np.stack([one[apart], other[apart], window[apart]], 1))


def _table(rows: Rows, mask: np.uint64, part: int, parts: int) -> tuple[Unsigned, Unsigned, Integers]:
    """Entries of one part, sorted by their masked hash, then by the hash: masked, hash, picture · windows + window."""
    hashes, owners = [], []
    for start in range(0, len(rows), 65536):
        block = rows["hashes"][start : start + 65536].reshape(-1)
        mine = _part_of(block & mask, parts) == part
        hashes.append(block[mine])
        owners.append(np.flatnonzero(mine) + start * len(WINDOWS))
    whole, owner = np.concatenate(hashes), np.concatenate(owners)
    order = np.lexsort((whole, whole & mask))
    return (whole & mask)[order], whole[order], owner[order]


def _part_of(masked: Unsigned, parts: int) -> Unsigned:
    mixed = masked * np.uint64(0x9E3779B97F4A7C15)  # Fibonacci hashing spreads what the mask left
    return (mixed >> np.uint64(40)) % np.uint64(parts)


def _probes(block: Rows, mask: np.uint64, part: int, parts: int) -> tuple[Unsigned, Integers]:
    """The hashes to look up for each picture of a block: its own, and with its uncertain bits flipped."""
    whole = block["hashes"][:, 0]
    flips = np.uint64(1) << block["soft"].astype(np.uint64)  # (n, 3)
    probes, askers = [], []
    for choice in range(1 << SOFT_BITS):
        flipped = whole.copy()
        useful = np.ones(len(block), bool)
        for bit in range(SOFT_BITS):
            if choice >> bit & 1:
                flipped ^= flips[:, bit]
                useful &= (flips[:, bit] & mask) != 0
        useful &= _part_of(flipped & mask, parts) == part
        probes.append(flipped[useful])
        askers.append(np.flatnonzero(useful))
    return np.concatenate(probes), np.concatenate(askers)


def _uncrowded(hashes: Unsigned, probes: Unsigned, low: Integers, high: Integers) -> tuple[Integers, Integers]:
    """Where more than CROWD pictures meet, only those next to the probe in the order of full hashes."""
    for i in np.flatnonzero(high - low > CROWD):
        at = low[i] + np.searchsorted(hashes[low[i] : high[i]], probes[i])
        low[i] = max(low[i], min(at - CROWD // 2, high[i] - CROWD))
        high[i] = low[i] + CROWD
    return low, high


def _counting(lengths: Integers) -> Integers:
    """0, 1, … within each run: `[2, 3]` → `[0, 1, 0, 1, 2]`."""
    ends = np.cumsum(lengths)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - lengths, lengths)


def _alike(rows: Rows, found: Integers) -> Iterator[tuple[int, int, int]]:
    for start in range(0, len(found), 4096):
        some = np.unique(found[start : start + 4096], axis=0)
        difference = coarse_difference(rows["thumb"][some[:, 0]], some[:, 2], rows["thumb"][some[:, 1]])
        for one, other, window in some[difference < COARSE]:
            yield int(one), int(other), int(window)


def _named(catalogue: Catalogue, rows: Rows, pairs: Iterable[tuple[int, int, bool, float]]) -> Iterator[Pair]:
    for one, other, cropped, residual in pairs:
        yield Pair(_member(catalogue, rows[one]), _member(catalogue, rows[other]), cropped, round(residual, 2))


def _member(catalogue: Catalogue, found: np.void) -> Member:
    row, number = int(found["row"]), int(found["image"])
    product = catalogue.at(row)
    files = [image.path for image in product.images if image.path]
    return Member(row, number, product.sku, files[number])
