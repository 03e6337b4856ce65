"""One photo through one pipeline: what a worker process does. It never raises for a bad picture."""

from __future__ import annotations

import hashlib
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from packshot.errors import FileError, PackshotError
from packshot.imaging import files
from packshot.imaging.picture import Picture
from packshot.operations.operation import Context, Operation
from packshot.pipeline import weights
from packshot.pipeline.lock import apply_locked, encoded_fidelity
from packshot.pipeline.recipe import Recipe
from packshot.pipeline.record import Record
from packshot.provenance.encoding import Encoding
from packshot.provenance.export import export
from packshot.provenance.origin import Origin, origin
from packshot.provenance.step import Step

LIMIT_BYTES = 512 << 20  # most bytes of one input file
NO_PRODUCT = "no product found: nothing stands out from the background, so no picture was written"


@dataclass(frozen=True)
class Job:
    """One photo to do: where it is, what the catalogue says of it, and where its results go.

    values: attributes of the product for `$names`. outputs: variant → path relative to `out`.
    refused: why the picture is not even opened; "" = it is.
    """

    sku: str
    image: str
    source: str
    out: str
    outputs: Mapping[str, str]
    values: Mapping[str, Any] = field(default_factory=dict)
    refused: str = ""


@dataclass(frozen=True)
class State:
    """A photo on its way: the picture after some steps, their history, and what they said."""

    picture: Picture
    steps: tuple[Step, ...] = ()
    flags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Opened:
    """A photo as read: its pixels, what is known of its file, the marks in it."""

    picture: Picture
    info: files.SourceInfo
    origin: Origin


def process(job: Job, recipe: Recipe, settings: str) -> list[Record]:
    """All results of one photo. Failures become records with a reason; nothing is raised for a bad picture."""
    started = time.perf_counter()
    photo = opened(job)
    if isinstance(photo, Failure):
        return [photo.record(job, variant, settings, time.perf_counter() - started) for variant in job.outputs]
    records, chain = [], Chain(photo.picture, context(recipe, job, photo.picture), recipe)
    values = dict(recipe.variants())
    for variant, name in job.outputs.items():
        try:
            own = {**job.values, **values[variant]}
            state = chain.after([step.build(own) for step in recipe.steps])
            if shows_nothing(state.picture):
                record = Failure(photo.info.sha256, NO_PRODUCT).record(job, variant, settings)
            else:
                record = written(job, variant, name, state, photo, recipe, settings)
        except Exception as error:
            record = Failure(photo.info.sha256, explain(error)).record(job, variant, settings)
        now = time.perf_counter()
        records.append(replace(record, seconds=round(now - started, 4)))
        started = now
    return records


def shows_nothing(picture: Picture) -> bool:
    """Whether a product was looked for and none was found: the picture would be a blank one."""
    from packshot.imaging.geometry import bounding_box

    return picture.matte is not None and bounding_box(picture.matte, 0.5) is None


@dataclass(frozen=True)
class Failure:
    """Why a photo came to nothing. sha256: of its bytes, "" if they could not be read."""

    sha256: str
    reason: str

    def record(self, job: Job, variant: str, settings: str, seconds: float = 0.0) -> Record:
        """The record of one result that there is not."""
        return Record(
            sku=job.sku,
            image=job.image,
            variant=variant,
            source=job.source,
            source_sha256=self.sha256,
            settings=settings,
            status="failed",
            reason=self.reason,
            seconds=round(seconds, 4),
        )


def opened(job: Job) -> Opened | Failure:
    """The photo of a job, or why it cannot be read."""
    digest = ""
    if job.refused:
        return Failure(digest, job.refused)
    try:
        data = read_bytes(job.source)
        digest = hashlib.sha256(data).hexdigest()
        loaded = files.open_picture(data, name=job.image)
        return Opened(loaded.picture, loaded.source, origin(loaded.source, data))
    except Exception as error:
        return Failure(digest, explain(error))


def read_bytes(source: str) -> bytes:
    """The bytes of a local file or of any fsspec URL. Raises FileError."""
    try:
        if "://" not in source:
            path = Path(source)
            if path.stat().st_size > LIMIT_BYTES:
                raise FileError(f"{path.name}: {path.stat().st_size} bytes, at most {LIMIT_BYTES} are read")
            return path.read_bytes()
        import fsspec

        with fsspec.open(source, "rb") as file:
            data: bytes = file.read(LIMIT_BYTES + 1)
    except OSError as error:
        raise FileError(f"{source}: cannot be read ({error.strerror or error})") from None
    if len(data) > LIMIT_BYTES:
        raise FileError(f"{source}: more than {LIMIT_BYTES} bytes")
    return data


def explain(error: BaseException) -> str:
    """Why a picture failed, in one line; for faults of our own also where in the code."""
    if isinstance(error, PackshotError):
        return " ".join(str(error).split())
    if isinstance(error, MemoryError):
        return "not enough memory for this picture"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename or ''}".rstrip(": ")
    place = traceback.extract_tb(error.__traceback__)[-1]
    words = " ".join(str(error).split())
    return f"unexpected {type(error).__name__}: {words} ({Path(place.filename).name}:{place.lineno})"


def context(recipe: Recipe, job: Job, source: Picture) -> Context:
    """What the operations may know while they work on this photo; one seed per picture, never per batch."""
    digest = hashlib.sha256(f"{recipe.seed}\0{job.sku}\0{job.image}".encode()).digest()
    seed = int.from_bytes(digest[:7], "big")
    return Context(seed=seed, source=source, open_picture=open_named_picture, load_model=weights.load)


@lru_cache(maxsize=4)
def open_named_picture(name: str) -> Picture:
    """A picture that a parameter names (a background, a scene), read once per process."""
    return files.read(Path(name))


class Chain:
    """A photo on its way through operations; those that two calls begin with alike are run once."""

    def __init__(self, picture: Picture, context: Context, recipe: Recipe) -> None:
        self.context, self.recipe = context, recipe
        self.states = [State(picture)]
        self.done: list[Operation] = []

    def after(self, wanted: Sequence[Operation]) -> State:
        """The photo after these operations."""
        same = 0
        while same < min(len(self.done), len(wanted)) and self.done[same] == wanted[same]:
            same += 1
        del self.states[same + 1 :], self.done[same:]
        for operation in wanted[same:]:
            self.states.append(advance(self.states[-1], operation, self.context, self.recipe))
            self.done.append(operation)
        return self.states[-1]


def advance(state: State, operation: Operation, context: Context, recipe: Recipe) -> State:
    """One step further."""
    locked = apply_locked(operation, state.picture, context, limits=recipe.limits)
    flags = tuple(dict.fromkeys((*state.flags, *locked.result.flags)))
    notes = tuple(dict.fromkeys((*state.notes, *locked.result.notes)))
    return State(locked.result.picture, (*state.steps, locked.step), flags, notes)


def written(
    job: Job,
    variant: str,
    name: str,
    state: State,
    photo: Opened,
    recipe: Recipe,
    settings: str,
    encoding: Encoding | None = None,
) -> Record:
    """Export a finished picture to `name` in the output folder, and its record. encoding: else the recipe's."""
    exported = export(
        state.picture,
        Path(job.out) / name,
        state.steps,
        recipe.policy,
        encoding=encoding or Encoding(**recipe.output),
        source=photo.origin,
        signing=recipe.signing,
    )
    encoded = encoded_fidelity(exported.shown, exported.picture)
    return Record(
        sku=job.sku,
        image=job.image,
        variant=variant,
        source=job.source,
        source_sha256=photo.info.sha256,
        settings=settings,
        status="flagged" if state.flags else "done",
        reason="; ".join(state.flags),
        notes=(*photo.info.notes, *state.notes, *exported.notes),
        output=name,
        output_sha256=exported.sha256,
        steps=tuple(_rounded(step.to_json()) for step in state.steps),
        fidelity=_rounded(worst(state.steps) | {f"encoded_{k}": v for k, v in encoded.items()}),
        marks=exported.marks,
        size=state.picture.size,
        to_source=tuple(_rounded(tuple(row), 9) for row in state.picture.to_source.tolist()),
        weights={k: v for step in state.steps for k, v in step.weights.items()},
    )


def worst(steps: tuple[Step, ...]) -> dict[str, float]:
    """The worst figure of all locked steps; every step is measured against its own input."""
    found: dict[str, float] = {}
    for step in steps:
        for key, value in step.fidelity.items():
            better = min if key == "ssim" else max
            found[key] = better(found.get(key, value), value)
    return found


def _rounded(value: Any, digits: int = 5) -> Any:
    if isinstance(value, float):
        return round(value, digits)
    if isinstance(value, Mapping):
        return {k: _rounded(v, digits) for k, v in value.items()}
    return [_rounded(v, digits) for v in value] if isinstance(value, (list, tuple)) else value
