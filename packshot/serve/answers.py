"""What a service answers, as its callers have it: a stored file, an edited picture, the error that it met."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from packshot import errors
from packshot.errors import PackshotError, ServiceError, Unavailable
from packshot.serve import wire
from packshot.serve.wire import Answer

SAME = {  # a problem's slug → the class it was
    "not-found": errors.NotKnown, "conflict": errors.Conflict, "missing-extra": errors.ServiceError,
    "unreadable-file": errors.UnreadableFile, "too-large": errors.TooLarge, "unsafe-path": errors.UnsafePath,
    "file": errors.FileError, "catalogue": errors.CatalogueError, "pipeline": errors.RecipeError,
    "channel": errors.ChannelError, "product-changed": errors.LockBreach, "marks": errors.MarkError,
    "device": errors.DeviceError, "licence": errors.LicenceRefused, "weights-not-found": errors.WeightsNotFound,
    "weights": errors.ModelError, "parameter": errors.ParameterError, "request": errors.ParameterError,
}  # fmt: skip


class Stored(BaseModel):
    """A file at the service. digest: SHA-256 of its bytes."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    name: str
    digest: str
    size: int
    media_type: str


@dataclass(frozen=True)
class Edited:
    """An edited picture with its marks. report: steps, numbers, fidelity, flags, notes, marks, size."""

    data: bytes
    media_type: str
    report: Mapping[str, Any] = field(repr=False)

    @property
    def numbers(self) -> Mapping[str, float]:
        """What the last step measured."""
        return dict(self.report.get("numbers", {}))

    @property
    def fidelity(self) -> Mapping[str, float]:
        """What the product lock measured."""
        return dict(self.report.get("fidelity", {}))

    @property
    def flags(self) -> tuple[str, ...]:
        """Why a person should look."""
        return tuple(self.report.get("flags", ()))

    def save(self, path: str | Path) -> Path:
        """Write it as it is; the ending should be that of its media type."""
        return wire.written(Path(path), [self.data])


def error_of(answer: Answer) -> PackshotError:
    """The error behind an answer: the class that the service met, with its words. `.problem` has all that was said."""
    try:
        said = json.loads(answer.read())
        words = str(said["detail"])
    except (ValueError, KeyError, TypeError):
        said, words = {}, f"the service answered {answer.status}"
    slug = str(said.get("type", "")).rsplit(":", 1)[-1]
    mend = said.get("mend", "")
    words += f"; {mend}" if mend and mend not in words else ""
    after = answer.headers.get("Retry-After", "")
    seconds = float(after) if after.isdigit() else 5.0
    error: PackshotError
    if answer.status == 429:
        error = errors.Busy(words, seconds)
    elif answer.status == 503:
        error = Unavailable(words, seconds)
    else:
        error = SAME.get(slug, ServiceError)(words)
    error.problem = said  # type: ignore[attr-defined]
    return error
