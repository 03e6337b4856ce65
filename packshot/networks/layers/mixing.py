"""Features of a content mixed with those of styles."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from packshot.networks.layers.statistics import standardised


def mix_statistics(content: Tensor, style: Tensor) -> Tensor:
    """AdaIN (Huang & Belongie 2017, eq. 8): content `(n, c, h, w)` with the `moments` `(n, 2, c)` of a style."""
    mean, deviation = style[..., None, None].unbind(1)
    return standardised(content) * deviation + mean


def mix_pixels(content: Tensor, style: Tensor) -> Tensor:
    """Per pixel: the mean of content and of style `(n, c, h', w')` brought to its size."""
    return (content + F.interpolate(style, size=content.shape[2:], mode="bilinear", align_corners=False)) / 2


def mix_averaged(content: Tensor, style: Tensor) -> Tensor:
    """Features averaged with weights from style: at each place those of style `(n, c, h', w')`, by likeness.

    Weights are a softmax over the style's places of the cosine of standardised features, times √c: an attention without
    parameters (as AdaAttN, Liu et al. 2021, eq. 5, without its projections).
    """
    n, c, h, w = content.shape
    query = F.normalize(standardised(content).flatten(2), dim=1).transpose(1, 2)  # n, h·w, c
    key = F.normalize(standardised(style).flatten(2), dim=1).transpose(1, 2)
    value = style.flatten(2).transpose(1, 2)
    found = F.scaled_dot_product_attention(query, key, value.to(query.dtype), scale=float(c) ** 0.5)
    return found.transpose(1, 2).reshape(n, c, h, w)


MIXING: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "statistics": mix_statistics,
    "pixels": mix_pixels,
    "averaged": mix_averaged,
}


def mixed(how: str, content: Tensor, styles: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    """Content mixed with several styles, each with its share; a style's batch may be 1."""
    told = [style.expand(len(content), *style.shape[1:]) for style in styles]
    return torch.stack([share * MIXING[how](content, s) for s, share in zip(told, shares, strict=True)]).sum(0)
