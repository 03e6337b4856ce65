"""The task `edit`: one photo through one or more operations, out with its marks, as the Python door does it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packshot.errors import ParameterError, TooLarge, UnsafePath, WeightsNotFound
from packshot.imaging import files
from packshot.imaging.picture import Picture
from packshot.pipeline import door
from packshot.pipeline.reasons import merged
from packshot.pipeline.work import worst
from packshot.provenance import policies
from packshot.provenance.encoding import SUFFIXES, Encoding
from packshot.serve.direct import references
from packshot.serve.direct.desk import Desk, Limits
from packshot.serve.direct.frames import Blobs

if TYPE_CHECKING:
    from packshot.operations.operation import Operation
    from packshot.provenance.export import Exported

BYTES_PER_PIXEL = 120  # recolour took 87, cutout 73, see docs/service.md
BYTES_AT_LEAST = 32 << 20
REHEARSAL = ({"operation": "cutout", "parameters": {}}, {"operation": "background", "parameters": {}})


def edit(desk: Desk, arguments: Mapping[str, Any], blobs: Blobs) -> tuple[dict[str, Any], Blobs]:
    """`{steps, numbers, flags, notes, fidelity, marks, …}` and the blob `picture`.

    arguments: steps `[{operation, parameters, mask}]`, seed, output (fields of Encoding), policy (entries of one).
    blobs: `picture`, `mask` if one was drawn, what was drawn for single steps, and the pictures that parameters name.
    `to_source` leads from the result's pixels to the photo's.
    """
    started = time.perf_counter()
    wanted = [_operation(step, blobs) for step in arguments["steps"]]
    admit(desk, blobs, wanted)
    photo = _opened(blobs)
    for operation, step in zip(wanted, arguments["steps"], strict=True):
        own = step.get("mask", "")
        photo = _masked(photo, blobs[own]) if own else photo
        photo = photo.edit(operation, seed=arguments.get("seed", 0))
        photo = replace(photo, picture=photo.picture.replace(mask=None)) if own else photo
    exported, data, encoding = _exported(desk, photo, arguments)
    fidelity = worst(photo.steps) | {f"encoded_{k}": v for k, v in photo.encoded_fidelity(exported).items()}
    done = {
        "steps": [step.to_json() for step in photo.steps],
        "numbers": _short(photo.steps[-1].numbers if photo.steps else {}),
        "fidelity": _short(fidelity),
        "flags": list(merged(photo.flags)),
        "notes": list(dict.fromkeys((*photo.notes, *exported.notes))),
        "marks": exported.marks,
        "width": exported.shown.width,
        "height": exported.shown.height,
        "to_source": photo.picture.to_source.tolist(),
        "format": encoding.format,
        "bytes": len(data),
        "sha256": exported.sha256,
        "seconds": round(time.perf_counter() - started, 4),
    }
    return done, {"picture": data}


def admit(desk: Desk, blobs: Blobs, wanted: list[Operation]) -> None:
    """Look at the headers of all pictures, and wait for the memory that they will take."""
    pixels = 0
    for name, data in blobs.items():
        width, height = files.picture_size(data, name=name, max_pixels=desk.limits.max_pixels)
        pixels += width * height
    largest = max((pixels_of(operation, pixels) for operation in wanted), default=pixels)
    if largest > files.MAX_PIXELS:
        raise TooLarge(f"the result would have {largest:,} pixels, over the limit of {files.MAX_PIXELS:,}")
    desk.need(max(BYTES_AT_LEAST, largest * BYTES_PER_PIXEL + sum(map(len, blobs.values()))))


def pixels_of(operation: Operation, pixels: int) -> int:
    """How many pixels an operation makes of so many, as far as its parameters say it."""
    scale = getattr(operation, "scale", 1)
    own = getattr(operation, "width", 0) * getattr(operation, "height", 0)
    return max(pixels, own if isinstance(own, int) else 0, int(pixels * scale**2) if scale else 0)


def _operation(step: Mapping[str, Any], blobs: Blobs) -> Operation:
    references.refuse_places(step["operation"], step["parameters"], blobs)
    operation = door.build(step["operation"], step["parameters"])
    for name in operation.weights():
        known_weights(name)
    return operation


def known_weights(name: str) -> None:
    """Raise WeightsNotFound unless the weights lie in one of packshot's own places."""
    from packshot import models

    with suppress(WeightsNotFound):
        if name and models.find(name).parent in models.places():
            return
    raise WeightsNotFound(
        f"weights {name!r}: not here; GET /v1/models lists those that are, and method classical needs none where there "
        "is one"
    )


def _opened(blobs: Blobs) -> door.Photo:
    def opener(name: str) -> Picture:
        if name not in blobs:
            raise UnsafePath(f"picture {name!r}: not part of this request")
        return files.read(blobs[name])

    photo = replace(door.open_photo(blobs["picture"]), opener=opener)
    return _masked(photo, blobs["mask"]) if "mask" in blobs else photo


def _masked(photo: door.Photo, data: bytes) -> door.Photo:
    drawn = files.read(data)
    if drawn.size != photo.picture.size:
        w, h = photo.picture.width, photo.picture.height
        raise ParameterError(f"mask: expected the photo's size {w} x {h} px, got {drawn.width} x {drawn.height}")
    light = drawn.rgb.mean(1, keepdim=True)
    return replace(photo, picture=photo.picture.replace(mask=light if drawn.alpha is None else light * drawn.alpha))


def _exported(desk: Desk, photo: door.Photo, arguments: Mapping[str, Any]) -> tuple[Exported, bytes, Encoding]:
    asked = dict(arguments.get("output") or {})
    asked.setdefault("format", "jpeg" if photo.picture.alpha is None else "png")
    encoding = Encoding(**asked)
    with desk.scratch() as folder:
        path = Path(folder) / f"picture{SUFFIXES[encoding.format]}"
        policy = policies.find(arguments.get("policy") or "default")
        options = encoding.model_dump(exclude={"format"})
        exported = photo.save(path, policy=policy, signing=desk.signing(), **options)
        return exported, path.read_bytes(), encoding


def _short(numbers: Mapping[str, float]) -> dict[str, float]:
    return {key: float(f"{value:.6g}") for key, value in numbers.items()}


def rehearse(limits: Limits) -> None:
    """A tiny photo cut out, put on white and signed: loads what the first caller would wait for."""
    import torch

    rgb = torch.full((1, 3, 64, 64), 0.9)
    rgb[..., 16:48, 16:48] = torch.tensor([0.6, 0.1, 0.1]).view(1, 3, 1, 1)
    data = files.encode(Picture(rgb), "png").data

    class Alone(Desk):
        def __init__(self) -> None:
            self.limits = limits

        def need(self, bytes_: int) -> None:
            pass

    edit(Alone(), {"steps": REHEARSAL}, {"picture": data})
