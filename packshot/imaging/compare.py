"""How much two pictures differ: PSNR, SSIM, CIEDE2000, and how far edges have moved.

Sources: Z. Wang et al. 2004 (SSIM, Gaussian window 11×11, σ 1.5, K1 0.01, K2 0.03), B. Lucas and T. Kanade 1981 with
gain and offset of brightness as further unknowns (edge shift). Identical pixels cost nothing: every measure first
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
BLOCKS = 96  # at most so many blocks, those with the strongest edges
BLURS = (3.0, 3.0, 1.5, 1.5, 0.7, 0.7, 0.7)  # px, σ before each step of the shift estimate, coarse to fine
LEAST_EDGE = 5e-5  # mean squared gradient of a block that has an edge: 32 px long, contrast 0.08
WEAK = 0.05  # share of the stronger squared gradient under which a direction counts as along the edge
LEAST_MATCH = 0.5  # correlation after alignment under which a block was repainted rather than moved


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
    result[differs] = _delta_e_at(rgb_a, rgb_b, differs)
    return result


def edge_shift_px(a: Tensor, b: Tensor, where: Tensor | None = None) -> float:
    """How far the edges of `a` have moved in `b`, px: 95th percentile over blocks of 32 px; 0 if there is no edge.

    a, b: sRGB `(n, 3, h, w)`. Sub-pixel, up to about 4 px; changes of brightness or contrast do not count. Along a
    straight edge only the movement across it is seen. Of a large region the 96 blocks with the strongest edges count.
    """
    _same_shape(a, b, where)
    where = torch.ones_like(a[:, :1], dtype=torch.bool) if where is None else where
    shifts = [_block_shifts(_luma(x), _luma(y), inside) for x, y, inside in zip(a, b, where[:, 0], strict=True)]
    lengths = torch.cat(shifts)
    return float(torch.quantile(lengths, 0.95)) if len(lengths) else 0.0


def fidelity(truth_rgb: Tensor, result_rgb: Tensor, inside: Tensor) -> dict[str, float]:
    """How well a result kept the product: sRGB `(n, 3, h, w)`, `inside` bool `(n, 1, h, w)` (see mattes.inner).

    Gives delta_e_max, delta_e_p99 (CIEDE2000 over all pixels inside), edge_shift_px and ssim (of luma). All measured
    within the bounding box of `inside`. An empty region or identical pixels give 0, 0, 0 and 1.
    """
    _same_shape(truth_rgb, result_rgb, inside)
    unchanged = {"delta_e_max": 0.0, "delta_e_p99": 0.0, "edge_shift_px": 0.0, "ssim": 1.0}
    box = bounding_box(inside)
    if box is None:
        return unchanged
    x0, y0, x1, y1 = box
    truth, result, inside = (x[:, :, y0:y1, x0:x1] for x in (truth_rgb, result_rgb, inside))
    differs = (truth != result).any(1, keepdim=True) & inside
    if not differs.any():
        return unchanged
    delta_e = _delta_e_at(truth, result, differs)
    luma = [torch.stack([_luma(x) for x in rgb])[:, None] for rgb in (truth, result)]
    return {
        "delta_e_max": float(delta_e.max()),
        "delta_e_p99": _percentile(delta_e, int(inside.sum()), 0.99),
        "edge_shift_px": edge_shift_px(truth, result, inside),
        "ssim": ssim(luma[0], luma[1], inside),
    }


def _same_shape(a: Tensor, b: Tensor, where: Tensor | None) -> None:
    if a.shape != b.shape or a.ndim != 4:
        raise PictureError(f"expected two pictures (n, c, h, w) of one size, got {tuple(a.shape)} and {tuple(b.shape)}")
    if where is not None and (where.dtype != torch.bool or where.shape != (a.shape[0], 1, *a.shape[2:])):
        raise PictureError(
            f"where: expected bool {(a.shape[0], 1, *a.shape[2:])}, got {where.dtype} {tuple(where.shape)}"
        )


def _luma(rgb: Tensor) -> Tensor:
    return LUMA[0] * rgb[0] + LUMA[1] * rgb[1] + LUMA[2] * rgb[2]


def _delta_e_at(rgb_a: Tensor, rgb_b: Tensor, where: Tensor) -> Tensor:
    """CIEDE2000 `(k,)` of the pixels chosen by `where`."""
    a, b = (torch.stack([c[where[:, 0]] for c in rgb.unbind(1)])[None, :, :, None] for rgb in (rgb_a, rgb_b))
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


def _block_shifts(a: Tensor, b: Tensor, inside: Tensor) -> Tensor:
    """Lengths `(blocks,)` of the shifts of two luma planes `(h, w)`, over the blocks with the strongest edges."""
    if not ((a != b) & inside).any():
        return torch.zeros(0)
    places = _strongest(a, inside)
    if not places:
        return torch.zeros(0)
    side = BLOCK + 2 * MARGIN
    patches = [
        torch.stack([plane[y : y + side, x : x + side] for y, x in places])[:, None]
        for plane in (_padded(a), _padded(b), _padded(inside.to(a.dtype), 0.0))
    ]
    return _aligned(*patches)


def _padded(plane: Tensor, value: float | None = None) -> Tensor:
    """Room for a margin around every block of the grid."""
    h, w = plane.shape
    room = (MARGIN, MARGIN + -w % BLOCK, MARGIN, MARGIN + -h % BLOCK)
    mode = "replicate" if value is None else "constant"
    return functional.pad(plane[None, None], room, mode=mode, value=value)[0, 0]


def _strongest(a: Tensor, inside: Tensor) -> list[tuple[int, int]]:
    """Corners (y, x) of the blocks with the most squared gradient, strongest first."""
    smooth = cv2.GaussianBlur(a.numpy(), (0, 0), 1.0)
    gx, gy = _gradient(torch.from_numpy(smooth)[None])
    whole = -functional.max_pool2d(-inside.to(a.dtype)[None], 5, 1, 2)  # 1, h, w: nothing of the outside in reach
    counted = (gx * gx + gy * gy) * whole
    h, w = a.shape
    blocks = functional.avg_pool2d(functional.pad(counted[None], (0, -w % BLOCK, 0, -h % BLOCK)), BLOCK)[0, 0]
    strength, order = blocks.flatten().sort(descending=True)
    chosen = order[: min(BLOCKS, int((strength > LEAST_EDGE).sum()))]
    return [(int(i) // blocks.shape[1] * BLOCK, int(i) % blocks.shape[1] * BLOCK) for i in chosen]


def _aligned(a: Tensor, b: Tensor, inside: Tensor) -> Tensor:
    """Shifts of patches `(k, 1, side, side)`: Gauss-Newton on `b(x + d) = gain·a(x) + offset`, coarse to fine."""
    d = a.new_zeros(len(a), 2)
    grid = torch.stack(torch.meshgrid(*2 * [torch.arange(a.shape[-1], dtype=a.dtype)], indexing="xy"), -1)  # y, x, 2
    core = (slice(None), slice(MARGIN // 2, -MARGIN // 2), slice(MARGIN // 2, -MARGIN // 2))
    last = 0.0
    for sigma in BLURS:
        if sigma != last:
            smooth, target, weight = _smoothed(a, sigma), _smoothed(b, sigma), _shrunk(inside, sigma)[core]
            last = sigma
        moved = _sampled(target, grid + d[:, None, None, :])
        gx, gy = (g[core] for g in _gradient((smooth + moved)[:, 0] / 2))
        step, match = _step(smooth[:, 0][core], moved[:, 0][core], weight, gx, gy)
        d = (d + step).clamp(-MARGIN / 2, MARGIN / 2)
    return d.norm(dim=1)[match > LEAST_MATCH]


def _smoothed(x: Tensor, sigma: float) -> Tensor:
    return torch.from_numpy(np.stack([cv2.GaussianBlur(p, (0, 0), sigma) for p in x[:, 0].numpy()]))[:, None]


def _shrunk(inside: Tensor, sigma: float) -> Tensor:
    """The region less what a blur by `sigma` brings in from outside, `(k, side, side)`."""
    reach = 2 * math.ceil(sigma) + 1
    shrunk: Tensor = -functional.max_pool2d(-inside, reach, 1, reach // 2)[:, 0]
    return shrunk


def _sampled(x: Tensor, places: Tensor) -> Tensor:
    """`(k, 1, side, side)` at pixel coordinates `(k, side, side, 2)`, cubic."""
    normal = (2 * places + 1) / x.shape[-1] - 1
    sampled: Tensor = functional.grid_sample(x, normal, mode="bicubic", padding_mode="border", align_corners=False)
    return sampled


def _gradient(x: Tensor) -> tuple[Tensor, Tensor]:
    padded = functional.pad(x[:, None], (1, 1, 1, 1), mode="replicate")[:, 0]
    return (padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]) / 2, (padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]) / 2


def _step(a: Tensor, b: Tensor, weight: Tensor, gx: Tensor, gy: Tensor) -> tuple[Tensor, Tensor]:
    """One least-squares step `(k, 2)` for `b = gain·a + offset - d·gradient`, and the correlation of a and b, `(k,)`.

    Directions with hardly any gradient (along a straight edge) are left out.
    """
    n = weight.sum((1, 2)).clamp(min=1)

    def mean(x: Tensor) -> Tensor:
        return (weight * x).sum((1, 2), keepdim=True) / n[:, None, None]

    a, b, gx, gy = (x - mean(x) for x in (a, b, gx, gy))  # offset eliminated
    aa, ab, bb = mean(a * a).clamp(min=1e-12), mean(a * b), mean(b * b).clamp(min=1e-12)
    gx, gy, b = (x - mean(a * x) / aa * a for x in (gx, gy, b))  # gain eliminated
    tensor = torch.cat((mean(gx * gx), mean(gx * gy), mean(gx * gy), mean(gy * gy)), 1).view(-1, 2, 2)
    pull = -torch.cat((mean(gx * b), mean(gy * b)), 1)  # k, 2, 1
    values, vectors = torch.linalg.eigh(tensor)
    strong = (values > WEAK * values[:, 1:]) & (values > 1e-8)
    along = (vectors.transpose(1, 2) @ pull)[..., 0] * strong / values.clamp(min=1e-8)
    return (vectors @ along[..., None])[..., 0], (ab / (aa * bb).sqrt()).flatten()
