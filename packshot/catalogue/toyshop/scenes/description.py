"""What a toyshop picture shows: the product, the view of it, light and background, all as plain frozen values."""

from __future__ import annotations

from dataclasses import dataclass

from packshot.catalogue.toyshop.scenes.tables import FAMILIES


@dataclass(frozen=True)
class Item:
    """One product of the shop: its identity, whatever the photograph.

    number: of the product. form: seed of its proportions, parts and counts. colours: of the main, second and third
    region, names of `tables.PAINTS`. decal: kind of print, "none" or of `tables.DECALS`; decal_text: what it reads.
    """

    number: int
    category: str
    form: int
    colours: tuple[str, str, str]
    material: str
    decal: str = "none"
    decal_text: str = ""


@dataclass(frozen=True)
class View:
    """azimuth, elevation: degrees. focal_mm: full frame. fill: share of the frame spanned. offset: of the middle."""

    azimuth: float
    elevation: float
    focal_mm: float
    fill: float
    offset: tuple[float, float]


@dataclass(frozen=True)
class Lighting:
    """kind: of `tables.LIGHTS`; the numbers as in `studio.setup.Studio`; contrast, warmth: of the camera's picture."""

    kind: str
    side: float
    height: float
    ambient: float
    kelvin: float
    lamp: float
    warmth: float
    exposure: float


@dataclass(frozen=True)
class Background:
    """kind: of `tables.BACKGROUNDS`. colour: its name; paint: '#rrggbb'. seed: of its grain, folds and furniture."""

    kind: str
    colour: str
    paint: str
    seed: int


@dataclass(frozen=True)
class Description:
    """Picture `index` of the world `seed`. noise: seed of light paths and sensor grain."""

    seed: int
    index: int
    item: Item
    view: View
    light: Lighting
    background: Background
    noise: int

    @property
    def product(self) -> int:
        """Number of the product: pictures of one product share it."""
        return self.item.number

    @property
    def regions(self) -> tuple[str, ...]:
        """Names of the parts in the layout map; the id of a part is its place + 1."""
        return FAMILIES[self.item.category].regions

    @property
    def attributes(self) -> dict[str, str]:
        """What can be told from the picture, names of the tables."""
        item = self.item
        return {
            "category": item.category,
            "colour": item.colours[0],
            "second colour": item.colours[1],
            "third colour": item.colours[2],
            "material": item.material,
            "decal": item.decal,
            "decal text": item.decal_text,
            "view": view_name(self.view.azimuth),
            "azimuth": f"{self.view.azimuth:.1f}",
            "elevation": f"{self.view.elevation:.1f}",
            "focal length": f"{self.view.focal_mm:.0f}",
            "light": self.light.kind,
            "background": self.background.kind,
            "background colour": self.background.colour,
        }

    @property
    def title(self) -> str:
        """A shop's title in English."""
        return self._words("title", "en")

    @property
    def title_zh(self) -> str:
        """A shop's title in Chinese."""
        return self._words("title", "zh")

    @property
    def text(self) -> str:
        """A description of the picture in English, one to three sentences."""
        return self._words("text", "en")

    @property
    def text_zh(self) -> str:
        """A description of the picture in Chinese, one to three sentences."""
        return self._words("text", "zh")

    def _words(self, kind: str, language: str) -> str:
        from packshot.catalogue.toyshop.scenes import wording

        return wording.write(self, kind, language)


def view_name(azimuth: float) -> str:
    """ "front", "turned left" or "turned right" of an azimuth in degrees."""
    side = (azimuth + 180) % 360 - 180
    if abs(side) < 12:
        return "front"
    return "turned right" if side > 0 else "turned left"
