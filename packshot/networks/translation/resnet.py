"""A residual translator of photographs: changes what has to change and leaves the rest as it is.

Sources: Johnson, Alahi & Fei-Fei 2016 (the network); Zhu, Park, Isola & Efros, "Unpaired Image-to-Image Translation
using Cycle-Consistent Adversarial Networks" (2017), appendix 7.2; with a condition it is the generator of Choi et al.,
"StarGAN" (2018), appendix 7.1; the gate is that of Pumarola et al., "GANimation" (2018), §4.1. Departures: the picture
is read in blocks of 2 × 2 px, so that nothing is lost and the costly size is a quarter of the side; enlarging by
bilinear resize and convolution, against checkerboards; the condition goes into every normalisation in place of planes
beside the picture.

Colours do not drift, because a photograph comes out as x + g·(y − x): g, in [0, 1], is where the network wants a
change; what the gate leaves is the photograph, bit by bit. y is the photograph itself with its logits moved, by nothing
in the beginning: a network that began with colours of its own would shut its gate before it had learned any, for the
way back, the ground and identity all ask for it, and a shut gate lets no gradient through (LOG.md).

With `shading` y is a·x + b with one a and one b a pixel, for all three channels: the body of a material scales its
colour, its surface adds the colour of the light (Shafer, "Using Color to Separate Reflection Components", 1985). So a
product becomes matt, grained or shiny, and no other colour can come of it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.configs import require, require_at_least
from packshot.networks.layers.resizing import double
from packshot.networks.layers.translating import Norm, Residual, Step, conv, told

KIND: Norm = "instance"
NEAREST = 0.02  # to black and white that logits are taken of, so that there is a slope to learn from


@dataclass(frozen=True)
class ResNetTranslatorConfig:
    """width: channels at half size, twice as many at a quarter, where the blocks are. gated, shading: see above."""

    condition_dim: int = 0
    width: int = 24
    blocks: int = 6
    gated: bool = True
    shading: bool = False

    def __post_init__(self) -> None:
        require_at_least(1, width=self.width, blocks=self.blocks)
        require(self.gated or not self.shading, "gated", "true where shading is", self.gated)
        require_at_least(0, condition_dim=self.condition_dim)


class ResNetTranslator(nn.Module):
    """`(n, 3, h, w)` in [0, 1], condition `(n, condition_dim)` → `(n, 3, h, w)` in [0, 1]; sides multiples of 4."""

    multiple = 4

    def __init__(self, config: ResNetTranslatorConfig) -> None:
        super().__init__()
        self.config = config
        w, dim = config.width, config.condition_dim
        self.head = Step(12, w, dim, KIND)
        self.down = Step(w, 2 * w, dim, KIND, 2)
        self.blocks = nn.ModuleList(Residual(2 * w, dim, KIND) for _ in range(config.blocks))
        self.narrow, self.up = nn.Conv2d(2 * w, w, 1, bias=False), Step(w, w, dim, KIND)
        half = max(4, w // 2)
        self.narrower, self.upper = nn.Conv2d(w, half, 1, bias=False), Step(half, half, dim, KIND)
        self.last = conv(half, 3 if config.shading else 4, bias=True)
        if config.gated:
            nn.init.zeros_(self.last.weight)
            nn.init.zeros_(self.last.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.gated(x, condition)[0]

    def gated(self, x: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The picture, and the gate `(n, 1, h, w)` in [0, 1]: where it is not the given one."""
        found = self.last(self._raised(self.codes(x, condition)[-1], condition))
        moved, gate = found[:, :-1], torch.sigmoid(found[:, -1:])
        if not self.config.gated:
            return torch.sigmoid(moved), torch.ones_like(gate)
        if self.config.shading:
            return x + gate * ((x * torch.exp(moved[:, :1]) + moved[:, 1:]).clamp(0, 1) - x), gate
        return x + gate * (torch.sigmoid(torch.logit(x, NEAREST) + moved) - x), gate

    def codes(self, x: Tensor, condition: Tensor | None = None) -> list[Tensor]:
        """Maps on the way in, largest first: after the head, the halving, half of the blocks, all of them."""
        condition = told(condition, self.config.condition_dim, len(x))
        found = [self.head(F.pixel_unshuffle(2 * x - 1, 2), condition)]
        y = self.down(found[0], condition)
        found.append(y)
        for number, block in enumerate(self.blocks, 1):
            y = block(y, condition)
            if number in (len(self.blocks) // 2, len(self.blocks)):
                found.append(y)
        return found

    def _raised(self, y: Tensor, condition: Tensor | None) -> Tensor:
        y = self.up(double(self.narrow(y)), condition)
        out: Tensor = self.upper(double(self.narrower(y)), condition)
        return out


@dataclass(frozen=True)
class TwoWayConfig(ResNetTranslatorConfig):
    """Of each of the two translators; condition_dim is 2, the domain that is wanted."""

    condition_dim: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.condition_dim == 2, "condition_dim", "2, one for each domain", self.condition_dim)


class TwoWay(nn.Module):
    """Two translators in one: `back` gives pictures of the first domain, `forth` of the second.

    Condition `(n, 2)`: the share of either way, ones and zeros as a rule. `forward` as of `ResNetTranslator`.
    """

    multiple = 4

    def __init__(self, config: TwoWayConfig) -> None:
        super().__init__()
        self.config = config
        each = {f.name: getattr(config, f.name) for f in fields(config)} | {"condition_dim": 0}
        self.back, self.forth = (ResNetTranslator(ResNetTranslatorConfig(**each)) for _ in range(2))

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        condition = told(condition, self.config.condition_dim, len(x))
        assert condition is not None, "checked by told"
        found = x
        for way, share in zip((self.back, self.forth), condition.to(x.dtype).unbind(1), strict=True):
            if share.any():  # one that nobody asks for costs nothing
                found = found + share[:, None, None, None] * (way(x) - x)
        return found
