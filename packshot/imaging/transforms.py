"""Places and the transforms between pictures: `(3, 3)` float64 matrices acting on points `(x, y, 1)`.

Coordinates are continuous: `(0, 0)` is the outer corner of the first pixel. Sizes are `(height, width)`.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from packshot.errors import ParameterError

Size = tuple[int, int]


def scale_shift(sx: float, sy: float, tx: float, ty: float) -> Tensor:
    """The `(3, 3)` float64 transform `x → sx·x + tx, y → sy·y + ty`."""
    return torch.tensor([[sx, 0, tx], [0, sy, ty], [0, 0, 1]], dtype=torch.float64)


def transform_points(matrix: Tensor, points: Tensor) -> Tensor:
    """Points `(k, 2)` taken through a `(3, 3)` projective transform, float64."""
    homogeneous = functional.pad(points.to(torch.float64), (0, 1), value=1.0) @ matrix.to(torch.float64).T
    return homogeneous[:, :2] / homogeneous[:, 2:]


def corners(size: Size) -> Tensor:
    """The four corners `(4, 2)` of a picture: top left, top right, bottom right, bottom left, px."""
    h, w = size
    return torch.tensor([[0, 0], [w, 0], [w, h], [0, h]], dtype=torch.float64)


def homography(points_from: Tensor, points_to: Tensor) -> Tensor:
    """The projective transform `(3, 3)` that takes four points `(4, 2)` to four others, exactly.

    Raises ParameterError if three of the points lie on one line.
    """
    for points in (points_from, points_to):
        _check_spread(points)
    rows, values = [], []
    for (x, y), (u, v) in zip(points_from.tolist(), points_to.tolist(), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    solved = torch.linalg.solve(torch.tensor(rows, dtype=torch.float64), torch.tensor(values, dtype=torch.float64))
    return torch.cat((solved, torch.ones(1, dtype=torch.float64))).view(3, 3)


def _check_spread(points: Tensor) -> None:
    extent = float((points.amax(0) - points.amin(0)).max()) if points.shape == (4, 2) else 0.0
    for left_out in range(4):
        a, b, c = (points[i].to(torch.float64) for i in range(4) if i != left_out)
        area = float((b - a)[0] * (c - a)[1] - (b - a)[1] * (c - a)[0])
        if not abs(area) > 1e-9 * extent**2 > 0:
            raise ParameterError("homography: expected four points (4, 2) of which no three lie on one line")
