"""From a preset of style to an objective and a stream of crops: photographs, and pictures of style."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from packshot import networks
from packshot.catalogue.dataset.album import Crops
from packshot.catalogue.names import PICTURE_SUFFIXES
from packshot.errors import FileError, ParameterError
from packshot.imaging.geometry import resize_layer
from packshot.imaging.styling import patterns
from packshot.models.features import find
from packshot.training.objectives.adapter import AdaptStyle
from packshot.training.objectives.exemplar import ExemplarStyle
from packshot.training.objectives.style import AnyStyle, OneStyle, StyleRules
from packshot.training.preset import Preset
from packshot.training.restoring import crops_of

STYLING: dict[str, type[OneStyle] | type[AnyStyle]] = {
    "style": OneStyle,
    "style-adapter": AdaptStyle,
    "style-any": AnyStyle,
    "style-exemplar": ExemplarStyle,
}
DRAWN = "patterns"  # the source of styles that is drawn: `patterns`, or `patterns:200`
COUNT = 140  # patterns unless told
OWN = "CC0-1.0"


@dataclass(frozen=True)
class Styling:
    """Ready to train. licences: of photographs and styles."""

    objective: OneStyle | AnyStyle
    stream: Crops
    licences: tuple[str, ...]
    pictures: int


def styling(preset: Preset, place: str | Path, rules: StyleRules, seed: int) -> Styling:
    """Networks, objective and crops. Raises ParameterError without a style, FileError, CatalogueError."""
    crops, album = crops_of(place, preset.size, rules.shrink, seed)
    styles, licence = styles_of(rules.styles, rules.style_px)
    space = find(rules.features)
    built = {role: networks.build(name, dict(entries)) for role, (name, entries) in preset.networks.items()}
    objective = STYLING[preset.objective](built, styles, space, rules)
    return Styling(objective, crops, tuple(sorted({*album.licences, licence, space.licence})), len(album))


def styles_of(source: str, side: int) -> tuple[Tensor, str]:
    """Pictures `(k, 3, side, side)` uint8 of a file, a folder, `pattern:NAME` or `patterns:COUNT`, and their licence.

    A picture is shrunk or enlarged until its shorter side is `side`, and its middle is taken.
    """
    if not source:
        raise ParameterError("styles: name the picture (or folder) whose style to learn: --style FILE, or pattern:NAME")
    kind, _, count = source.partition(":")
    if kind == DRAWN and not Path(source).exists():
        if count and not count.isdigit():
            raise ParameterError(f"styles {source!r}: expected patterns:COUNT, such as patterns:140")
        drawn = [patterns.any_pattern(side, number) for number in range(int(count or COUNT))]
        return _bytes(torch.cat(drawn)), OWN
    if patterns.is_pattern(source):
        return _bytes(patterns.named(source, side)), OWN
    return _bytes(torch.cat([_square(path, side) for path in _files(Path(source))])), "unstated"


def _files(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise FileError(f"styles: {place} is neither a picture nor a folder of them")
    found = sorted(path for path in place.rglob("*") if path.suffix.lower() in PICTURE_SUFFIXES)
    if not found:
        raise FileError(f"styles: no pictures in {place}")
    return found


def _square(path: Path, side: int) -> Tensor:
    from packshot.imaging.files import read

    picture = read(path)
    rgb, (h, w) = picture.rgb, picture.size
    factor = side / max(min(h, w), 1)
    size = max(side, round(h * factor)), max(side, round(w * factor))
    rgb = resize_layer(rgb, size, linear=True).clamp(0, 1)
    top, left = (size[0] - side) // 2, (size[1] - side) // 2
    return rgb[:, :, top : top + side, left : left + side]


def _bytes(x: Tensor) -> Tensor:
    return (x.clamp(0, 1) * 255).round().to(torch.uint8)
