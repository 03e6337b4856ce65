"""What configs of networks have in common, their bounds, and how a condition is given."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from packshot.errors import ParameterError


def require(holds: bool, entry: str, expected: str, got: object) -> None:
    """Raise ParameterError naming a config entry or an argument unless its bound `holds`."""
    if not holds:
        raise ParameterError(f"{entry}: expected {expected}, got {got!r}")


def require_at_least(least: int, **entries: int) -> None:
    """Raise ParameterError naming the first whole-number config entry that is below `least`."""
    for entry, value in entries.items():
        require(isinstance(value, int) and value >= least, entry, f"a whole number of at least {least}", value)


def pyramid(size: int) -> tuple[int, ...]:
    """Side lengths in px from the smallest to `size`: `28` → `(7, 14, 28)`, `32` → `(4, 8, 16, 32)`.

    Raises ParameterError unless size is 4·2ⁿ or 7·2ⁿ with n ≥ 1.
    """
    sides = [size]
    while sides[-1] % 2 == 0 and sides[-1] > 7:
        sides.append(sides[-1] // 2)
    require(sides[-1] in (4, 7) and len(sides) > 1, "size", "4·2ⁿ or 7·2ⁿ (8, 14, 16, 28, 32, 64, 128, 256 …)", size)
    return tuple(reversed(sides))


def pyramid_widths(width: int, max_width: int, levels: int) -> tuple[int, ...]:
    """Channels at each side of a pyramid, smallest first: `width` at full size, doubled per halving up to max_width."""
    return tuple(min(width * 2**level, max_width) for level in reversed(range(levels)))


@dataclass(frozen=True)
class GeneratorConfig:
    """What every generator's config has. width: channels at full size, doubled per halving, at most max_width."""

    z_dim: int = 128
    condition_dim: int = 0
    channels: int = 3
    size: int = 64
    width: int = 64
    max_width: int = 512

    def __post_init__(self) -> None:
        require_at_least(1, z_dim=self.z_dim, channels=self.channels, width=self.width, max_width=self.max_width)
        require_at_least(0, condition_dim=self.condition_dim)
        pyramid(self.size)


@dataclass(frozen=True)
class CriticConfig:
    """What every critic's config has. classes: number of values of each attribute it also classifies."""

    condition_dim: int = 0
    channels: int = 3
    size: int = 64
    width: int = 64
    max_width: int = 512
    classes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        require_at_least(1, channels=self.channels, width=self.width, max_width=self.max_width)
        require_at_least(0, condition_dim=self.condition_dim)
        require(all(k > 0 for k in self.classes), "classes", "numbers of values above 0", self.classes)
        pyramid(self.size)


def check_condition(condition: Tensor | None, condition_dim: int, n: int) -> None:
    """Raise ParameterError unless a condition `(n, condition_dim)` is given exactly when there is a place for it."""
    got = None if condition is None else tuple(condition.shape)
    expected = (n, condition_dim) if condition_dim else None
    if got != expected:
        raise ParameterError(f"condition: expected {expected} (config entry condition_dim), got {got}")


def joined(z: Tensor, condition: Tensor | None, condition_dim: int) -> Tensor:
    """`(n, z_dim)` and, if the network is conditional, `(n, condition_dim)` → side by side."""
    check_condition(condition, condition_dim, len(z))
    return z if condition is None else torch.cat([z, condition.to(z.dtype)], dim=1)
