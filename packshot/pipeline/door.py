"""The Python door: open a photo, edit it, save it, with the product lock and the marks of every other door.

>>> import packshot
>>> photo = packshot.open("mug.jpg")
>>> photo.edit("cutout").save("mug.png")
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from pydantic import ValidationError

from packshot import operations
from packshot.errors import ParameterError, complaints
from packshot.imaging import files
from packshot.operations.operation import Context
from packshot.pipeline import weights
from packshot.pipeline.lock import apply_locked, encoded_fidelity
from packshot.pipeline.recipe import Limits, Recipe
from packshot.pipeline.work import open_named_picture, read_bytes
from packshot.provenance import policies
from packshot.provenance.encoding import Encoding
from packshot.provenance.export import Exported, export
from packshot.provenance.origin import Origin, origin
from packshot.provenance.step import Step

if TYPE_CHECKING:
    from torch import Tensor

    from packshot.imaging.files import SourceInfo
    from packshot.imaging.picture import Picture
    from packshot.operations.operation import Operation
    from packshot.provenance.credentials import Signing
    from packshot.provenance.policies import Policy


@dataclass(frozen=True)
class Photo:
    """A picture with where it came from and what was done to it. Frozen: every edit gives a new one.

    picture: the pixels now. source: the file it was read from. original: the pixels as read.
    steps: the edits so far with their numbers. flags: why a person should look. notes: what is
    worth knowing. layers: of the last edit. origin: the marks of the file, which every save carries on.
    opener: gives the picture behind a name in a parameter; by default the file of that name.
    """

    picture: Picture
    source: SourceInfo
    original: Picture
    steps: tuple[Step, ...] = ()
    flags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    layers: Mapping[str, Tensor] = field(default_factory=dict)
    origin: Origin = field(default_factory=Origin)
    opener: Callable[[str], Picture] = open_named_picture

    def edit(
        self, operation: str | Operation, *, seed: int = 0, limits: Limits | None = None, **parameters: Any
    ) -> Photo:
        """Apply an operation by name with its parameters (or an operation object).

        An operation that needs to know the product runs `cutout` first if nothing has told it yet; the step is in
        the history like any other. Raises ParameterError for bad parameters, LockBreach if the product changed.
        """
        wanted = build(operation, parameters) if isinstance(operation, str) else operation
        ready = self
        if wanted.wants_matte() and self.picture.matte is None:
            ready = self.edit("cutout", seed=seed, limits=limits)
        context = Context(seed=seed, source=self.original, open_picture=self.opener, load_model=weights.load)
        locked = apply_locked(wanted, ready.picture, context, limits=limits)
        return replace(
            ready,
            picture=locked.result.picture,
            steps=(*ready.steps, locked.step),
            flags=tuple(dict.fromkeys((*ready.flags, *locked.result.flags))),
            notes=tuple(dict.fromkeys((*ready.notes, *locked.result.notes))),
            layers=locked.result.layers,
        )

    def apply(self, recipe: Recipe, **values: Any) -> Photo:
        """All steps of a pipeline; `values` fill its `$names`. Raises ParameterError for what is no Recipe."""
        if not isinstance(recipe, Recipe):
            raise ParameterError(f"apply: expected a Recipe, got {recipe!r}; packshot.load_pipeline(name) gives one")
        photo = self
        for step in recipe.steps:
            photo = photo.edit(step.build(values), seed=recipe.seed, limits=recipe.limits)
        return photo

    def save(
        self,
        path: str | Path,
        *,
        policy: str | Policy = "default",
        signing: Signing | None = None,
        **encoding: Any,
    ) -> Exported:
        """Write it with its marks; the format follows the extension, options are those of `Encoding`.

        policy: how it is marked. signing: whose signature; by default that of an own, untrusted authority.
        """
        path = Path(path)
        try:
            options = Encoding.of_path(path, **encoding)
        except ValidationError as error:
            raise ParameterError("; ".join(complaints(error, "save"))) from None
        return export(
            self.picture,
            path,
            self.steps,
            policies.find(policy),
            encoding=options,
            source=self.origin,
            signing=signing,
        )

    def encoded_fidelity(self, exported: Exported) -> dict[str, float]:
        """What encoding changed inside the product (see `lock.encoded_fidelity`)."""
        return encoded_fidelity(exported.shown, exported.picture)


def open_photo(source: str | Path | bytes | BinaryIO) -> Photo:
    """Read a photo through the one door in (EXIF turn, ICC → sRGB, limits before decoding).

    Raises FileError, and ParameterError for what is no source at all.
    """
    if not isinstance(source, (str, Path, bytes)) and not hasattr(source, "read"):
        raise ParameterError(f"open: expected a path, bytes or a binary file, got {source!r}")
    name = "" if isinstance(source, bytes) else str(getattr(source, "name", source))
    if isinstance(source, (str, Path)):
        data = read_bytes(str(source))
    else:
        data = source if isinstance(source, bytes) else source.read(files.MAX_FILE_BYTES + 1)
    loaded = files.open_picture(data, name=Path(name).name)
    return Photo(
        loaded.picture, loaded.source, loaded.picture, notes=loaded.source.notes, origin=origin(loaded.source, data)
    )


def build(operation: str, parameters: Mapping[str, Any]) -> Operation:
    """An operation from its name and parameters. Raises ParameterError in plain words."""
    try:
        return operations.find(operation)(**parameters)
    except ValidationError as error:
        raise ParameterError("; ".join(complaints(error, operation))) from None
