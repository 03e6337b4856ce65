"""Drawing by a learned flow: solvers, guidance by any mixture of wishes, known pixels kept, and the flow of a file.

Sources: Lipman et al. 2023, §4 (the straight line); Ho & Salimans 2022, eq. 6 (classifier-free guidance); Liu et al.
2022, "Compositional Visual Generation with Composable Diffusion Models", §3 (wishes added, weighted, and negated);
Karras et al. 2022, algorithm 1 (Heun, whose last step is Euler's).
All is done on the picture that is foreseen, of which the velocity is a linear function: there it can be bounded and
known pixels can be put back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn

from packshot import checkpoint
from packshot.catalogue.dataset.conditions import Vocabulary
from packshot.checkpoint import Checkpoint
from packshot.errors import BadCheckpoint, ParameterError, WeightsNotFound
from packshot.networks.layers.configs import require

Solver = Literal["euler", "heun"]
NETWORK = "dit"
ENCODER = "catalogue-clip"  # the weights that read a flow's texts, where they do not lie beside it
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
    """A condition `(n or 1, d)` beside the wish, and how strongly it draws; below 0 it pushes away."""

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


class Flow(nn.Module):
    """A flow's checkpoint as a decoder: `decode(noise, condition)` as a VAE's, with everything that steers it.

    how, extras, known: as for `foreseeing`, of one row, for all pictures; known as pixels. Raises BadCheckpoint if the
    autoencoder that it needs is missing or another one.
    """

    def __init__(self, stored: Checkpoint) -> None:
        super().__init__()
        config = stored.config
        self.network: Any = stored.build()
        self.autoencoder: Any = beside(stored, "decoder").build() if stored.card.get("decoder") else None
        self.vocabulary = Vocabulary.read(stored.card.get("conditions", ()))
        self.shape = int(config["channels"]), int(config["size"]), int(config["size"])
        self.noise_dim, self.condition_dim = self.shape[0] * self.shape[1] ** 2, sum(config["told"])
        self.how = How()
        self.known: Tensor | None = None
        self.extras: tuple[Extra, ...] = ()

    def decode(self, noise: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(n, noise_dim)` → pictures `(n, c, h, w)` in [-1, 1]."""
        return self.pictures(transport(self.field(len(noise), condition), noise.view(-1, *self.shape), self.how))

    def field(self, n: int, condition: Tensor | None = None) -> Foreseen:
        """What is foreseen of n points under a condition `(n, condition_dim)` and all that is set."""
        place = self.network.places.device
        extras = tuple(Extra(extra.condition.to(place).expand(n, -1), extra.weight) for extra in self.extras)
        known = None if self.known is None else self.code_of(self.known.to(place)).expand(n, -1, -1, -1)
        return foreseeing(self.network, condition, self.how, known=known, extras=extras)

    def pictures(self, points: Tensor) -> Tensor:
        """Points at time 1 as pictures: themselves, or decoded."""
        if self.autoencoder is None:
            return points
        out: Tensor = self.autoencoder.decode(self.autoencoder.snapped(points))
        return out

    def points(self, pictures: Tensor) -> Tensor:
        """The points at time 1 of pictures in [-1, 1]: themselves, or their codes."""
        if self.autoencoder is None:
            return pictures
        out: Tensor = self.autoencoder.look_up(self.autoencoder.choose(self.autoencoder.encode(pictures)))
        return out

    def code_of(self, known: Tensor) -> Tensor:
        """Known pixels `(n, c + 1, h, w)` as the network takes them; a code is known where all its pixels are."""
        if not self.network.config.known:
            raise ParameterError("known: this flow was trained without masks; train one with --set masks=0.25")
        if self.autoencoder is None:
            return known
        factor = known.shape[2] // self.shape[1]
        given = -nn.functional.max_pool2d(-known[:, -1:], factor)
        return torch.cat([self.points(known[:, :-1]) * given, given], dim=1)


def beside(stored: Checkpoint, entry: str, else_named: str = "") -> Checkpoint:
    """The checkpoint that a card's entry names by file and digest (of the file, or of its weights alone): beside this
    one, or the weights `else_named`.

    Raises BadCheckpoint if it is missing or another one.
    """
    from packshot.models import find

    told = stored.card.get(entry) or {}
    places = [stored.path.parent / str(told.get("file", ""))]
    if else_named:
        with suppress(WeightsNotFound):
            places.append(find(else_named))
    there = [checkpoint.read(path) for path in places if told and path.is_file()]
    for found in there:
        if found.digest == told.get("digest") or fingerprint(found) == told.get("weights"):
            return found
    name = places[0].name
    if there:
        raise BadCheckpoint(f"{name}: not the {entry} that {stored.path.name} was trained with")
    raise BadCheckpoint(f"{stored.path.name}: its {entry} {name!r} is not beside it")


def fingerprint(stored: Checkpoint) -> str:
    """SHA-256 of names and values of the weights alone, in half precision: the same when a card is completed."""
    total = hashlib.sha256()
    for name in sorted(stored.tensors):
        total.update(name.encode() + stored.tensors[name].to(torch.float16).contiguous().numpy().tobytes())
    return total.hexdigest()


def encoder_of(stored: Checkpoint) -> Any:
    """What a flow's texts and pictures become vectors by: its file beside the flow, or another library's by name.

    Raises BadCheckpoint if it is missing or another one, WeightsNotFound, MissingExtra.
    """
    from packshot.models import words

    told = stored.card.get("encoder") or {}
    if "name" not in told:
        return words.load(str(beside(stored, "encoder", ENCODER).path))
    encoder = words.load(str(told["name"]))
    if encoder.digest != told.get("digest"):
        raise BadCheckpoint(f"{told['name']}: not the encoder that {stored.path.name} was trained with")
    return encoder
