"""Find, load and run weights: the one door between operations and networks.

Places searched, in order: the name as a path, `$PACKSHOT_HOME/weights`, the weights shipped with the package.
Nothing is downloaded. Engines: `torch` (the plain reference) and `onnx` (ONNX Runtime; the exported file is a
cache under `$PACKSHOT_HOME/cache`, named by weights digest and engine version, and is used only if its output
agrees with torch).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from packshot import checkpoint
from packshot.errors import DeviceError, LicenceRefused, MissingExtra, ModelError, WeightsNotFound
from packshot.imaging.files import write_atomic
from packshot.imaging.home import home as home

Engine = Literal["auto", "torch", "onnx"]
COMMERCIAL = ("Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CC-BY-4.0", "ISC", "Unlicense")
AGREEMENT = 1e-4  # largest difference to torch, relative to the output's range, that an exported engine may show


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
    """The file behind a name. Raises WeightsNotFound listing where it was looked for."""
    if Path(name_or_path).is_file():
        return Path(name_or_path)
    candidates = [place / f"{name_or_path}.safetensors" for place in places()]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    looked = ", ".join(str(c) for c in [Path(name_or_path), *candidates])
    raise WeightsNotFound(f"weights {name_or_path!r}: not found; looked for {looked}")


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
    stored = checkpoint.read(find(name_or_path))
    if commercial:
        check_licence(stored)
    device = resolve_device(device)
    network = stored.build()
    chosen = "torch" if engine == "auto" else engine
    run = _torch_runner(network, device) if chosen == "torch" else _onnx_runner(stored, network)
    multiple = int(getattr(network, "multiple", 1))
    return Model(run, stored.config, stored.card, stored.digest, device, chosen, stored.path.stem, multiple)


def check_licence(stored: checkpoint.Checkpoint) -> None:
    """Raise LicenceRefused unless the card's licence is known to allow commercial use."""
    licence = str(stored.card.get("licence", "unstated"))
    if licence not in COMMERCIAL:
        raise LicenceRefused(f"{stored.path.name}: licence {licence!r} is not known to allow commercial use")


def _torch_runner(network: nn.Module, device: str) -> Callable[[Tensor], Tensor]:
    network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def run(x: Tensor) -> Tensor:
        with torch.inference_mode():
            out: Tensor = network(x.to(device, memory_format=torch.channels_last))
        return out.to(x.device)

    return run


def _onnx_runner(stored: checkpoint.Checkpoint, network: nn.Module) -> Callable[[Tensor], Tensor]:
    import onnxruntime

    path = home() / "cache" / f"{stored.digest[:16]}-onnx-{onnxruntime.__version__}.onnx"
    if not path.is_file():
        write_atomic(path, _export_onnx(stored, network))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    run = partial(_run_session, session)
    _check_agreement(stored, network, run)
    return run


def _run_session(session: Any, x: Tensor) -> Tensor:
    (out,) = session.run(None, {"x": x.detach().cpu().numpy()})
    return torch.from_numpy(out).to(x.device)


def _export_onnx(stored: checkpoint.Checkpoint, network: nn.Module) -> bytes:
    try:
        import onnxscript  # noqa: F401
    except ImportError:
        raise MissingExtra("onnxscript", "export", "the onnx engine") from None
    n, h, w = (torch.export.Dim(name, min=low) for name, low in (("n", 1), ("h", 2), ("w", 2)))
    program = torch.onnx.export(
        network,
        (_probe(stored),),
        dynamo=True,
        input_names=["x"],
        dynamic_shapes=({0: n, 2: h, 3: w},),
        verbose=False,
    )
    assert program is not None
    data: bytes = program.model_proto.SerializeToString()
    return data


def _probe(stored: checkpoint.Checkpoint) -> Tensor:
    """A fixed picture-like input: `(2, c, 48, 40)` in `[0, 1]`."""
    generator = torch.Generator().manual_seed(0)
    return torch.rand(2, int(stored.config.get("channels_in", 3)), 48, 40, generator=generator)


def _check_agreement(stored: checkpoint.Checkpoint, network: nn.Module, run: Callable[[Tensor], Tensor]) -> None:
    probe = _probe(stored)
    with torch.inference_mode():
        truth = network(probe)
    gap = (run(probe) - truth).abs().max() / (truth.max() - truth.min()).clamp(min=1e-6)
    if not gap <= AGREEMENT:
        raise ModelError(f"{stored.path.name}: the onnx engine differs from torch by {gap:.2g} of the range; use torch")
