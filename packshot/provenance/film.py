"""The way out for a film handed to a person: as `animation`, for MP4.

Order: visible label on every frame if the policy asks → encode → XMP marks in a box of their own → C2PA signature →
read back and verify → log → atomic rename.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch

from packshot.imaging.files.clips import encode_film, film_xmp
from packshot.imaging.mattes import over
from packshot.imaging.picture import Picture
from packshot.provenance import moving
from packshot.provenance.credentials import Signing
from packshot.provenance.export import hand_out, marks_read_back
from packshot.provenance.policies import Policy
from packshot.provenance.step import Step

MIME = "video/mp4"


def export_film(
    frames: Sequence[Picture],
    path: Path,
    history: tuple[Step, ...],
    policy: Policy,
    *,
    frame_ms: int = 80,
    signing: Signing | None = None,
) -> dict[str, str]:
    """Write Pictures of one size as an MP4 with its marks, which are given; transparent parts over white.

    history: what was done, the same for every frame. Raises MarkError if the marks did not survive, ParameterError for
    an ending other than .mp4 or frames that make no film, FileError.
    """
    moving.check(frames, path, ".mp4")
    encode = partial(encode_film, frame_ms=frame_ms)
    done = moving.signed([_opaque(frame) for frame in frames], MIME, encode, history, policy, signing)
    found = done.marks | marks_read_back(done.data, MIME, film_xmp(done.data), done.statement, path)
    hand_out(done.data, path, done.statement, policy, found)
    return found


def _opaque(frame: Picture) -> Picture:
    if frame.alpha is None:
        return frame.replace(matte=None)
    white = torch.ones(1, 3, 1, 1)
    return frame.replace(rgb=over(frame.rgb, frame.alpha, white), alpha=None, matte=None)
