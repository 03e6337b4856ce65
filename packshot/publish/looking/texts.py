"""All writing of a photo, by the way asked for, and which of it lies outside the product."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import NDArray

from packshot.errors import ParameterError
from packshot.imaging.segmentation.pieces import Pieces, outline_of
from packshot.imaging.segmentation.scene import Scene
from packshot.imaging.writing import reader
from packshot.imaging.writing.strokes import Mark, marks_of

How = Literal["auto", "ocr", "strokes"]

OWN = 0.5  # share of a text's box that must lie within the product's outline, to be its own print


@dataclass(frozen=True)
class Texts:
    """How writing was looked for, all that was found, and what of it is not the product's own."""

    how: Literal["ocr", "strokes"]
    words: str
    found: tuple[Mark, ...]
    outside: list[Mark]


def resolved(how: How) -> Literal["ocr", "strokes"]:
    """`auto`: OCR if the extra is installed, else strokes. Raises ParameterError for another word."""
    if how not in ("auto", "ocr", "strokes"):
        raise ParameterError(f"text: expected auto, ocr or strokes, got {how!r}")
    if how == "auto":
        return "ocr" if reader.installed() else "strokes"
    return how


def texts_of(rgb: NDArray[Any], scene: Scene, pieces: Pieces, plates: tuple[Mark, ...], how: How) -> Texts:
    """Writing in a picture whose scene is known. On a plain ground OCR is asked only if anything lies there.

    pieces: without the plates, for what is written on these is not the product's own.
    """
    way = resolved(how)
    laid = [*plates, *(mark for mark in marks_of(rgb, pieces) if not _meets_any(mark, plates))] if scene.plain else []
    if way == "strokes":
        return Texts("strokes", "by its strokes, no OCR", tuple(laid), laid)
    apart = not scene.plain or len(pieces.stats) - 1 > len(pieces.main) or len(pieces.main) > 1 or bool(plates)
    read = reader.read_writing(rgb) if apart else []
    product = outline_of(pieces)
    outside = [mark for mark in read if not scene.plain or _meets_any(mark, plates) or not _on(mark, product)]
    rest = [mark for mark in laid if (mark.kind != "text" or mark in plates) and not _meets_any(mark, outside)]
    return Texts("ocr", reader.version(), (*read, *rest), outside + rest)


def _on(mark: Mark, product: NDArray[Any]) -> bool:
    x0, y0, x1, y1 = mark.box
    part = product[max(0, y0) : y1, max(0, x0) : x1]
    return bool(part.size) and float(part.mean()) >= OWN


def _meets_any(mark: Mark, others: Iterable[Mark]) -> bool:
    a = mark.box
    return any(a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3] for b in (other.box for other in others))
