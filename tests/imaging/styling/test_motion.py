"""Flow, smoothing and flicker on frames whose motion is known; clips in and out."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from packshot.errors import ParameterError, UnreadableFile
from packshot.imaging import files
from packshot.imaging.files.clips import encode_film, film_xmp, open_clip
from packshot.imaging.files.gif import encode_gif
from packshot.imaging.picture import Picture
from packshot.imaging.styling import patterns
from packshot.imaging.styling.motion import Flicker, motion, smoothed


def shifted(count, step=3, side=96):
    """Frames of a pattern that moves to the right."""
    wide = patterns.pattern("terrazzo", side + step * count, 0)[:, :, :side]
    return [wide[..., step * (count - i) : step * (count - i) + side].contiguous() for i in range(count)]


def test_flow_finds_a_shift_and_brings_the_frame_along():
    a, b = shifted(2)
    moved = motion(a, b)
    inner = (slice(12, -12), slice(12, -12))
    assert np.median(moved.flow[inner][..., 0]) == pytest.approx(-3, abs=0.3)
    assert np.median(np.abs(moved.flow[inner][..., 1])) < 0.3
    assert moved.seen[0, 0][inner].mean() > 0.7
    assert (moved.brought(a) - b)[..., 12:-12, 12:-12].abs().mean() < 0.5 * (a - b)[..., 12:-12, 12:-12].abs().mean()


def test_what_was_hidden_is_not_smoothed():
    a, b = torch.full((1, 3, 64, 64), 0.2), torch.full((1, 3, 64, 64), 0.2)
    b[..., 20:40, 20:40] = 0.9
    moved = motion(a, b)
    assert moved.seen[..., 24:36, 24:36].max() < 0.1
    assert moved.seen[..., :10, :10].min() > 0.9
    assert (smoothed(a * 0, b, moved, 0.9)[..., 24:36, 24:36] - 0.9).abs().max() < 0.1


def test_smoothing_takes_flicker_out():
    random = torch.Generator().manual_seed(0)
    frames = shifted(5)
    noisy = [(f + 0.1 * torch.randn(f.shape, generator=random)).clamp(0, 1) for f in frames]
    raw, smooth, written = Flicker(), Flicker(), noisy[0]
    for i in range(1, 5):
        moved = motion(frames[i - 1], frames[i])
        raw.add(noisy[i - 1], noisy[i], moved)
        now = smoothed(written, noisy[i], moved, 0.7)
        smooth.add(written, now, moved)
        written = now
    assert smooth.levels < 0.6 * raw.levels
    still = Flicker()
    still.add(frames[0], frames[0], motion(frames[0], frames[0]))
    assert still.levels < 0.2
    assert Flicker().levels == 0


def test_tiny_frames_stand_still():
    a = torch.rand(1, 3, 1, 1)
    assert motion(a, a).seen.min() == 1


def test_clips_of_every_kind_come_in(tmp_path):
    frames = [Picture(f) for f in shifted(3, side=64)]
    (tmp_path / "f").mkdir()
    for i, frame in enumerate(frames):
        files.write(frame, tmp_path / "f" / f"{i:03d}.png")
    (tmp_path / "a.gif").write_bytes(encode_gif(frames, frame_ms=100))
    (tmp_path / "a.mp4").write_bytes(encode_film(frames, frame_ms=100, xmp=b"<x/>"))
    assert film_xmp((tmp_path / "a.mp4").read_bytes()) == b"<x/>"
    for name, slack in (("f", 1 / 254), ("a.gif", 0.25), ("a.mp4", 0.25)):
        clip = open_clip(tmp_path / name)
        got = list(clip.frames())
        assert clip.count == len(got) == 3
        assert got[2].size == (64, 64)
        assert (got[2].rgb - frames[2].rgb).abs().mean() < slack / 2
        if name != "f":
            assert clip.frame_ms == 100


def test_what_is_no_clip_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.gif").write_bytes(b"GIF89a nonsense")
    (tmp_path / "bad.mp4").write_bytes(b"no film at all")
    (tmp_path / "note.txt").write_text("x")
    for name in ("empty", "bad.gif", "bad.mp4", "missing"):
        with pytest.raises(UnreadableFile):
            open_clip(tmp_path / name)
    with pytest.raises(ParameterError, match="expected a folder of frames"):
        open_clip(tmp_path / "note.txt")
    with pytest.raises(ParameterError, match="frame_ms"):
        encode_film([Picture(torch.rand(1, 3, 8, 8))], frame_ms=1)
    assert film_xmp(b"\0\0\0\x08free") is None
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4)).save(buffer, "GIF")
    (tmp_path / "one.gif").write_bytes(buffer.getvalue())
    assert len(list(open_clip(tmp_path / "one.gif").frames())) == 1
