"""How weights begin and what is put around them: spectral normalisation, equalised learning rate."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

from torch import Tensor, nn

Layer = TypeVar("Layer", bound=nn.Module)

Wrap = Callable[[nn.Module], nn.Module]  # what is put around a layer with weights, such as spectral normalisation


def spectral(layer: nn.Module) -> nn.Module:
    """Spectral normalisation by one power iteration a training pass (Miyato et al. 2018, algorithm 1)."""
    return nn.utils.parametrizations.spectral_norm(layer)


class _Scaled(nn.Module):
    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale


def equalised(layer: Layer, gain: float = 1.0, rate: float = 1.0) -> Layer:
    """Equalised learning rate (Karras et al. 2018, §4.1): weights from N(0, 1), scaled by gain/√fan_in as they are
    used.

    rate multiplies the effective learning rate of weight and bias and leaves the start unchanged.
    """
    assert isinstance(layer, nn.Linear | nn.Conv2d)
    nn.init.normal_(layer.weight, 0.0, 1 / rate)
    scale = gain * rate / math.sqrt(layer.weight[0].numel())
    nn.utils.parametrize.register_parametrization(layer, "weight", _Scaled(scale))
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
        if rate != 1:
            nn.utils.parametrize.register_parametrization(layer, "bias", _Scaled(rate))
    return layer


def scaled_normal_(weight: Tensor, gain: float) -> None:
    """Fill in place with N(0, gain²/fan_in) (He et al. 2015, "Delving Deep into Rectifiers", eq. 10)."""
    fan_in = weight[0].numel()
    nn.init.normal_(weight, 0.0, gain / math.sqrt(fan_in))
