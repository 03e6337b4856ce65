"""Layer 5: operations, one a file. `TABLE` maps a name to `module:class`; nothing is imported until used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from packshot.errors import ParameterError

if TYPE_CHECKING:
    from packshot.operations.operation import Operation

TABLE = {
    "cutout": "packshot.operations.cutout:Cutout",
    "background": "packshot.operations.background:Background",
    "shadow": "packshot.operations.shadow:Shadow",
    "retouch": "packshot.operations.retouch:Retouch",
    "recolour": "packshot.operations.recolour:Recolour",
    "frame": "packshot.operations.frame:Frame",
    "compose": "packshot.operations.compose:Compose",
    "upscale": "packshot.operations.upscale:Upscale",
    "denoise": "packshot.operations.denoise:Denoise",
    "dejpeg": "packshot.operations.dejpeg:Dejpeg",
    "sharpen": "packshot.operations.sharpen:Sharpen",
    "erase": "packshot.operations.erase:Erase",
    "extend": "packshot.operations.extend:Extend",
    "restyle": "packshot.operations.restyle:Restyle",
    "beautify": "packshot.operations.beautify:Beautify",
    "from-sketch": "packshot.operations.from_sketch:FromSketch",
    "from-layout": "packshot.operations.from_layout:FromLayout",
    "swap-material": "packshot.operations.swap_material:SwapMaterial",
    "swap-attribute": "packshot.operations.swap_attribute:SwapAttribute",
    "day-to-studio": "packshot.operations.day_to_studio:DayToStudio",
    "alter": "packshot.operations.alter:Alter",
    "vary": "packshot.operations.vary:Vary",
    "scene": "packshot.operations.scene:Scene",
}


def find(name: str) -> type[Operation]:
    """The operation class of a name. Raises ParameterError listing the known names."""
    if name not in TABLE:
        raise ParameterError(f"operation {name!r}: expected one of {', '.join(TABLE)}")
    module, attribute = TABLE[name].split(":")
    found: type[Operation] = getattr(import_module(module), attribute)
    return found


def name_of(operation: Operation) -> str:
    """The name of an operation in the table; the class name in small letters for one that is not in it."""
    path = f"{type(operation).__module__}:{type(operation).__qualname__}"
    return next((name for name, place in TABLE.items() if place == path), type(operation).__name__.lower())
