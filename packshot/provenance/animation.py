"""The way out for an animation handed to a person: as `export`, for an animated GIF.

Order: visible label and invisible watermark on every frame if the policy asks → encode → XMP marks → C2PA signature →
read back and verify → log → atomic rename. GIF, because every place that shows pictures shows it, and both marks have a
place in it: XMP in an application extension, C2PA likewise (specification 2.2, appendix A).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from packshot.errors import MarkError
from packshot.imaging.files.gif import encode_gif, read_gif
from packshot.imaging.picture import Picture
from packshot.provenance import moving
from packshot.provenance.credentials import Signing
from packshot.provenance.export import Exported, hand_out, verified
from packshot.provenance.policies import Policy
from packshot.provenance.step import Step


def export_animation(
    frames: Sequence[Picture],
    path: Path,
    history: tuple[Step, ...],
    policy: Policy,
    *,
    frame_ms: int = 80,
    signing: Signing | None = None,
) -> Exported:
    """Write Pictures of one size as an endless GIF with its marks; nothing is written unless all reads back well.

    history: what was done, the same for every frame; the frames come from no file. A visible label stands in the same
    corner of all of them. The result's pictures are the first frame. Raises MarkError if the marks did not survive,
    ParameterError for an ending other than .gif or frames that do not make an animation, FileError.
    """
    moving.check(frames, path, ".gif")
    plain = [frame.replace(matte=None) for frame in frames]
    made = moving.signed(plain, "image/gif", partial(encode_gif, frame_ms=frame_ms), history, policy, signing)
    first, found = verified(made.data, "gif", made.statement, made.first, path)
    _check_frames(made.data, made.unsigned, len(frames) * (frame_ms // 10 * 10), path)
    found |= made.marks
    sha256 = hand_out(made.data, path, made.statement, policy, found)
    return Exported(path, sha256, len(made.data), "gif", None, found, first, made.first)


def _check_frames(data: bytes, unsigned: bytes, total_ms: int, path: Path) -> None:
    """Raise MarkError unless the signed file shows what the unsigned one does, for the time it should."""
    signed, before = read_gif(data), read_gif(unsigned)
    same = len(signed.pixels) == len(before.pixels) and all(
        (a == b).all() for a, b in zip(signed.pixels, before.pixels, strict=True)
    )
    still = len(before.pixels) == 1  # equal frames are one, which has no time
    if not same or (not still and sum(signed.milliseconds) != total_ms):
        raise MarkError(f"{path.name}: the signed animation does not read back as it was written")
