"""Contact sheets of variants: one for every product, marked as what is on it.

A row for each photo: the photo itself, then its variants. Under a variant two strips: above the colour that was asked
for, below the one that was got, as the mean of the changed material; white where there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from packshot.errors import FileError
from packshot.imaging import files
from packshot.imaging.colour import lab_to_rgb
from packshot.imaging.geometry import resize
from packshot.imaging.picture import Picture
from packshot.imaging.sheets import tiled
from packshot.pipeline.recipe import Recipe
from packshot.pipeline.record import read_records
from packshot.pipeline.run import RECORDS, output_name
from packshot.provenance.export import export
from packshot.provenance.step import Step
from packshot.provenance.terms import strongest

FOLDER = "sheets"
CELL_PX, STRIP_PX = 192, 14
MOST_PHOTOS = 12  # of one product on its sheet


def write_sheets(out: Path, recipe: Recipe, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Write the sheet of every product that has a variant; sku → its path in `out`."""
    kinds = {
        r.output: [(s.get("digital_source_type"), s.get("weights", {})) for s in r.steps]
        for r in read_records(out / RECORDS)
        if r.output
    }
    found: dict[str, str] = {}
    taken: set[str] = set()

    def claim(name: str) -> bool:
        free = name.casefold() not in taken
        taken.add(name.casefold())
        return free

    for sku in dict.fromkeys(row["sku"] for row in rows if row["file"]):
        some = [row for row in rows if row["sku"] == sku and row["file"]]
        name = output_name(f"{FOLDER}/{str(sku).replace('/', '_')}", "", ".png", claim)
        picture = _sheet(out, some)
        if picture is None:
            continue
        (out / FOLDER).mkdir(parents=True, exist_ok=True)
        export(picture, out / name, (_step(some, kinds),), recipe.policy, signing=recipe.signing)
        found[sku] = name
    return found


def _step(rows: Iterable[Mapping[str, Any]], kinds: Mapping[str, list[tuple[str | None, dict[str, str]]]]) -> Step:
    """What is on the sheet, in one step: the strongest of its pictures' terms, the weights of them all."""
    told = [kind for row in rows for kind in kinds.get(row["file"], [])]
    weights = {name: digest for _, used in told for name, digest in used.items()}
    return Step(
        "variants", {}, digital_source_type=strongest("composite", *(term for term, _ in told)), weights=weights
    )


def _sheet(out: Path, rows: Sequence[Mapping[str, Any]]) -> Picture | None:
    photos: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        photos.setdefault(row["image"], []).append(row)
    lines = []
    for some in list(photos.values())[:MOST_PHOTOS]:
        try:
            line = [_cell(Path(some[0]["source"]), None, None)]
            line += [_cell(out / row["file"], row["asked_rgb"], _got(row)) for row in some]
        except FileError:
            continue
        lines.append(line)
    if not lines:
        return None
    columns = max(len(line) for line in lines)
    blank = torch.ones_like(lines[0][0])
    cells = [cell for line in lines for cell in [*line, *[blank] * (columns - len(line))]]
    return Picture(tiled(torch.cat(cells), 4, columns)[None])


def _got(row: Mapping[str, Any]) -> tuple[float, ...] | None:
    """sRGB of the colour that a variant got."""
    if "got_L" not in row:
        return None
    lab = torch.tensor([row["got_L"], row["got_a"], row["got_b"]]).view(1, 3, 1, 1)
    return tuple(lab_to_rgb(lab).flatten().clamp(0, 1).tolist())


def _cell(path: Path, asked: tuple[float, ...] | None, got: tuple[float, ...] | None) -> Tensor:
    """A picture in the middle of a white square, over two strips of colour."""
    picture = files.read(path)
    factor = CELL_PX / max(picture.size)
    small = resize(picture, (max(1, round(picture.height * factor)), max(1, round(picture.width * factor))))
    rgb = small.rgb if small.alpha is None else small.alpha * small.rgb + 1 - small.alpha
    cell = torch.ones(1, 3, CELL_PX + 2 * STRIP_PX, CELL_PX)
    top, left = (CELL_PX - rgb.shape[2]) // 2, (CELL_PX - rgb.shape[3]) // 2
    cell[:, :, top : top + rgb.shape[2], left : left + rgb.shape[3]] = rgb
    for place, colour in enumerate((asked, got)):
        strip = cell[:, :, CELL_PX + place * STRIP_PX : CELL_PX + (place + 1) * STRIP_PX]
        if colour is not None:
            strip[:] = torch.tensor(colour).view(1, 3, 1, 1)
    return cell.clamp(0, 1)
