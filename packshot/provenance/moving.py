"""What the ways out for GIF and MP4 share: label every frame → encode → XMP marks → C2PA signature."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from packshot.errors import ParameterError
from packshot.imaging.files.gif import check_frames
from packshot.imaging.picture import Picture
from packshot.provenance import actions, manifest, marks
from packshot.provenance.credentials import Signing
from packshot.provenance.export import labelled
from packshot.provenance.origin import Origin
from packshot.provenance.policies import Policy
from packshot.provenance.statement import Statement, state
from packshot.provenance.step import Step


@dataclass(frozen=True)
class Signed:
    """Finished bytes, not yet written. unsigned: before the signature. first: its first frame as it was encoded.

    marks: what was drawn into the frames, and the hash of the unsigned bytes.
    """

    data: bytes
    unsigned: bytes
    statement: Statement
    first: Picture
    marks: dict[str, str]


def check(frames: Sequence[Picture], path: Path, kind: str) -> None:
    """Raise ParameterError unless the path ends as the kind (".gif") does and the frames are of one size."""
    if path.suffix.lower() != kind:
        raise ParameterError(f"{path.name}: this is written as {kind}, got {path.suffix or 'no ending'}")
    check_frames(frames)


def signed(
    frames: Sequence[Picture],
    mime: str,
    encode: Callable[..., bytes],
    history: tuple[Step, ...],
    policy: Policy,
    signing: Signing | None,
) -> Signed:
    """Frames that come from no file, with their marks. encode: pictures, xmp → the file's bytes."""
    source = Origin()
    statement = state(Picture(torch.cat([frame.rgb for frame in frames])), history, policy, source)
    shown = [labelled(frame, statement, policy) for frame in frames]
    first, statement, drawn = shown[0]
    packet = marks.packet(statement.term, source.xmp, aigc=statement.aigc, systems=statement.systems)
    unsigned = encode([picture for picture, _, _ in shown], xmp=packet)
    done = (actions.created(statement.created), *statement.actions)
    data = manifest.sign(unsigned, mime, done, signing or Signing())
    return Signed(data, unsigned, statement, first, drawn | {"unsigned_sha256": hashlib.sha256(unsigned).hexdigest()})
