"""From noise to a picture along a learned flow: solvers, guidance by any mixture of wishes, and known pixels kept.

Sources: Lipman et al. 2023, §4 (the straight line); Ho & Salimans 2022, eq. 6 (classifier-free guidance); Liu et al.
2022, "Compositional Visual Generation with Composable Diffusion Models", §3 (wishes added, weighted, and negated);
Karras et al. 2022, algorithm 1 (Heun, whose last step is Euler's).
All is done on the picture that is foreseen, of which the velocity is a linear function: there it can be bounded and
known pixels can be put back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from packshot.networks.layers import require

Solver = Literal["euler", "heun"]
Foreseen = Callable[[Tensor, float], Tensor]  # point, time → the picture foreseen


@dataclass(frozen=True)
class How:
    """steps: of the solver. guidance: 1 = the wish as it was learned, more = more obedient, less various; 0 = none."""

    steps: int = 12
    guidance: float = 2.0
    solver: Solver = "heun"

    def __post_init__(self) -> None:
        require(1 <= self.steps <= 200, "steps", "1 to 200", self.steps)
        require(0 <= self.guidance <= 20, "guidance", "0 to 20", self.guidance)
        require(self.solver in ("euler", "heun"), "solver", "'euler' or 'heun'", self.solver)


class Extra(NamedTuple):
    """A part of a wish that counts more, less (above or below 0 beside its 1) or is to be kept away from (below −1)."""

    condition: Tensor
    weight: float


def transport(foreseen: Foreseen, noise: Tensor, how: How, start: float = 0.0) -> Tensor:
    """Carry a point from time `start` to 1, where it is a picture. noise: the point there, `(n, c, h, w)`."""
    times = torch.linspace(start, 1, how.steps + 1).tolist()
    x = noise
    for now, then in pairwise(times[:-1]):
        slope = (foreseen(x, now) - x) / (1 - now)
        end = x + (then - now) * slope
        if how.solver == "heun":
            slope = (slope + (foreseen(end, then) - end) / (1 - then)) / 2
            end = x + (then - now) * slope
        x = end
    return foreseen(x, times[-2])


def foreseeing(
    network: Any,
    condition: Tensor | None,
    how: How,
    *,
    known: Tensor | None = None,
    extras: tuple[Extra, ...] = (),
) -> Foreseen:
    """The guided picture of a `DiT`, within [-1, 1], as a function of point and time.

    condition: `(n, d)`. known: `(n, channels + 1, h, w)`, see `DiT`. extras: further terms of the guidance, each a
    condition `(n, d)` and how strongly it draws (below 0: pushes away), in units of the guidance.
    """
    open_condition = torch.zeros_like(extras[0].condition) if condition is None and extras else condition
    plain = condition is None or how.guidance == 0
    rows = [None if plain else condition, *(extra.condition for extra in extras)]
    if not plain and (how.guidance != 1 or extras):
        rows.append(None)

    def at(x: Tensor, time: float) -> Tensor:
        n = len(x)
        told = None
        if open_condition is not None:
            told = torch.cat([torch.zeros_like(open_condition) if row is None else row for row in rows])
        m = len(rows)
        beside = None if known is None else known.repeat(m, 1, 1, 1)
        found = network.picture(x.repeat(m, 1, 1, 1), x.new_full((m * n,), time), told, beside).split(n)
        out: Tensor = found[0]
        if m > 1:
            open_ = found[-1] if rows[-1] is None else found[0]
            out = open_ + how.guidance * (found[0] - open_)
            for extra, seen in zip(extras, found[1:], strict=False):
                out = out + how.guidance * extra.weight * (seen - open_)
        return _kept(out.clamp(-1, 1), known)

    return at


def _kept(picture: Tensor, known: Tensor | None) -> Tensor:
    """Known pixels put back."""
    if known is None:
        return picture
    given = known[:, -1:]
    return picture * (1 - given) + known[:, :-1] * given
