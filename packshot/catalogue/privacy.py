"""What a picture file tells of people and places: Exif, GPS, names in XMP; and faces, if a detector is given.

Exif 3.0 (CIPA DC-008) tags, read from the header without decoding the picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from packshot.errors import FileError, ParameterError, UnreadableFile

GPS_IFD, EXIF_IFD = 0x8825, 0x8769
NAMES = (0x013B, 0x9C9D, 0x8298)  # artist, author (Windows), copyright
OWNER, SERIALS, TAKEN = 0xA430, (0xA431, 0xA435), 0x9003
# a face detector: (h, w, 3) bytes, sRGB → boxes (x, y, width, height), px
FindFaces = Callable[[NDArray[np.uint8]], list[tuple[int, int, int, int]]]
XMP_PLACES = (b"exif:GPSLatitude", b"photoshop:City", b"Iptc4xmpCore:Location")
XMP_NAMES = (b"dc:creator", b"aux:OwnerName")


@dataclass(frozen=True)
class PrivateData:
    """place: a position or a place's name. name: of a person. serial: number of a camera. taken: when."""

    place: bool = False
    name: bool = False
    serial: bool = False
    taken: bool = False

    WORDS: ClassVar[dict[str, str]] = {
        "place": "the place (GPS)", "name": "a person's name", "serial": "a camera's serial number",
        "taken": "the time of the photo",
    }  # fmt: skip
    SERIOUS: ClassVar[tuple[str, ...]] = ("the place (GPS)", "a person's name", "a camera's serial number")

    def kinds(self) -> list[str]:
        """What there is, in words."""
        return [words for name, words in self.WORDS.items() if getattr(self, name)]


def private_data(path: Path) -> PrivateData:
    """What the header of a picture file tells. Raises UnreadableFile if it is no picture."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            exif = image.getexif()
            inner, gps = exif.get_ifd(EXIF_IFD), exif.get_ifd(GPS_IFD)
            packet = image.info.get("xmp") or b""
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnreadableFile(f"{path.name}: cannot be read: {error}") from error
    xmp = packet.encode() if isinstance(packet, str) else packet
    return PrivateData(
        place=any(_filled(value) for tag, value in gps.items() if tag) or any(mark in xmp for mark in XMP_PLACES),
        name=any(_filled(exif.get(tag)) for tag in NAMES)
        or _filled(inner.get(OWNER))
        or any(mark in xmp for mark in XMP_NAMES),
        serial=any(_filled(inner.get(tag)) for tag in SERIALS),
        taken=_filled(inner.get(TAKEN)),
    )


def _filled(value: Any) -> bool:
    if isinstance(value, bytes):
        return bool(value.strip(b"\0 "))
    return bool(str(value).strip("\0 ")) if value is not None else False


def yunet(model: str | Path, threshold: float = 0.8) -> FindFaces:
    """A face detector from the ONNX file of YuNet (Wu, Peng & Yu 2023), which packshot does not bring along.

    Raises ParameterError if there is no such file, FileError if OpenCV cannot use it.
    """
    import cv2

    if not Path(model).is_file():
        raise ParameterError(f"faces: expected the ONNX file of a YuNet face detector, got {str(model)!r}")
    try:
        detector = cv2.FaceDetectorYN.create(str(model), "", (320, 320), threshold)
    except cv2.error as error:
        raise FileError(f"{Path(model).name}: is no face detector that OpenCV can use: {error}") from None

    def find(rgb: NDArray[np.uint8]) -> list[tuple[int, int, int, int]]:
        detector.setInputSize((rgb.shape[1], rgb.shape[0]))
        _, found = detector.detect(np.ascontiguousarray(rgb[..., ::-1]))
        return [] if found is None else [tuple(int(v) for v in face[:4]) for face in found]  # type: ignore[misc]

    return find
