"""Autoencoders: what both halves see, walks through the codes of real pictures, and arithmetic with attributes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from packshot.evaluation.explaining.drawing import coloured
from packshot.evaluation.explaining.walking import REACH, difference, principal_axes, walk
from packshot.evaluation.explaining.watching import levels, watch
from packshot.training.explaining.generators import AXES, CHUNK, ROWS, STEPS, VALUES, path_figure
from packshot.training.explaining.judges import MAPS_SHOWN, layer_section
from packshot.training.explaining.material import Shown
from packshot.training.explaining.parts import Figure, Section, grid, plain
from packshot.training.explaining.subject import Subject

ATTRIBUTES = ("colour", "material", "category")  # those whose arithmetic is shown first
MOST_ATTRIBUTES, MOST_TARGETS, LEAST_PICTURES = 3, 3, 8
AMOUNTS = (0.5, 1.0, 1.5)  # of the difference, added
EACH = 3  # pictures shown of each target
MEASURED = 200  # pictures an arithmetic is tried on at most


@dataclass(frozen=True)
class Codes:
    """Both halves of an autoencoder, whatever its codes are, with codes of real pictures: `(n, d)`.

    Codes that walks and arithmetic lead to are kept within what real pictures have, number by number.
    """

    subject: Subject
    real: Shown
    codes: Tensor
    shape: tuple[int, ...]

    @classmethod
    def of(cls, subject: Subject, real: Shown) -> Codes:
        """Of all pictures given."""
        parts = [encoded(subject, real[range(i, min(i + CHUNK, len(real)))]) for i in range(0, len(real), CHUNK)]
        whole = torch.cat(parts)
        return cls(subject, real, whole.flatten(1), tuple(whole.shape[1:]))

    def draw(self, codes: Tensor, condition: Tensor | None) -> Tensor:
        """Codes `(n, d)` → pictures `(n, 3, h, w)` in [0, 1]."""
        low, high = self.codes.amin(0), self.codes.amax(0)
        kept = codes.clamp(low, high) if len(self.shape) > 1 else codes  # maps of codes have hard bounds
        return coloured(decoded(self.subject, kept.view(-1, *self.shape), condition))

    def condition(self, rows: Any) -> Tensor | None:
        """What is told of some of the real pictures."""
        return None if self.real.condition is None else self.real.condition[rows]


def encoded(subject: Subject, shown: Shown) -> Tensor:
    """Codes of pictures: the mean of a variational encoder, else the map of codes before rounding."""
    network: Any = subject.network
    with torch.inference_mode():
        x = shown.image.to(subject.device)
        told = shown.condition
        code = network.encode(x, *(() if told is None else (told.to(subject.device),)))
        found: Tensor = code[0] if isinstance(code, tuple) else code
        return found.cpu()


def decoded(subject: Subject, codes: Tensor, condition: Tensor | None) -> Tensor:
    """Pictures in [-1, 1] of codes; codes of discrete kinds are rounded first, as the network would."""
    network: Any = subject.network
    with torch.inference_mode():
        codes = codes.to(subject.device)
        if hasattr(network, "look_up"):
            codes = network.look_up(network.choose(codes))
        told = () if condition is None else (condition.to(subject.device),)
        found: Tensor = network.decode(codes, *told)
        return found.clamp(-1, 1).cpu()


def explain_codec(subject: Subject, real: Shown, seed: int) -> Iterator[Section]:
    """The sections of an autoencoder that need real pictures."""
    space = Codes.of(subject, real)
    yield _halves(subject, real)
    yield _walks(space, seed)
    for attribute, values in subject.attributes.items():
        if subject.condition_dim and len(values) > 1:
            yield _swapped(space, attribute, values)
    told = [name for name in real.names if name not in (subject.attributes if subject.condition_dim else ())]
    chosen = sorted(told, key=lambda name: ATTRIBUTES.index(name) if name in ATTRIBUTES else len(ATTRIBUTES))
    shown = 0
    for attribute in chosen:
        found = arithmetic(space, attribute, seed)
        if found is not None and shown < MOST_ATTRIBUTES:
            shown += 1
            yield found


def _halves(subject: Subject, real: Shown) -> Section:
    """Feature maps down to the code and up again."""
    some = real[range(min(MAPS_SHOWN, len(real)))]
    run = lambda: decoded(subject, encoded(subject, some).clone(), some.condition)  # noqa: E731
    _, found = watch(subject.network, run)
    return layer_section("layers_codec", "layers-autoencoder", some.image, levels(found), generated=False)


def _walks(space: Codes, seed: int) -> Section:
    axes = principal_axes(space.codes, AXES)
    start = space.codes[:1]
    told = space.condition([0])
    told = None if told is None else told.expand(STEPS, -1)
    rows = [space.draw(walk(start, axes, i, STEPS), told) for i in range(len(axes.directions))]
    facts = {"n": len(space.codes), "dim": space.codes.shape[1], "reach": REACH, "seed": seed}
    figure = path_figure("walks-principal", rows, axes.explained)
    return Section("walks_codes", facts, (figure,), numbers={"explained": axes.explained})


def _swapped(space: Codes, attribute: str, values: list[str]) -> Section:
    """Real pictures decoded from their own codes under other values of an attribute they are told of."""
    shown = values[:VALUES]
    place = sum(
        len(v) for v in list(space.subject.attributes.values())[: list(space.subject.attributes).index(attribute)]
    )
    rows = []
    for row in range(min(ROWS, len(space.real))):
        own = space.condition([row])
        assert own is not None, "an attribute that is told is in the condition"
        told = own.repeat(1 + len(shown), 1)
        told[1:, place : place + len(values)] = torch.eye(len(values))[: len(shown)]
        again = space.draw(space.codes[row : row + 1].expand(len(told), -1), told)
        rows.append(torch.cat([coloured(space.real.image[row : row + 1]), again]))
    facts = {"attribute": attribute, "shown": len(shown), "values": len(values)}
    figure = Figure(f"attribute-{plain(attribute)}", grid(rows), 2 + len(shown), True, ("@picture", "@decoded", *shown))
    return Section("swapped", facts, (figure,), numbers=facts)


def arithmetic(space: Codes, attribute: str, seed: int) -> Section | None:
    """code + amount · (mean code with another value − mean code with its own), and how often the encoder agrees.

    None for an attribute with fewer than two values of LEAST_PICTURES pictures each.
    """
    values = space.real.names[attribute]
    common = [value for value, n in Counter(filter(None, values)).most_common() if n >= LEAST_PICTURES]
    if len(common) < 2:
        return None
    rows, down, table = [], [], []
    for value in common[:MOST_TARGETS]:
        steps = {own: _step(space.codes, values, own, value) for own in common if own != value}
        others = [row for row, own in enumerate(values) if own in steps]
        table.append({"value": f"→ {value}", **_agreement(space, values, value, steps, others[:MEASURED], seed)})
        for row in _different(others, values, EACH):
            codes = torch.stack([space.codes[row] + amount * steps[values[row]] for amount in (0.0, *AMOUNTS)])
            told = space.condition([row])
            again = space.draw(codes, None if told is None else told.expand(len(codes), -1))
            rows.append(torch.cat([coloured(space.real.image[row : row + 1]), again]))
            down.append(f"{values[row]} → {value}")
    across = ("@picture", "@decoded", *(f"+{amount:g}" for amount in AMOUNTS))
    figure = Figure(f"arithmetic-{plain(attribute)}", grid(rows), len(across), True, across=across, down=tuple(down))
    facts = {"attribute": attribute, "n": len(values), "seed": seed}
    return Section("arithmetic", facts, (figure,), rows=tuple(table), numbers=facts)


def _step(codes: Tensor, values: Sequence[str], own: str, value: str) -> Tensor:
    either = torch.tensor([v in (own, value) for v in values])
    return difference(codes[either], torch.tensor([v == value for v in values])[either])


def _different(rows: Sequence[int], values: Sequence[str], most: int) -> list[int]:
    """The first pictures, no two of one value."""
    found: dict[str, int] = {}
    for row in rows:
        found.setdefault(values[row], row)
    return list(found.values())[:most]


def _agreement(
    space: Codes, values: Sequence[str], value: str, steps: dict[str, Tensor], rows: list[int], seed: int
) -> dict[str, Any]:
    """Share of pictures that the encoder, shown the decoded result, puts nearer to the mean with the new value.

    before: of the plain reconstruction; random: after steps as long in a direction drawn by lot.
    """
    own = torch.stack([steps[values[row]] for row in rows])
    target = space.codes[torch.tensor([v == value for v in values])].mean(0)
    lot = torch.randn(own.shape[1:], generator=torch.Generator().manual_seed(seed))
    shares = {}
    for name, moved in (
        ("before", 0 * own),
        ("random", lot / lot.norm() * own.norm(dim=1, keepdim=True)),
        ("after", own),
    ):
        pictures = space.draw(space.codes[rows] + moved, space.condition(rows))
        image = (pictures[:, : space.real.image.shape[1]] * 2 - 1).contiguous()
        again = encoded(space.subject, Shown(image, space.condition(rows), {})).flatten(1)
        nearer = (again - target).norm(dim=1) < (again - (target - own)).norm(dim=1)
        shares[name] = float(nearer.float().mean())
    return {**shares, "n": len(rows)}
