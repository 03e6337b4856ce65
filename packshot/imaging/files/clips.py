"""Clips in: folders of frames, animated GIFs and MP4, frame by frame as Pictures; clips out: MP4.

MP4 is read and written by OpenCV (FFmpeg under LGPL inside its wheel; MPEG-4 part 2 video, since H.264 encoders come
under other terms). An XMP packet stands in a `uuid` box at the end (XMP specification part 3, §1.2.7).
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

from packshot.errors import FileError, ParameterError, TooLarge, UnreadableFile
from packshot.imaging.files import MAX_PIXELS, SUFFIX_FORMATS, open_picture
from packshot.imaging.files.gif import check_frames
from packshot.imaging.picture import Picture

MOST_FRAMES = 20_000
DEFAULT_MS = 80
XMP_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


@dataclass(frozen=True)
class Clip:
    """A clip that is read when it is asked for. names: of its frames' files, or empty. frame_ms: of each frame."""

    place: Path
    kind: str
    count: int
    frame_ms: int
    names: tuple[str, ...] = ()

    def frames(self) -> Iterator[Picture]:
        """The frames in order; one at a time is in memory. Raises UnreadableFile for one that cannot be read."""
        if self.kind == "folder":
            for name in self.names:
                yield open_picture(self.place / name).picture
        else:
            yield from _gif_frames(self.place) if self.kind == "gif" else _film_frames(self.place)


def open_clip(place: str | Path) -> Clip:
    """A folder of frames (in order of names), a GIF or an MP4. Raises UnreadableFile, TooLarge, ParameterError."""
    path = Path(place)
    if path.is_dir():
        names = tuple(sorted(p.name for p in path.iterdir() if p.suffix.lower() in SUFFIX_FORMATS and p.is_file()))
        if not names:
            raise UnreadableFile(f"{path}: no frames; expected pictures whose names give their order")
        return _checked(Clip(path, "folder", len(names), DEFAULT_MS, names))
    if not path.is_file():
        raise UnreadableFile(f"{path}: neither a folder of frames nor a file")
    if path.suffix.lower() == ".gif":
        return _checked(_gif(path))
    if path.suffix.lower() in (".mp4", ".m4v", ".mov"):
        return _checked(_film(path))
    raise ParameterError(f"{path.name}: expected a folder of frames, .gif or .mp4")


def _checked(clip: Clip) -> Clip:
    if clip.count > MOST_FRAMES:
        raise TooLarge(f"{clip.place.name}: {clip.count:,} frames, at most {MOST_FRAMES:,} are read")
    return clip


def _gif(path: Path) -> Clip:
    try:
        with Image.open(path, formats=("GIF",)) as image:
            _check_pixels(path, image.width * image.height)
            times = []
            for number in range(min(getattr(image, "n_frames", 1), MOST_FRAMES + 1)):
                image.seek(number)
                times.append(int(image.info.get("duration", 0)))
    except (OSError, ValueError, EOFError) as error:
        raise UnreadableFile(f"{path.name}: cannot be read as a GIF ({error})") from None
    return Clip(path, "gif", len(times), round(sum(times) / len(times)) or DEFAULT_MS)


def _gif_frames(path: Path) -> Iterator[Picture]:
    with Image.open(path, formats=("GIF",)) as image:
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            yield _picture(np.asarray(image.convert("RGB")))


def _film(path: Path) -> Clip:
    film = cv2.VideoCapture(str(path))
    try:
        if not film.isOpened():
            raise UnreadableFile(f"{path.name}: cannot be read as a film")
        count, rate = int(film.get(cv2.CAP_PROP_FRAME_COUNT)), film.get(cv2.CAP_PROP_FPS)
        _check_pixels(path, int(film.get(cv2.CAP_PROP_FRAME_WIDTH) * film.get(cv2.CAP_PROP_FRAME_HEIGHT)))
    finally:
        film.release()
    if count < 1 or not 0 < rate < 1000:
        raise UnreadableFile(f"{path.name}: a film without frames or without a rate")
    return Clip(path, "film", count, round(1000 / rate))


def _film_frames(path: Path) -> Iterator[Picture]:
    film = cv2.VideoCapture(str(path))
    try:
        for _ in range(MOST_FRAMES):
            read, frame = film.read()
            if not read:
                break
            yield _picture(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))
    finally:
        film.release()


def _check_pixels(path: Path, pixels: int) -> None:
    if pixels > MAX_PIXELS:
        raise TooLarge(f"{path.name}: {pixels:,} pixels a frame, at most {MAX_PIXELS:,} are read")


def _picture(pixels: np.ndarray) -> Picture:  # type: ignore[type-arg]
    return Picture(torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1)[None].contiguous())


def encode_film(frames: Sequence[Picture], *, frame_ms: int = 80, xmp: bytes | None = None) -> bytes:
    """Opaque Pictures of one size as an MP4; odd sides lose a row or column. Raises ParameterError, FileError."""
    check_frames(frames)
    if not 4 <= frame_ms <= 60_000:
        raise ParameterError(f"frame_ms: expected 4 to 60,000, got {frame_ms}")
    h, w = (max(2, side // 2 * 2) for side in frames[0].size)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        film = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 1000 / frame_ms, (w, h))
        if not film.isOpened():
            raise FileError("this build of OpenCV cannot write MP4; write frames or a GIF")
        for frame in frames:
            pixels = (frame.rgb[0, :, :h, :w].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
            film.write(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2BGR))
        film.release()
        data = path.read_bytes()
    if xmp is None:
        return data
    body = XMP_BOX + xmp
    return data + (len(body) + 8).to_bytes(4, "big") + b"uuid" + body


def film_xmp(data: bytes) -> bytes | None:
    """The XMP packet of an MP4, None if there is none."""
    stream = io.BytesIO(data)
    while len(head := stream.read(8)) == 8:
        size, kind = int.from_bytes(head[:4], "big"), head[4:]
        skip = size - 8
        if size == 1:
            skip = int.from_bytes(stream.read(8), "big") - 16
        if size == 0 or skip < 0:
            return None
        if kind == b"uuid" and skip >= 16:
            name = stream.read(16)
            if name == XMP_BOX:
                return stream.read(skip - 16)
            skip -= 16
        stream.seek(skip, io.SEEK_CUR)
    return None
