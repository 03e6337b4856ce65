"""A translator over a picture: a drawing, a layout or a photograph in, a photograph out, under what is wanted.

What a translator takes and may be told stands in its card, under `translation`:

    takes         `drawing` (ink, 1 = line), `layout` (numbers of parts) or `photo`
    side          px of the pictures it learned from; others work, best within a factor of two
    parts         category → names of its parts, number 1 first (the ground is 0); "" = whatever the category
    drawn         attributes that a seed decides where they are not told; any other one is left open
    must          attributes that have to be told
    combinations  values of `drawn` that occur together, as numbers, so that a seed asks for nothing impossible
    ground        what stands behind the product: `own`, or `white` (drawn with a soft shadow)

Attributes and their values stand where every card has them. Pictures are in [0, 1].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot import checkpoint
from packshot.errors import ModelError, ParameterError
from packshot.models import check_licence, find, resolve_device

KINDS = ("unet-translator", "resnet-translator", "two-way-translator", "spade")
PLANES = {"drawing": 1, "layout": 1, "photo": 3}  # channels that are given


@dataclass(frozen=True, eq=False)
class Translator:
    """Weights that translate. card: of the checkpoint; digest: its SHA-256; device: where it runs."""

    network: nn.Module
    card: Mapping[str, Any]
    digest: str
    name: str
    device: str = "cpu"

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the card says of the translation (see above)."""
        found: Mapping[str, Any] = self.card["translation"]
        return found

    @property
    def takes(self) -> str:
        """`drawing`, `layout` or `photo`."""
        return str(self.facts["takes"])

    @property
    def side(self) -> int:
        """Side of the pictures it learned from, px."""
        return int(self.facts["side"])

    @property
    def ground(self) -> str:
        """`own` or `white`: what stands behind the products it makes."""
        return str(self.facts.get("ground", "own"))

    @cached_property
    def attributes(self) -> dict[str, tuple[str, ...]]:
        """What may be wanted: attribute → its values."""
        return {name: tuple(values) for name, values in self.card.get("attributes", {}).items()}

    @cached_property
    def parts(self) -> dict[str, tuple[str, ...]]:
        """Category → names of its parts: number 1 first, the ground is 0. Empty but for layouts."""
        return {name: tuple(parts) for name, parts in self.facts.get("parts", {}).items()}

    def parts_of(self, category: str = "") -> tuple[str, ...]:
        """Names of the parts of a category. Raises ParameterError listing the categories it knows."""
        found = self.parts.get(category) or self.parts.get("")
        if found is None:
            raise ParameterError(f"category: expected one of {', '.join(self.parts)}; got {category!r}")
        return found

    def settled(self, wanted: Mapping[str, str], seed: int | None = None) -> dict[str, str]:
        """What is told in the end: the wanted, and with a seed what it decides. Left out = open.

        Raises ParameterError for an attribute or value it does not know, and for one that has to be told.
        """
        for name, value in wanted.items():
            if name not in self.attributes:
                raise ParameterError(
                    f"{name}: {self.name} knows no such attribute; it knows {', '.join(self.attributes) or 'none'}"
                )
            if value not in self.attributes[name]:
                raise ParameterError(f"{name}: expected one of {', '.join(self.attributes[name])}; got {value!r}")
        for name in self.facts.get("must", ()):
            if name not in wanted:
                raise ParameterError(f"{name}: has to be told; one of {', '.join(self.attributes[name])}")
        return dict(wanted) if seed is None else self._drawn(wanted, seed)

    def condition(self, wanted: Mapping[str, str], seed: int | None = None) -> Tensor | None:
        """`(1, condition_dim)` of what is wanted; None where the network is told nothing."""
        told = self.settled(wanted, seed)
        if not self.attributes:
            return None
        rows = [[float(told.get(name) == value) for value in values] for name, values in self.attributes.items()]
        return torch.tensor([[one for row in rows for one in row]])

    def translated(self, given: Tensor, wanted: Mapping[str, str] | None = None, seed: int | None = None) -> Tensor:
        """`(n, 3, h, w)` in [0, 1] of what is given: ink `(n, 1, h, w)` in [0, 1], layout `(n, 1, h, w)` of whole
        numbers, or photographs `(n, 3, h, w)` in [0, 1]; any h, w.

        seed: decides what may be decided (colour, material, look); None leaves it open. The same for all n.
        Raises ParameterError for another number of channels, and as `settled`, `planes_of` do.
        """
        if given.ndim != 4 or given.shape[1] != PLANES[self.takes]:
            expected = f"(n, {PLANES[self.takes]}, h, w)"
            raise ParameterError(f"given: {self.name} takes a {self.takes} {expected}, got {tuple(given.shape)}")
        told = self.condition(wanted or {}, seed)
        x = planes_of(given, int(self.network.config.channels_in)) if self.takes == "layout" else given.float()  # type: ignore[union-attr, arg-type]
        condition = None if told is None else told.expand(len(x), -1).to(self.device)
        arguments = [x.to(self.device), condition, *self._look(len(x), seed)]
        return _padded(self.network, arguments).float().clamp(0, 1).cpu()

    def _look(self, n: int, seed: int | None) -> list[Tensor]:
        """The code of a look that a seed stands for, where the network has a place for one."""
        length = int(getattr(self.network.config, "look_dim", 0))
        if not length or seed is None:
            return []
        z = torch.randn(1, length, generator=torch.Generator().manual_seed(seed))
        return [z.expand(n, -1).to(self.device)]

    def _drawn(self, wanted: Mapping[str, str], seed: int) -> dict[str, str]:
        """With the attributes that a seed decides: a combination that occurs and agrees with what is wanted."""
        drawn = [name for name in self.facts.get("drawn", ()) if name in self.attributes]
        rows = [
            {name: self.attributes[name][code] for name, code in zip(drawn, codes, strict=True)}
            for codes in self.facts.get("combinations", ())
            if drawn
        ]
        fitting = [row for row in rows if all(wanted.get(name, value) == value for name, value in row.items())]
        if not fitting:
            return dict(wanted)
        chosen = int(torch.randint(len(fitting), (), generator=torch.Generator().manual_seed(seed)))
        return fitting[chosen] | dict(wanted)


def translator_of(name: str, device: str = "cpu", commercial: bool = False) -> Translator:
    """The translator of a name or file, kept for the next picture.

    Raises WeightsNotFound, BadCheckpoint, ModelError if the weights translate nothing, LicenceRefused, DeviceError.
    """
    path = find(name)
    return _built(path, path.stat().st_mtime_ns, resolve_device(device), commercial)


@lru_cache(maxsize=8)
def _built(path: Path, changed: int, device: str, commercial: bool) -> Translator:
    stored = checkpoint.read(path)
    if stored.network not in KINDS or stored.card.get("translation", {}).get("takes") not in PLANES:
        raise ModelError(f"{path.name}: is a {stored.network} that translates nothing; expected a translator")
    if commercial:
        check_licence(stored)
    network = stored.build().requires_grad_(False).to(device)
    if device == "cpu":
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    stem, role = path.stem, stored.card.get("role")
    return Translator(
        network, stored.card, stored.digest, str(stored.card.get("preset", stem)) if stem == role else stem, device
    )


def _padded(network: nn.Module, arguments: Sequence[Tensor | None]) -> Tensor:
    """The network over a picture whose sides are brought to multiples by repeating its border, cut back."""
    x, *rest = arguments
    assert x is not None
    h, w = x.shape[2:]
    step = int(getattr(network, "multiple", 1))
    down, across = -h % step, -w % step
    x = F.pad(x, (0, across, 0, down), mode="replicate") if down or across else x
    with torch.inference_mode():
        out: Tensor = network(x.contiguous(memory_format=torch.channels_last), *rest)
    return out[:, :, :h, :w]


def planes_of(layout: Tensor, count: int) -> Tensor:
    """`(n, 1, h, w)` numbers of parts → `(n, count, h, w)`, one plane a part, the ground first.

    Raises ParameterError naming the first number that has no plane, and where it is.
    """
    numbers = layout.long()
    wrong = (numbers < 0) | (numbers >= count)
    if bool(wrong.any()):
        _, _, y, x = (int(v) for v in wrong.nonzero()[0])
        raise ParameterError(
            f"layout: expected numbers of parts from 0 (ground) to {count - 1}; "
            f"got {int(numbers[wrong][0])} at row {y}, column {x}"
        )
    return F.one_hot(numbers[:, 0], count).permute(0, 3, 1, 2).float()
