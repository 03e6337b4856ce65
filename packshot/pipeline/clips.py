"""A clip through one operation: one seed for every frame, smoothed along the flow of the photographs.

Turntables, frame folders, GIFs and MP4s. Memory holds two frames and what has been finished only where the way out
needs all of it (GIF, MP4); a folder of frames is written as it goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from packshot.errors import LockBreach, ParameterError
from packshot.imaging.files.clips import Clip
from packshot.imaging.mattes import over
from packshot.imaging.picture import Picture
from packshot.imaging.styling.motion import Flicker, Motion, motion, smoothed
from packshot.operations.operation import Context, Operation
from packshot.pipeline import weights
from packshot.pipeline.lock import apply_locked
from packshot.pipeline.recipe import Limits
from packshot.pipeline.work import open_named_picture
from packshot.provenance.animation import export_animation
from packshot.provenance.credentials import Signing
from packshot.provenance.export import export
from packshot.provenance.film import export_film
from packshot.provenance.policies import Policy
from packshot.provenance.step import Step

MOST_HELD = 2_000  # frames of a GIF or MP4


@dataclass
class Done:
    """A finished clip. flicker_before: of the operation's own frames, flicker: of what was written, photograph: of the
    photographs themselves (noise and what flow cannot follow); in levels of 255.
    """

    frames: int = 0
    steps: tuple[Step, ...] = ()
    flicker_before: float = 0.0
    flicker: float = 0.0
    photograph: float = 0.0
    held: list[Picture] = field(default_factory=list, repr=False)


def run_clip(
    clip: Clip,
    operation: Operation,
    out: Path,
    policy: Policy,
    *,
    smooth: float = 0.6,
    seed: int = 0,
    signing: Signing | None = None,
    on_frame: Callable[[int, int], None] | None = None,
) -> Done:
    """Every frame of a clip through an operation into `out`: .gif, .mp4, or a folder of PNG.

    smooth: how much of the frame before stays, 0 … 1 (not 1). Raises ParameterError for frames of several sizes, and
    what the operation raises, with the number of the frame.
    """
    if not 0 <= smooth < 1:
        raise ParameterError(f"smooth: expected at least 0 and under 1, got {smooth}")
    kind = out.suffix.lower()
    if kind and kind not in (".gif", ".mp4"):
        raise ParameterError(f"{out.name}: expected .gif, .mp4 or a folder")
    if kind and clip.count > MOST_HELD:
        raise ParameterError(f"{clip.place.name}: {clip.count:,} frames; write so many to a folder, not to {kind}")
    done = Done()
    for number, (picture, steps) in enumerate(restyled(clip, operation, smooth, seed, done)):
        done.frames, done.steps = number + 1, steps
        if kind:
            done.held.append(picture)
        else:
            name = Path(clip.names[number]).stem if clip.names else f"{number:05d}"
            export(picture, out / f"{name}.png", steps, policy, signing=signing)
        if on_frame is not None:
            on_frame(number + 1, clip.count)
    if kind:
        write = export_animation if kind == ".gif" else export_film
        write(done.held, out, done.steps, policy, frame_ms=max(20, clip.frame_ms), signing=signing)
        done.held.clear()
    return done


def restyled(
    clip: Clip, operation: Operation, smooth: float, seed: int, done: Done
) -> Iterator[tuple[Picture, tuple[Step, ...]]]:
    """The finished frames one by one with their history; figures of flicker are kept in `done`."""
    own, written, photographs = Flicker(), Flicker(), Flicker()
    context = Context(seed=seed, open_picture=open_named_picture, load_model=weights.load)
    before: tuple[Picture, Picture, Picture] | None = None  # photograph, operation's frame, written frame
    for number, photo in enumerate(clip.frames()):
        if before is not None and photo.size != before[0].size:
            raise ParameterError(f"frame {number}: {photo.size} px, the one before has {before[0].size}")
        raw, steps = _one(operation, photo, context, number)
        shown = raw
        if before is not None:
            moved = motion(before[0].rgb, photo.rgb)
            if smooth:
                shown = _smoothed(operation, before[2], raw, moved, smooth)
            for flicker, a, b in ((own, before[1], raw), (written, before[2], shown), (photographs, before[0], photo)):
                flicker.add(a.rgb, b.rgb, moved)
            done.flicker_before, done.flicker, done.photograph = own.levels, written.levels, photographs.levels
        before = photo, raw, shown
        yield shown, steps


def _smoothed(operation: Operation, before: Picture, raw: Picture, moved: Motion, smooth: float) -> Picture:
    """A frame with some of the one before; a product that the operation leaves alone stays this frame's own."""
    rgb = smoothed(before.rgb, raw.rgb, moved, smooth)
    if raw.matte is not None and not operation.touches_product():
        rgb = over(raw.rgb, raw.matte, rgb)
    return raw.replace(rgb=rgb)


def _one(operation: Operation, photo: Picture, context: Context, number: int) -> tuple[Picture, tuple[Step, ...]]:
    """One frame; cut out first if the operation needs to know the product."""
    from packshot.operations.cutout import Cutout

    steps: tuple[Step, ...] = ()
    try:
        if operation.wants_matte() and photo.matte is None:
            cut = apply_locked(Cutout(), photo, context, limits=Limits())
            photo, steps = cut.result.picture.replace(alpha=None), (cut.step,)
        locked = apply_locked(operation, photo, context, limits=Limits())
    except (ParameterError, LockBreach) as error:
        raise type(error)(f"frame {number}: {error}") from None
    return locked.result.picture, (*steps, locked.step)
