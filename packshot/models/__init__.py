"""Find, load and run weights: the one door between operations and networks.

Places searched, in order: the name as a path, `$PACKSHOT_HOME/weights`, the weights shipped with the package.
Nothing is downloaded. Engines are those of `engines.TABLE`; all but `torch`, the plain reference, pass the accuracy
gate before they are used. `auto` is the fastest one that `packshot models bench` found for these weights on this
machine, torch where nothing was measured. Files of other projects go through `community.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from packshot import checkpoint
from packshot.errors import DeviceError, LicenceRefused, MissingExtra, ModelError, WeightsNotFound
from packshot.imaging.home import home as home
from packshot.models import bench, community, diffusers_files, engines, gate

Engine = Literal[
    "auto", "torch", "torch-bf16", "compile", "onnx", "onnx-int8", "openvino", "openvino-bf16", "openvino-int8"
]
COMMERCIAL = ("Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CC-BY-4.0", "ISC", "Unlicense")


@dataclass(frozen=True)
class Model:
    """Weights ready to run. `run(x)` takes and gives `(n, c, h, w)` tensors; card and digest name what ran.

    multiple: the sides of a tile must be multiples of it for the network to see the same as in the whole picture.
    """

    run: Callable[[Tensor], Tensor]
    config: Mapping[str, Any]
    card: Mapping[str, Any]
    digest: str
    device: str
    engine: str
    name: str = ""
    multiple: int = 1

    @property
    def scale(self) -> int:
        """Output pixels per input pixel along a side."""
        return int(self.config.get("scale", 1))

    @property
    def channels_in(self) -> int:
        """Channels that `run` takes."""
        return int(self.config.get("channels_in", 3))


def places() -> tuple[Path, ...]:
    """The folders searched for a name, in order."""
    return home() / "weights", Path(str(package_files("packshot"))) / "weights"


def find(name_or_path: str) -> Path:
    """The file behind a name; of a folder as transformers writes it, its `model.safetensors`, of one as diffusers
    does, its index.

    Raises WeightsNotFound listing where it was looked for.
    """
    for path in (Path(name_or_path), *_within(Path(name_or_path))):
        if name_or_path and path.is_file():
            return path
    kinds = (".safetensors", *community.SUFFIXES) if name_or_path else ()
    candidates = [place / f"{name_or_path}{kind}" for place in places() for kind in kinds]
    for candidate in [*candidates, *(path for place in places() if kinds for path in _within(place / name_or_path))]:
        if candidate.is_file():
            return candidate
    kept = diffusers_files.cached(name_or_path)
    if kept is not None:
        return kept
    looked = ", ".join(str(c) for c in [Path(name_or_path), *candidates] if c.suffix in ("", ".safetensors"))
    raise WeightsNotFound(f"weights {name_or_path!r}: not found; looked for {looked}")


def _within(folder: Path) -> tuple[Path, Path]:
    """The files that stand for a folder of weights."""
    return folder / "model.safetensors", folder / diffusers_files.INDEX


def digest_of(path: Path) -> str:
    """SHA-256 of a file of weights, or of all that belongs to it: the identity of weights everywhere in packshot."""
    if diffusers_files.is_index(path):
        return diffusers_files.digest_of(path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def available() -> list[Path]:
    """Every weights file in the places searched, a user's own first."""
    return [path for place in places() if place.is_dir() for path in sorted(place.glob("*.safetensors"))]


def resolve_device(device: str) -> str:
    """`auto` → the best device present; any other name is checked. Raises DeviceError if it is not there."""
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    kind, _, index = device.partition(":")
    present = {
        "cpu": not index,
        "mps": not index and torch.backends.mps.is_available(),
        "cuda": torch.cuda.is_available()
        and (not index or (index.isdigit() and int(index) < torch.cuda.device_count())),
    }
    if kind not in present:
        raise DeviceError(f"device {device!r}: expected auto, cpu, cuda, cuda:N or mps")
    if not present[kind]:
        raise DeviceError(f"device {device!r}: not present on this machine; use auto or cpu")
    return device


def load(name_or_path: str, device: str = "auto", engine: Engine = "auto", commercial: bool = False) -> Model:
    """Weights by name or path, ready to run.

    commercial: refuse weights whose licence does not allow commercial use.
    Raises WeightsNotFound, BadCheckpoint, LicenceRefused, DeviceError, ModelError (engine disagrees).
    """
    path = find(name_or_path)
    device = resolve_device(device)
    if diffusers_files.is_index(path):
        return diffusers_files.load(path, device, commercial)
    if community.is_foreign(path):
        return community.load(path, device, commercial)
    stored = checkpoint.read(path)
    if commercial:
        check_licence(stored)
    network = stored.build()
    multiple = int(getattr(network, "multiple", 1))
    chosen, run = _runner(stored, network, device, engine)
    return Model(run, stored.config, stored.card, stored.digest, device, chosen, stored.path.stem, multiple)


def _runner(
    stored: checkpoint.Checkpoint, network: nn.Module, device: str, engine: str
) -> tuple[str, Callable[[Tensor], Tensor]]:
    """The engine that runs, and how; `auto` is what was measured, or torch where that is not to be had any more."""
    if engine != "auto":
        return engine, _gated(stored, network, device, engine)
    chosen = bench.remembered(stored.digest) if device == "cpu" else "torch"
    try:
        return chosen, _gated(stored, network, device, chosen)
    except (MissingExtra, ModelError):
        return "torch", _gated(stored, network, device, "torch")


def _gated(stored: checkpoint.Checkpoint, network: nn.Module, device: str, engine: str) -> Callable[[Tensor], Tensor]:
    run = engines.make(engine, stored, network, device)
    if engine != "torch":
        gate.check(engine, stored.build(), run, engines.examples_of(stored), stored.path.name)
    return run


def check_licence(stored: checkpoint.Checkpoint) -> None:
    """Raise LicenceRefused unless the card's licence is known to allow commercial use."""
    refuse_licence(str(stored.card.get("licence", "unstated")), stored.path.name)


def refuse_licence(licence: str, name: str) -> None:
    """Raise LicenceRefused unless a licence is known to allow commercial use."""
    if licence not in COMMERCIAL:
        raise LicenceRefused(f"{name}: licence {licence!r} is not known to allow commercial use")
