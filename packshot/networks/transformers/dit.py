"""DiT: a transformer over patches of a noisy picture that foresees the clean one, under any of several conditions.

Sources: Peebles & Xie, "Scalable Diffusion Models with Transformers" (2023), §3.2 (patches, fixed 2-D sine positions,
adaLN-zero); Li & He, "Back to Basics: Let Denoising Generative Models Denoise" (2025), §3–4 (foretelling the picture
itself is what makes large patches of pixels work; conditions also as tokens beside those of the picture); Lipman et al.
2023, §4 (the straight line from noise to picture).
Departures: blocks are modulated from a code shorter than the stream; a group of conditions is one token; what is known
of the picture (inpainting) comes in as more channels; an optional convolutional end mends the seams between patches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.configs import require, require_at_least

FREQUENCIES = 32  # of time, as sines and cosines
LEAST = 0.05  # of 1 − time, by which a foreseen picture is turned into a velocity (Li & He 2025, §4.3)


@dataclass(frozen=True)
class DiTConfig:
    """channels, size: of the picture or the map of codes; patch: its side; told: length of every group of conditions.

    known: whether known pixels and their mask come in too. width: of a token; code: of what modulates the blocks;
    depth: blocks; heads: of attention; refine: channels of the convolutional end, 0 = none. predicts: what the last
    layer gives; from either, `picture` and `velocity` follow.
    """

    channels: int = 3
    size: int = 64
    patch: int = 8
    told: tuple[int, ...] = ()
    known: bool = False
    width: int = 160
    code: int = 96
    depth: int = 6
    heads: int = 4
    refine: int = 0
    predicts: Literal["picture", "velocity"] = "picture"

    def __post_init__(self) -> None:
        require_at_least(1, channels=self.channels, size=self.size, patch=self.patch, width=self.width, code=self.code)
        require_at_least(1, depth=self.depth, heads=self.heads)
        require_at_least(0, refine=self.refine)
        require(self.size % self.patch == 0, "patch", f"a divisor of the size {self.size}", self.patch)
        require(self.width % (4 * self.heads) == 0, "width", f"a multiple of 4 × {self.heads} heads", self.width)
        require(all(d > 0 for d in self.told), "told", "lengths of groups, each above 0", self.told)
        require(self.predicts in ("picture", "velocity"), "predicts", "'picture' or 'velocity'", self.predicts)

    @property
    def tokens(self) -> int:
        """Patches of a picture."""
        return (self.size // self.patch) ** 2


class Block(nn.Module):
    """Attention and two layers on `(n, t, width)`, each shifted, scaled and gated by a code; nothing at the start."""

    def __init__(self, width: int, code: int, heads: int) -> None:
        super().__init__()
        self.width, self.heads = width, heads
        self.modulate = nn.Linear(code, 6 * width)
        self.attend, self.merge = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.body = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU("tanh"), nn.Linear(4 * width, width))
        nn.init.zeros_(self.modulate.weight)
        nn.init.zeros_(self.modulate.bias)

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        move1, scale1, gate1, move2, scale2, gate2 = self.modulate(code)[:, None].chunk(6, dim=2)
        q, k, v = self._parts(x, move1, scale1)
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        x = x + gate1 * self.merge(y)
        out: Tensor = x + gate2 * self.body(self._norm(x, move2, scale2))
        return out

    def attention(self, x: Tensor, code: Tensor) -> Tensor:
        """How much each token looks at every other one: `(n, heads, t, t)`, rows add up to 1."""
        move, scale = self.modulate(code)[:, None].chunk(6, dim=2)[:2]
        q, k, _ = self._parts(x, move, scale)
        return (q @ k.transpose(2, 3) / math.sqrt(q.shape[3])).softmax(3)

    def _parts(self, x: Tensor, move: Tensor, scale: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        n, t, _ = x.shape
        q, k, v = self.attend(self._norm(x, move, scale)).view(n, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        return q, k, v

    def _norm(self, x: Tensor, move: Tensor, scale: Tensor) -> Tensor:
        return F.layer_norm(x, (self.width,), eps=1e-6) * (1 + scale) + move


class Told(nn.Module):
    """Groups of conditions `(n, sum of told)` → one token each `(n, groups, width)`; zeros = nothing is said."""

    def __init__(self, told: tuple[int, ...], width: int) -> None:
        super().__init__()
        self.told = told
        self.groups = nn.ModuleList(
            nn.Sequential(nn.Linear(d, width), nn.SiLU(), nn.Linear(width, width)) for d in told
        )

    def forward(self, condition: Tensor) -> Tensor:
        parts = torch.split(condition, list(self.told), dim=1)
        return torch.stack([group(part) for group, part in zip(self.groups, parts, strict=True)], dim=1)


class End(nn.Module):
    """Features of patches and the noisy picture → what is foretold: two convolutions at full size."""

    def __init__(self, features: int, channels: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(features + channels, features, 3, padding=1)
        self.last = nn.Conv2d(features, channels, 3, padding=1)
        for parameter in self.last.parameters():
            nn.init.zeros_(parameter)

    def forward(self, features: Tensor, point: Tensor) -> Tensor:
        out: Tensor = self.last(F.silu(self.mix(torch.cat([features, point], dim=1))))
        return out


class DiT(nn.Module):
    """Point `(n, channels, size, size)` at time `(n,)` in [0, 1] (0 = noise, 1 = picture) → what config.predicts says.

    condition: `(n, sum of told)`, None = nothing is said. known: `(n, channels + 1, size, size)`, the known pixels
    (zeros elsewhere) and 1 where they are known; None = nothing is known.
    """

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.config = config
        c, p, width = config.channels, config.patch, config.width
        self.enter = nn.Conv2d(c + (c + 1) * config.known, width, p, p)
        self.time = nn.Sequential(
            nn.Linear(2 * FREQUENCIES, config.code), nn.SiLU(), nn.Linear(config.code, config.code)
        )
        self.told = Told(config.told, width) if config.told else None
        self.gather = nn.Linear(width, config.code) if config.told else None
        self.blocks = nn.ModuleList(Block(width, config.code, config.heads) for _ in range(config.depth))
        self.modulate = nn.Linear(config.code, 2 * width)
        self.leave = nn.Linear(width, p * p * (config.refine or c))
        self.end = End(config.refine, c) if config.refine else None
        self.register_buffer("places", places(config.size // p, width), persistent=False)
        for layer in (self.modulate, *([] if config.refine else [self.leave])):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(
        self, point: Tensor, time: Tensor, condition: Tensor | None = None, known: Tensor | None = None
    ) -> Tensor:
        x, code = self._entered(point, time, condition, known)
        for block in self.blocks:
            x = block(x, code)
        return self._left(x[:, -self.config.tokens :], code, point)

    def picture(
        self, point: Tensor, time: Tensor, condition: Tensor | None = None, known: Tensor | None = None
    ) -> Tensor:
        """The clean picture that is foreseen, `(n, channels, size, size)`, not bounded."""
        found = self(point, time, condition, known)
        out: Tensor = found if self.config.predicts == "picture" else point + (1 - spread(time)) * found
        return out

    def velocity(
        self, point: Tensor, time: Tensor, condition: Tensor | None = None, known: Tensor | None = None
    ) -> Tensor:
        """Where the point moves: d point / d time."""
        found = self(point, time, condition, known)
        if self.config.predicts == "picture":
            found = (found - point) / (1 - spread(time)).clamp(min=LEAST)
        out: Tensor = found
        return out

    def attention(
        self, point: Tensor, time: Tensor, condition: Tensor | None = None, known: Tensor | None = None
    ) -> Tensor:
        """`(depth, n, heads, tokens, groups + tokens)`: what every patch looks at, groups of conditions first."""
        x, code = self._entered(point, time, condition, known)
        found = []
        for block in self.blocks:
            found.append(block.attention(x, code)[:, :, -self.config.tokens :])  # type: ignore[operator]
            x = block(x, code)
        return torch.stack(found)

    def _entered(
        self, point: Tensor, time: Tensor, condition: Tensor | None, known: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Tokens `(n, groups + patches, width)` and the code `(n, code)`."""
        self._check(point, time, condition, known)
        config, n = self.config, len(point)
        if config.known:
            nothing = point.new_zeros(n, config.channels + 1, *point.shape[2:])
            point = torch.cat([point, nothing if known is None else known.to(point.dtype)], dim=1)
        x = self.enter(point).flatten(2).transpose(1, 2) + self.places
        angles = time[:, None] * math.pi * 2 ** torch.linspace(-1, 6, FREQUENCIES, device=time.device)
        code = self.time(torch.cat([angles.sin(), angles.cos()], dim=1))
        if self.told is not None and self.gather is not None:
            said = point.new_zeros(n, sum(config.told)) if condition is None else condition.to(point.dtype)
            tokens = self.told(said)
            code = code + self.gather(tokens.mean(1))
            x = torch.cat([tokens, x], dim=1)
        return x, F.silu(code)

    def _left(self, x: Tensor, code: Tensor, point: Tensor) -> Tensor:
        """Tokens of patches `(n, tokens, width)` → `(n, channels, size, size)`."""
        move, scale = self.modulate(code)[:, None].chunk(2, dim=2)
        side = self.config.size // self.config.patch
        x = self.leave(F.layer_norm(x, (self.config.width,), eps=1e-6) * (1 + scale) + move)
        x = F.pixel_shuffle(x.transpose(1, 2).reshape(len(x), -1, side, side), self.config.patch)
        return x if self.end is None else self.end(x, point)

    def _check(self, point: Tensor, time: Tensor, condition: Tensor | None, known: Tensor | None) -> None:
        config, n = self.config, len(point)
        shape = (config.channels, config.size, config.size)
        require(tuple(point.shape[1:]) == shape, "point", f"(n, {config.channels}, {config.size}, {config.size})",
                tuple(point.shape))  # fmt: skip
        require(tuple(time.shape) == (n,), "time", f"({n},)", tuple(time.shape))
        if condition is not None:
            length = sum(config.told)
            require(tuple(condition.shape) == (n, length), "condition", f"({n}, {length})", tuple(condition.shape))
        if known is not None:
            require(config.known, "known", "nothing: this network was not built for known pixels", tuple(known.shape))
            expected = (n, config.channels + 1, *shape[1:])
            require(tuple(known.shape) == expected, "known", f"{expected}", tuple(known.shape))


def spread(time: Tensor) -> Tensor:
    """`(n,)` → `(n, 1, 1, 1)`."""
    return time[:, None, None, None]


def places(side: int, width: int) -> Tensor:
    """`(side², width)`: sines and cosines of row and column (Vaswani et al. 2017, §3.5, along either axis)."""
    rates = 1 / 10_000 ** (torch.arange(width // 4) / (width // 4))
    angles = torch.arange(side)[:, None] * rates  # (side, width / 4)
    line = torch.cat([angles.sin(), angles.cos()], dim=1)
    rows, columns = line[:, None].expand(-1, side, -1), line[None].expand(side, -1, -1)
    return torch.cat([rows, columns], dim=2).reshape(side * side, width)
