"""Animations leave with their marks, on every frame where they are to be seen, or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from packshot.errors import MarkError, ParameterError
from packshot.imaging.files.gif import XMP_BLOCK, read_gif
from packshot.imaging.picture import Picture
from packshot.provenance import animation, policies
from packshot.provenance.animation import export_animation
from packshot.provenance.step import Step
from packshot.provenance.verify import verify
from tests.provenance.marked import DEFAULT, picture

MADE = (Step("generate", digital_source_type="trainedAlgorithmicMedia", weights={"shop-gan": "ab" * 32}),)
FRAMES = [picture(seed=seed) for seed in range(4)]


def test_an_animation_carries_all_marks_and_loses_them_by_no_accident(tmp_path: Path) -> None:
    done = export_animation(FRAMES, tmp_path / "way.gif", MADE, DEFAULT, frame_ms=100)
    marks = verify(done.path)
    assert marks.ok
    assert marks.digital_source_type == "trainedAlgorithmicMedia"
    assert marks.tc260.state == "valid"
    assert marks.c2pa.state == "valid"
    assert done.bytes == done.path.stat().st_size
    found = read_gif(done.path.read_bytes())
    assert found.milliseconds == (100,) * 4
    for frame, pixels in zip(FRAMES, found.pixels, strict=True):
        assert np.abs(pixels / 255 - frame.rgb[0].permute(1, 2, 0).numpy()).mean() < 0.02


def test_frames_that_are_all_alike_make_a_still_picture(tmp_path: Path) -> None:
    done = export_animation([FRAMES[0]] * 3, tmp_path / "still.gif", MADE, DEFAULT)
    assert len(read_gif(done.path.read_bytes()).pixels) == 1


def test_a_changed_frame_and_a_changed_mark_are_noticed(tmp_path: Path) -> None:
    path = export_animation(FRAMES, tmp_path / "way.gif", MADE, DEFAULT).path
    good = path.read_bytes()
    for place in (len(good) - 500, good.index(XMP_BLOCK) + 300):
        bad = bytearray(good)
        bad[place] ^= 1
        path.write_bytes(bad)
        assert verify(path).c2pa.state == "tampered"


def test_a_visible_label_stands_in_the_same_place_of_every_frame(tmp_path: Path) -> None:
    done = export_animation(FRAMES, tmp_path / "way.gif", MADE, policies.find("cn-visible"))
    assert "AI生成" in done.marks["visible_label"]
    frames = read_gif(done.path.read_bytes()).pixels
    changed = [
        np.abs(pixels / 255 - frame.rgb[0].permute(1, 2, 0).numpy()).max(2) > 0.25
        for frame, pixels in zip(FRAMES, frames, strict=True)
    ]
    rows, columns = np.logical_or.reduce(changed).nonzero()
    assert (np.ptp(rows), np.ptp(columns)) < (60, 100)
    for one in changed:
        assert one[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].mean() > 0.3


def test_nothing_is_written_if_the_animation_does_not_read_back(tmp_path: Path, monkeypatch) -> None:
    real = animation.encode_gif
    monkeypatch.setattr(animation, "encode_gif", lambda frames, xmp, **options: real(frames, **options))
    with pytest.raises(MarkError, match="read back None"):
        export_animation(FRAMES, tmp_path / "way.gif", MADE, DEFAULT)
    monkeypatch.setattr(animation, "encode_gif", lambda frames, **options: real(frames[:2], **options))
    with pytest.raises(MarkError, match="does not read back"):
        export_animation(FRAMES, tmp_path / "way.gif", MADE, DEFAULT)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_animation_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"written as \.gif, got \.png"):
        export_animation(FRAMES, tmp_path / "way.png", MADE, DEFAULT)
    with pytest.raises(ParameterError, match="got none"):
        export_animation([], tmp_path / "way.gif", MADE, DEFAULT)
    with pytest.raises(ParameterError, match="160 x 120, 8 x 8"):
        export_animation([*FRAMES, Picture(torch.zeros(1, 3, 8, 8))], tmp_path / "way.gif", MADE, DEFAULT)
