"""Writing and marks laid beside a product, found without weights, on a plain ground.

Letters are pieces of one height and stroke, in a row: what is apart from the product is grouped by size and nearness
(at any angle, for watermarks run diagonally), and a group counts as writing if its members stand in a line. A word
whose letters have run together is known by its strokes: the row through its middle crosses many of them. A filled
badge is searched for letters inside. A compact piece in a corner that is neither is a mark that may be a logo.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.imaging.segmentation.pieces import Pieces, outline_of

Mask = NDArray[Any]  # (h, w) bool
Pixels = NDArray[Any]  # (h, w, 3) uint8
Box = tuple[int, int, int, int]  # x0, y0, x1, y1, exclusive at the end

LEAST_HEIGHT = 5  # px
MOST_HEIGHT = 0.2  # of the picture's height
SHAPE = (0.08, 2.2)  # width over height of one letter
SOLID = 0.97  # share of its box that a letter fills at most (l and I nearly do)
ALIKE = 2.2  # ratio of sizes within one line
NEAR = 1.6  # letter heights between neighbours
IN_LINE = 0.45  # letter heights that members may lie off their line
FEWEST = 3  # letters that make a line
WORD = (1.8, 40.0)  # width over height of a word in one piece
STROKES = (1.3, 0.75)  # strokes that a row through a word crosses, per width of one height; through a long one
LONG = 4.0  # width over height of a long word, whose letters run together more
INK = (0.12, 0.85)  # share of its box that a word's ink takes
CORNER = 0.3  # of the sides: a logo's corner
LOGO = (0.0012, 0.06)  # of the picture's area
TOGETHER = 0.012  # of the longer side: gap between pieces of one mark
PARAGRAPH = (8, 0.85)  # letters of several lines, at least; share of them with a neighbour in their row
BADGE = (0.55, 0.5)  # share of its box that a badge fills, and share of it that has its colour, at least
MOST_PIECES = 1500


@dataclass(frozen=True)
class Mark:
    """Something added beside the product.

    kind: text, plate (a flat field of one colour, nothing read on it) or mark (a piece in a corner, perhaps a logo).
    """

    kind: str
    box: Box
    words: str = ""

    @property
    def area(self) -> int:
        """Of its box, px."""
        return (self.box[2] - self.box[0]) * (self.box[3] - self.box[1])


def marks_of(rgb: Pixels, pieces: Pieces) -> list[Mark]:
    """Writing and corner marks among the pieces that are not the product; `rgb` is the picture they were found in."""
    outline = outline_of(pieces)
    apart = _apart(pieces, outline)[:MOST_PIECES]
    texts = [Mark("text", box) for box in _lines(pieces, apart, MOST_HEIGHT * len(rgb))]
    texts += [Mark("text", box) for box in _words(pieces, apart)]
    others = [i for i in range(1, len(pieces.stats)) if i in pieces.main] + apart
    badges = [_badge(rgb, pieces, i) for i in others if _box_like(pieces, i)]
    texts += [Mark("text", box) for box in badges if box is not None]
    found = _merged(texts)
    logos = _logos(np.isin(pieces.labels, apart), outline) if apart else ()
    return found + [Mark("mark", box) for box in logos if not any(_overlap(box, mark.box) for mark in found)]


def _apart(pieces: Pieces, outline: Mask) -> list[int]:
    """Pieces that are not the product's, lie outside its outline and clear of the picture's edge."""
    rows, columns = pieces.labels.shape
    found = []
    for i in range(1, len(pieces.stats)):
        x0, y0, x1, y1 = _box(pieces.stats[i])
        clear = min(x0, y0, columns - x1, rows - y1) >= 1
        if i not in pieces.main and clear and not outline[(y0 + y1) // 2, (x0 + x1) // 2]:
            found.append(i)
    return found


def _box(stat: Mask) -> Box:
    x, y, w, h = (int(v) for v in stat[:4])
    return x, y, x + w, y + h


def _lines(pieces: Pieces, apart: list[int], tallest: float) -> Iterator[Box]:
    """Boxes of rows of letters, up to so many px high."""
    stats = pieces.stats[apart].astype(np.float64) if apart else np.zeros((0, 5))
    w, h, area = stats[:, 2], stats[:, 3], stats[:, 4]
    shape = w / np.maximum(h, 1)
    letter = (h >= LEAST_HEIGHT) & (h <= tallest)
    letter &= (shape >= SHAPE[0]) & (shape <= SHAPE[1]) & (area <= SOLID * w * h)
    letter |= (h >= LEAST_HEIGHT) & (shape >= SHAPE[0]) & (shape < 0.45) & (h <= tallest)
    letters = stats[letter]
    for group in _groups(letters):
        members = letters[group]
        if len(members) >= FEWEST and _in_line(members) and _lively(members):
            yield _around(members)


def _groups(letters: Mask) -> list[list[int]]:
    """Letters joined with neighbours of their size."""
    count = len(letters)
    if count == 0:
        return []
    size = np.maximum(letters[:, 2], letters[:, 3])
    centre = letters[:, :2] + letters[:, 2:4] / 2
    gap = np.abs(centre[:, None] - centre[None]) - (letters[:, None, 2:4] + letters[None, :, 2:4]) / 2
    distance = np.sqrt((np.maximum(gap, 0) ** 2).sum(-1))
    alike = np.maximum(size[:, None], size[None]) <= ALIKE * np.minimum(size[:, None], size[None])
    near = (distance <= NEAR * np.minimum(size[:, None], size[None])) & alike
    return _components(near)


def _components(near: Mask) -> list[list[int]]:
    free, groups = set(range(len(near))), []
    while free:
        group, front = [], [free.pop()]
        while front:
            i = front.pop()
            group.append(i)
            reached = [j for j in np.flatnonzero(near[i]).tolist() if j in free]
            free.difference_update(reached)
            front.extend(reached)
        groups.append(sorted(group))
    return groups


def _in_line(members: Mask) -> bool:
    """Whether letters stand in a line, or several lines of a paragraph: few rows for their number."""
    centre = members[:, :2] + members[:, 2:4] / 2
    height = float(np.median(np.maximum(members[:, 2], members[:, 3])))
    spread = centre - centre.mean(0)
    _, _, axes = np.linalg.svd(spread, full_matrices=False)
    off = np.abs(spread @ axes[1]) if len(axes) > 1 else np.zeros(len(members))
    if float(np.median(off)) <= IN_LINE * height:
        return True
    return len(members) >= PARAGRAPH[0] and _in_rows(centre, height)


def _in_rows(centre: Mask, height: float) -> bool:
    """Whether nearly every letter of a paragraph has a neighbour in its own row."""
    across, down = (np.abs(centre[:, None, i] - centre[None, :, i]) for i in (0, 1))
    distance = across + 3 * down
    np.fill_diagonal(distance, np.inf)
    nearest = distance.argmin(1)
    beside = down[np.arange(len(centre)), nearest] < 0.35 * height
    return bool(beside.mean() >= PARAGRAPH[1])


def _lively(members: Mask) -> bool:
    """Letters differ in width; beads, dots and stitches are all the same."""
    width, area = members[:, 2], members[:, 4]
    return bool(width.std() > 0.08 * width.mean() or area.std() > 0.12 * area.mean())


def _around(members: Mask) -> Box:
    x0, y0 = members[:, :2].min(0)
    x1, y1 = (members[:, :2] + members[:, 2:4]).max(0)
    return int(x0), int(y0), int(x1), int(y1)


def _words(pieces: Pieces, apart: list[int]) -> Iterator[Box]:
    """Boxes of single pieces that are whole words."""
    for i in apart:
        x0, y0, x1, y1 = _box(pieces.stats[i])
        w, h = x1 - x0, y1 - y0
        ink = pieces.stats[i][4] / (w * h)
        if h < LEAST_HEIGHT or not WORD[0] <= w / h <= WORD[1] or not INK[0] <= ink <= INK[1]:
            continue
        least = STROKES[1] if w / h > LONG else STROKES[0]
        if _crossings(pieces.labels[y0:y1, x0:x1] == i) >= least * w / h and w / h > 2.2:
            yield x0, y0, x1, y1


def _crossings(mask: Mask) -> float:
    """Strokes that rows through the middle cross, median."""
    h = len(mask)
    middle = mask[round(0.3 * h) : max(round(0.3 * h) + 1, round(0.75 * h))]
    return float(np.median((np.diff(middle.astype(np.int8), axis=1) == 1).sum(1) + middle[:, 0]))


def _box_like(pieces: Pieces, i: int) -> bool:
    """A filled, compact piece such as a badge, small beside the picture, clear of its edge."""
    x, y, w, h, area = (int(v) for v in pieces.stats[i])
    rows, columns = pieces.labels.shape
    small = w * h / pieces.labels.size < 0.12 and len(pieces.stats) > 2
    clear = min(x, y, columns - x - w, rows - y - h) >= 1
    return small and clear and min(w, h) >= 3 * LEAST_HEIGHT and area > BADGE[0] * w * h


def _badge(rgb: Pixels, pieces: Pieces, i: int) -> Box | None:
    """The box of a badge, if letters stand in it; it must not be the product itself."""
    if len(pieces.main) == 1 and i in pieces.main:
        return None
    x0, y0, x1, y1 = box = _box(pieces.stats[i])
    mine = cv2.morphologyEx((pieces.labels[y0:y1, x0:x1] == i).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5)))
    return box if is_written(rgb[y0:y1, x0:x1], mine > 0) else None


def is_written(rgb: Pixels, mine: Mask, tallest: float = MOST_HEIGHT) -> bool:
    """Whether letters stand in an area of one colour, `mine` its mask in `rgb`; tallest: of its height."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    colour = float(np.median(grey[mine]))
    if (np.abs(grey[mine] - colour) < 25).mean() < BADGE[1]:
        return False
    inner = cv2.erode(mine.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    odd = ((np.abs(grey - colour) > 45) & inner).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(odd, connectivity=8)
    inside = Pieces(labels, stats, frozenset())
    usable = list(range(1, count))[:MOST_PIECES]
    return any(True for _ in _lines(inside, usable, tallest * len(rgb))) or any(True for _ in _words(inside, usable))


def _logos(apart: Mask, outline: Mask) -> Iterator[Box]:
    """Compact groups of pieces wholly in a corner, away from the product."""
    rows, columns = apart.shape
    px = max(3, round(TOGETHER * max(rows, columns)))
    joined = cv2.morphologyEx(apart.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((px, px), np.uint8))
    stats = cv2.connectedComponentsWithStats(joined)[2]
    for x, y, w, h, area in stats[1:].tolist():
        compact = LOGO[0] <= w * h / apart.size <= LOGO[1] and area >= 0.25 * w * h and 0.3 <= w / h <= 3.3
        beside = x + w <= CORNER * columns or x >= (1 - CORNER) * columns
        above = y + h <= CORNER * rows or y >= (1 - CORNER) * rows
        clear = not outline[max(0, y - px) : y + h + px, max(0, x - px) : x + w + px].any()
        if compact and beside and above and clear:
            yield x, y, x + w, y + h


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _merged(marks: list[Mark]) -> list[Mark]:
    """Overlapping boxes joined."""
    boxes = [mark.box for mark in marks]
    joined: list[Box] = []
    while boxes:
        box = boxes.pop()
        other = next((b for b in boxes if _overlap(box, b)), None)
        if other is None:
            joined.append(box)
        else:
            boxes.remove(other)
            low = (min(a, b) for a, b in zip(box[:2], other[:2], strict=True))
            high = (max(a, b) for a, b in zip(box[2:], other[2:], strict=True))
            boxes.append((*low, *high))  # type: ignore[arg-type]
    return [Mark("text", box) for box in sorted(joined)]
