"""Layer 2: architectures, one paper a file. `TABLE` maps a name to `module:config:network`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from packshot.errors import ParameterError

if TYPE_CHECKING:
    from torch import nn

TABLE = {
    "unet": "packshot.networks.unet:UNetConfig:UNet",
}


def find(name: str) -> tuple[type[Any], type[nn.Module]]:
    """The config class and the network class of a name. Raises ParameterError listing the known names."""
    if name not in TABLE:
        raise ParameterError(f"network {name!r}: expected one of {', '.join(TABLE)}")
    module_name, config, network = TABLE[name].split(":")
    module = import_module(module_name)
    return getattr(module, config), getattr(module, network)


def build(name: str, config: dict[str, Any] | None = None) -> nn.Module:
    """A network with fresh weights, from its name and config entries. Raises ParameterError on unknown entries."""
    config_class, network_class = find(name)
    try:
        return network_class(config_class(**(config or {})))
    except TypeError as error:
        raise ParameterError(f"config of network {name!r}: {error}") from None
