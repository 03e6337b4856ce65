"""The one picture convention (DESIGN.md §1): RGB, float32, `(n, 3, h, w)`, `[0, 1]`, sRGB-encoded."""

from __future__ import annotations

from dataclasses import dataclass, field
from dataclasses import replace as _replace
from typing import Any

import torch
from torch import Tensor

from packshot.errors import PictureError
from packshot.imaging import mapped

CHANNELS = {"rgb": 3, "alpha": 1, "matte": 1, "mask": 1}
BAND = 512  # rows of a mapped picture that are looked at together
SLACK = 1e-4  # how far outside [0, 1] rounding may carry a value


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture (`n = 1` in catalogue work) or a batch of equal size.

    rgb: `(n, 3, h, w)` float32 in `[0, 1]`, sRGB-encoded, straight (never premultiplied by alpha).
    alpha: `(n, 1, h, w)` in `[0, 1]`, opacity: what shows. None = opaque everywhere.
    matte: `(n, 1, h, w)` in `[0, 1]`, 1 = product: what must be left alone. None = not known yet.
    mask: `(n, 1, h, w)` in `[0, 1]`, 1 = edit here. None = nowhere in particular.
    to_source: `(3, 3)` float64, takes points `(x, y, 1)` of this picture to the file it was read from.
        Coordinates are continuous: `(0, 0)` is the outer corner of the first pixel, whose centre is `(0.5, 0.5)`.

    `alpha` and `matte` differ once a shadow or a background is added: the shadow shows, but is no product.
    Raises PictureError on a wrong shape, type or range.
    """

    rgb: Tensor
    matte: Tensor | None = None
    mask: Tensor | None = None
    alpha: Tensor | None = None
    to_source: Tensor = field(default_factory=lambda: torch.eye(3, dtype=torch.float64))

    def __post_init__(self) -> None:
        if self.rgb.ndim != 4:
            raise PictureError(f"rgb: expected 4 dimensions (n, 3, h, w), got shape {tuple(self.rgb.shape)}")
        for name, channels in CHANNELS.items():
            _check_layer(name, getattr(self, name), (self.rgb.shape[0], channels, *self.rgb.shape[2:]))
        if self.to_source.shape != (3, 3):
            raise PictureError(f"to_source: expected shape (3, 3), got {tuple(self.to_source.shape)}")

    @property
    def height(self) -> int:
        """Rows, px."""
        return self.rgb.shape[2]

    @property
    def width(self) -> int:
        """Columns, px."""
        return self.rgb.shape[3]

    @property
    def size(self) -> tuple[int, int]:
        """`(height, width)`, px."""
        return self.height, self.width

    def replace(self, **changes: Any) -> Picture:
        """The same picture with some fields changed."""
        return _replace(self, **changes)

    def to(self, device: str | torch.device) -> Picture:
        """The same picture on another device (`to_source` stays on the CPU)."""
        layers = {name: getattr(self, name) for name in CHANNELS}
        return self.replace(**{k: None if v is None else v.to(device) for k, v in layers.items()})


def _check_layer(name: str, value: Tensor | None, shape: tuple[int, ...]) -> None:
    if value is None:
        if name == "rgb":
            raise PictureError("rgb: expected a tensor, got None")
        return
    if tuple(value.shape) != shape or 0 in shape:
        raise PictureError(f"{name}: expected shape {shape} with no empty side, got {tuple(value.shape)}")
    if value.dtype != torch.float32:
        raise PictureError(f"{name}: expected float32, got {value.dtype}")
    low, high = _range(value)
    if not bool((low >= -SLACK) & (high <= 1 + SLACK)):  # in float32, as the values are; NaN fails both comparisons
        raise PictureError(f"{name}: expected values in [0, 1], got [{low:.4g}, {high:.4g}]")


def _range(value: Tensor) -> tuple[Tensor, Tensor]:
    """Least and largest value; a mapped tensor is read in bands and let go."""
    bands = value.detach().split(BAND, 2) if mapped.is_mapped(value) else (value.detach(),)  # type: ignore[no-untyped-call]
    found = []
    for band in bands:
        found.append(torch.stack(torch.aminmax(band)))
        mapped.release(value)
    low, high = torch.stack(found).unbind(1)
    return low.amin(), high.amax()
