"""The ways to run one network, fastest not always the same: `TABLE` maps an engine to what makes its runner.

torch is the plain reference. Every other engine is held to it by the accuracy gate (`gate.py`) before it is used. Files
made on the way (ONNX, int8) are a cache under `$PACKSHOT_HOME/cache`, named by weights digest and engine version.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from packshot.errors import MissingExtra, ParameterError
from packshot.imaging.files import write_atomic
from packshot.imaging.home import home

if TYPE_CHECKING:
    from packshot.checkpoint import Checkpoint

Runner = Callable[[Tensor], Tensor]
PICTURES = frozenset(
    ("", "restorer", "segmenter", "restyler")
)  # roles of networks from picture to picture; "": own ones
SIDE = 48, 40  # px of the probe that exports are traced with


def torch_runner(stored: Checkpoint, network: nn.Module, device: str) -> Runner:
    """Plain PyTorch, float32, channels last."""
    return _eager(network, device)


def bf16_runner(stored: Checkpoint, network: nn.Module, device: str) -> Runner:
    """PyTorch with bfloat16 convolutions (autocast)."""
    plain = _eager(network, device)

    def run(x: Tensor) -> Tensor:
        with torch.autocast(torch.device(device).type, torch.bfloat16):
            return plain(x).float()

    return run


def compile_runner(stored: Checkpoint, network: nn.Module, device: str) -> Runner:
    """PyTorch compiled by Inductor: needs a C++ compiler, and half a minute for every new size of tile."""
    network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    compiled = torch.compile(network, dynamic=False)

    def run(x: Tensor) -> Tensor:
        with torch.no_grad():
            return compiled(x.to(device, memory_format=torch.channels_last)).to(x.device)  # type: ignore[no-any-return]

    return run


def onnx_runner(stored: Checkpoint, network: nn.Module, device: str) -> Runner:
    """ONNX Runtime, float32."""
    return _session(_exported(stored, network))


def onnx_int8_runner(stored: Checkpoint, network: nn.Module, device: str) -> Runner:
    """ONNX Runtime, int8 convolutions but the first and last (`quantising.py`)."""
    return _session(_quantised(stored, network))


def openvino_runner(stored: Checkpoint, network: nn.Module, device: str, precision: str = "f32") -> Runner:
    """OpenVINO on the processor; its own default precision would be bfloat16."""
    return _openvino(_exported(stored, network), precision)


def openvino_int8_runner(stored: Checkpoint, network: nn.Module, device: str) -> Runner:
    """OpenVINO of the int8 file that ONNX Runtime made."""
    return _openvino(_quantised(stored, network), "f32")


TABLE: dict[str, Callable[[Checkpoint, nn.Module, str], Runner]] = {
    "torch": torch_runner,
    "torch-bf16": bf16_runner,
    "compile": compile_runner,
    "onnx": onnx_runner,
    "onnx-int8": onnx_int8_runner,
    "openvino": openvino_runner,
    "openvino-bf16": partial(openvino_runner, precision="bf16"),
    "openvino-int8": openvino_int8_runner,
}
CPU_ONLY = frozenset(TABLE) - {"torch", "torch-bf16", "compile"}


def serves(stored: Checkpoint) -> bool:
    """Whether there is a choice of engines for these weights: what draws, tells or finds always runs in torch."""
    return str(stored.card.get("role", "")) in PICTURES


def make(engine: str, stored: Checkpoint, network: nn.Module, device: str) -> Runner:
    """The runner of an engine, not yet held to the gate.

    Raises ParameterError for an unknown engine or one that does not run on the device, MissingExtra.
    """
    if engine not in TABLE:
        raise ParameterError(f"engine {engine!r}: expected auto or one of {', '.join(TABLE)}")
    if engine in CPU_ONLY and device != "cpu":
        raise ParameterError(f"engine {engine}: runs on cpu only, got device {device!r}; use torch")
    return TABLE[engine](stored, network, device)


def probe(stored: Checkpoint, side: tuple[int, int] = SIDE, count: int = 2) -> Tensor:
    """A fixed picture-like input: `(count, c, h, w)` in `[0, 1]`."""
    generator = torch.Generator().manual_seed(0)
    return torch.rand(count, int(stored.config.get("channels_in", 3)), *side, generator=generator)


def examples_of(stored: Checkpoint) -> tuple[Tensor, Tensor]:
    """What the gate and the quantiser look at, for the channels and the scale of these weights."""
    from packshot.models.gate import examples

    return examples(int(stored.config.get("channels_in", 3)), int(stored.config.get("scale", 1)))


def _eager(network: nn.Module, device: str) -> Runner:
    network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def run(x: Tensor) -> Tensor:
        with torch.inference_mode():
            out: Tensor = network(x.to(device, memory_format=torch.channels_last))
        return out.to(x.device)

    return run


def _cached(stored: Checkpoint, kind: str) -> Path:
    import onnxruntime

    return home() / "cache" / f"{stored.digest[:16]}-{kind}-{onnxruntime.__version__}.onnx"


def _exported(stored: Checkpoint, network: nn.Module) -> Path:
    path = _cached(stored, "onnx")
    if not path.is_file():
        write_atomic(path, _export(stored, network))
    return path


def _quantised(stored: Checkpoint, network: nn.Module) -> Path:
    path = _cached(stored, "int8")
    if not path.is_file():
        from packshot.models.quantising import quantise

        write_atomic(path, quantise(_exported(stored, network), examples_of(stored)[0]))
    return path


def _export(stored: Checkpoint, network: nn.Module) -> bytes:
    try:
        import onnxscript  # noqa: F401
    except ImportError:
        raise MissingExtra("onnxscript", "export", "the onnx and openvino engines") from None
    n, h, w = (torch.export.Dim(name, min=low) for name, low in (("n", 1), ("h", 2), ("w", 2)))
    program = torch.onnx.export(
        network,
        (probe(stored),),
        dynamo=True,
        input_names=["x"],
        dynamic_shapes=({0: n, 2: h, 3: w},),
        verbose=False,
    )
    assert program is not None
    data: bytes = program.model_proto.SerializeToString()
    return data


def _session(path: Path) -> Runner:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(x: Tensor) -> Tensor:
        (out,) = session.run(None, {"x": x.detach().cpu().contiguous().numpy()})
        return torch.from_numpy(out).to(x.device)

    return run


def _openvino(path: Path, precision: str) -> Runner:
    if importlib.util.find_spec("openvino") is None:
        raise MissingExtra("openvino", "openvino", "the openvino engine")
    import openvino

    settings: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": precision,
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
    }
    compiled = openvino.Core().compile_model(str(path), "CPU", settings)

    def run(x: Tensor) -> Tensor:
        out = compiled([x.detach().cpu().contiguous().numpy()])[0]
        return torch.from_numpy(out.copy()).to(x.device)

    return run
