"""What a buyer of a sample chooses, and the shape of a function that builds one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from numpy.random import Generator

from packshot.catalogue.toyshop.geometry.fields import Field
from packshot.catalogue.toyshop.geometry.parts import Part
from packshot.catalogue.toyshop.geometry.surface import skin


@dataclass(frozen=True)
class Style:
    """What a buyer chooses: colours of the main, second and third region, the main material; cell: mesh detail, cm."""

    colours: tuple[str, str, str] = ("red", "cream", "blue")
    material: str = "painted wood"
    cell: float = 0.08

    def pixels(self, fine: int) -> int:
        """Height of a printed picture: `fine` for photos of 768 px, fewer for coarser meshes."""
        return max(int(fine * min(1.0, 0.05 / self.cell)), 48)


Builder = Callable[[Generator, Style], list[Part]]


def solid(name: str, field: Field, style: Style, colour: str, material: str = "", cell: float = 0.0) -> Part:
    """A part with the skin of a field; material and cell of the style unless given."""
    return Part(name, skin(field, cell or style.cell), material or style.material, colour)
