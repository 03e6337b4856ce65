"""A picture file as a marketplace sees it: what its header says and 8-bit sRGB pixels, memory bounded.

Unlike `imaging.files`, which brings every file to one form, this keeps what a rule may object to: mode, profile,
frames, and whether the coding loses anything. Pictures over `MOST_PX` on a side are shrunk while decoding.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.errors import TooLarge, UnreadableFile
from packshot.imaging.files import MAX_FILE_BYTES, MAX_PIXELS, MAX_SIDE_PX
from packshot.imaging.files.decode import Header, Limits, decode
from packshot.imaging.files.incoming import CODED, HDR, to_srgb
from packshot.imaging.files.profiles import is_srgb, parse
from packshot.imaging.files.samples import Samples
from packshot.imaging.segmentation.pieces import Pieces, pieces_of
from packshot.imaging.segmentation.scene import Scene, scene_of
from packshot.publish.looking.plates import Plates, plates_of
from packshot.publish.looking.sharpness import enlargement
from packshot.publish.looking.texts import How, Texts, texts_of

Pixels = NDArray[Any]  # (h, w, 3) uint8
Plane = NDArray[Any]  # (h, w)

MOST_PX = 4096  # longest side that pixels are looked at in full
EVEN = 4  # 8-bit levels that one colour may vary by
WORK_PX = 800  # longest side of the copy in which shapes are looked for
LOSSLESS = ("PNG", "BMP", "GIF", "TIFF")


@dataclass(frozen=True)
class Facts:
    """What a file says of itself. width, height: of the upright picture, px. profile: its ICC description or "".

    srgb: whether its numbers are sRGB (an untagged file is taken to be). lossless: the coding keeps every pixel.
    """

    name: str
    format: str
    width: int
    height: int
    mode: str
    bits: int
    frames: int
    profile: str
    srgb: bool
    lossless: bool
    bytes: int
    notes: tuple[str, ...] = ()


class Photo:
    """A file's facts and pixels, and what is found in them, each looked for once and only when asked for.

    rgb: `(h, w, 3)` uint8 sRGB, laid on white where transparent. alpha: `(h, w)` uint8, None if opaque.
    """

    def __init__(self, facts: Facts, rgb: Pixels, alpha: Plane | None, text: How = "auto") -> None:
        self.facts, self.rgb, self.alpha, self.text = facts, rgb, alpha, text

    @cached_property
    def work(self) -> Pixels:
        """A copy of at most `WORK_PX`."""
        h, w = self.rgb.shape[:2]
        step = max(1.0, max(h, w) / WORK_PX)
        if step == 1.0:
            return self.rgb
        size = max(1, round(w / step)), max(1, round(h / step))
        return np.asarray(cv2.resize(self.rgb, size, interpolation=cv2.INTER_AREA))

    @cached_property
    def work_alpha(self) -> Plane | None:
        """`alpha` at the size of `work`."""
        if self.alpha is None:
            return None
        h, w = self.work.shape[:2]
        return np.asarray(cv2.resize(self.alpha, (w, h), interpolation=cv2.INTER_AREA))

    @cached_property
    def scene(self) -> Scene:
        """Ground, shade and product in `work`."""
        return scene_of(self.work, self.work_alpha)

    @cached_property
    def pieces(self) -> Pieces:
        """The things of the scene as pieces, but for plates."""
        return pieces_of(self.scene.things & ~self.plates.mask)

    @cached_property
    def plates(self) -> Plates:
        """Coloured plates laid on the scene."""
        return plates_of(self.work, self.scene.things)

    @cached_property
    def enlarged(self) -> float | None:
        """How many times the picture seems enlarged; None if that cannot be told."""
        return enlargement(self.rgb)

    @cached_property
    def blank(self) -> bool:
        """Whether there is nothing to be seen: a plain ground without things, or one colour all over."""
        even = int(np.ptp(self.work.reshape(-1, 3), axis=0).max()) <= EVEN
        return even or (self.scene.plain and not self.scene.things.any())

    @cached_property
    def texts(self) -> Texts:
        """Writing in `work`, looked for as `text` says."""
        return texts_of(self.work, self.scene, self.pieces, self.plates.marks, self.text)


def read(source: Path | str | bytes, name: str = "", text: How = "auto") -> Photo:
    """The photo in a file or in bytes. name: the file name that rules judge. text: how writing is looked for.

    Raises UnreadableFile, TooLarge or MissingExtra.
    """
    data = source if isinstance(source, bytes) else _file(Path(source))
    name = name or ("picture" if isinstance(source, bytes) else Path(source).name)
    notes: list[str] = []
    limits = Limits(MAX_PIXELS, MAX_SIDE_PX, MAX_FILE_BYTES)
    header, samples = decode(data, "picture", limits, MOST_PX, notes)
    return Photo(_facts(name, data, header, notes), *_pixels(header, samples, notes), text)


def _file(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise UnreadableFile("no such file" if not path.exists() else "not a file")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise TooLarge(f"{path.stat().st_size:,} bytes, over the limit of {MAX_FILE_BYTES:,}")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"cannot be opened ({error.strerror or error})") from error


def _facts(name: str, data: bytes, header: Header, notes: list[str]) -> Facts:
    profile, srgb = _profile(header)
    return Facts(
        name=name,
        format=header.format,
        width=header.size[0],
        height=header.size[1],
        mode=header.mode,
        bits=header.bits,
        frames=header.frames,
        profile=profile,
        srgb=srgb,
        lossless=header.format in LOSSLESS or (header.format == "WEBP" and data[12:16] == b"VP8L"),
        bytes=len(data),
        notes=tuple(notes),
    )


def _profile(header: Header) -> tuple[str, bool]:
    """Name of the colours a file declares ("" if it declares none), and whether they are sRGB."""
    if header.profile:
        try:
            profile = parse(header.profile)
        except ValueError:
            return "damaged profile", False
        return profile.description, profile.space == "GRAY" or is_srgb(profile)
    if header.adobe_rgb:
        return "Adobe RGB (by Exif)", False
    if header.coded is not None and (header.coded[0] in CODED or header.coded[1] in HDR):
        return f"coded primaries {header.coded[0]}, transfer {header.coded[1]}", False
    return "", True


def _pixels(header: Header, samples: Samples, notes: list[str]) -> tuple[Pixels, Plane | None]:
    image = samples.image
    if image.mode in ("RGB", "L") and _profile(header)[1] and header.gamma is None and header.chromaticity is None:
        rgb = np.asarray(image.convert("RGB"))
    else:
        floats, _ = to_srgb(header, samples, notes)
        rgb = np.dstack([cv2.convertScaleAbs(plane, alpha=255) for plane in floats])
    if samples.alpha is None:
        return rgb, None
    alpha = cv2.convertScaleAbs(samples.alpha, alpha=255)
    share = samples.alpha[..., None]
    laid = np.rint(rgb * share + 255 * (1 - share)).astype(np.uint8)
    return laid, alpha
