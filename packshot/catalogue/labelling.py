"""Which photos a person should correct next: those whose cut-out is most in doubt, and that are unlike one another.

Worth = disagreement of two ways of cutting out and lack of confidence (Settles, "Active Learning Literature Survey",
2009, §3.1-3.2: query by committee, uncertainty sampling), times how far a photo looks from what was picked or corrected
before (§3.6, density; greedy k-centre of Sener & Savarese, "Active Learning for Convolutional Neural Networks", 2018).
How a photo is cut out comes in as a function, so that any method and weights may be asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.catalogue import Catalogue, Shot
from packshot.errors import PackshotError, ParameterError
from packshot.imaging.files import read
from packshot.imaging.picture import Picture

Look = Callable[[Picture], Mapping[str, float]]  # numbers of a cut-out: `confidence`, `agreement`, …
CELLS = 6  # a photo's looks: mean Lab colours of so many cells a side
UNLIKE = 12.0  # Lab units between two photos' looks that make them halfway different
OPINIONS = ("agreement", "line_agreement")  # measures of how far two ways agree, 1 = wholly
MOST_PX = 1024  # longest side of the copy that is cut out


@dataclass(frozen=True)
class Candidate:
    """A photo that might be corrected. doubt, disagreement: `[0, 1]`; looks: `(CELLS² · 3,)` Lab."""

    sku: str
    image: str
    doubt: float
    disagreement: float
    looks: NDArray[Any] = field(repr=False, compare=False)

    @property
    def value(self) -> float:
        """What a correction is worth before others are thought of."""
        return 0.5 * (self.doubt + self.disagreement)


@dataclass(frozen=True)
class Pick:
    """A photo picked: what it was worth, how unlike the others it is (0 to 1), and why in words."""

    candidate: Candidate
    worth: float
    unlike: float
    why: str


def candidates(
    catalogue: Catalogue, look: Look, most: int = 2000, on_photo: Callable[[], None] = lambda: None
) -> tuple[list[Candidate], list[NDArray[Any]], list[str]]:
    """Photos without a matte, cut out; the looks of those that have one; and what could not be read.

    most: photos looked at; of a larger catalogue they are taken evenly.
    """
    found: list[Candidate] = []
    done: list[NDArray[Any]] = []
    bad: list[str] = []
    for shot in _evenly(catalogue, most):
        on_photo()
        try:
            picture = _small(read(shot.path))
            known = catalogue.matte_of(shot.image)
            if known is not None and known.is_file():
                done.append(looks_of(picture))
            else:
                found.append(_candidate(shot, picture, look(picture)))
        except PackshotError as error:
            bad.append(f"{shot.product.sku}: {' '.join(str(error).split())}")
    return found, done, bad


def next_ones(
    found: Sequence[Candidate], count: int, corrected: Iterable[NDArray[Any]] = (), diversity: float = 0.5
) -> list[Pick]:
    """The photos most worth correcting, best first.

    corrected: looks of photos that are corrected already. diversity: 0 = by doubt alone, 1 = what looks like a picked
    one is worth nothing. Raises ParameterError for a count below 1 or a diversity out of `[0, 1]`.
    """
    if count < 1:
        raise ParameterError(f"count: expected at least 1, got {count}")
    if not 0 <= diversity <= 1:
        raise ParameterError(f"diversity: expected 0 to 1, got {diversity}")
    if not found:
        return []
    looks = np.stack([c.looks for c in found])
    unlike = np.ones(len(found))
    for known in corrected:
        unlike = np.minimum(unlike, difference(looks, known))
    value, free = np.array([c.value for c in found]), np.ones(len(found), bool)
    picks: list[Pick] = []
    for _ in range(min(count, len(found))):
        worth = value * (1 - diversity + diversity * unlike)
        best = int(np.where(free, worth, -1).argmax())
        picks.append(Pick(found[best], float(worth[best]), float(unlike[best]), _why(found[best], float(unlike[best]))))
        free[best] = False
        unlike = np.minimum(unlike, difference(looks, looks[best]))
    return picks


def difference(looks: NDArray[Any], other: NDArray[Any]) -> NDArray[Any]:
    """How unlike photos `(n, d)` are another one `(d,)`: `(n,)`, 0 = the same, 1 = wholly."""
    apart = np.sqrt(((looks - other) ** 2).reshape(len(looks), -1, 3).sum(2).mean(1))
    return np.asarray(apart / (apart + UNLIKE))


def looks_of(picture: Picture) -> NDArray[Any]:
    """Mean Lab colours of a grid over a picture, `(CELLS² · 3,)`."""
    rgb = np.ascontiguousarray(picture.rgb[0].permute(1, 2, 0).numpy())
    lab = cv2.cvtColor(cv2.resize(rgb, (CELLS, CELLS), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2Lab)
    return np.asarray(lab.ravel())


def _candidate(shot: Shot, picture: Picture, numbers: Mapping[str, float]) -> Candidate:
    opinions = [1 - numbers[name] for name in OPINIONS if name in numbers]
    doubt = 1 - numbers.get("confidence", 0.0)
    return Candidate(shot.product.sku, shot.image.place, doubt, max(opinions, default=doubt), looks_of(picture))


def _evenly(catalogue: Catalogue, most: int) -> Iterator[Shot]:
    total = sum(1 for _ in catalogue.images())
    wanted = {int((i + 0.5) * total / most) for i in range(most)} if total > most else None
    for index, shot in enumerate(catalogue.images()):
        if wanted is None or index in wanted:
            yield shot


def _small(picture: Picture) -> Picture:
    from packshot.imaging.geometry import resize

    step = max(picture.size) / MOST_PX
    return picture if step <= 1 else resize(picture, (round(picture.height / step), round(picture.width / step)))


def _why(candidate: Candidate, unlike: float) -> str:
    reasons = []
    if candidate.disagreement >= 0.3:
        reasons.append(f"two ways of cutting out agree on {1 - candidate.disagreement:.0%} only")
    if candidate.doubt >= 0.25:
        reasons.append(f"confidence {1 - candidate.doubt:.2f}")
    if unlike >= 0.6:
        reasons.append("unlike what was picked or corrected before")
    return "; ".join(reasons) or "the most doubtful of what is left"
