"""The place where the photo is taken: camera, lights, room and what the product stands on.

Lengths in cm, z up, the camera on the side of negative y. The product is turned, not the room, so that light and ground
keep their place in the picture. Functions give plain dictionaries of Mitsuba's scene language, bitmaps as numpy arrays
under the key "array" (`renderer.py` turns them into bitmaps).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.toyshop.geometry.meshes import Array

Light = Literal["softbox", "window", "hard sun", "mixed"]
Ground = Literal["sweep", "table", "fabric", "desk"]
SENSOR_MM = 24.0  # height of a full-frame sensor; the picture is its middle square


@dataclass(frozen=True)
class Studio:
    """One set-up.

    ground_colour: of sweep, fabric, table wood. azimuth, elevation: view, degrees. focal_mm: full-frame equivalent.
    fill: share of the frame's side that the product spans. offset: of its middle from the frame's, shares of the frame.
    side: light from the left (-1) to the right (+1). height: of the light, degrees. ambient: share of room light.
    kelvin: colour temperature of the main light. lamp: strength of a warm lamp opposite (mixed light), share of main.
    """

    light: Light = "softbox"
    ground: Ground = "sweep"
    ground_colour: str = "grey"
    azimuth: float = 30.0
    elevation: float = 18.0
    focal_mm: float = 70.0
    f_number: float = 11.0
    fill: float = 0.66
    offset: tuple[float, float] = (0.0, 0.0)
    side: float = -0.6
    height: float = 48.0
    ambient: float = 0.22
    kelvin: float = 5600.0
    lamp: float = 0.5
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Camera:
    """Where the camera stands and looks. fov: degrees; aperture: radius, cm; focus: distance, cm."""

    eye: Array
    target: Array
    fov: float
    aperture: float
    focus: float


def place_camera(points: Array, studio: Studio) -> Camera:
    """Stand back until the product (n, 3) spans `fill` of the frame, and aim so that it sits at `offset`."""
    fov = 2 * np.degrees(np.arctan(SENSOR_MM / 2 / studio.focal_mm))
    e = np.radians(studio.elevation)
    ahead = np.array([0, np.cos(e), -np.sin(e)])
    right, up = np.array([1.0, 0, 0]), np.array([0, np.sin(e), np.cos(e)])
    target, distance = (points.min(0) + points.max(0)) / 2, 100.0
    scale = 1 / np.tan(np.radians(fov / 2))
    for _ in range(30):
        offset = points - (target - ahead * distance)
        depth = offset @ ahead
        x, y = scale * (offset @ right) / depth, scale * (offset @ up) / depth
        span = max(np.ptp(x), np.ptp(y)) / 2
        distance *= float(np.clip(span / studio.fill, 0.7, 1.4))
        drift = ((x.min() + x.max()) / 2 - 2 * studio.offset[0], (y.min() + y.max()) / 2 - 2 * studio.offset[1])
        target = target + (right * drift[0] + up * drift[1]) * distance / scale
    eye = target - ahead * distance
    near = float(((points - eye) @ ahead).min())
    aperture = studio.focal_mm / 10 / (2 * studio.f_number)
    return Camera(eye, target, float(fov), aperture, 0.65 * near + 0.35 * distance)


def lights(studio: Studio, reach: float) -> dict[str, Any]:
    """Emitters of a set-up for a product of about `reach` cm. Radiances are relative; exposure comes later."""
    tint = blackbody(studio.kelvin)
    turn, lift = np.radians(90 * studio.side), np.radians(studio.height)
    towards = np.array([np.sin(turn) * np.cos(lift), -np.cos(turn) * np.cos(lift), np.sin(lift)])
    aim = np.array([0, 0, reach / 3])
    place = aim + towards * 110
    room = {"room": _room(studio)}
    if studio.light == "softbox":
        return room | {"key": _panel(place, aim, (35, 45), 9.0 * tint, _hot_centre())}
    if studio.light == "hard sun":
        sun = {"type": "disk", "at": aim + towards * 400, "aim": aim, "size": (7.0, 7.0)}
        return room | {"key": sun | {"radiance": 2600.0 * tint}}
    window = _panel(aim + towards * 150, aim, (55, 75), 7.0 * tint, _panes())
    if studio.light == "window":
        return room | {"key": window}
    bulb = aim + np.array([-towards[0] * 80 or 60, 30, 75])
    lamp = {"type": "disk", "at": bulb, "aim": aim, "size": (9.0, 9.0), "radiance": 190 * studio.lamp * blackbody(2900)}
    return room | {"key": window, "lamp": lamp}


def _panel(
    at: Array, aim: Array, size: tuple[float, float], radiance: Array, shape: NDArray[np.float32]
) -> dict[str, Any]:
    return {"type": "rectangle", "at": at, "aim": aim, "size": size, "array": shape[..., None] * radiance}


def _hot_centre() -> NDArray[np.float32]:
    """A softbox is brighter in the middle."""
    y, x = np.mgrid[-1:1:48j, -1:1:48j]
    return np.asarray(0.45 + 0.75 * np.exp(-1.6 * (x**2 + y**2)), np.float32)


def _panes() -> NDArray[np.float32]:
    """A window: two casements of two panes, brighter above (sky) than below (street)."""
    y, x = np.mgrid[0:1:96j, 0:1:64j]
    glass = (np.abs(x - 0.5) > 0.035) & (np.abs(y - 0.38) > 0.022) & (np.abs(x - 0.5) < 0.47) & (np.abs(y - 0.5) < 0.48)
    return np.asarray(glass * (1.35 - 0.7 * y), np.float32)


def _room(studio: Studio) -> dict[str, Any]:
    """A furnished room as surrounding light: pale ceiling, walls with dark and bright things, a far window."""
    rng = np.random.default_rng(studio.seed + 5)
    sky = np.linspace(90, -90, 64)[:, None] * np.ones((1, 128))
    light = np.where(sky > 38, 0.9, np.where(sky > -5, 0.5, 0.22))
    for _ in range(14):
        row, column = int(rng.integers(14, 40)), int(rng.integers(0, 118))
        light[row : row + int(rng.integers(3, 14)), column : column + int(rng.integers(3, 16))] *= rng.uniform(0.3, 1.5)
    column = int(rng.integers(20, 100))
    light[18:30, column : column + 8] = 3.0
    tint = blackbody(4500 if studio.light in ("window", "mixed") else 5000)
    cool = blackbody(8500)
    mix = 0.75 if studio.light == "hard sun" else 0.2
    colour = light[..., None] * (tint * (1 - mix) + cool * mix)
    return {"type": "envmap", "array": colour.astype(np.float32), "scale": studio.ambient}


def blackbody(kelvin: float) -> Array:
    """Linear sRGB of a black body, brightest channel 1 (Kim et al. 2002, cubic fit of the Planckian locus)."""
    t = 1e3 / kelvin
    if kelvin < 4000:
        x = -0.2661239 * t**3 - 0.2343589 * t**2 + 0.8776956 * t + 0.179910
        y = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    else:
        x = -3.0258469 * t**3 + 2.1070379 * t**2 + 0.2226347 * t + 0.240390
        y = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    xyz = np.array([x / y, 1.0, (1 - x - y) / y])
    to_rgb = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
    rgb = np.clip(to_rgb @ xyz, 0.02, None)
    return np.asarray(rgb / rgb.max(), np.float64)
