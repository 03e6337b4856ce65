"""How far a network looks: the radius of its receptive field, measured by what one changed pixel changes."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

PROBE_PX = 144  # side of the probe: reaches up to about 60 px are seen
FAINT = 1e-5  # of the output's range: less is rounding


def measure(run: Callable[[Tensor], Tensor], channels: int, scale: int, multiple: int = 1) -> int | None:
    """Input pixels around an output pixel that can change it; None if that is all of them (attention, global means).

    run: `(n, channels, h, w)` → `(n, k, scale·h, scale·w)`. The answer holds for the weights at hand: a connection
    whose weight is 0 does not count.
    """
    side = max(PROBE_PX // multiple, 3) * multiple
    probe = torch.rand(1, channels, side, side, generator=torch.Generator().manual_seed(0))
    middle = side // 2 // multiple * multiple
    changed = probe.clone()
    changed[:, :, middle : middle + multiple, middle : middle + multiple] = (
        1 - probe[:, :, middle : middle + multiple, middle : middle + multiple].round()
    )
    a, b = run(probe), run(changed)
    differs = ((a - b).abs() > FAINT * (a.max() - a.min()).clamp(min=1e-6)).any(1)[0]
    if not differs.any():
        return 0
    places = differs.nonzero()
    low, high = (places.amin(0).min() // scale).item(), (places.amax(0).max() // scale).item()
    reach = max(middle - low, high - (middle + multiple - 1))
    return None if low <= 1 or high >= side - 2 else int(reach)
