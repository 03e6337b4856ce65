"""Every error packshot raises on purpose, in one tree.

    PackshotError (ValueError)
    ├── ParameterError        a parameter is out of range or of the wrong kind
    ├── PictureError          tensors that do not make a Picture
    ├── FileError             a file that cannot be read or written
    │   ├── UnreadableFile    not a picture, truncated, or damaged beyond use
    │   ├── TooLarge          over a stated limit (pixels, bytes), refused before decoding
    │   └── UnsafePath        a path that leaves the folder it was promised to stay in
    ├── CatalogueError        a catalogue that cannot be opened at all
    ├── RecipeError           a pipeline file with a mistake; names line and field
    ├── ChannelError          no such channel, or a file of channels with a mistake; names row and field
    ├── LockBreach            a step changed the product although it had promised not to
    ├── MarkError             provenance marks that are malformed or did not survive the export
    ├── DeviceError           a device was asked for by name and is not there
    ├── ModelError            weights that cannot be used
    │   ├── WeightsNotFound   no weights of that name in any of the places searched
    │   ├── BadCheckpoint     not a packshot checkpoint, damaged, or of a foreign network
    │   └── LicenceRefused    the licence does not permit the use asked for
    ├── NotEnoughPassed       too few generated pictures passed the tests they were put to within the tries allowed
    ├── TrainingTrouble       training diverged or collapsed and was stopped; the last good state is kept
    ├── ServiceError          the service cannot do what was asked of it, now or at all
    │   ├── NotKnown          no job, file or result of that name, or it is another key's
    │   ├── Conflict          what is asked does not fit what is there (a state, an idempotency key)
    │   ├── Busy              a queue or a quota is full; says when to come back
    │   └── Unavailable       the database, the disk or the file store cannot be used now
    └── MissingExtra (ImportError)   an optional dependency; says the command that installs it

A message says what was wrong, where, and how to mend it. Violated invariants of our own are `assert`s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


class PackshotError(ValueError):
    """Root of the tree: bad input, never a bug of packshot's own."""


class ParameterError(PackshotError):
    """A parameter is out of range or of the wrong kind."""


class PictureError(PackshotError):
    """Tensors that do not make a Picture (shape, dtype, range)."""


class FileError(PackshotError):
    """A file that cannot be read or written."""


class UnreadableFile(FileError):
    """Not a picture, truncated, or damaged beyond use."""


class TooLarge(FileError):
    """Over a stated limit of pixels or bytes; refused before decoding."""


class UnsafePath(FileError):
    """A path that leaves the folder it was promised to stay in."""


class CatalogueError(PackshotError):
    """A catalogue that cannot be opened at all (single bad rows are listed, not raised)."""


class RecipeError(PackshotError):
    """A pipeline file with a mistake; the message names line and field."""


class ChannelError(PackshotError):
    """No such channel, or a file of channels with a mistake; the message names row and field."""


class LockBreach(PackshotError):
    """A step changed the product although it had promised not to."""


class MarkError(PackshotError):
    """Provenance marks that are malformed or did not survive the export."""


class DeviceError(PackshotError):
    """A device was asked for by name and is not there."""


class ModelError(PackshotError):
    """Weights that cannot be used."""


class WeightsNotFound(ModelError):
    """No weights of that name in any of the places searched."""


class BadCheckpoint(ModelError):
    """Not a packshot checkpoint, damaged, or made for another network."""


class LicenceRefused(ModelError):
    """The licence of the weights does not permit the use asked for."""


class NotEnoughPassed(PackshotError):
    """Too few generated pictures passed; the message says how many were tried and which test rejected how many."""


class TrainingTrouble(PackshotError):
    """Training diverged or collapsed; the message says when, how it was noticed, and what to change."""


class ServiceError(PackshotError):
    """The service cannot do what was asked of it, now or at all."""


class NotKnown(ServiceError):
    """No job, file or result of that name, or it belongs to another key (which is not told apart)."""


class Conflict(ServiceError):
    """What is asked does not fit what is there: the state of a job, an idempotency key used for something else."""


class Busy(ServiceError):
    """A queue or a quota is full. retry_after: seconds after which another try makes sense."""

    def __init__(self, message: str, retry_after: float = 5.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(ServiceError):
    """The database, the disk or the file store cannot be used now. retry_after: seconds until another try."""

    def __init__(self, message: str, retry_after: float = 5.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class MissingExtra(PackshotError, ImportError):
    """An optional dependency is not installed.

    >>> str(MissingExtra("mitsuba", "synth", "rendering the toyshop"))
    "rendering the toyshop needs mitsuba: pip install 'packshot[synth]'"
    """

    def __init__(self, module: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs {module}: pip install 'packshot[{extra}]'")
        self.module, self.extra = module, extra


def complaints(error: ValidationError, where: str) -> list[str]:
    """Pydantic's findings in plain words: `frame.fill: Input should be less than or equal to 1, got 3`.

    where: what comes before a field's name; may be empty.
    """
    found = []
    for item in error.errors():
        place = ".".join([where] * bool(where) + [str(part) for part in item["loc"]])
        if item["type"] == "extra_forbidden":
            found.append(f"{place}: no such parameter")
        elif item["type"] == "missing":
            found.append(f"{place}: required, but not given")
        elif item["type"] == "value_error" and (not item["loc"] or ", got " in item["msg"]):
            found.append(f"{place}: {item['msg'].removeprefix('Value error, ')}")  # it says all there is to say
        else:
            found.append(f"{place}: {item['msg'].removeprefix('Value error, ')}, got {item['input']!r}")
    return found
