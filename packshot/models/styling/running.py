"""Networks of style over a photo: one pass at the working size, styles encoded once for a whole catalogue.

A restyler has `codes(style)` → tensors, and `restyled(photo, codes, shares)`, which mixes several.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional as F

from packshot import checkpoint
from packshot.errors import ModelError
from packshot.models import find
from packshot.models.styling.bank import StyleBank

if TYPE_CHECKING:
    from packshot.models import Model

STYLE_SIDE = 256  # px at which a style is encoded


def network_of(name: str) -> Any:
    """The restyler of a name or file, kept for the next photo. Raises ModelError if it is none, WeightsNotFound."""
    path = find(name)
    return _built(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _built(path: Path, changed: int) -> Any:
    stored = checkpoint.read(path)
    network: Any = stored.build()
    if not hasattr(network, "restyled") or not hasattr(network, "codes"):
        raise ModelError(f"{path.name}: is a {stored.network}, which takes no style; expected a restyler such as adain")
    return network.requires_grad_(False)


def restyled(network: Any, photo: Tensor, bank: StyleBank, scale: float = 1.0, key: str = "") -> Tensor:
    """A photo `(1, 3, h, w)` in the style of a bank. key: whose network it is; codes are kept in the bank under it."""
    side = max(32, round(STYLE_SIDE * scale))
    codes = bank.kept(("codes", key, side), lambda: _codes(network, bank, side))
    return padded(lambda x: network.restyled(x, codes, bank.shares), photo, network.multiple)


def _codes(network: Any, bank: StyleBank, side: int) -> list[tuple[Tensor, ...]]:
    with torch.no_grad():
        return [network.codes(_padded_to(picture, network.multiple)) for picture in bank.pictures(side)]


def fast(model: Model, photo: Tensor, name: str = "", adapter: str = "") -> Tensor:
    """A photo `(1, 3, h, w)` through a network of one style; with an adapter, in that one's style.

    name: of the network, to be built anew where an adapter goes in. Raises ModelError if one is of another kind.
    """
    if model.channels_in != 3 or model.scale != 1 or "residuals" not in model.config:
        raise ModelError(f"{model.name}: expected a network of one style, as `packshot train style` makes it")
    if not adapter:
        return padded(model.run, photo, model.multiple)
    network, style = _adapted(_stamped(name), _stamped(adapter))
    return padded(lambda x: network(x, style), photo, model.multiple)


def _stamped(name: str) -> tuple[Path, int]:
    path = find(name)
    return path, path.stat().st_mtime_ns


@lru_cache(maxsize=4)
def _adapted(network: tuple[Path, int], adapter: tuple[Path, int]) -> tuple[Any, Tensor]:
    """A frozen network and the gains and biases that go into it, kept for the next photo."""
    stored, told = checkpoint.read(network[0]), checkpoint.read(adapter[0])
    if told.network != "style-adapter":
        raise ModelError(
            f"{adapter[0].name}: is a {told.network}; expected an adapter (`packshot train style-adapter`)"
        )
    if dict(told.config) != dict(stored.config):
        raise ModelError(f"{adapter[0].name}: is for a network of {dict(told.config)}, not of {dict(stored.config)}")
    return stored.build().requires_grad_(False), told.tensors["style"].float()


def padded(run: Callable[[Tensor], Tensor], x: Tensor, multiple: int) -> Tensor:
    """`run` over a picture whose sides are brought to multiples by repeating its border, cut back and clamped."""
    h, w = x.shape[2:]
    with torch.no_grad():
        return run(_padded_to(x, multiple))[:, :, :h, :w].clamp(0, 1)


def _padded_to(x: Tensor, multiple: int) -> Tensor:
    h, w = x.shape[2:]
    down, across = -h % multiple, -w % multiple
    return F.pad(x, (0, across, 0, down), mode="replicate") if down or across else x
