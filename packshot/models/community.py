"""Weights of other projects: ONNX (`onnx_files.py`), folders of transformers (`transformers_files.py`), pickles (here).

By spandrel: some forty architectures of super-resolution, restoration and inpainting.

An extra of its own: spandrel brings torchvision, which cannot be imported beside a build of torch without its compiled
operators. Where that is so, two operators that no network here uses are declared before it is imported; a working
torchvision is left alone. Pickled files are read as plain tensors, never executed.
A licence is taken from the file's own metadata or from a file beside it, NAME.licence, with an SPDX identifier in it.
"""

from __future__ import annotations

import hashlib
import importlib.util
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from packshot.errors import BadCheckpoint, MissingExtra
from packshot.models import onnx_files, transformers_files

if TYPE_CHECKING:
    from packshot.models import Model

SUFFIXES = (".pth", ".pt", ".ckpt", onnx_files.SUFFIX)
PURPOSES = {"SR": "upscale", "FaceSR": "upscale", "Restoration": "restore", "Inpainting": "inpaint"}
KEYS = ("license", "licence", "modelspec.license")
MOST_BYTES = 1 << 30


def is_foreign(path: Path) -> bool:
    """Whether a file of weights is not packshot's own: pickled, ONNX, or safetensors without packshot's metadata."""
    if path.suffix.lower() in SUFFIXES:
        return True
    metadata = _metadata(path) if path.suffix.lower() == ".safetensors" else None
    return metadata is not None and metadata.get("format") != "packshot"


def load(path: Path, device: str, commercial: bool) -> Model:
    """A file of another project, ready to run.

    Raises MissingExtra without spandrel, LicenceRefused, BadCheckpoint for what spandrel does not know.
    """
    from packshot.models import Model, refuse_licence

    if path.suffix.lower() == onnx_files.SUFFIX:
        return onnx_files.load(path, device, commercial)
    if transformers_files.is_folder_of(path):
        return transformers_files.load(path, device, commercial)
    licence = licence_of(path)
    if commercial:
        refuse_licence(licence, path.name)
    descriptor = _described(path, device)
    purpose = PURPOSES.get(descriptor.purpose, descriptor.purpose)
    channels = 4 if purpose == "inpaint" else int(descriptor.input_channels)
    config = {"scale": int(descriptor.scale), "channels_in": channels}
    card = {"licence": licence, "architecture": descriptor.architecture.name, "purpose": purpose}
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    multiple = max(1, int(descriptor.size_requirements.multiple_of))
    return Model(_runner(descriptor, device, purpose), config, card, digest, device, "torch", path.stem, multiple)


def licence_of(path: Path) -> str:
    """The licence of a file of weights: from NAME.licence beside it, else its metadata, else `unstated`."""
    beside = path.with_suffix(".licence")
    if beside.is_file():
        return beside.read_text(encoding="utf-8").strip() or "unstated"
    if path.suffix.lower() == ".safetensors":
        metadata = _metadata(path) or {}
        return next((metadata[key] for key in KEYS if metadata.get(key)), "unstated")
    return "unstated"


def _metadata(path: Path) -> dict[str, str] | None:
    """None for what is no safetensors file."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="pt") as file:
            return dict(file.metadata() or {})
    except (OSError, SafetensorError):
        return None


def _described(path: Path, device: str) -> Any:
    if path.stat().st_size > MOST_BYTES:
        raise BadCheckpoint(f"{path.name}: {path.stat().st_size:,} bytes, expected at most {MOST_BYTES:,}")
    spandrel = load_spandrel()
    try:
        found = spandrel.ModelLoader(device=torch.device(device)).load_from_file(str(path))
    except Exception as error:
        words = " ".join(str(error).split())[:200] or type(error).__name__
        raise BadCheckpoint(f"{path.name}: not weights that spandrel knows ({words})") from None
    found.eval()
    return found


def _runner(descriptor: Any, device: str, purpose: str) -> Any:
    def run(x: Tensor) -> Tensor:
        x = x.to(device)
        with torch.inference_mode():
            if purpose == "inpaint":
                return descriptor(x[:, :3], x[:, 3:4].round()).to(x.device)  # type: ignore[no-any-return]
            grey = descriptor.input_channels == 1
            out = descriptor(_padded(x.mean(1, keepdim=True) if grey else x, descriptor))
        scale = int(descriptor.scale)
        out = out[:, :, : x.shape[2] * scale, : x.shape[3] * scale]
        return out.expand(-1, 3, -1, -1).to(x.device)  # type: ignore[no-any-return]

    return run


def _padded(x: Tensor, descriptor: Any) -> Tensor:
    """Repeated beyond its end to what the network asks for."""
    needs = descriptor.size_requirements
    least, step = int(needs.minimum or 1), max(1, int(needs.multiple_of))
    h, w = (max(-(-n // step) * step, -(-least // step) * step) for n in x.shape[2:])
    return functional.pad(x, (0, w - x.shape[3], 0, h - x.shape[2]), mode="replicate")


@cache
def load_spandrel() -> Any:
    """The module spandrel, past what keeps torchvision from being imported. Raises MissingExtra."""
    if importlib.util.find_spec("spandrel") is None:
        raise MissingExtra("spandrel", "community", "weights of other projects")
    _shim_torchvision()
    import spandrel

    return spandrel


def _shim_torchvision() -> None:
    """Declare the two operators that torchvision misses beside a build of torch without its compiled library."""
    try:
        import torchvision  # noqa: F401
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
        import sys

        for name in [n for n in sys.modules if n.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        library: Any = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _LIBRARIES.append(library)


_LIBRARIES: list[Any] = []  # what is declared holds as long as these live
