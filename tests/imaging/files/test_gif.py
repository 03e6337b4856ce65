"""Animated GIFs: few colours come back exactly, many nearly; the XMP packet survives, damage raises nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from packshot.errors import ParameterError
from packshot.imaging import files
from packshot.imaging.files.gif import XMP_BLOCK, encode_gif, gif_xmp, read_gif
from packshot.imaging.picture import Picture

PACKET = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + b"text " * 200 + b"</x:xmpmeta>"


def frames(count: int, colours: int, side: int = 12) -> list[Picture]:
    """Frames of `colours` colours each, on steps of 8 bits."""
    generator = torch.Generator().manual_seed(count * 1000 + colours)
    palette = torch.randint(0, 256, (count, colours, 3), generator=generator)
    places = torch.randint(0, colours, (count, side * side), generator=generator)
    rgb = torch.stack([palette[i, places[i]] for i in range(count)]).view(count, side, side, 3)
    return [Picture(one.permute(2, 0, 1)[None].contiguous() / 255) for one in rgb]


def bytes_of(picture: Picture) -> np.ndarray:
    return (picture.rgb[0] * 255).round().byte().permute(1, 2, 0).numpy()


@given(st.integers(1, 5), st.integers(1, 90), st.integers(2, 20))
def test_frames_of_few_colours_come_back_exactly_and_for_the_time_asked(count: int, colours: int, ticks: int) -> None:
    some = frames(count, colours)
    some.append(some[-1])  # shown twice as long
    found = read_gif(encode_gif(some, frame_ms=10 * ticks, xmp=PACKET))
    assert sum(found.milliseconds) in ((count + 1) * 10 * ticks, 0)  # a still picture has no time
    assert len(found.pixels) <= count
    for picture, pixels in zip(some, found.pixels, strict=False):
        assert np.array_equal(pixels, bytes_of(picture))


def test_many_colours_come_back_nearly() -> None:
    x = torch.linspace(0, 1, 64)
    smooth = torch.stack([x.expand(64, 64), x.expand(64, 64).T, 1 - x.expand(64, 64)])[None]
    (pixels,) = read_gif(encode_gif([Picture(smooth)])).pixels
    assert np.abs(pixels.astype(float) - smooth[0].permute(1, 2, 0).numpy() * 255).mean() < 6


def test_the_packet_is_read_back_also_by_the_one_door_in() -> None:
    data = encode_gif(frames(3, 20), xmp=PACKET)
    assert gif_xmp(data) == PACKET
    assert files.open_picture(data).source.xmp == PACKET
    assert gif_xmp(encode_gif(frames(3, 20))) is None
    at = data.index(XMP_BLOCK)
    end = data.index(b"\x00\x00", at) + 2  # moved behind the pictures, as other programs write it
    assert gif_xmp(data[:at] + data[end:-1] + data[at:end] + b";") == PACKET


@given(st.integers(0, 3000), st.integers(0, 255))
def test_damage_raises_nothing(place: int, value: int) -> None:
    data = bytearray(encode_gif(frames(2, 9), xmp=PACKET))
    assert gif_xmp(bytes(data[:place])) in (None, PACKET)
    data[place % len(data)] = value
    gif_xmp(bytes(data))


@pytest.mark.parametrize(
    ("count", "time", "told"), [(0, 80, "got none"), (2, 10, "20 to 60,000"), (-1, 80, "12 x 12, 6 x 6")]
)
def test_what_is_no_animation_is_refused(count: int, time: int, told: str) -> None:
    some = {0: [], 2: frames(2, 4), -1: frames(1, 4) + frames(1, 4, side=6)}[count]
    with pytest.raises(ParameterError, match=told):
        encode_gif(some, frame_ms=time)
