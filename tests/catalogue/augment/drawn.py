"""Smooth pictures and generators for the tests of augmentation."""

import torch


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def photo(n=2, side=48, seed=0):
    """Smooth pictures with an edge, in [0, 1]."""
    g = seeded(seed)
    small = torch.rand(n, 3, 6, 6, generator=g)
    x = torch.nn.functional.interpolate(small, (side, side), mode="bicubic", align_corners=False).clamp(0, 1)
    x[:, :, side // 3 : side // 2, side // 4 : side // 2] = 0.9
    return x
