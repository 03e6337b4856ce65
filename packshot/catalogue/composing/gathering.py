"""A stock from what there is: catalogues and packs with mattes, photographs that can be cut out, grounds, code.

A picture whose opacity is known (a matte beside it, or its own alpha) gives a cut-out, with the product's own colour
estimated along its edge; a photograph with a matte also a scene. A picture without gives a cut-out only if the
classical cut-out trusts itself by SURE: its edge is drawn in a little, and what it takes for ground is kept as one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from packshot.catalogue.catalogue import PRODUCTS, Catalogue
from packshot.catalogue.composing.drawn import cropped, drawn_product
from packshot.catalogue.composing.light import Bytes
from packshot.catalogue.composing.stock import STOCK, Stock, StockWriter, writing
from packshot.catalogue.dataset.cache import cache_folder, once
from packshot.catalogue.dataset.leaves import dead_leaves
from packshot.catalogue.dataset.pack import row_of
from packshot.catalogue.dataset.pictures import PACK
from packshot.catalogue.names import PICTURE_SUFFIXES
from packshot.catalogue.problems import Problem
from packshot.catalogue.shards.files import INDEX
from packshot.errors import CatalogueError, PackshotError, ParameterError
from packshot.imaging.geometry import resize_layer

MOST_PX = 320  # of a piece's longer side
LEAST_PX = 48  # of a ground's shorter side
Mask = NDArray[np.bool_]
SURE = 0.9  # confidence from which a classical cut-out is taken
OWN = "CC0-1.0"  # licence of what is drawn
DRAWN, LEAVES = "drawn", "leaves"  # sources that are drawn: `drawn:400`, `leaves:60`


def gather(
    sources: Iterable[str | Path], grounds: Iterable[str | Path], out: str | Path, *, cut: bool = False
) -> tuple[Stock, list[Problem]]:
    """Write a stock of everything there is, and give it with what could not be read.

    sources: catalogues, packs, shards, `toyshop`, folders of pictures, or `drawn:COUNT`; `PLACE@LICENCE` tells the
    licence of what states none. grounds: catalogues and
    folders of photographs, each used whole, or `leaves:COUNT`. cut: also cut out, classically, what has no matte.
    Raises CatalogueError if `out` is taken or no cut-out is found, ParameterError for a source that is none.
    """
    target = Path(out)
    if target.exists() and any(target.iterdir()):
        raise CatalogueError(f"{target}: is there already; choose another folder")
    if target.exists():
        target.rmdir()
    problems: list[Problem] = []

    def make(temporary: Path) -> None:
        problems.extend(_write(temporary, [str(s) for s in sources], [str(g) for g in grounds], cut))

    return Stock(once(target, make, STOCK)), problems


def stock_of(place: str | Path) -> Stock:
    """The stock at a place, or one made of what is there with some grounds drawn, kept under `cache_folder()`."""
    if (Path(place) / STOCK).is_file():
        return Stock(place)
    found = _index_of(Path(place))
    stamp = hashlib.sha256(f"{Path(place).resolve()} {found}".encode()).hexdigest()[:16]
    target = cache_folder() / "stocks" / f"{Path(place).name}-{stamp}"
    return Stock(once(target, lambda folder: _discard(_write(folder, [str(place)], [f"{LEAVES}:8"], False)), STOCK))


def _discard(problems: list[Problem]) -> None:
    """What a training says nothing of: `packshot catalogue stock` tells it."""


def _index_of(folder: Path) -> str:
    """Changes when the list of what is in a place does."""
    for name in (PRODUCTS, INDEX, PACK):
        if (folder / name).is_file():
            return hashlib.sha256((folder / name).read_bytes()).hexdigest()
    return ""


def _write(folder: Path, sources: list[str], grounds: list[str], cut: bool) -> list[Problem]:
    problems: list[Problem] = []
    with writing(folder) as writer:
        for source in sources:
            _add_source(writer, source, cut, problems)
        if not any(piece.kind != "ground" for piece in writer.pieces):
            told = problems[0].reason if problems else "nothing there has a matte"
            raise CatalogueError(f"{', '.join(sources)}: no product can be cut out: {told}")
        for ground in grounds:
            _add_ground(writer, ground, problems)
        writer.finish({"made_from": sources, "grounds": grounds})
    return problems


def _add_source(writer: StockWriter, source: str, cut: bool, problems: list[Problem]) -> None:
    name, _, count = source.partition(":")
    source, licence = _licensed(source)
    folder = Path(source)
    if name == DRAWN and not folder.exists():
        for number in range(_count(source, count, 400)):
            split = "test" if number % 20 == 19 else "train"
            writer.add("cutout", drawn_product(256, number), split=split, licence=OWN, source=DRAWN)
    elif (folder / PACK).is_file() or (folder / INDEX).is_file() or source == "toyshop":
        _add_pack(writer, source)
    elif (folder / PRODUCTS).is_file():
        for path, matte, split, own in _of_catalogue(Catalogue(folder)):
            _add_file(writer, path, matte, split, own or licence, cut, problems)
    elif folder.is_dir():
        for path in _pictures_in(folder):
            _add_file(writer, path, None, "", licence, cut, problems)
    else:
        raise ParameterError(f"{source}: expected a catalogue, a pack, shards, toyshop, a folder or {DRAWN}:COUNT")


def _add_ground(writer: StockWriter, source: str, problems: list[Problem]) -> None:
    name, _, count = source.partition(":")
    source, licence = _licensed(source)
    folder = Path(source)
    if name == LEAVES and not folder.exists():
        for number in range(_count(source, count, 60)):
            writer.add("ground", dead_leaves(MOST_PX, 50_000 + number), licence=OWN, source=LEAVES)
        return
    if (folder / PRODUCTS).is_file():
        found = [(path, split, own or licence) for path, _, split, own in _of_catalogue(Catalogue(folder))]
    elif folder.is_dir():
        found = [(path, "", licence) for path in _pictures_in(folder)]
    else:
        raise ParameterError(f"{source}: expected a catalogue, a folder of photographs or {LEAVES}:COUNT")
    for number, (path, split, own) in enumerate(found):
        try:
            rgb, _ = _read(path)
        except (PackshotError, OSError) as error:
            problems.append(Problem(number + 1, "image", str(error), file=path.name))
            continue
        writer.add("ground", bytes_of(_small(rgb, 2 * MOST_PX)), split=split, licence=own, source="photo")


def _licensed(source: str) -> tuple[str, str]:
    """`PLACE@LICENCE` → place and licence; the licence is "" where none is told."""
    place, at, licence = source.rpartition("@")
    return (place, licence) if at and not Path(source).exists() else (source, "")


def _add_pack(writer: StockWriter, source: str) -> None:
    """Every picture of a pack that has a matte: the scene, and its cut-out."""
    from packshot.catalogue.opening import open_pictures

    pictures = open_pictures(source)[0]
    if "matte" not in pictures.layers:
        raise CatalogueError(f"{source}: has no layer matte, only {', '.join(pictures.layers)}")
    rows, photos, mattes = pictures.rows, pictures.layers["photo"], pictures.layers["matte"]
    for row, photo, matte in zip(rows, photos, mattes, strict=True):
        if "matte" in row.get("missing", ()):
            continue
        rgb, alpha = photo.expand(3, -1, -1)[None].float() / 255, matte[None].float() / 255
        told = {"split": str(row.get("split", "")), "licence": str(row.get("licence", ""))}
        writer.add("scene", bytes_of(torch.cat([rgb, alpha], 1)), **told, source="pack")
        writer.add("cutout", _own_colour(rgb, alpha), **told, source="pack")


def _add_file(
    writer: StockWriter, path: Path, matte: Path | None, split: str, licence: str, cut: bool, problems: list[Problem]
) -> None:
    told = {"split": split, "licence": licence}
    try:
        rgb, alpha = _read(path)
        if matte is not None:
            alpha = _read(matte)[0][:, :1]
        if alpha is not None:
            rgb, alpha = _small(rgb, MOST_PX), _small(alpha, MOST_PX)
            whole = bytes_of(torch.cat([rgb, alpha], 1))
            if matte is not None:
                writer.add("scene", whole, **told, source="matte")
            pixels = cropped(whole) if matte is None else _own_colour(rgb, alpha)
            writer.add("cutout", pixels, **told, source="matte")
        elif cut:
            _add_cut(writer, _small(rgb, 2 * MOST_PX), told)
    except (PackshotError, OSError, ValueError) as error:
        problems.append(Problem(None, "image", str(error), file=path.name))


def _add_cut(writer: StockWriter, rgb: Tensor, told: dict[str, str]) -> None:
    """By the classical cut-out, where it is sure; and the largest part without a product as a ground."""
    from packshot.imaging import mattes
    from packshot.imaging.segmentation.segment import segment

    found = segment(rgb)
    if found.confidence < SURE or found.reasons:
        return
    alpha = torch.minimum(found.matte, mattes.erode(found.matte, 1))
    writer.add("cutout", _own_colour(_small(rgb, MOST_PX), _small(alpha, MOST_PX)), **told, source="cut")
    top, left, high, wide = emptiest((mattes.dilate(found.matte, 6)[0, 0] < 0.02).numpy())
    if min(high, wide) >= LEAST_PX:
        part = rgb[..., top : top + high, left : left + wide]
        writer.add("ground", bytes_of(part), **told, source="photo")


def _own_colour(rgb: Tensor, alpha: Tensor) -> Bytes:
    """`(1, 3, h, w)`, `(1, 1, h, w)` → a cut-out, its colour free of the old ground."""
    from packshot.imaging.mattes import foreground

    return cropped(bytes_of(torch.cat([foreground(rgb, alpha), alpha], 1)))


def emptiest(free: Mask) -> tuple[int, int, int, int]:
    """Top, left, height, width of the largest square of True, stretched as far as it goes, along one side first."""
    space = np.pad(free.astype(np.uint8), 1)
    reach = cv2.distanceTransform(space, cv2.DIST_C, 3)[1:-1, 1:-1]
    y, x = (int(place) for place in np.unravel_index(int(reach.argmax()), reach.shape))
    half = int(reach[y, x]) - 1
    if half < 0:
        return 0, 0, 0, 0
    high = _run(np.asarray(free[:, x - half : x + half + 1].all(1)), y)
    wide = _run(np.asarray(free[y - half : y + half + 1].all(0)), x)
    tall = (*high, *_run(np.asarray(free[high[0] : high[1]].all(0)), x))
    broad = (*_run(np.asarray(free[:, wide[0] : wide[1]].all(1)), y), *wide)
    top, bottom, left, right = max(tall, broad, key=lambda box: (box[1] - box[0]) * (box[3] - box[2]))
    return top, left, bottom - top, right - left


def _run(line: Mask, at: int) -> tuple[int, int]:
    """Start and end of the run of True around a place."""
    before, after = np.flatnonzero(~line[:at]), np.flatnonzero(~line[at:])
    return (int(before[-1]) + 1 if len(before) else 0), (at + int(after[0]) if len(after) else len(line))


def _of_catalogue(catalogue: Catalogue) -> Iterable[tuple[Path, Path | None, str, str]]:
    """Picture, matte, split and licence of every picture."""
    for shot in catalogue.images():
        row = row_of(shot)
        matte = catalogue.matte_of(shot.image)
        yield shot.path, matte, str(row.get("split", "")), str(row.get("licence", ""))


def _pictures_in(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURE_SUFFIXES and p.is_file())


def _read(path: Path) -> tuple[Tensor, Tensor | None]:
    from packshot.imaging.files import open_picture

    picture = open_picture(path, max_side_px=4 * MOST_PX).picture
    return picture.rgb, picture.alpha


def _small(x: Tensor, most: int) -> Tensor:
    """At most so many px on the longer side."""
    h, w = x.shape[2:]
    scale = most / max(h, w)
    size = max(1, round(h * scale)), max(1, round(w * scale))
    return x if scale >= 1 else resize_layer(x, size, linear=x.shape[1] == 3)


def bytes_of(x: Tensor) -> Bytes:
    """`(1, c, h, w)` in [0, 1] → `(h, w, c)` bytes."""
    found: Bytes = (x[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
    return found


def _count(source: str, count: str, usual: int) -> int:
    if count and not count.isdigit():
        raise ParameterError(f"{source}: expected a whole number after the colon, such as {usual}")
    return int(count or usual)
