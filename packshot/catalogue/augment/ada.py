"""Adaptive discriminator augmentation (Karras, Aittala, Hellsten, Laine, Lehtinen & Aila 2020), in plain PyTorch.

Appendix B: every change is applied to each picture with probability p; moves are gathered in one transform and colours
in one matrix, so that each costs one pass. Section 3.2: p follows how often the discriminator is sure of real pictures.
Departures: warps are bilinear on a copy of twice the size made by the triangle filter, instead of a wavelet's filters
(appendix B.2); the bands of the filter are differences of binomial blurs (B.2 uses wavelets). Everything is made of
indexing and products, so gradients of gradients exist, as penalties on the gradient need them (a grid_sample has none).
Pictures are (n, 3 or 1, h, w) in [-1, 1], square; what comes in from outside is mirrored; nothing is clamped.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from packshot.catalogue.augment.blurs import padded_mirror
from packshot.catalogue.augment.colours import grey_axis_turn
from packshot.catalogue.augment.draws import chance, normal, uniform, whole
from packshot.catalogue.augment.moves import cutout
from packshot.errors import ParameterError

GROUPS = ("blit", "geometry", "colour", "filter", "noise", "cutout")
BAND_POWER = (10 / 13, 1 / 13, 1 / 13, 1 / 13)  # of natural pictures, lowest band first (appendix B.2)


def ada(
    x: Tensor, p: float, generator: torch.Generator, groups: Sequence[str] = ("blit", "geometry", "colour")
) -> Tensor:
    """Augment each picture with probability p a change. groups: some of GROUPS; the paper's best are the default.

    Raises ParameterError for an unknown group, a p outside [0, 1], or pictures that are not square.
    """
    if not set(groups) <= set(GROUPS) or not 0 <= p <= 1:
        raise ParameterError(f"groups, p: expected some of {', '.join(GROUPS)} and 0 to 1; got {tuple(groups)}, {p}")
    if x.ndim != 4 or x.shape[2] != x.shape[3]:
        raise ParameterError(f"x: expected square pictures (n, c, s, s), got {tuple(x.shape)}")
    if "blit" in groups or "geometry" in groups:
        x = warped(x, _moves(x, p, generator, "blit" in groups, "geometry" in groups))
    if "colour" in groups:
        x = _coloured(x, p, generator)
    if "filter" in groups:
        x = _filtered(x, p, generator)
    if "noise" in groups:
        sigma = normal(x, generator).abs() * 0.1 * chance(x, p, generator)
        x = x + sigma * torch.randn(x.shape, generator=generator, device=generator.device).to(x)
    if "cutout" in groups:
        x = cutout(x, generator, 0.5, p)
    return x


# -- moves ------------------------------------------------------------------------------------------------------------


def _moves(x: Tensor, p: float, generator: torch.Generator, blit: bool, geometry: bool) -> Tensor:
    """(n, 3, 3): where each pixel of the result is found in x, in units of half the side, from the centre."""
    g, side = torch.eye(3, device=x.device).repeat(len(x), 1, 1), x.shape[3]
    one = torch.ones(len(x), device=x.device)
    if blit:
        mirror = (chance(x, p, generator) & chance(x, 0.5, generator)).flatten()
        g = g @ _scaling(torch.where(mirror, -one, one), one)
        quarters = whole(x, 0, 3, generator) * chance(x, p, generator).flatten()
        g = g @ _turning(quarters * (math.pi / 2))
        reach = round(side / 8)
        steps = [whole(x, -reach, reach, generator) * chance(x, p, generator).flatten() for _ in range(2)]
        g = g @ _moving(*(step * (2 / side) for step in steps))
    if geometry:
        scale = _when(torch.exp2(0.2 * normal(x, generator)), 1.0, p, generator)
        g = g @ _scaling(scale, scale)
        half = 1 - math.sqrt(1 - p)  # so that a rotation before or after the stretching comes with probability p
        angles = [_when(uniform(x, -math.pi, math.pi, generator), 0.0, half, generator) for _ in range(2)]
        stretch = _when(torch.exp2(0.2 * normal(x, generator)), 1.0, p, generator)
        g = g @ _turning(angles[0]) @ _scaling(stretch, 1 / stretch) @ _turning(angles[1])
        chosen = chance(x, p, generator)
        g = g @ _moving(*(torch.where(chosen, 0.25 * normal(x, generator), 0.0).flatten() for _ in range(2)))
    return g


def _when(value: Tensor, otherwise: float, p: float, generator: torch.Generator) -> Tensor:
    """(n,): the value with probability p."""
    chosen = chance(value, p, generator)
    return torch.where(chosen, value, torch.full_like(value, otherwise)).flatten()


def _matrix(rows: Sequence[Sequence[Tensor]]) -> Tensor:
    return torch.stack([torch.stack(list(row), -1) for row in rows], -2)


def _scaling(across: Tensor, down: Tensor) -> Tensor:
    nil, one = torch.zeros_like(across), torch.ones_like(across)
    return _matrix([[1 / across, nil, nil], [nil, 1 / down, nil], [nil, nil, one]])


def _turning(angle: Tensor) -> Tensor:
    nil, one = torch.zeros_like(angle), torch.ones_like(angle)
    c, s = angle.cos(), angle.sin()
    return _matrix([[c, -s, nil], [s, c, nil], [nil, nil, one]])


def _moving(across: Tensor, down: Tensor) -> Tensor:
    nil, one = torch.zeros_like(across), torch.ones_like(across)
    return _matrix([[one, nil, -across], [nil, one, -down], [nil, nil, one]])


def warped(x: Tensor, to_old: Tensor) -> Tensor:
    """x seen through (n, 3, 3) transforms, centred, in units of half the side. Pictures with the identity stay exactly;
    so do mirror images, quarter turns and shifts by whole pixels.
    """
    side = x.shape[3]
    line = (torch.arange(side, device=x.device, dtype=torch.float32) + 0.5) * (2 / side) - 1
    points = torch.stack([line.repeat(side, 1), line[:, None].repeat(1, side), torch.ones(side, side).to(line)], -1)
    seen = torch.einsum("nij,hwj->nhwi", to_old, points)[..., :2]  # n, h, w, (x, y)
    pixel = (seen + 1) * (side / 2) - 0.5
    exact = ((pixel - pixel.round()).abs() < 1e-3).flatten(1).all(1)
    plain = _bilinear(x, pixel)
    if bool(exact.all()):
        return plain
    large = functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    offset = torch.tensor((-0.25, 0.25), device=x.device) / side * 2  # four samples a pixel, averaged
    fine = [
        _bilinear(large, (seen + torch.stack([dx, dy]).to(seen) + 1) * side - 0.5) for dx in offset for dy in offset
    ]
    return torch.where(exact[:, None, None, None], plain, sum(fine[1:], fine[0]) / 4)


def _bilinear(x: Tensor, at: Tensor) -> Tensor:
    """x at points (n, h, w, 2), px, (x, y) of pixel centres; mirrored beyond the borders."""
    n, c, rows, columns = x.shape
    snapped = (at - at.round()).abs() < 1e-3
    low = torch.where(snapped, at.round(), at.floor())
    part = (at - low).masked_fill(snapped, 0).to(x.dtype)
    flat = x.flatten(2)
    total = x.new_zeros(())
    for dy in (0, 1):
        for dx in (0, 1):
            across, down = _mirrored(low[..., 0] + dx, columns), _mirrored(low[..., 1] + dy, rows)
            index = (down * columns + across).reshape(n, 1, -1).expand(-1, c, -1)
            weight = (part[..., 0] if dx else 1 - part[..., 0]) * (part[..., 1] if dy else 1 - part[..., 1])
            total = total + flat.gather(2, index).reshape(n, c, *at.shape[1:3]) * weight[:, None]
    return total


def _mirrored(index: Tensor, size: int) -> Tensor:
    """Whole numbers beyond 0 … size - 1 folded back, the outermost pixel repeated once."""
    folded = torch.remainder(index.round().long(), 2 * size)
    return torch.minimum(folded, 2 * size - 1 - folded)


# -- colours and bands ------------------------------------------------------------------------------------------------


def _coloured(x: Tensor, p: float, generator: torch.Generator) -> Tensor:
    """Brightness, contrast, and for three channels luma flip, hue and saturation, as one affine map of RGB."""
    shift = _when(0.2 * normal(x, generator), 0.0, p, generator)[:, None]
    gain = _when(torch.exp2(0.5 * normal(x, generator)), 1.0, p, generator)[:, None, None]
    matrix = torch.eye(3, device=x.device) * gain
    axis = torch.full((3, 3), 1 / 3, device=x.device)  # projection on grey
    flip = (chance(x, p, generator) & chance(x, 0.5, generator)).flatten()[:, None, None]
    matrix = (torch.eye(3, device=x.device) - 2 * axis * flip) @ matrix
    hue = _when(uniform(x, -math.pi, math.pi, generator), 0.0, p, generator)
    matrix = grey_axis_turn(hue) @ matrix
    saturation = _when(torch.exp2(normal(x, generator)), 1.0, p, generator)[:, None, None]
    matrix = (axis + (torch.eye(3, device=x.device) - axis) * saturation) @ matrix
    moved = (matrix @ (shift / gain[:, 0])[:, None, :].expand(-1, 3, 1)).to(x.dtype)  # brightness comes first
    if x.shape[1] == 1:
        return x * gain[..., None].to(x.dtype) + shift[..., None, None].to(x.dtype) * gain[..., None].to(x.dtype)
    return torch.einsum("nij,njhw->nihw", matrix.to(x.dtype), x) + moved[..., None]


def _filtered(x: Tensor, p: float, generator: torch.Generator) -> Tensor:
    """Each of four octave bands louder or softer, the expected power kept."""
    gains = x.new_ones(4, len(x), 1, 1, 1)
    power = x.new_tensor(BAND_POWER)
    for band in range(4):
        t = x.new_ones(4, len(x), 1, 1, 1)
        t[band] = _when(torch.exp2(normal(x, generator)), 1.0, p, generator).reshape(-1, 1, 1, 1)
        gains = gains * t / (power.reshape(-1, 1, 1, 1, 1) * t**2).sum(0).sqrt()
    out, rest = x.new_zeros(()), x
    for octave in range(3):
        lower = _binomial(rest, 2**octave)
        out = out + gains[3 - octave] * (rest - lower)
        rest = lower
    return out + gains[0] * rest


def _binomial(x: Tensor, step: int) -> Tensor:
    taps = x.new_tensor([1, 4, 6, 4, 1]) / 16
    kernel = taps.reshape(1, 1, 1, 5).repeat(x.shape[1], 1, 1, 1)
    x = functional.conv2d(padded_mirror(x, 2 * step), kernel, groups=x.shape[1], dilation=step)
    return functional.conv2d(x, kernel.transpose(2, 3), groups=x.shape[1], dilation=step)


# -- the controller ---------------------------------------------------------------------------------------------------


@dataclass
class Controller:
    """Keeps the probability p so that the discriminator is neither sure of nor lost on real pictures (section 3.2).

    r = mean sign of its outputs on real pictures: 0 = no overfitting, 1 = complete. After every `every` batches p moves
    towards where r is `target`, so fast that it could go from 0 to 1 in `images` pictures. highest: of p; beyond about
    0.8 augmentations leak into what is generated. `state` is plain numbers, to go into a checkpoint.
    """

    target: float = 0.6
    images: int = 500_000
    every: int = 4
    highest: float = 0.8
    p: float = 0.0
    _signs: float = 0.0
    _count: int = 0
    _batches: int = 0

    def observe(self, real_logits: Tensor) -> float:
        """Take the discriminator's outputs on one batch of real pictures, any shape; gives p."""
        self._signs += float(real_logits.detach().float().sign().sum())
        self._count += real_logits.numel()
        self._batches += 1
        if self._batches >= self.every:
            r = self._signs / max(self._count, 1)
            step = self._count / self.images
            self.p = min(max(self.p + math.copysign(step, r - self.target), 0.0), self.highest)
            self._signs, self._count, self._batches = 0.0, 0, 0
        return self.p

    def state(self) -> dict[str, float]:
        """What a checkpoint keeps."""
        return {"p": self.p, "signs": self._signs, "count": self._count, "batches": self._batches}

    def restore(self, state: dict[str, float]) -> None:
        """Go on from a `state`."""
        self.p, self._signs = float(state["p"]), float(state["signs"])
        self._count, self._batches = int(state["count"]), int(state["batches"])
