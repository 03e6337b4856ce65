"""How much two pictures differ: PSNR, SSIM, CIEDE2000, and how far edges have moved.

Sources: Z. Wang et al. 2004 (SSIM, Gaussian window 11×11, σ 1.5, K1 0.01, K2 0.03), B. Lucas and T. Kanade 1981 with
a tone curve of second degree as a further unknown (edge shift). Identical pixels cost nothing: every measure first
looks where the pictures differ at all. `where` is `(n, 1, h, w)` bool, the region that counts; None = everywhere.
Departures: inside a region SSIM's window is the Gaussian cut to the region and renormalised, so that what lies
outside cannot enter; without a region the five border pixels are left out, as usual.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from packshot.errors import PictureError
from packshot.imaging.colour import delta_e_2000, rgb_to_lab
from packshot.imaging.geometry import bounding_box

Plane = np.ndarray[Any, Any]

LUMA = (0.299, 0.587, 0.114)  # Rec. 601, on encoded values, as SSIM's authors use it
WINDOW, SIGMA = 11, 1.5
C1, C2 = 0.01**2, 0.03**2

BLOCK, MARGIN = 32, 12  # px: the block whose shift is measured, and what is kept around it
REACH = 6  # px: the largest shift reported; edges that are not found again count as this
BLOCKS = 64  # at most so many blocks, those with the strongest edges
BLURS = (3.0, 3.0, 1.5, 0.7, 0.7)  # px, σ before each step of the shift estimate, coarse to fine
LEAST_EDGE = 5e-5  # mean squared gradient of a block that has an edge: 32 px long, contrast 0.08
WEAK = 0.05  # share of the stronger squared gradient under which a direction counts as along the edge
LEAST_MATCH = 0.5  # correlation after alignment under which a block's edges are gone


def psnr(a: Tensor, b: Tensor, where: Tensor | None = None) -> float:
    """Peak signal to noise ratio in dB of two pictures `(n, c, h, w)` in `[0, 1]`; infinite if identical."""
    _same_shape(a, b, where)
    squares = (a - b).square_()
    error = float(squares.mean() if where is None else squares.mean(1, keepdim=True)[where].mean(dtype=torch.float64))
    return math.inf if error == 0 else -10 * math.log10(error)


def ssim(a: Tensor, b: Tensor, where: Tensor | None = None) -> float:
    """Mean structural similarity of two pictures `(n, c, h, w)` in `[0, 1]`, averaged over channels; 1 if identical."""
    _same_shape(a, b, where)
    if torch.equal(a, b):
        return 1.0
    maps = [
        _ssim_map(x.numpy(), y.numpy(), None if where is None else where[i, 0].numpy())
        for i in range(len(a))
        for x, y in zip(a[i].detach().cpu(), b[i].detach().cpu(), strict=True)
    ]
    return float(np.concatenate(maps).mean(dtype=np.float64))


def delta_e_map(rgb_a: Tensor, rgb_b: Tensor) -> Tensor:
    """CIEDE2000 at each pixel of two sRGB pictures `(n, 3, h, w)` → `(n, 1, h, w)`; computed only where they differ."""
    _same_shape(rgb_a, rgb_b, None)
    differs = (rgb_a != rgb_b).any(1, keepdim=True)
    result = torch.zeros_like(rgb_a[:, :1])
    return result.masked_scatter_(differs, _delta_e_at(rgb_a, rgb_b, differs))


def edge_shift_px(a: Tensor, b: Tensor, where: Tensor | None = None) -> float:
    """How far the edges of `a` have moved in `b`, px: 95th percentile over blocks of 32 px; 0 if there is no edge.

    a, b: sRGB `(n, 3, h, w)`. Sub-pixel to about 4 px; what moved further or is gone counts as 6 px. A smooth change of
    tone does not count. Along a straight edge only the movement across it is seen. Of a large region the 64 blocks
    with the strongest edges count.
    """
    _same_shape(a, b, where)
    where = torch.ones_like(a[:, :1], dtype=torch.bool) if where is None else where
    return _shift_of_luma(luma(a), luma(b), where)


def fidelity(truth_rgb: Tensor, result_rgb: Tensor, inside: Tensor, *, edges: bool = True) -> dict[str, float]:
    """How well a result kept the product: sRGB `(n, 3, h, w)`, `inside` bool `(n, 1, h, w)` (see mattes.inner).

    Gives delta_e_max, delta_e_p99 (CIEDE2000 over all pixels inside), edge_shift_px and ssim (of luma). All measured
    within the bounding box of `inside`. An empty region or identical pixels give 0, 0, 0 and 1.
    edges: False leaves out edge_shift_px, half of the time, where nothing can have moved.
    """
    _same_shape(truth_rgb, result_rgb, inside)
    shift = {"edge_shift_px": 0.0} if edges else {}
    unchanged = {"delta_e_max": 0.0, "delta_e_p99": 0.0, **shift, "ssim": 1.0}
    box = bounding_box(inside)
    if box is None:
        return unchanged
    x0, y0, x1, y1 = box
    truth, result, inside = (x[:, :, y0:y1, x0:x1] for x in (truth_rgb, result_rgb, inside))
    differs = (truth != result).any(1, keepdim=True).logical_and_(inside)
    if not differs.any():
        return unchanged
    delta_e = _delta_e_at(truth, result, differs)
    lumas = luma(truth), luma(result)
    return {
        "delta_e_max": float(delta_e.max()),
        "delta_e_p99": _percentile(delta_e, int(inside.sum()), 0.99),
        **({"edge_shift_px": _shift_of_luma(*lumas, inside)} if edges else {}),
        "ssim": ssim(*lumas, inside),
    }


def _same_shape(a: Tensor, b: Tensor, where: Tensor | None) -> None:
    if a.shape != b.shape or a.ndim != 4:
        raise PictureError(f"expected two pictures (n, c, h, w) of one size, got {tuple(a.shape)} and {tuple(b.shape)}")
    if where is not None and (where.dtype != torch.bool or where.shape != (a.shape[0], 1, *a.shape[2:])):
        raise PictureError(
            f"where: expected bool {(a.shape[0], 1, *a.shape[2:])}, got {where.dtype} {tuple(where.shape)}"
        )


def luma(rgb: Tensor) -> Tensor:
    """`(n, 1, h, w)` luma of encoded rgb `(n, 3, h, w)`, on the CPU."""
    r, g, b = rgb.detach().cpu().unbind(1)
    return (LUMA[0] * r).add_(g, alpha=LUMA[1]).add_(b, alpha=LUMA[2])[:, None]


def _delta_e_at(rgb_a: Tensor, rgb_b: Tensor, where: Tensor) -> Tensor:
    """CIEDE2000 `(k,)` of the pixels chosen by `where`."""
    places = where.flatten().nonzero().flatten()
    a, b = (
        torch.stack([c.flatten().index_select(0, places) for c in rgb.unbind(1)]).view(1, 3, -1, 1)
        for rgb in (rgb_a, rgb_b)
    )
    return delta_e_2000(rgb_to_lab(a), rgb_to_lab(b)).flatten()


def _percentile(values: Tensor, total: int, share: float) -> float:
    """The percentile of `total` values, of which all but the given ones are zero."""
    rank = math.ceil(share * total) - 1 - (total - len(values))
    return 0.0 if rank < 0 else float(np.partition(values.numpy(), rank)[rank])


# SSIM


def _ssim_map(x: Plane, y: Plane, where: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] | None) -> Plane:
    """SSIM of two planes `(h, w)` at the pixels that count, `(k,)`."""
    edge = WINDOW // 2
    share = np.ones_like(x) if where is None else where.astype(np.float32)
    weight = np.maximum(_blurred(share), np.float32(1e-6))

    def mean(plane: Plane) -> Plane:
        return _blurred(plane) if where is None else _blurred(plane * share) / weight

    mx, my = mean(x), mean(y)
    vx, vy, vxy = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    ratio: Plane = (2 * mx * my + C1) * (2 * vxy + C2) / ((mx * mx + my * my + C1) * (vx + vy + C2))
    if where is not None:
        return ratio[where]
    return (ratio[edge:-edge, edge:-edge] if min(x.shape) > 2 * edge else ratio).ravel()


def _blurred(plane: Plane) -> Plane:
    blurred: Plane = cv2.GaussianBlur(plane, (WINDOW, WINDOW), SIGMA, borderType=cv2.BORDER_REFLECT)
    return blurred


# Edge shift


def _shift_of_luma(a: Tensor, b: Tensor, where: Tensor) -> float:
    """`edge_shift_px` of luma `(n, 1, h, w)`."""
    lengths = torch.cat([_block_shifts(*layers) for layers in zip(a[:, 0], b[:, 0], where[:, 0].cpu(), strict=True)])
    return float(torch.quantile(lengths, 0.95)) if len(lengths) else 0.0


def _block_shifts(a: Tensor, b: Tensor, inside: Tensor) -> Tensor:
    """Lengths `(blocks,)` of the shifts of two luma planes `(h, w)`, over the blocks with the strongest edges."""
    if torch.equal(a[inside], b[inside]):
        return torch.zeros(0)
    region: Plane = inside.numpy().astype(np.uint8)
    places = _strongest(a.numpy(), region)
    if not places:
        return torch.zeros(0)
    weights = {
        sigma: _patches(_shrunk(region, math.ceil(1.5 * sigma)), places, cv2.BORDER_CONSTANT) for sigma in set(BLURS)
    }
    mine = _patches(region, places, cv2.BORDER_CONSTANT)
    before, after = (_continued(_patches(plane.numpy(), places, cv2.BORDER_REPLICATE), mine) for plane in (a, b))
    return _aligned(before, after, {sigma: torch.from_numpy(w).float() for sigma, w in weights.items()})


def _shrunk(region: Plane, px: int) -> Plane:
    """The region less what a blur brings in from `px` around."""
    shrunk: Plane = cv2.erode(region, np.ones((2 * px + 1, 2 * px + 1), np.uint8))
    return shrunk


def _strongest(a: Plane, region: Plane) -> list[tuple[int, int]]:
    """Corners (y, x) of the blocks with the most squared gradient, strongest first."""
    gy, gx = np.gradient(cv2.GaussianBlur(a, (0, 0), 1.0)) if min(a.shape) > 1 else (a * 0, a * 0)
    h, w = a.shape
    padded = np.pad((gx * gx + gy * gy) * _shrunk(region, 2), ((0, -h % BLOCK), (0, -w % BLOCK)))
    blocks = padded.reshape(padded.shape[0] // BLOCK, BLOCK, -1, BLOCK).mean((1, 3))
    order = np.argsort(-blocks, axis=None, kind="stable")[: min(BLOCKS, int((blocks > LEAST_EDGE).sum()))]
    return [(int(i) // blocks.shape[1] * BLOCK, int(i) % blocks.shape[1] * BLOCK) for i in order]


def _patches(plane: Plane, places: list[tuple[int, int]], border: int) -> Plane:
    """`(k, side, side)`: the blocks at some places, with a margin."""
    side = BLOCK + 2 * MARGIN
    padded = cv2.copyMakeBorder(plane, MARGIN, MARGIN + BLOCK, MARGIN, MARGIN + BLOCK, border)
    return np.stack([padded[y : y + side, x : x + side] for y, x in places])


def _continued(x: Plane, inside: Plane) -> Plane:
    """Patches in which the inside is continued smoothly outward, so that nothing of the outside enters a blur."""
    for patch, region in zip(x, inside, strict=True):
        if not region.all():
            share = cv2.GaussianBlur(region.astype(np.float32), (0, 0), 4.0)
            smooth = cv2.GaussianBlur(patch * region, (0, 0), 4.0) / np.maximum(share, np.float32(1e-6))
            np.copyto(patch, smooth, where=region == 0)
    return x


def _aligned(a: Plane, b: Plane, inside: dict[float, Tensor]) -> Tensor:
    """Shifts of patches `(k, side, side)`: Gauss-Newton on `b(x + d) = tone(a(x))`, coarse to fine."""
    side = torch.arange(a.shape[-1], dtype=torch.float32)
    grid = torch.stack(torch.meshgrid(side, side, indexing="xy"), -1)  # y, x, 2
    core = (slice(None), slice(REACH, -REACH), slice(REACH, -REACH))
    d, last = torch.zeros(len(a), 2), 0.0
    for sigma in BLURS:
        if sigma != last:
            smooth, target, last = _smoothed(a, sigma), _smoothed(b, sigma), sigma
        places = grid + d[:, None, None, :]
        moved = _sampled(target, places, "bicubic")
        known = inside[sigma] * _sampled(inside[sigma], places, "bilinear")  # in both pictures
        gx, gy = (g[core] for g in _gradient((smooth + moved) / 2))
        step, match, edges = _step(smooth[core], moved[core], known[core], gx, gy)
        d = (d + step).clamp(-REACH, REACH)
    found = torch.where(match > LEAST_MATCH, d.norm(dim=1).clamp(max=REACH), REACH)
    return found[edges > LEAST_EDGE / 4]


def _smoothed(x: Plane, sigma: float) -> Tensor:
    return torch.from_numpy(np.stack([cv2.GaussianBlur(patch, (0, 0), sigma) for patch in x]))


def _sampled(x: Tensor, places: Tensor, mode: str) -> Tensor:
    """`(k, side, side)` at pixel coordinates `(k, side, side, 2)`."""
    normal = (2 * places + 1) / x.shape[-1] - 1
    sampled: Tensor = functional.grid_sample(
        x[:, None], normal, mode=mode, padding_mode="border", align_corners=False
    ).squeeze(1)
    return sampled


def _gradient(x: Tensor) -> tuple[Tensor, Tensor]:
    """Central differences of `(k, side, side)` along x and y."""
    padded = functional.pad(x[:, None], (1, 1, 1, 1), mode="replicate")[:, 0]
    along_x: Tensor = (padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]) / 2
    along_y: Tensor = (padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]) / 2
    return along_x, along_y


def _step(a: Tensor, b: Tensor, weight: Tensor, gx: Tensor, gy: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """One least-squares step `(k, 2)` for `b = tone(a) - d·gradient`, where tone is offset, gain and a square term.

    Directions with hardly any gradient (along a straight edge) are left out. Also given, `(k,)`: the correlation of
    a and b, and the squared gradient per pixel of a whole block.
    """
    n = weight.sum((1, 2)).clamp(min=1)

    def mean(x: Tensor) -> Tensor:
        return (weight * x).sum((1, 2), keepdim=True) / n[:, None, None]

    squared = a * a - mean(a * a)
    a, b, gx, gy = (x - mean(x) for x in (a, b, gx, gy))  # offset eliminated
    aa, ab, bb = mean(a * a).clamp(min=1e-12), mean(a * b), mean(b * b).clamp(min=1e-12)
    squared = squared - mean(a * squared) / aa * a
    for tone in (a, squared):  # gain and curve eliminated
        size = mean(tone * tone).clamp(min=1e-12)
        gx, gy, b = (x - mean(tone * x) / size * tone for x in (gx, gy, b))
    tensor = torch.cat((mean(gx * gx), mean(gx * gy), mean(gx * gy), mean(gy * gy)), 1).view(-1, 2, 2)
    pull = -torch.cat((mean(gx * b), mean(gy * b)), 1)  # k, 2, 1
    values, vectors = torch.linalg.eigh(tensor)
    strong = (values > WEAK * values[:, 1:]) & (values > 1e-8)
    along = (vectors.transpose(1, 2) @ pull)[..., 0] * strong / values.clamp(min=1e-8)
    edges = (weight * (gx * gx + gy * gy)).sum((1, 2)) / BLOCK**2
    return (vectors @ along[..., None])[..., 0], (ab / (aa * bb).sqrt()).flatten(), edges
