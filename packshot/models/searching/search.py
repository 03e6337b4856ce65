"""Products that fit words, look like a picture, or both, and do not fit other words; best first.

One wish alone ranks by its cosine. Several are made comparable first, since a text lies farther from any picture than a
picture does: each cosine is counted in deviations from its mean over the whole catalogue. The score is then the mean of
what was wished for, less what was not wanted where a picture fits that more than most do. A product counts by its best
picture. The catalogue is read in parts, in two passes at most, so memory does not grow with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from packshot.catalogue.catalogue import Catalogue
from packshot.catalogue.dataset.pack import Fitting, photo_bytes
from packshot.catalogue.dataset.tokens import checked
from packshot.errors import CatalogueError, ParameterError
from packshot.imaging.files import open_picture
from packshot.models.searching.index import Index, Refreshed
from packshot.models.words import OWN, Encoder, load

Floats = NDArray[np.float32]

MOST = 10_000  # products in one answer
LEAST_SPREAD = 1e-4  # of cosines: where all pictures fit alike, none stands out


@dataclass(frozen=True)
class Wish:
    """One thing to look for. what: the text, or the path of a picture. wanted: False = keep away from it."""

    what: str
    vector: Floats
    wanted: bool = True


@dataclass(frozen=True)
class Found:
    """A product. path: of its best picture, relative to the catalogue's pictures; cosines: wish → of this picture.

    score: the cosine of a single wish, else deviations above the catalogue's mean.
    """

    sku: str
    title: str
    path: str
    score: float
    cosines: dict[str, float]


@dataclass(frozen=True)
class Answer:
    """products: best first. refreshed: pictures of the index, what was new, what could not be read. notes: to tell."""

    products: list[Found]
    refreshed: Refreshed
    model: str
    notes: list[str] = field(default_factory=list)


def find(
    catalogue: Catalogue | str | Path,
    text: Sequence[str] = (),
    like: Sequence[str | Path] = (),
    without: Sequence[str] = (),
    *,
    count: int = 12,
    model: str | Encoder = OWN,
    device: str = "auto",
    commercial: bool = False,
    on_picture: Callable[[int], None] | None = None,
) -> Answer:
    """The `count` products of a catalogue that fit best. text, without: in any language the encoder knows.

    Raises ParameterError if nothing is wished for, or for a text that nobody can mean; FileError for a picture that
    cannot be read; WeightsNotFound, BadCheckpoint, LicenceRefused; CatalogueError if no picture can be searched.
    """
    if not 1 <= count <= MOST:
        raise ParameterError(f"count: expected 1 to {MOST:,}, got {count}")
    if not text and not like:
        raise ParameterError("text: say what to look for, such as 'red wooden car', or name a picture to look like")
    for what, given in (("text", text), ("not", without)):
        for one in given:
            checked(one, what)
    opened = catalogue if isinstance(catalogue, Catalogue) else Catalogue(catalogue)
    encoder = load(model, device, commercial) if isinstance(model, str) else model
    wishes = wishes_of(encoder, text, like, without)
    notes = [f"only the first {encoder.length} pieces of a text are read: {one[:40]!r} …" for one in (*text, *without)
             if encoder.cut(one)]  # fmt: skip
    with Index(opened, encoder) as index:
        refreshed = index.refresh(on_picture)
        if not refreshed.pictures:
            told = f"; {refreshed.problems[0]}" if refreshed.problems else ""
            raise CatalogueError(f"{opened.folder}: has no picture that can be searched{told}")
        return Answer(ranked(index, wishes, count), refreshed, encoder.name, notes)


def wishes_of(
    encoder: Encoder, text: Sequence[str], like: Sequence[str | Path], without: Sequence[str] = ()
) -> list[Wish]:
    """Texts and pictures as vectors."""
    said = encoder.texts([*text, *without]).numpy()
    found = [
        Wish(what, vector, place < len(text))
        for place, (what, vector) in enumerate(zip((*text, *without), said, strict=True))
    ]
    for path in like:
        picture = open_picture(Path(path), max_side_px=max(4 * encoder.side, 512)).picture
        pixels = torch.from_numpy(photo_bytes(picture.rgb, picture.alpha, Fitting(encoder.side)))[None]
        found.append(Wish(str(path), encoder.pictures(pixels.float() / 255)[0].numpy()))
    return found


def ranked(index: Index, wishes: Sequence[Wish], count: int) -> list[Found]:
    """The products of an index, best first."""
    asked = np.stack([wish.vector for wish in wishes], axis=1)  # dim, wishes
    wanted = np.array([wish.wanted for wish in wishes])
    mean, spread = _spread(index, asked) if len(wishes) > 1 else (0.0, 1.0)
    best: dict[str, Found] = {}
    least = -np.inf
    for entries, vectors in index.chunks():
        cosines = vectors @ asked
        scores = _scores((cosines - mean) / spread, wanted)
        for place in np.flatnonzero(scores > least).tolist():
            entry, score = entries[place], float(scores[place])
            if entry.sku not in best or best[entry.sku].score < score:
                told = {wish.what: round(float(c), 4) for wish, c in zip(wishes, cosines[place], strict=True)}
                best[entry.sku] = Found(entry.sku, entry.title, entry.path, score, told)
        kept = sorted(best.values(), key=lambda found: -found.score)[:count]
        best = {found.sku: found for found in kept}
        least = kept[-1].score if len(kept) == count else -np.inf
    return list(best.values())


def _scores(standing: Floats, wanted: NDArray[np.bool_]) -> Floats:
    """`(n,)`: the mean of what is wanted, less the part above 0 of what is not. `(n, wishes)`."""
    away: Floats = np.maximum(standing[:, ~wanted], 0)
    found: Floats = standing[:, wanted].mean(1) - (away.mean(1) if away.shape[1] else 0)
    return found


def _spread(index: Index, asked: Floats) -> tuple[Floats, Floats]:
    """Mean and deviation of each wish's cosines over the catalogue, `(wishes,)`."""
    count, total, square = 0, np.zeros(asked.shape[1]), np.zeros(asked.shape[1])
    for entries, vectors in index.chunks():
        cosines = (vectors @ asked).astype(np.float64)
        count += len(entries)
        total += cosines.sum(0)
        square += (cosines**2).sum(0)
    mean = total / count
    spread = np.sqrt(np.maximum(square / count - mean**2, 0))
    return mean.astype(np.float32), np.maximum(spread, LEAST_SPREAD).astype(np.float32)
