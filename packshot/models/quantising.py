"""int8 from a float32 ONNX file: static, QDQ, unsigned activations, signed weights per channel, by ONNX Runtime.

The first and the last convolution stay float32, as does all that is no convolution: pixels come in and go out through
them. Activations are calibrated by their least and largest value on parts of the sample pictures (`gate.examples`).
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packshot.errors import MissingExtra

if TYPE_CHECKING:
    from torch import Tensor


def quantise(path: Path, inputs: Tensor) -> bytes:
    """The int8 form of a float32 ONNX file whose input is `x`; inputs: `(n, c, h, w)` that it is calibrated on.

    Raises MissingExtra without onnx.
    """
    try:
        import onnx
    except ImportError:
        raise MissingExtra("onnx", "export", "int8") from None
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    convolutions = [node.name for node in onnx.load(str(path)).graph.node if node.op_type == "Conv"]

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.left = iter(inputs)

        def get_next(self) -> dict[str, Any] | None:
            picture = next(self.left, None)
            return None if picture is None else {"x": picture[None].numpy()}

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "int8.onnx"
        quantize_static(
            str(path),
            str(out),
            Reader(),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=[convolutions[0], convolutions[-1]] if convolutions else [],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return out.read_bytes()
