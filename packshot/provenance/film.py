"""The way out for a film handed to a person: as `animation`, for MP4.

Order: visible label on every frame if the policy asks → encode → XMP marks in a box of their own → C2PA signature →
read back and verify → log → atomic rename.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import torch

from packshot.errors import MarkError, ParameterError
from packshot.imaging.files.clips import encode_film, film_xmp
from packshot.imaging.files.gif import check_frames
from packshot.imaging.mattes import over
from packshot.imaging.picture import Picture
from packshot.provenance import actions, manifest, marks, tc260
from packshot.provenance.credentials import Signing
from packshot.provenance.export import hand_out, labelled
from packshot.provenance.origin import Origin
from packshot.provenance.policies import Policy
from packshot.provenance.statement import state
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
    if path.suffix.lower() != ".mp4":
        raise ParameterError(f"{path.name}: a film is written as .mp4, got {path.suffix or 'no ending'}")
    check_frames(frames)
    plain = [_opaque(frame) for frame in frames]
    source = Origin()
    statement = state(Picture(torch.cat([frame.rgb for frame in plain])), history, policy, source)
    shown = [labelled(frame, statement, policy) for frame in plain]
    statement, found = shown[0][1], shown[0][2]
    packet = marks.packet(statement.term, source.xmp, aigc=statement.aigc, systems=statement.systems)
    unsigned = encode_film([picture for picture, _, _ in shown], frame_ms=frame_ms, xmp=packet)
    done = (actions.created(statement.created), *statement.actions)
    data = manifest.sign(unsigned, MIME, done, signing or Signing())
    found = found | _verified(data, str(statement.term), statement.aigc, path)
    found["unsigned_sha256"] = hashlib.sha256(unsigned).hexdigest()
    hand_out(data, path, statement, policy, found)
    return found


def _opaque(frame: Picture) -> Picture:
    if frame.alpha is None:
        return frame.replace(matte=None)
    white = torch.ones(1, 3, 1, 1)
    return frame.replace(rgb=over(frame.rgb, frame.alpha, white), alpha=None, matte=None)


def _verified(data: bytes, term: str, aigc: str | None, path: Path) -> dict[str, str]:
    """The marks as read from the finished bytes, or MarkError."""
    packet = film_xmp(data)
    got = marks.source_type(packet)
    if got != term:
        raise MarkError(f"{path.name}: wrote digital source type {term}, read back {got}")
    labels = marks.values(packet, tc260.PROPERTY)
    if aigc is not None and labels != [aigc]:
        raise MarkError(f"{path.name}: wrote one AIGC label, read back {labels or 'none'}")
    credentials = manifest.read(data, MIME)
    if credentials.state not in ("valid", "trusted"):
        raise MarkError(f"{path.name}: the C2PA manifest reads back as {credentials.state}: {credentials.detail}")
    found = {"iptc_digital_source_type": term, "c2pa": credentials.state, "c2pa_signer": credentials.signer}
    return found | ({"tc260_aigc": labels[0]} if labels else {})
