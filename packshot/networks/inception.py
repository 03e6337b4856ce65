"""Inception-v3 as a feature network for distances between sets of pictures; weights are brought by a person.

Source: Szegedy, Vanhoucke, Ioffe, Shlens, Wojna, "Rethinking the Inception Architecture for Computer Vision" (2016),
§6 and table 1. Module names are those of torchvision's state dict, so its weights fit by `fill`, as do the weights
that pytorch-fid and clean-fid ported from the TensorFlow graph of Heusel et al. 2017. The two differ, hence
`pooling`: "torchvision" averages with the padding counted in, has 1,000 classes, and only average pools inside its
blocks; "fid" leaves the padding out of every average, takes the maximum instead in the last block (Mixed_7c), and has
1,008 classes. Published FID values need pooling "fid", its weights, and its resizing to 299 × 299, which is not done
here.
Departures: no auxiliary classifier and no dropout (neither touches the features); `divide` narrows every layer, for
tests. Keep it in float32 and in evaluation mode: batch normalisation by its stored statistics.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.configs import require, require_at_least

Pool = Callable[[Tensor], Tensor]
LEAST_SIDE = 75  # px, below which the last maps vanish
CLASSES = {"fid": 1008, "torchvision": 1000}


@dataclass(frozen=True)
class InceptionConfig:
    """pooling: "fid" or "torchvision"; divide: every width is divided by it, 1 = as published."""

    pooling: str = "fid"
    divide: int = 1

    def __post_init__(self) -> None:
        require(self.pooling in CLASSES, "pooling", f"one of {', '.join(CLASSES)}", self.pooling)
        require_at_least(1, divide=self.divide)


class BasicConv2d(nn.Module):
    """Convolution, batch normalisation (ε 0.001), ReLU; padding keeps the size where it is given."""

    def __init__(
        self, a: int, b: int, kernel: int | tuple[int, int], stride: int = 1, padding: int | tuple[int, int] = 0
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(a, b, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(b, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.bn(self.conv(x)))


def _wide(a: int, b: int, k: int = 7) -> BasicConv2d:
    return BasicConv2d(a, b, (1, k), padding=(0, k // 2))


def _tall(a: int, b: int, k: int = 7) -> BasicConv2d:
    return BasicConv2d(a, b, (k, 1), padding=(k // 2, 0))


class InceptionA(nn.Module):
    """Figure 5: 35 × 35 maps."""

    def __init__(self, a: int, pooled: int, d: int, pool: Pool) -> None:
        super().__init__()
        self.pool = pool
        self.branch1x1 = BasicConv2d(a, 64 // d, 1)
        self.branch5x5_1 = BasicConv2d(a, 48 // d, 1)
        self.branch5x5_2 = BasicConv2d(48 // d, 64 // d, 5, padding=2)
        self.branch3x3dbl_1 = BasicConv2d(a, 64 // d, 1)
        self.branch3x3dbl_2 = BasicConv2d(64 // d, 96 // d, 3, padding=1)
        self.branch3x3dbl_3 = BasicConv2d(96 // d, 96 // d, 3, padding=1)
        self.branch_pool = BasicConv2d(a, pooled, 1)
        self.width = 64 // d * 2 + 96 // d + pooled

    def forward(self, x: Tensor) -> Tensor:
        five = self.branch5x5_2(self.branch5x5_1(x))
        three = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch1x1(x), five, three, self.branch_pool(self.pool(x))], dim=1)


class InceptionB(nn.Module):
    """35 × 35 → 17 × 17."""

    def __init__(self, a: int, d: int) -> None:
        super().__init__()
        self.branch3x3 = BasicConv2d(a, 384 // d, 3, stride=2)
        self.branch3x3dbl_1 = BasicConv2d(a, 64 // d, 1)
        self.branch3x3dbl_2 = BasicConv2d(64 // d, 96 // d, 3, padding=1)
        self.branch3x3dbl_3 = BasicConv2d(96 // d, 96 // d, 3, stride=2)
        self.width = 384 // d + 96 // d + a

    def forward(self, x: Tensor) -> Tensor:
        twice = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch3x3(x), twice, F.max_pool2d(x, 3, 2)], dim=1)


class InceptionC(nn.Module):
    """Figure 6: 17 × 17 maps, 7 × 7 convolutions in two factors."""

    def __init__(self, a: int, inner: int, d: int, pool: Pool) -> None:
        super().__init__()
        self.pool = pool
        w = 192 // d
        self.branch1x1 = BasicConv2d(a, w, 1)
        self.branch7x7_1 = BasicConv2d(a, inner, 1)
        self.branch7x7_2 = _wide(inner, inner)
        self.branch7x7_3 = _tall(inner, w)
        self.branch7x7dbl_1 = BasicConv2d(a, inner, 1)
        self.branch7x7dbl_2 = _tall(inner, inner)
        self.branch7x7dbl_3 = _wide(inner, inner)
        self.branch7x7dbl_4 = _tall(inner, inner)
        self.branch7x7dbl_5 = _wide(inner, w)
        self.branch_pool = BasicConv2d(a, w, 1)
        self.width = 4 * w

    def forward(self, x: Tensor) -> Tensor:
        once = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        twice = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(x)))
        twice = self.branch7x7dbl_5(self.branch7x7dbl_4(twice))
        return torch.cat([self.branch1x1(x), once, twice, self.branch_pool(self.pool(x))], dim=1)


class InceptionD(nn.Module):
    """17 × 17 → 8 × 8."""

    def __init__(self, a: int, d: int) -> None:
        super().__init__()
        w = 192 // d
        self.branch3x3_1 = BasicConv2d(a, w, 1)
        self.branch3x3_2 = BasicConv2d(w, 320 // d, 3, stride=2)
        self.branch7x7x3_1 = BasicConv2d(a, w, 1)
        self.branch7x7x3_2 = _wide(w, w)
        self.branch7x7x3_3 = _tall(w, w)
        self.branch7x7x3_4 = BasicConv2d(w, w, 3, stride=2)
        self.width = 320 // d + w + a

    def forward(self, x: Tensor) -> Tensor:
        seven = self.branch7x7x3_4(self.branch7x7x3_3(self.branch7x7x3_2(self.branch7x7x3_1(x))))
        return torch.cat([self.branch3x3_2(self.branch3x3_1(x)), seven, F.max_pool2d(x, 3, 2)], dim=1)


class InceptionE(nn.Module):
    """Figure 7: 8 × 8 maps, branches that fan out."""

    def __init__(self, a: int, d: int, pool: Pool) -> None:
        super().__init__()
        self.pool = pool
        w = 384 // d
        self.branch1x1 = BasicConv2d(a, 320 // d, 1)
        self.branch3x3_1 = BasicConv2d(a, w, 1)
        self.branch3x3_2a, self.branch3x3_2b = _wide(w, w, 3), _tall(w, w, 3)
        self.branch3x3dbl_1 = BasicConv2d(a, 448 // d, 1)
        self.branch3x3dbl_2 = BasicConv2d(448 // d, w, 3, padding=1)
        self.branch3x3dbl_3a, self.branch3x3dbl_3b = _wide(w, w, 3), _tall(w, w, 3)
        self.branch_pool = BasicConv2d(a, 192 // d, 1)
        self.width = 320 // d + 4 * w + 192 // d

    def forward(self, x: Tensor) -> Tensor:
        once = self.branch3x3_1(x)
        twice = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        fan = [self.branch3x3_2a(once), self.branch3x3_2b(once)]
        fan += [self.branch3x3dbl_3a(twice), self.branch3x3dbl_3b(twice)]
        return torch.cat([self.branch1x1(x), *fan, self.branch_pool(self.pool(x))], dim=1)


class Inception(nn.Module):
    """`(n, 3, h, w)` in [-1, 1], h, w ≥ 75 (299 as published) → pooled features `(n, 2048)`."""

    def __init__(self, config: InceptionConfig) -> None:
        super().__init__()
        self.config = config
        d = config.divide
        average = partial(F.avg_pool2d, kernel_size=3, stride=1, padding=1, count_include_pad=config.pooling != "fid")
        last = partial(F.max_pool2d, kernel_size=3, stride=1, padding=1) if config.pooling == "fid" else average
        self.Conv2d_1a_3x3 = BasicConv2d(3, 32 // d, 3, stride=2)
        self.Conv2d_2a_3x3 = BasicConv2d(32 // d, 32 // d, 3)
        self.Conv2d_2b_3x3 = BasicConv2d(32 // d, 64 // d, 3, padding=1)
        self.Conv2d_3b_1x1 = BasicConv2d(64 // d, 80 // d, 1)
        self.Conv2d_4a_3x3 = BasicConv2d(80 // d, 192 // d, 3)
        self.Mixed_5b = InceptionA(192 // d, 32 // d, d, average)
        self.Mixed_5c = InceptionA(self.Mixed_5b.width, 64 // d, d, average)
        self.Mixed_5d = InceptionA(self.Mixed_5c.width, 64 // d, d, average)
        self.Mixed_6a = InceptionB(self.Mixed_5d.width, d)
        self.Mixed_6b = InceptionC(self.Mixed_6a.width, 128 // d, d, average)
        self.Mixed_6c = InceptionC(self.Mixed_6b.width, 160 // d, d, average)
        self.Mixed_6d = InceptionC(self.Mixed_6c.width, 160 // d, d, average)
        self.Mixed_6e = InceptionC(self.Mixed_6d.width, 192 // d, d, average)
        self.Mixed_7a = InceptionD(self.Mixed_6e.width, d)
        self.Mixed_7b = InceptionE(self.Mixed_7a.width, d, average)
        self.Mixed_7c = InceptionE(self.Mixed_7b.width, d, last)
        self.fc = nn.Linear(self.Mixed_7c.width, CLASSES[config.pooling])

    def maps(self, x: Tensor) -> Tensor:
        """The last feature maps, `(n, 2048, 8, 8)` for pictures of 299 px; their mean is `features`."""
        require(min(x.shape[2:]) >= LEAST_SIDE, "x", f"pictures of at least {LEAST_SIDE} px a side", tuple(x.shape))
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(F.max_pool2d(x, 3, 2)))
        x = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(F.max_pool2d(x, 3, 2))))
        x = self.Mixed_6e(self.Mixed_6d(self.Mixed_6c(self.Mixed_6b(self.Mixed_6a(x)))))
        out: Tensor = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x)))
        return out

    def features(self, x: Tensor) -> Tensor:
        """Pooled features `(n, 2048)`, what Fréchet and kernel Inception distances are measured in."""
        return self.maps(x).mean((2, 3))

    def classify(self, features: Tensor) -> tuple[Tensor, ...]:
        """Features → one `(n, 1008 or 1000)` of logits."""
        return (self.fc(features),)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return self.classify(self.features(x))


def _without_extras(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Without the auxiliary classifier, which is not here, and the counters of batches, which not every file has."""
    return {k: v for k, v in state.items() if not k.startswith("AuxLogits") and not k.endswith("num_batches_tracked")}


def fill(network: Inception, state: Mapping[str, Tensor]) -> None:
    """Put published weights into the network, in place. Raises ParameterError naming keys that do not fit."""
    wanted, given = _without_extras(network.state_dict()), _without_extras(state)
    wrong = {
        "missing": [k for k in wanted if k not in given][:3],
        "foreign": [k for k in given if k not in wanted][:3],
        "of another shape": [k for k in wanted if k in given and wanted[k].shape != given[k].shape][:3],
    }
    expected = f"the weights of Inception-v3 with pooling {network.config.pooling!r}"
    require(not any(wrong.values()), "state", expected, {kind: keys for kind, keys in wrong.items() if keys})
    network.load_state_dict({**network.state_dict(), **given})
