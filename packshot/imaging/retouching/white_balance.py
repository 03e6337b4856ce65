"""White balance and exposure: which colour of a photo should be white or grey, and the gains that make it so.

Gains multiply the linear channels (von Kries 1902, on the sRGB primaries, as cameras do) and keep the luminance of the
reference. Colour temperatures are on the Planckian locus as approximated by Kang et al. 2002 (J. Korean Phys. Soc. 41,
eq. 6-9, 1667 to 25000 K); tint moves across it in CIE 1960 uv. Grey world: Buchsbaum 1980. Departures: the reference of
the automatic correction is the photo's lit background, not a grey card, and it is refused where it is plainly coloured,
patterned or dark. A camera's own white balance leaves warm remains of lamps oftener than green, blue or pink ones, so a
background coloured otherwise than warm is sooner taken for paper of that colour.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from packshot.imaging.colour import RGB_TO_XYZ, XYZ_TO_RGB, linear_to_srgb, rgb_to_lab, srgb_to_linear

Triple = tuple[float, float, float]

LUMA = RGB_TO_XYZ[1]
DAYLIGHT = 6504.0  # K, at which the light is taken for neutral
TINT_UV = 0.0006  # distance in CIE 1960 uv of one unit of tint
LEAST_GAIN, MOST_GAIN = 0.4, 2.5  # of a channel, relative to luminance: beyond this it was no cast
BORDER = 0.04  # width of the border that stands for the background where no matte is known, of the shorter side
BRIGHTER = 1.15  # luminance, relative to the background, from which a thing may show the light better
STRONGEST_CAST = 16.0  # CIELAB chroma of a warm background that can still be a cast on something neutral
STRONGEST_OTHER = 8.0  # the same of a background of any other hue
WARM = (40.0, 110.0)  # CIELAB hues, degrees, from orange to yellow, that lamps give
CLEAR_CAST = 8.0  # chroma from which a cast taken out may have been a coloured backdrop
UNEVEN = 5.0  # mean spread of its a and b from which a background is a pattern
DARKEST = 35.0  # lightness below which a background says nothing about the light's colour
WHITE_FROM = 65.0  # lightness from which a background is taken for an underexposed white
MOST_STOPS = 2.0  # that automatic exposure gives
SAMPLES = 40_000  # pixels that references and limits are measured on


@dataclass(frozen=True)
class Reference:
    """A colour taken from the photo. linear: its linear RGB. lab: the same in CIELAB. spread: of its a and b.

    outdone: whether the picture holds something brighter that is much less coloured, so that this is not the light.
    """

    linear: Triple
    lab: Triple
    spread: float
    outdone: bool = False

    @property
    def luminance(self) -> float:
        """Relative luminance Y, white = 1."""
        return sum(w * v for w, v in zip(LUMA, self.linear, strict=True))

    @property
    def chroma(self) -> float:
        """CIELAB chroma: how strong its cast is."""
        return math.hypot(self.lab[1], self.lab[2])

    @property
    def coloured(self) -> bool:
        """Whether it is more coloured than a cast would make something neutral."""
        warm = WARM[0] <= math.degrees(math.atan2(self.lab[2], self.lab[1])) <= WARM[1]
        return self.chroma > (STRONGEST_CAST if warm else STRONGEST_OTHER)


# --- references -----------------------------------------------------------------------------------------------------


def background(rgb: Tensor, matte: Tensor | None) -> Reference | None:
    """The lit part of the background of `(1, 3, h, w)`: where the matte is 0, else the picture's border.

    None if there is too little of it to go by (under 0.5 % of the picture).
    """
    where = _border(rgb) if matte is None else matte[0, 0] <= 0
    if float(where.float().mean()) < 0.005:
        return None
    colours = _sampled(rgb, where)
    Y = srgb_to_linear(colours).T @ colours.new_tensor(LUMA)
    lit = _reference(colours[:, Y.median() <= Y])  # not its shadows
    return replace(lit, spread=_reference(colours).spread, outdone=_outdone(rgb, lit))


def point(rgb: Tensor, x: float, y: float) -> Reference:
    """The colour around a point of `(1, 3, h, w)`; x and y are shares of the width and height, 0 to 1."""
    _, _, h, w = rgb.shape
    column, row = min(w - 1, int(x * w)), min(h - 1, int(y * h))
    reach = max(1, round(min(h, w) / 200))
    part = rgb[0, :, max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]
    return _reference(part.reshape(3, -1))


def grey_world(rgb: Tensor) -> Reference:
    """The mean colour of the whole picture."""
    return _reference(_sampled(rgb, torch.ones(rgb.shape[2:], dtype=torch.bool)), median=False)


def linear_of(rgb: Triple) -> Triple:
    """Linear RGB of one encoded colour."""
    r, g, b = srgb_to_linear(torch.tensor(rgb)).tolist()
    return r, g, b


def _reference(colours: Tensor, median: bool = True) -> Reference:
    """Of encoded colours `(3, count)`."""
    lab = rgb_to_lab(colours[None, :, :, None])[0, :, :, 0]
    middle = srgb_to_linear(colours.median(1).values if median else colours)
    r, g, b = (middle if median else middle.mean(1)).tolist()
    mean = linear_to_srgb(torch.tensor((r, g, b))).reshape(1, 3, 1, 1)
    L, a_, b_ = rgb_to_lab(mean).flatten().tolist()
    away = torch.hypot(lab[1] - lab[1].median(), lab[2] - lab[2].median())
    return Reference((r, g, b), (L, a_, b_), float(away.mean()))


def _outdone(rgb: Tensor, reference: Reference) -> bool:
    """White patch test (Land 1971): what is brightest shows the light best."""
    colours = _sampled(rgb, torch.ones(rgb.shape[2:], dtype=torch.bool))
    brighter = srgb_to_linear(colours).T @ colours.new_tensor(LUMA) > BRIGHTER * reference.luminance
    if reference.chroma < 4 or float(brighter.float().mean()) < 0.02:
        return False
    return _reference(colours[:, brighter]).chroma < 0.5 * reference.chroma


def _border(rgb: Tensor) -> Tensor:
    h, w = rgb.shape[2:]
    width = max(1, round(BORDER * min(h, w)))
    where = torch.ones(h, w, dtype=torch.bool)
    where[width : h - width, width : w - width] = False
    return where


def _sampled(rgb: Tensor, where: Tensor) -> Tensor:
    """`(3, count)` colours of `(1, 3, h, w)` where `(h, w)` is true, evenly thinned out."""
    places = torch.nonzero(where.flatten()).flatten()
    places = places[:: max(1, len(places) // SAMPLES)]
    return rgb[0].cpu().flatten(1)[:, places.cpu()]


# --- gains ----------------------------------------------------------------------------------------------------------


def neutral_gains(linear: Triple) -> Triple:
    """Gains that make a linear RGB colour grey and keep its luminance, within `LEAST_GAIN` and `MOST_GAIN`."""
    Y = sum(w * v for w, v in zip(LUMA, linear, strict=True))
    gains = [min(max(Y / max(v, 1e-4), LEAST_GAIN), MOST_GAIN) for v in linear]
    after = sum(w * v * k for w, v, k in zip(LUMA, linear, gains, strict=True))
    r, g, b = (k * Y / max(after, 1e-6) if Y > 0 else 1.0 for k in gains)
    return r, g, b


def light_gains(kelvin: float, tint: float) -> Triple:
    """Gains that make the light of a colour temperature neutral; tint > 0 takes green out, < 0 magenta.

    Exactly 1 at 6504 K and tint 0.
    """
    if kelvin == DAYLIGHT and tint == 0:
        return (1.0, 1.0, 1.0)
    light, white = _light(kelvin, tint), _light(DAYLIGHT, 0.0)
    r, g, b = (v / w for v, w in zip(light, white, strict=True))
    return neutral_gains((r, g, b))


def with_stops(gains: Triple, stops: float) -> Triple:
    """Gains with an exposure of so many stops on top."""
    r, g, b = (v * 2.0**stops for v in gains)
    return r, g, b


def _light(kelvin: float, tint: float) -> Triple:
    """Linear sRGB of a light on (or, by tint, beside) the Planckian locus, luminance 1."""
    u, v = _planck_uv(kelvin)
    u2, v2 = _planck_uv(kelvin * 1.01)
    length = math.hypot(u2 - u, v2 - v)
    across = ((v2 - v) / length, (u - u2) / length)  # towards green, for rising temperature runs towards blue
    u, v = u + tint * TINT_UV * across[0], v + tint * TINT_UV * across[1]
    x, y = 3 * u / (2 * u - 8 * v + 4), 2 * v / (2 * u - 8 * v + 4)
    xyz = (x / y, 1.0, (1 - x - y) / y)
    r, g, b = (max(sum(m * c for m, c in zip(row, xyz, strict=True)), 1e-3) for row in XYZ_TO_RGB)
    return r, g, b


def _planck_uv(kelvin: float) -> tuple[float, float]:
    """CIE 1960 uv of a black body (Kang et al. 2002)."""
    t = 1000.0 / kelvin
    if kelvin <= 4000:
        x = -0.2661239 * t**3 - 0.2343589 * t**2 + 0.8776956 * t + 0.179910
    else:
        x = -3.0258469 * t**3 + 2.1070379 * t**2 + 0.2226347 * t + 0.240390
    if kelvin <= 2222:
        y = -1.1063814 * x**3 - 1.34811020 * x**2 + 2.18555832 * x - 0.20219683
    elif kelvin <= 4000:
        y = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    else:
        y = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    return 4 * x / (-2 * x + 12 * y + 3), 6 * y / (-2 * x + 12 * y + 3)


# --- automatic ------------------------------------------------------------------------------------------------------


def auto_gains(reference: Reference | None) -> tuple[Triple, str]:
    """Gains that make a background neutral, and why they are 1 if it cannot be a reference ("" if it can)."""
    doubt = _doubt(reference)
    if reference is None or doubt:
        return (1.0, 1.0, 1.0), doubt
    return neutral_gains(reference.linear), ""


def clear_cast(reference: Reference | None, gains: Triple) -> bool:
    """Whether `auto_gains` took out so strong a cast that the background may have been coloured paper after all."""
    return reference is not None and gains != (1.0, 1.0, 1.0) and reference.chroma > CLEAR_CAST


def auto_stops(
    rgb: Tensor, matte: Tensor | None, reference: Reference | None, gains: Triple, lightness: float
) -> tuple[float, str]:
    """Stops that bring the background to a CIELAB lightness without clipping the product, and what stood in the way.

    It never darkens: a white background that is white enough, or cut off, stays as it is.
    """
    doubt = _doubt(reference)
    if reference is None or doubt:
        return 0.0, doubt
    if reference.lab[0] < WHITE_FROM:
        return 0.0, "the background is too dark to be meant white: exposure left as it is"
    goal = ((lightness + 16) / 116) ** 3
    now = sum(w * v * g for w, v, g in zip(LUMA, reference.linear, gains, strict=True))
    wanted = min(max(0.0, math.log2(goal / max(now, 1e-4))), MOST_STOPS)
    room = headroom(rgb, matte, gains)
    return (wanted, "") if wanted <= room + 0.05 else (room, "exposure held back so that the product is not clipped")


def _doubt(reference: Reference | None) -> str:
    """Why a background is no reference for white."""
    if reference is None:
        return "too little background to judge colour and exposure by"
    if reference.coloured:
        return "the background is coloured: no reference for white"
    if reference.outdone:
        return "something brighter is less coloured than the background: no reference for white"
    if reference.spread > UNEVEN:
        return "the background is patterned: no reference for white"
    return "the background is too dark to be a reference for white" if reference.lab[0] < DARKEST else ""


def headroom(rgb: Tensor, matte: Tensor | None, gains: Triple) -> float:
    """Stops by which the product can still be brightened, after these gains, before its bright parts are cut off.

    Measured on the 99.5th percentile of its largest channel; never below 0. Without a matte on the 98th of the whole
    picture, so that neither a lamp nor a hot spot decides.
    """
    known = matte is not None and bool((matte > 0.5).any())
    where = matte[0, 0] > 0.5 if matte is not None and known else torch.ones(rgb.shape[2:], dtype=torch.bool)
    linear = srgb_to_linear(_sampled(rgb, where)) * torch.tensor(gains)[:, None]
    top = float(torch.quantile(linear.amax(0), 0.995 if known else 0.98))
    return max(0.0, -math.log2(max(top, 1e-6)))
