"""What a cut-out's measures are worth: from measures to a confidence, by a fitted monotone table per method.

A logistic regression joins the measures to one score; the table takes it to the share of cut-outs that were good
(IoU >= `good`) among those that scored like it, isotonic (Ayer et al. 1955: pool adjacent violators), straight lines
between its points. All of it lies in `calibration.json`, made by `python -m benchmarks calibration`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

FILE = "calibration.json"
SMALLEST, LARGEST = 0.004, 0.9  # area shares beyond which confidence falls to 0
RIDGE = 1e-2  # of the logistic regression, per picture
PLAIN, APART = 0.95, 0.8  # share of the border, separation: from both a photo counts as one of a studio (LOG.md)
ODDS = "_odds"
SHOWN_BY_LESS = ("border_contact", "thinness", "boundary_entropy")  # the less, the better the cut-out
STUDIO = "studio"  # what `classical` is called there
LEAST = 12  # pictures that a step of the table has to rest on


class Table(NamedTuple):
    """weights of measures and their offset give a score; scores (rising) and shares (never falling) the table.

    pictures: how many it was fitted on, 0 = nothing was fitted and the confidence is a guess.
    """

    weights: Mapping[str, float]
    offset: float
    scores: Sequence[float]
    shares: Sequence[float]
    pictures: int


@lru_cache(maxsize=1)
def tables() -> Mapping[str, Table]:
    """The tables by method: `classical`, `studio`, `edges`, `net`, and names of weights that have one of their own."""
    told = json.loads(files("packshot.imaging.segmentation").joinpath(FILE).read_text(encoding="utf-8"))
    return {name: Table(**table) for name, table in told["methods"].items()}


def is_studio(parts: Mapping[str, float]) -> bool:
    """Whether measures of an answer without weights tell of a plain ground that the product stands out from."""
    return parts.get("plain", 0.0) >= PLAIN and parts.get("separation", 0.0) >= APART


def called(method: str, parts: Mapping[str, float]) -> str:
    """The name of a method's table: without weights, studio photos have one of their own."""
    return STUDIO if method == "classical" and is_studio(parts) else method


def table_of(method: str) -> Table:
    """The table of a method or of weights by name; that of networks in general where there is none."""
    known = tables()
    return known.get(method) or known["net"]


def confidence(method: str, parts: Mapping[str, float]) -> float:
    """Probability that the cut-out is good (see `calibration.json`); 0 where nothing was found."""
    share = parts.get("area_share", 0.0)
    if share == 0:
        return 0.0
    usual = min(1.0, share / SMALLEST, (1 - share) / (1 - LARGEST))
    return usual * share_good(table_of(called(method, parts)), parts)


def share_good(table: Table, parts: Mapping[str, float]) -> float:
    """Share of good cut-outs among those that measured like this one, by a table."""
    return float(np.interp(score(table.weights, table.offset, parts), table.scores, table.shares))


def score(weights: Mapping[str, float], offset: float, parts: Mapping[str, float]) -> float:
    """Weighted sum of measures."""
    return offset + sum(weight * value(parts, name) for name, weight in weights.items())


def value(parts: Mapping[str, float], name: str) -> float:
    """A measure by name; `NAME_odds` is -ln(1 - NAME + 0.01), which parts 0.95 from 0.99 as it does 0.7 from 0.95.

    One that could not be taken counts as 0.
    """
    found = parts.get(name.removesuffix(ODDS), 0.0)
    if not np.isfinite(found):
        return 0.0
    return float(-np.log(1.01 - min(found, 1.0))) if name.endswith(ODDS) else found


def fitted(parts: Sequence[Mapping[str, float]], good: Sequence[bool], names: Sequence[str]) -> Table:
    """A table for these measures, fitted on cut-outs that were judged.

    Measures that would speak the wrong way (SHOWN_BY_LESS: for it where they are large) are left out.
    """
    x = np.array([[value(p, n) for n in names] for p in parts], dtype=np.float64)
    y = np.array(good, dtype=np.float64)
    sign = np.array([-1.0 if name in SHOWN_BY_LESS else 1.0 for name in names])
    kept = np.ones(len(names), dtype=bool)
    while True:
        weights, offset = _logistic(x * kept, y)
        wrong = kept & (weights * sign < 0)
        if not wrong.any():
            break
        kept &= ~wrong
    scored = x @ weights + offset
    order = np.argsort(scored, kind="stable")
    scores, shares = _steps(scored[order], y[order])
    named = {name: round(float(w), 5) for name, w in zip(names, weights, strict=True)}
    return Table(named, round(offset, 5), scores, shares, len(y))


def _logistic(x: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[Any], float]:
    """Ridge logistic regression by Newton's method, on standardised measures."""
    middle, spread = x.mean(0), np.maximum(x.std(0), 1e-6)
    z = np.hstack([(x - middle) / spread, np.ones((len(x), 1))])
    penalty = np.diag([*[RIDGE * len(x)] * x.shape[1], 1e-9])
    w = np.zeros(z.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(z @ w, -30, 30)))
        gradient = z.T @ (p - y) + penalty @ w
        step = np.linalg.solve((z * (p * (1 - p))[:, None]).T @ z + penalty + 1e-9 * np.eye(len(w)), gradient)
        w -= step
        if np.abs(step).max() < 1e-9:
            break
    return w[:-1] / spread, float(w[-1] - (w[:-1] / spread) @ middle)


def _steps(score: NDArray[Any], good: NDArray[Any]) -> tuple[list[float], list[float]]:
    """Isotonic regression of what was good on the score: points of a rising line.

    A step counts one failure more than it saw, so that a short run of luck is no certainty.
    """
    blocks: list[list[float]] = []  # sum of good, count, sum of scores
    edges = range(0, len(score), LEAST)
    for i in edges:
        part = slice(i, i + LEAST)
        blocks.append([float(good[part].sum()), float(len(good[part])), float(score[part].sum())])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            last = blocks.pop()
            blocks[-1] = [a + b for a, b in zip(blocks[-1], last, strict=True)]
    scores = [round(b[2] / b[1], 5) for b in blocks]
    shares = np.maximum.accumulate([b[0] / (b[1] + 1) for b in blocks])
    return scores, [round(float(s), 5) for s in shares]
