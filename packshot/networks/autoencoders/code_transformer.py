"""A transformer that writes a map of discrete codes, one after the other: the prior of VQ-VAE and FSQ.

Sources: van den Oord, Vinyals, Kavukcuoglu, "Neural Discrete Representation Learning" (2017), §3.3 (an autoregressive
prior over the codes, fitted after the autoencoder); Esser, Rombach, Ommer, "Taming Transformers for High-Resolution
Image Synthesis" (2021), §3.2 (a decoder-only transformer over the codes in raster order); Vaswani et al. 2017,
§3.2 (attention); layer normalisation before each part as in Radford et al. 2019 (GPT-2), §2.3.
Departures: the condition is any vector, linearly mapped and added at every place; no dropout; queries, keys and values
have no bias. A code is drawn from one normal number by inverting the distribution function over codes in falling order
of probability: a smaller number means a likelier code, and zeros give the likeliest code at every place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.configs import check_condition, require, require_at_least

Cache = list[tuple[Tensor, Tensor]]  # keys and values of each block, so far


@dataclass(frozen=True)
class CodeTransformerConfig:
    """codes: number of different codes; side: of the map; width: of a place's vector; heads: of attention; blocks."""

    codes: int = 256
    side: int = 8
    condition_dim: int = 0
    width: int = 128
    heads: int = 4
    blocks: int = 4

    def __post_init__(self) -> None:
        require_at_least(1, codes=self.codes, side=self.side, width=self.width, heads=self.heads, blocks=self.blocks)
        require_at_least(0, condition_dim=self.condition_dim)
        require(self.width % self.heads == 0, "heads", f"a divisor of the width {self.width}", self.heads)


class Block(nn.Module):
    """Attention to all places before, then two layers at each: `(n, t, width)` → the same."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attend, self.merge = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width)
        self.body = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor, before: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """before: keys and values `(n, heads, s, width / heads)` of places further back; then x is one place, t = 1."""
        n, t, width = x.shape
        q, k, v = self.attend(self.norm1(x)).view(n, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        if before is not None:
            k, v = torch.cat([before[0], k], dim=2), torch.cat([before[1], v], dim=2)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=before is None)  # (n, heads, t, width / heads)
        x = x + self.merge(y.transpose(1, 2).reshape(n, t, width))
        return x + self.body(self.norm2(x)), (k, v)


class CodeTransformer(nn.Module):
    """Indices `(n, side, side)`, condition `(n, condition_dim)` → logits `(n, codes, side, side)`.

    The logits of a place depend on the indices of places before it alone, row by row.
    """

    def __init__(self, config: CodeTransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.code = nn.Embedding(config.codes, config.width)
        self.place = nn.Parameter(torch.zeros(config.side**2, config.width))
        self.first = nn.Parameter(torch.zeros(config.width))
        self.told = nn.Linear(config.condition_dim, config.width) if config.condition_dim else None
        self.blocks = nn.ModuleList(Block(config.width, config.heads) for _ in range(config.blocks))
        self.leave = nn.Sequential(nn.LayerNorm(config.width), nn.Linear(config.width, config.codes))
        self.apply(_initialise)
        for parameter in (self.place, self.first):
            nn.init.normal_(parameter, 0.0, 0.02)
        for block in self.blocks:  # what is added to the stream shrinks with depth (Radford et al. 2019, §2.3)
            for layer in (block.merge, block.body[2]):  # type: ignore[union-attr, index]
                nn.init.normal_(layer.weight, 0.0, 0.02 / math.sqrt(2 * config.blocks))  # type: ignore[union-attr, arg-type]

    def forward(self, indices: Tensor, condition: Tensor | None = None) -> Tensor:
        n, side = len(indices), self.config.side
        known = self.code(indices.flatten(1)[:, :-1])
        x = torch.cat([self.first.expand(n, 1, -1), known], dim=1) + self.place + self._told(condition, n)
        for block in self.blocks:
            x, _ = block(x)
        logits: Tensor = self.leave(x)  # (n, side², codes)
        return logits.transpose(1, 2).reshape(n, -1, side, side)

    def draw(self, noise: Tensor, condition: Tensor | None = None, guidance: float = 1.0) -> Tensor:
        """Indices `(n, side, side)` from noise `(n, side²)`, N(0, 1); shrunken noise keeps to likelier codes.

        guidance: logits go on from those without a condition through those with it (Ho & Salimans 2022, eq. 6), for
        networks that were trained with conditions left out.
        """
        n, side = len(noise), self.config.side
        share = torch.erf(noise.abs() / math.sqrt(2))  # N(0, 1) → U(0, 1)
        guided = condition is not None and guidance != 1
        if guided and condition is not None:
            condition = torch.cat([condition, torch.zeros_like(condition)])
        m = n * (1 + guided)
        told, cache = self._told(condition, m)[:, 0], None
        x, found = self.first.expand(m, -1), []
        for place in range(side**2):
            logits, cache = self._next(x + self.place[place] + told, cache)
            if guided:
                logits = logits[n:] + guidance * (logits[:n] - logits[n:])
            found.append(chosen(logits, share[:, place]))
            x = self.code(found[-1]).repeat(1 + guided, 1)
        return torch.stack(found, dim=1).view(n, side, side)

    def _next(self, x: Tensor, cache: Cache | None) -> tuple[Tensor, Cache]:
        """Logits `(n, codes)` of one place more from its input `(n, width)`, and what later places need of it."""
        x, grown = x[:, None], []
        for number, block in enumerate(self.blocks):
            x, kept = block(x, None if cache is None else cache[number])
            grown.append(kept)
        return self.leave(x[:, 0]), grown

    def _told(self, condition: Tensor | None, n: int) -> Tensor:
        """`(n or 1, 1, width)`, what is added at every place."""
        check_condition(condition, self.config.condition_dim, n)
        if self.told is None or condition is None:
            return self.place.new_zeros(1, 1, self.config.width)
        out: Tensor = self.told(condition.to(self.place.dtype))[:, None]
        return out


def chosen(logits: Tensor, share: Tensor) -> Tensor:
    """Codes `(n,)` for logits `(n, codes)`: the likeliest ones whose probabilities add up to more than share `(n,)`."""
    ordered, codes = logits.float().sort(dim=1, descending=True)
    reached = ordered.softmax(1).cumsum(1)
    rank = (reached <= share[:, None]).sum(1).clamp(max=logits.shape[1] - 1)
    return codes.gather(1, rank[:, None])[:, 0]


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, 0.0, 0.02)
    if isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)
