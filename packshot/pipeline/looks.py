"""Several looks of one catalogue: the recipe, the palette that all photos share, the contact sheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor

from packshot.errors import CatalogueError, FileError, ParameterError
from packshot.imaging import files
from packshot.imaging.colour import oklab_to_rgb
from packshot.imaging.geometry import resize
from packshot.imaging.picture import Picture
from packshot.imaging.sheets import tiled
from packshot.imaging.styling.asked import styles
from packshot.imaging.styling.colours import palette
from packshot.pipeline import recipe as recipes
from packshot.pipeline.catalogues import Outcome, opened, run_catalogue
from packshot.pipeline.recipe import Recipe
from packshot.pipeline.record import Record, read_records
from packshot.pipeline.run import Progress

MOST_LOOKS = 64
MOST_PHOTOS = 300  # whose colours a palette is made of, spread over the catalogue
SIDE = 96  # px of the palette's picture
SMALL_PX = 256  # longest side at which a photo's colours are read


def recipe_of(looks: Sequence[str], parameters: Mapping[str, Any], policy: Mapping[str, str]) -> Recipe:
    """A pipeline of restyle with a variant for each look. Raises RecipeError, ParameterError."""
    if not 1 <= len(looks) <= MOST_LOOKS:
        raise ParameterError(f"look: expected 1 to {MOST_LOOKS}, got {len(looks)}")
    for look in looks:
        styles(look)
    cut = ["cutout"] if parameters.get("regions") == "matte" else []
    steps = [*cut, {"restyle": {**parameters, "style": "$look"}}]
    raw = {
        "name": "style",
        "each": {"look": list(looks)},
        "steps": steps,
        "policy": dict(policy),
        "output": {"format": "jpeg", "quality": 92},
    }
    return recipes.parse(yaml.safe_dump(raw, sort_keys=False, allow_unicode=True).encode(), "style")


def run_looks(
    recipe: Recipe,
    source: str | Path,
    out: Path,
    *,
    workers: int | None = None,
    limit: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Outcome:
    """The catalogue in every look; goes on where it was stopped."""
    return run_catalogue(recipe, source, out, workers=workers, limit=limit, on_progress=on_progress)


def palette_of(source: str | Path, out: Path) -> Path:
    """The colours of up to MOST_PHOTOS photos of a catalogue as a picture of SIDE px, each photo with the same share.

    The same catalogue gives the same bytes. Raises CatalogueError if no photo can be read.
    """
    catalogue, _ = opened(source, out.parent / "catalogue")
    paths = [shot.path for shot in catalogue.images()]
    step = max(1, -(-len(paths) // MOST_PHOTOS))
    drawn: list[Tensor] = []
    for path in paths[::step]:
        try:
            picture = files.open_picture(path, max_side_px=SMALL_PX).picture
            drawn.append(palette(picture.rgb, picture.alpha).samples)
        except (FileError, ParameterError):
            continue
    if not drawn:
        raise CatalogueError(f"{source}: no photo could be read, so there is no palette")
    share = -(-(SIDE * SIDE) // len(drawn))
    each = [x[:, torch.linspace(0, x.shape[1] - 1, share).round().long()] for x in drawn]
    together = torch.cat(each, 1)
    places = torch.linspace(0, together.shape[1] - 1, SIDE * SIDE).round().long()
    rgb = oklab_to_rgb(together[:, places].view(1, 3, SIDE, SIDE), clamp=True)
    files.write(Picture(rgb), out)
    return out


def contact_sheet(out: Path, photos: int, cell_px: int) -> Path | None:
    """`sheet.png` in the folder of a run: each of the first photos, then its looks, in a row; None without any."""
    rows: dict[tuple[str, str], dict[str, Record]] = {}
    for record in read_records(out / "edits.jsonl"):
        if record.output and record.status != "failed" and len(rows) <= photos:
            rows.setdefault((record.sku, record.image), {})[record.variant] = record
    shown = [[row[variant] for variant in sorted(row)] for row in list(rows.values())[:photos]]
    if not shown:
        return None
    columns = max(len(row) for row in shown) + 1
    cells: list[Tensor] = []
    for row in shown:
        pictures = [_cell(Path(row[0].source), cell_px), *(_cell(out / record.output, cell_px) for record in row)]
        cells += [*pictures, *[torch.ones_like(pictures[0])] * (columns - len(pictures))]
    path = out / "sheet.png"
    files.write(Picture(tiled(torch.cat(cells), 4, columns)[None]), path)
    return path


def _cell(path: Path, side: int) -> Tensor:
    """A picture in the middle of a white square."""
    picture = files.read(path)
    factor = side / max(picture.size)
    small = resize(picture, (max(1, round(picture.height * factor)), max(1, round(picture.width * factor))))
    rgb = small.rgb if small.alpha is None else small.alpha * small.rgb + 1 - small.alpha
    cell = torch.ones(1, 3, side, side)
    top, left = (side - rgb.shape[2]) // 2, (side - rgb.shape[3]) // 2
    cell[:, :, top : top + rgb.shape[2], left : left + rgb.shape[3]] = rgb
    return cell.clamp(0, 1)
