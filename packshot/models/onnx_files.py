"""ONNX files of other projects that segment pictures, with the pre- and post-processing that each expects.

What a file does not say of itself comes from `NAME.json` beside it, else from the family that its name tells
(`FAMILIES`: the values that these projects publish), else from its graph and what it gives for a trial picture.
Run by ONNX Runtime. The licence comes from `NAME.licence` beside the file, as for other foreign weights.

`NAME.json`: `size` (px of the square that the network sees), `mean`, `std` (three values each), `divide_by` ("max",
the picture's largest value, or "255", which leaves it as it is), `output` (index), `activation` ("none", "sigmoid",
"softmax", "stretch": least value 0, largest 1), `classes` (names, in order), `background` (index among them).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor
from torch.nn import functional

from packshot.errors import BadCheckpoint, ModelError

if TYPE_CHECKING:
    from packshot.models import Model

SUFFIX = ".onnx"
MOST_BYTES = 2 << 30
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
CENTRED = ((0.5, 0.5, 0.5), (1.0, 1.0, 1.0))
TRIAL_PX = 320  # where a graph leaves its size open

Triple = tuple[float, float, float]


class Processing(BaseModel):
    """What happens before and after the network; see the module's words on `NAME.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    size: int | None = Field(None, ge=16, le=4096)
    mean: Triple = IMAGENET[0]
    std: Triple = IMAGENET[1]
    divide_by: Literal["max", "255"] = "255"
    output: int = Field(0, ge=0, le=63)
    activation: Literal["", "none", "sigmoid", "softmax", "stretch"] = ""
    classes: tuple[str, ...] = ()
    background: int = Field(0, ge=0)


FAMILIES: tuple[tuple[str, Processing], ...] = (
    ("u2net", Processing(size=320, divide_by="max", activation="stretch")),
    ("silueta", Processing(size=320, divide_by="max", activation="stretch")),
    ("isnet", Processing(size=1024, mean=CENTRED[0], std=CENTRED[1], divide_by="max", activation="stretch")),
    ("birefnet", Processing(size=1024, activation="sigmoid")),
    ("rmbg", Processing(size=1024, mean=CENTRED[0], std=CENTRED[1], activation="stretch")),
)


def load(path: Path, device: str, commercial: bool) -> Model:
    """A file ready to run: `run` takes `(n, 3, h, w)` in `[0, 1]` and gives probabilities `(n, classes, h, w)`.

    Raises LicenceRefused, BadCheckpoint for what is no network of one picture.
    """
    from packshot.models import Model, refuse_licence
    from packshot.models.community import licence_of

    licence = licence_of(path)
    if commercial:
        refuse_licence(licence, path.name)
    if path.stat().st_size > MOST_BYTES:
        raise BadCheckpoint(f"{path.name}: {path.stat().st_size:,} bytes, expected at most {MOST_BYTES:,}")
    session = _session(path)
    how, family = processing_of(path)
    side = how.size or _fixed_side(session) or TRIAL_PX
    run = _runner(session, how, path.name)
    classes = _tried(run, side, path.name)
    card: dict[str, Any] = {"licence": licence, "architecture": family, "purpose": "segment", "input_px": side}
    card |= {"square": True, "gives": "probability", "background": how.background, "classes": list(how.classes)}
    if classes > 1 and how.background >= classes:
        raise BadCheckpoint(f"{path.name}: gives {classes} classes, but its json says background is {how.background}")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Model(run, {"classes": classes, "channels_in": 3}, card, digest, device, "onnx", path.stem)


def processing_of(path: Path) -> tuple[Processing, str]:
    """What happens before and after a file, and where that is known from. Raises BadCheckpoint for a damaged json."""
    told, name = path.with_suffix(".json"), path.stem.lower()
    family = next((how for start, how in FAMILIES if name.startswith(start) or f"-{start}" in name), None)
    known = {} if family is None else family.model_dump()
    if not told.is_file():
        return family or Processing(), "onnx" if family is None else name
    try:
        return Processing(**{**known, **json.loads(told.read_text(encoding="utf-8"))}), name
    except (ValidationError, json.JSONDecodeError, TypeError, UnicodeDecodeError) as error:
        raise BadCheckpoint(f"{told.name}: {' '.join(str(error).split())[:300]}") from None


def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        words = " ".join(str(error).split())[:200]
        raise BadCheckpoint(f"{path.name}: ONNX Runtime cannot read it ({words})") from None
    given = session.get_inputs()
    if len(given) != 1 or len(given[0].shape) != 4:
        shapes = ", ".join(f"{i.name} {i.shape}" for i in given)
        raise BadCheckpoint(f"{path.name}: expected one input (n, 3, h, w), got {shapes}")
    return session


def _fixed_side(session: Any) -> int | None:
    h, w = session.get_inputs()[0].shape[2:]
    return max(h, w) if isinstance(h, int) and isinstance(w, int) else None


def _runner(session: Any, how: Processing, name: str) -> Callable[[Tensor], Tensor]:
    entry = session.get_inputs()[0]
    half = "float16" in entry.type
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (how.mean, how.std))

    def run(x: Tensor) -> Tensor:
        x = x.detach().cpu().float()
        size = tuple(x.shape[2:])
        wanted = tuple(a if isinstance(a, int) else b for a, b in zip(entry.shape[2:], size, strict=True))
        if wanted != size:
            x = functional.interpolate(x, wanted, mode="bilinear", align_corners=False, antialias=True)
        if how.divide_by == "max":
            x = x / x.amax((1, 2, 3), keepdim=True).clamp(min=1e-6)
        given = ((x - mean) / std).numpy().astype(np.float16 if half else np.float32)
        try:
            outputs = [
                session.run(None, {entry.name: g[None].astype(np.float16 if half else np.float32)}) for g in given
            ]
        except Exception as error:
            raise ModelError(f"{name}: ONNX Runtime failed ({' '.join(str(error).split())[:200]})") from None
        if how.output >= len(outputs[0]):
            raise ModelError(f"{name}: has {len(outputs[0])} outputs, its json asks for output {how.output}")
        out = torch.cat([_shaped(torch.from_numpy(np.asarray(o[how.output])).float(), name) for o in outputs])
        return functional.interpolate(_activated(out, how.activation), size, mode="bilinear", align_corners=False)

    return run


def _shaped(out: Tensor, name: str) -> Tensor:
    """`(1, classes, h, w)` of `(h, w)`, `(c, h, w)` or `(1, c, h, w)`."""
    while out.ndim < 4:
        out = out[None]
    if out.ndim != 4 or out.shape[0] != 1:
        raise ModelError(f"{name}: expected maps (1, classes, h, w), got {tuple(out.shape)}")
    return out


def _activated(out: Tensor, how: str) -> Tensor:
    """Probabilities. Where nothing is told, values in `[0, 1]` are taken for probabilities, others for logits."""
    if how == "stretch":
        low, high = out.amin((1, 2, 3), keepdim=True), out.amax((1, 2, 3), keepdim=True)
        return (out - low) / (high - low).clamp(min=1e-6)
    if how == "none" or (not how and float(out.min()) >= 0 and float(out.max()) <= 1):
        return out.clamp(0, 1)
    return out.softmax(1) if how == "softmax" or out.shape[1] > 1 else out.sigmoid()


def _tried(run: Callable[[Tensor], Tensor], side: int, name: str) -> int:
    """How many classes come out for a trial picture; its size must be one that the network takes."""
    found = run(torch.linspace(0, 1, side).expand(1, 3, side, side).contiguous())
    if not bool(torch.isfinite(found).all()):
        raise BadCheckpoint(f"{name}: gives values that are not finite")
    return found.shape[1]


def told(card: Mapping[str, Any]) -> str:
    """One line on how a file of another project is run."""
    return f"{card['architecture']}, seen at {card['input_px']} px"
