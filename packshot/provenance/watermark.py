"""An invisible watermark in the pixels, behind an interface; none by default.

A watermark survives what metadata does not (a screenshot, a platform's re-encoding), at the price of changed pixels.
So it is left out, with the reason in the record, where it would do harm or nothing: on a white background (white has
to stay 255) and on banners beyond 2 : 1 (TrustMark marks the central square alone). Adapter: TrustMark (Bui et al.,
ICCV 2025; MIT), whose models come from its makers' server on first use and are not part of packshot.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
import torch

from packshot.errors import MissingExtra, PackshotError
from packshot.imaging.files.encode import quantise
from packshot.imaging.picture import Picture

WHITE_FRAME_SHARE = 0.99  # of the outermost pixels
WHITE = 254 / 255
FRAME_PX = 2
WIDEST = 2.0
SHORTEST_PX = 150
PAYLOAD_BITS = 61  # what TrustMark holds with its strongest but one error correction (BCH_5)


class Watermark(Protocol):
    """Puts a few bits into a picture and finds them again."""

    name: str

    def embed(self, picture: Picture, bits: str) -> Picture:
        """The picture with the bits ("0" and "1", PAYLOAD_BITS of them) in its pixels."""

    def detect(self, picture: Picture) -> str | None:
        """The bits, or None if there are none."""


@dataclass(frozen=True)
class Marked:
    """A picture after the watermark. name: "" if none went in. reason: why not, or "". bits: what it holds."""

    picture: Picture
    name: str = ""
    reason: str = ""
    bits: str = ""


def apply(picture: Picture, content: str, watermark: Watermark | str) -> Marked:
    """The picture with a watermark that holds the content's number, or unchanged with the reason.

    watermark: an object, or "none", or "trustmark". Raises nothing for a watermark that cannot be had: that is a
    reason, too.
    """
    if watermark == "none":
        return Marked(picture)
    reason = unfit(picture)
    if reason:
        return Marked(picture, reason=reason)
    try:
        maker = trustmark() if isinstance(watermark, str) else watermark
        bits = payload(content)
        return Marked(maker.embed(picture, bits), maker.name, "", bits)
    except PackshotError as error:
        return Marked(picture, reason=str(error))


def payload(content: str) -> str:
    """The bits of a content's number: the first of its SHA-256, so that a record can be found by them."""
    whole = int.from_bytes(hashlib.sha256(content.encode()).digest()[:8], "big")
    return f"{whole >> (64 - PAYLOAD_BITS):0{PAYLOAD_BITS}b}"


def unfit(picture: Picture) -> str:
    """Why a picture takes no watermark, or ""."""
    if picture.alpha is not None and float(picture.alpha.min()) < 1:
        return "transparent: a watermark would show where the background changes"
    if max(picture.size) > WIDEST * min(picture.size):
        return f"{picture.width} x {picture.height} px: beyond 2 : 1 only the middle would be marked"
    if min(picture.size) < SHORTEST_PX:
        return f"{picture.width} x {picture.height} px: shorter than {SHORTEST_PX} px"
    frame = torch.ones(picture.size, dtype=torch.bool, device=picture.rgb.device)
    frame[FRAME_PX:-FRAME_PX, FRAME_PX:-FRAME_PX] = False
    white = (picture.rgb[0].amin(0) >= WHITE)[frame]
    if float(white.float().mean()) >= WHITE_FRAME_SHARE:
        return "white background: it has to stay white to the pixel"
    return ""


@lru_cache(maxsize=1)
def trustmark() -> Watermark:
    """The TrustMark adapter. Raises MissingExtra, or PackshotError if its models cannot be had."""
    try:
        from trustmark import TrustMark
    except Exception as error:  # its own dependencies may be missing or broken, too
        raise MissingExtra("trustmark", "watermark", "the invisible watermark") from error
    try:
        return _TrustMark(TrustMark(verbose=False, model_type="Q", encoding_type=TrustMark.Encoding.BCH_5))
    except Exception as error:  # no network, no models
        raise PackshotError(f"the invisible watermark cannot be set up ({error})") from error


class _TrustMark:
    """TrustMark, variant Q, 61 bits of payload and five bits that may flip."""

    name = "com.adobe.trustmark.Q"

    def __init__(self, engine: object) -> None:
        self.engine = engine

    def embed(self, picture: Picture, bits: str) -> Picture:
        from PIL import Image

        marked = self.engine.encode(Image.fromarray(quantise(picture)[..., :3]), bits, MODE="binary")  # type: ignore[attr-defined]
        rgb = torch.from_numpy(np.asarray(marked, np.float32).transpose(2, 0, 1) / 255)[None]
        return picture.replace(rgb=rgb.to(picture.rgb))

    def detect(self, picture: Picture) -> str | None:
        from PIL import Image

        bits, present, _ = self.engine.decode(Image.fromarray(quantise(picture)[..., :3]), MODE="binary")  # type: ignore[attr-defined]
        return str(bits) if present else None
