"""Synthetic shadows, drawn from the matte alone: contact, cast, floating, drop.

Each is a density on a small grid (0 = no shadow, 1 = no light) with the projective transform of that grid into the
picture; `layering.render` brings it to full size. The solid that throws them comes from `standing.py`.

- contact: light from the whole sky. A plate at height H above the ground hides the share
  `∫ H² / (π (H² + d²)²)` of it (form factor of parallel patches); the solid's cross-sections are such plates, and the
  largest share of any of them is nearly that of the solid. The kernel is the sum of two Gaussians (within 0.006).
- cast: one lamp. Cross-sections slide along the light onto the ground; the penumbra widens with the height of what
  throws it (Fernando, "Percentage-Closer Soft Shadows", 2005, by blending blurs instead of sampling).
- floating: the view from above, lowered and blurred. drop: the outline itself, shifted and blurred.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.imaging.blur import blurred
from packshot.imaging.scenery.layering import Shade
from packshot.imaging.scenery.standing import Plane, Stand, stand

WORK_PX = 224  # longest side of the product while its shadow is computed; up to twice that for a large one
SKY = ((0.731, 0.679), (0.269, 2.383))  # share and sigma / height of the two Gaussians
TOUCH = 0.008  # reach of the dark line at the contact, in lengths of the product
UNDERCUT = 0.006  # height of the gap under a rounded lower edge, in lengths
REACH = 5.0  # how high the solid counts for the contact shadow, in blurs
KEY = 0.6  # light that one lamp takes away
FLOATING = 0.6
STEP = 1.5  # ground grid, working px


@dataclass(frozen=True)
class Outline:
    """The product at working size. scale: picture px per working px; x, y: picture px of its corner."""

    inside: NDArray[np.bool_]
    soft: Plane
    scale: float
    x: float
    y: float

    @property
    def length(self) -> float:
        """Longest side, working px."""
        return float(max(self.inside.any(axis=0).sum(), self.inside.any(axis=1).sum()))

    def placed(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """A transform into working coordinates, continued to picture pixel indices (whose centres are whole)."""
        s = self.scale
        moved: NDArray[np.float64] = np.array([[s, 0, self.x - 0.5], [0, s, self.y - 0.5], [0, 0, 1]]) @ matrix
        return moved


def outline(matte: Plane, work_px: int = 0) -> Outline | None:
    """The product of a matte `(h, w)`, scaled so that its longest side is `work_px` (0 = enough); None if none."""
    peak = float(matte.max())
    if peak < 0.05:
        return None
    threshold = min(0.5, peak / 2)
    solid = matte > threshold
    ys, xs = np.nonzero(solid.any(axis=1))[0], np.nonzero(solid.any(axis=0))[0]
    y0, y1, x0, x1 = int(ys[0]), int(ys[-1]) + 1, int(xs[0]), int(xs[-1]) + 1
    longest = max(y1 - y0, x1 - x0)
    ratio = min(4.0, (work_px or min(2 * WORK_PX, max(WORK_PX, longest // 4))) / longest)
    size = (max(1, round((x1 - x0) * ratio)), max(1, round((y1 - y0) * ratio)))
    method = cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR
    soft = np.pad(cv2.resize(matte[y0:y1, x0:x1], size, interpolation=method), 1)
    scale = longest / max(size)
    return Outline(soft > min(threshold, float(soft.max()) / 2), soft, scale, x0 - scale, y0 - scale)


def contact(shape: Outline, *, blur: float = 0.04, camera: float = 18.0) -> Shade:
    """Ambient occlusion around the foot of the product.

    blur: softness in lengths of the product. camera: how far it looks down, degrees.
    """
    length = shape.length
    what = stand(shape.inside, camera, UNDERCUT * length)
    reach = min(what.tallest, REACH * blur * length)
    ground = _ground(what, 1.6 * reach + 0.1 * length)
    return Shade(_sky(what, ground, reach, TOUCH * length), shape.placed(ground.to_picture(what)))


@dataclass(frozen=True)
class Light:
    """One lamp. angle: where it stands, seen from above, degrees: 0 behind the product, 90 right, 180 the camera.

    elevation: above the ground, degrees. penumbra: width of the soft edge one length of the product away, in lengths.
    """

    angle: float = -110.0
    elevation: float = 45.0
    penumbra: float = 0.04

    @property
    def lean(self) -> NDArray[np.float64]:
        """How far (x, z) the shadow of a point moves with each unit of its height."""
        turn = math.radians(self.angle)
        return np.array([-math.sin(turn), math.cos(turn)]) / math.tan(math.radians(self.elevation))


def cast(shape: Outline, *, light: Light, length: float = 0.8, camera: float = 18.0, ambient: float = 0.7) -> Shade:
    """Shadow of one lamp on the ground, together with a contact shadow.

    length: where it has faded to nothing, in lengths of the product. camera: how far it looks down, degrees.
    ambient: how much of the contact shadow is added, 0..1.
    """
    size = shape.length
    what = stand(shape.inside, camera, UNDERCUT * size)
    lean = float(np.hypot(*light.lean))
    top = min(what.tallest, length * size / lean)
    ground = _ground(what, (0.15 + light.penumbra) * size, top * light.lean)
    heights = _slide(what, ground, light.lean, top)
    density, above = _penumbra(heights, light.penumbra, 1.0)
    lit = np.clip(above * lean / (length * size), 0, 1)
    density *= KEY * (1 - lit * lit * (3 - 2 * lit))
    if ambient > 0:
        around = _sky(what, ground, min(what.tallest, 0.25 * size), TOUCH * size)
        density = 1 - (1 - density) * (1 - ambient * around)
    return Shade(_closed(density), shape.placed(ground.to_picture(what)))


def floating(
    shape: Outline, *, right: float = 0.0, gap: float = 0.05, blur: float = 0.04, camera: float = 18.0
) -> Shade:
    """Soft shadow below a product that hovers.

    gap: how far below the product the shadow lies in the picture; right: how far to the right; blur: all in lengths.
    """
    size = shape.length
    what = stand(shape.inside, camera, gap * size)
    sigma = (1.6 * blur + 0.3 * gap) * size
    ground = _ground(what, 3.2 * sigma)
    heights = np.linspace(0, what.tallest, 32)
    above = np.logical_or.reduce([what.slice(float(h), ground.x, ground.z) for h in heights])
    density = FLOATING * blurred(above.astype(np.float32), sigma / STEP)
    return Shade(_closed(density), shape.placed(_shifted(right * size, 0) @ ground.to_picture(what)))


def drop(shape: Outline, *, right: float = 0.0, down: float = 0.05, blur: float = 0.04) -> Shade:
    """The outline shifted and blurred, all in lengths of the product: a sheet of paper above a table."""
    size = shape.length
    pad = math.ceil(3 * blur * size) + 1
    density = KEY * blurred(np.pad(shape.soft, pad), blur * size)
    return Shade(density, shape.placed(_shifted(0.5 - pad + right * size, 0.5 - pad + down * size)))


def drop_work_px(blur: float) -> int:
    """Working size at which an outline blurred by `blur` lengths loses nothing that shows."""
    return round(min(2048, max(WORK_PX, 2.5 / max(blur, 1e-3))))


@dataclass(frozen=True)
class _Ground:
    """A regular grid of ground points: world x of its columns, z of its rows, `STEP` px apart."""

    x: NDArray[np.float64]
    z: NDArray[np.float64]

    def to_picture(self, what: Stand) -> NDArray[np.float64]:
        """Transform of grid indices to working px."""
        grid = np.array([[STEP, 0, self.x[0]], [0, STEP, self.z[0]], [0, 0, 1.0]])
        matrix: NDArray[np.float64] = what.camera.ground_to_picture() @ grid
        return matrix


def _ground(what: Stand, margin: float, reach: NDArray[np.float64] | None = None) -> _Ground:
    """Ground under and around the solid: `margin` to all sides, and as far as `reach` (x, z) leads."""
    back, front = what.depths()
    w = what.near.shape[1]
    dx, dz = (0.0, 0.0) if reach is None else reach
    nearest = 0.6 * what.camera.distance  # nothing closer to the camera than this
    return _Ground(
        np.arange(-margin + min(0.0, dx), w + margin + max(0.0, dx), STEP),
        np.arange(back - margin + min(0.0, dz), min(front + margin + max(0.0, dz), nearest), STEP),
    )


def _sky(what: Stand, ground: _Ground, reach: float, touch: float) -> Plane:
    """Share of the sky that the solid, up to a height of `reach` px, hides from the ground; 0 along the border.

    touch: how far the dark line along the contact reaches, px.
    """
    rows, columns = _under(what, ground)
    hidden = np.zeros((len(ground.z), len(ground.x)), np.float32)
    plate = np.zeros_like(hidden)
    height = 0.0
    while height <= reach:
        plate[rows, columns] = what.slice(height, ground.x[columns], ground.z[rows])
        if height == 0.0:
            size = 2 * round(touch / STEP) + 1
            foot = cv2.dilate(plate, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
        seen = sum(share * blurred(plate, sigma * max(height, 0.5) / STEP) for share, sigma in SKY)
        np.maximum(hidden, seen, out=hidden)
        height = max(height + 1.0, height * 1.3)
    sigma = max(0.7, 0.7 * touch / STEP)  # more of it in depth, which the picture foreshortens
    line, soft = (cv2.GaussianBlur(x, (0, 0), sigma, sigmaY=2 * sigma) for x in (foot, hidden))
    return _closed(np.maximum(0.85 * line, soft))


def _slide(what: Stand, ground: _Ground, lean: NDArray[np.float64], top: float) -> Plane:
    """Height of the lowest part of the solid that hides the lamp from each ground point, px; -1 where it is lit."""
    found = np.full((len(ground.z), len(ground.x)), -1.0, np.float32)
    rows, columns = _under(what, ground)
    step = STEP / max(1.0, float(np.abs(lean).max()))
    for height in np.arange(0, top + step, step)[::-1].tolist():
        plate = what.slice(height, ground.x[columns], ground.z[rows])
        dx, dz = (round(height * float(v) / STEP) for v in lean)
        target, part = _overlap(found, plate, rows.start + dz, columns.start + dx)
        target[part] = height
    return found


def _under(what: Stand, ground: _Ground) -> tuple[slice, slice]:
    """The rows and columns of the grid above which the solid may be."""
    back, front = what.depths()
    side = 0.1 * what.length  # perspective moves far parts towards the middle
    rows, columns = (
        slice(max(0, int((low - axis[0]) / STEP) - 1), int((high - axis[0]) / STEP) + 3)
        for axis, low, high in ((ground.z, back, front), (ground.x, -side, what.near.shape[1] + side))
    )
    return rows, columns


def _overlap(canvas: Plane, part: NDArray[np.bool_], y: int, x: int) -> tuple[Plane, NDArray[np.bool_]]:
    """The views of a canvas and of a part laid at `(y, x)` where both exist."""
    h, w = part.shape
    y0, y1, x0, x1 = max(0, y), min(canvas.shape[0], y + h), max(0, x), min(canvas.shape[1], x + w)
    if y1 <= y0 or x1 <= x0:
        return canvas[:0, :0], part[:0, :0]
    return canvas[y0:y1, x0:x1], part[y0 - y : y1 - y, x0 - x : x1 - x]


def _penumbra(heights: Plane, softness: float, least: float) -> tuple[Plane, Plane]:
    """A sharp shadow blurred by `softness` times the height of what throws it, and that height continued around it.

    heights: px, negative where there is no shadow. least: smallest blur, in grid cells.
    """
    sharp = (heights >= 0).astype(np.float32)
    heights = (np.maximum(heights, 0) / STEP).astype(np.float32)
    sigmas = [least]
    while sigmas[-1] < softness * float(heights.max()):
        sigmas.append(sigmas[-1] * 1.6)
    soft = [blurred(sharp, s) for s in sigmas]
    total, above = np.full_like(sharp, 1e-9), np.zeros_like(sharp)
    lifted = sharp * heights
    for level, (sigma, layer) in enumerate(zip(sigmas, soft, strict=True)):
        share = 0.05**level
        total += share * layer
        above += share * blurred(lifted, sigma)
    above /= total
    level = np.log(np.maximum(softness * above, least) / least) / math.log(1.6)
    mixed = sum(np.clip(1 - np.abs(level - i), 0, 1) * layer for i, layer in enumerate(soft))
    return np.asarray(mixed, dtype=np.float32), above * np.float32(STEP)


def _shifted(x: float, y: float) -> NDArray[np.float64]:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def _closed(density: Plane) -> Plane:
    """Lowered and stretched so that nothing is left along the grid's border."""
    rest = max(float(edge.max()) for edge in (density[0], density[-1], density[:, 0], density[:, -1]))
    rest = min(rest, 0.5)
    inside: Plane = np.clip((density - rest) / (1 - rest), 0, 1)
    inside[[0, -1]] = 0
    inside[:, [0, -1]] = 0
    return inside
