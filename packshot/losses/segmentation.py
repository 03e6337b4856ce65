"""Losses between logits and what each pixel belongs to; all are means over the pictures of a batch.

Of one class, against opacity `(n, 1, h, w)` in [0, 1]: cross entropy and the overlap lost (Rahman & Wang 2016, eq. 3;
both together as in Qin et al. 2019, BASNet, §3.4), with weights that rise near edges (Wei et al. 2020, F³Net, eqs. 3 to
6). Of several classes, against class numbers `(n, h, w)`, -1 = not known: cross entropy, and the overlap lost of those
classes that are there. Structure and slopes of shares: `pixel`.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

WINDOW = 31  # px around an edge that its weight reaches over, a side, in pictures of 256 px


def edge_weights(truth: Tensor, strength: float) -> Tensor:
    """1 + strength · |mean around - truth|: up to 1 + strength / 2 at a straight edge, more at thin things."""
    if strength == 0:
        return torch.ones_like(truth)
    size = max(3, round(WINDOW * truth.shape[-1] / 256) // 2 * 2 + 1)
    around = F.avg_pool2d(truth, (size, 1), 1, (size // 2, 0), count_include_pad=False)
    around = F.avg_pool2d(around, (1, size), 1, (0, size // 2), count_include_pad=False)
    return 1 + strength * (around - truth).abs()


def cross_entropy(truth: Tensor, logits: Tensor, weights: Tensor) -> Tensor:
    """Of opacity, in nats less the entropy of the opacity itself, so that 0 is perfect."""
    own = -(torch.xlogy(truth, truth) + torch.xlogy(1 - truth, 1 - truth))
    each = F.binary_cross_entropy_with_logits(logits, truth, reduction="none") - own
    return (weights * each).sum((1, 2, 3)).div(weights.sum((1, 2, 3))).mean()


def lost_overlap(truth: Tensor, share: Tensor, weights: Tensor) -> Tensor:
    """1 - Σ w·p·q / Σ w·(p + q - p·q); for pictures without a product and without a share of it, 0.

    Soft: where truth is a fraction, share must be 0 or 1 for overlap alone; cross entropy pulls it to the fraction.
    """
    both = (weights * truth * share).sum((1, 2, 3))
    either = (weights * (truth + share - truth * share)).sum((1, 2, 3))
    least = 0.001 * weights.sum((1, 2, 3))
    return (1 - (both + least) / (either + least)).mean()


def classes_cross_entropy(truth: Tensor, logits: Tensor) -> Tensor:
    """Over the pixels whose class is known; 0 if there are none."""
    known = (truth >= 0).sum().clamp(min=1)
    return F.cross_entropy(logits, truth, ignore_index=-1, reduction="sum") / known


def classes_lost_overlap(truth: Tensor, logits: Tensor) -> Tensor:
    """1 - mean over the classes that are in the batch of Σ p·q / Σ (p + q - p·q), over pixels whose class is known."""
    known = (truth >= 0)[:, None]
    share = logits.softmax(1) * known
    wanted = F.one_hot(truth.clamp(min=0), logits.shape[1]).movedim(-1, 1).to(share) * known
    both, sums = (wanted * share).sum((0, 2, 3)), (wanted + share).sum((0, 2, 3))
    there = wanted.sum((0, 2, 3)) > 0
    overlap = both / (sums - both).clamp(min=1e-6)
    return 1 - (overlap * there).sum() / there.sum().clamp(min=1)
