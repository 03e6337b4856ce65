"""Which colours a file means, from everything it says of itself, and those colours as sRGB.

Order of belief: an embedded ICC profile that fits; coded primaries (H.273: PNG cICP, AVIF and HEIF nclx); a PNG's
gAMA and cHRM (unless it has sRGB); a camera's Exif remark that it shot Adobe RGB (DCF 2.0); else sRGB.
"""

from __future__ import annotations

import numpy as np

from packshot.imaging.files import icc
from packshot.imaging.files.decode import Header
from packshot.imaging.files.profiles import (
    Floats,
    Profile,
    apply_exactly,
    apply_littlecms,
    from_primaries,
    gamma_curve,
    is_srgb,
    lab_to_srgb,
    parse,
    srgb_curve,
    unit,
)
from packshot.imaging.files.samples import Samples

SPACES = {"RGB": ("RGB",), "L": ("GRAY", "RGB"), "CMYK": ("CMYK",)}  # mode → ICC spaces that fit
NOTED_SHARE = 0.001  # a note is made if more of the picture than this lies outside sRGB
CODED = {  # H.273 table 2
    9: ("Rec. 2020", icc.REC_2020),
    12: ("Display P3", icc.DISPLAY_P3),
}
HDR = {16: "PQ", 18: "HLG"}  # H.273 table 3
LINEAR = 8
ADOBE_GAMMA = 563 / 256  # Adobe RGB (1998) §4.3.1.2
USUAL_GAMMA = 1 / 2.2  # what a PNG writes to mean sRGB


def to_srgb(header: Header, samples: Samples, notes: list[str]) -> tuple[Floats, str]:
    """`(3, h, w)` sRGB in [0, 1], and the description of the file's profile ("" if none). Adds to `notes`."""
    mode = samples.image.mode
    profile = _embedded(header, mode, notes)
    named = "" if profile is None else profile.description
    if profile is None and mode in ("RGB", "L"):
        profile = _implied(header, notes)
    rgb = None if profile is None or is_srgb(profile) else _converted(profile, samples, notes)
    if rgb is None:
        rgb = _assumed(samples, notes)
    return (rgb if len(rgb) == 3 else np.repeat(rgb, 3, axis=0)), named


def _embedded(header: Header, mode: str, notes: list[str]) -> Profile | None:
    """The file's own profile, if it has one that fits its pixels."""
    if not header.profile:
        return None
    try:
        profile = parse(header.profile)
    except ValueError as error:
        notes.append(f"{error}: ignored")
        return None
    if mode == "LAB":
        return None  # nothing to add: the samples are device independent
    if profile.space not in SPACES[mode]:
        notes.append(f"ICC profile is for {profile.space}, the picture is {mode}: ignored")
        return None
    return profile


def _implied(header: Header, notes: list[str]) -> Profile | None:
    """A profile from the remarks some files carry instead of one."""
    if header.coded is not None:
        primaries, transfer = header.coded
        if transfer in HDR:
            notes.append(f"high dynamic range ({HDR[transfer]}): shown without tone mapping")
            return None
        if primaries in CODED or transfer == LINEAR:
            name, xy = CODED.get(primaries, ("linear light", icc.SRGB))
            return from_primaries(name, xy, gamma_curve(1) if transfer == LINEAR else srgb_curve)
    if header.gamma is not None or header.chromaticity is not None:
        return _png_remark(header, notes)
    if header.adobe_rgb:
        return from_primaries("Adobe RGB (by Exif)", icc.ADOBE_RGB, gamma_curve(ADOBE_GAMMA))
    return None


def _png_remark(header: Header, notes: list[str]) -> Profile | None:
    """gAMA and cHRM (PNG §11.3.3): screen light is sample ** (1 / gAMA)."""
    gamma = USUAL_GAMMA if header.gamma is None else header.gamma
    xy = header.chromaticity or (*icc.D65_XY, *sum(icc.SRGB, ()))
    try:
        if not 0.1 <= gamma <= 10 or min(xy[1::2]) < 0.01:
            raise ValueError(f"gamma {gamma:g}, primaries {xy}")
        curve = srgb_curve if abs(gamma - USUAL_GAMMA) < 0.005 else gamma_curve(1 / gamma)
        primaries = ((xy[2], xy[3]), (xy[4], xy[5]), (xy[6], xy[7]))
        return from_primaries(f"PNG gamma {gamma:.3g}", primaries, curve, (xy[0], xy[1]))
    except (ValueError, np.linalg.LinAlgError) as error:
        notes.append(f"impossible PNG colour remark ignored ({error})")
        return None


def _assumed(samples: Samples, notes: list[str]) -> Floats:
    """Colours of a file that names no profile."""
    if samples.image.mode == "LAB":
        notes.append("CIELAB read as D50")
        return lab_to_srgb(samples.image)
    if samples.image.mode == "CMYK":
        press = parse(icc.press_profile())
        notes.append(f"CMYK without a usable profile: read as {press.description}, colours are a guess")
        return unit(Samples(apply_littlecms(samples.image, press)).planes())
    return unit(samples.planes())


def _converted(profile: Profile, samples: Samples, notes: list[str]) -> Floats | None:
    """The colours through the profile; None, with a note, if LittleCMS refuses it."""
    if profile.exact:
        planes = samples.planes()
        if profile.matrix is not None and len(planes) == 1:
            planes *= 3
        rgb, clipped = apply_exactly(planes, profile)
        outside = f"; {clipped:.1%} of the pixels lay outside sRGB" if clipped > NOTED_SHARE else ""
        notes.append(f"colours converted from {profile.description}{outside}")
        return rgb
    image = samples.image.convert("RGB") if (samples.image.mode, profile.space) == ("L", "RGB") else samples.image
    try:
        converted = apply_littlecms(image, profile)
    except ValueError as error:
        notes.append(f"{error}: ignored")
        return None
    depth = " at 8 bits, for it works by tables" if samples.fine is not None else ""
    notes.append(f"colours converted from {profile.description}{depth}")
    return unit(Samples(converted).planes())
