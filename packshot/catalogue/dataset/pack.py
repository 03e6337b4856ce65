"""Any catalogue → a pack of one size: decoded once, upright, sRGB, resized in linear light, in bytes.

Layers: photo, and as far as the catalogue has them matte and further exact pictures (layout, depth, …). Maps of
numbers (layout) are resized by taking the nearest pixel, everything else is averaged.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from packshot.catalogue.catalogue import Catalogue, Shot
from packshot.catalogue.dataset.cache import cache_folder, once
from packshot.catalogue.dataset.pictures import PACK, Pictures
from packshot.catalogue.dataset.writing import Bytes, PackWriter
from packshot.catalogue.problems import PROBLEMS, Problem, keep_problems, read_problems
from packshot.errors import PackshotError, ParameterError

if TYPE_CHECKING:
    from torch import Tensor

Fit = Literal["pad", "crop", "stretch"]
FITS = ("pad", "crop", "stretch")
NEAREST = ("layout", "material")
CHANNELS = dict.fromkeys(("photo", "albedo", "normals", "recoloured", "repainted", "remade"), 3)  # others: 1
MAX_SIZE = 2048


@dataclass(frozen=True)
class Fitting:
    """How pictures of any shape become square ones.

    size: side, px. fit: pad = all of it on a ground, crop = the middle, stretch = distorted. ground: sRGB bytes of what
    is padded and of what shows through transparent parts. grey: one channel instead of three.
    """

    size: int
    fit: Fit = "pad"
    ground: tuple[int, int, int] = (255, 255, 255)
    grey: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.size <= MAX_SIZE:
            raise ParameterError(f"size: expected 1 to {MAX_SIZE} px, got {self.size}")
        if self.fit not in FITS:
            raise ParameterError(f"fit: expected one of {', '.join(FITS)}; got {self.fit!r}")


def pack(
    catalogue: Catalogue | str | Path,
    out: str | Path,
    size: int,
    *,
    fit: Fit = "pad",
    ground: tuple[int, int, int] = (255, 255, 255),
    grey: bool = False,
    layers: Iterable[str] = ("photo", "matte"),
    replace: bool = False,
    on_picture: Callable[[int], None] | None = None,
) -> tuple[Pictures, list[Problem]]:
    """Write every picture file of a catalogue to the pack `out`, and give it with what could not be read.

    size: side of the square pictures, px. fit, ground, grey: see `Fitting`. layers: which to keep; a picture without
    one of them gets zeros there and says so in its row (`missing`). Raises CatalogueError if nothing could be read.
    """
    opened = catalogue if isinstance(catalogue, Catalogue) else Catalogue(catalogue)
    fitting = Fitting(size, fit, ground, grey)
    chosen = {
        name: 1 if grey and name == "photo" else CHANNELS.get(name, 1) for name in dict.fromkeys(("photo", *layers))
    }
    facts = {"made_from": str(opened.folder), "fit": fit, "ground": list(ground)}
    problems: list[Problem] = []
    with PackWriter(out, (size, size), chosen, facts=facts, replace=replace) as writer:
        for shot in opened.images():
            try:
                writer.add(row_of(shot), _load(opened, shot, fitting, tuple(chosen)))
            except (PackshotError, OSError) as error:
                problems.append(Problem(shot.row + 1, "image", str(error), shot.image.path, opened.products.name))
            if on_picture is not None:
                on_picture(writer.count + len(problems))
        if not writer.count:
            told = problems[0].reason if problems else "it names no picture files"
            raise ParameterError(f"{opened.folder}: no picture could be packed: {told}")
    return writer.open(), problems


def packed(catalogue: Catalogue | str | Path, size: int, **options: Any) -> tuple[Pictures, list[Problem]]:
    """The pack of a catalogue at a size, made on first use under `cache_folder()`; options as for `pack`.

    It is made again when a row, a picture file (by size and time) or an option changes. Problems are those of the
    making, kept with the pack and told every time.
    """
    opened = catalogue if isinstance(catalogue, Catalogue) else Catalogue(catalogue)
    if "layers" in options:
        options["layers"] = tuple(options["layers"])

    def build(folder: Path) -> None:
        _, problems = pack(opened, folder, size, **options)
        keep_problems(folder / PROBLEMS, problems)

    folder = cache_folder() / "packs" / f"{opened.folder.resolve().name}-{size}-{_digest(opened, size, options)}"
    made = once(folder, build, PACK)
    return Pictures(made), list(read_problems(made / PROBLEMS))


def _digest(catalogue: Catalogue, size: int, options: dict[str, Any]) -> str:
    told = {name: value for name, value in options.items() if name not in ("on_picture", "replace")}
    total = hashlib.sha256(json.dumps([str(catalogue.folder.resolve()), size, told], sort_keys=True).encode())
    root = str(catalogue.pictures)
    with catalogue.products.open("rb") as lines:
        for line in lines:
            total.update(line)
            for path in _paths_in(line):
                with suppress(OSError):
                    facts = os.stat(os.path.join(root, path))
                    total.update(b"%d %d\n" % (facts.st_size, facts.st_mtime_ns))
    return total.hexdigest()[:16]


def _paths_in(line: bytes) -> list[str]:
    """Paths of all files that a line of products.jsonl names; read plainly, since every start of a training does it."""
    try:
        images = json.loads(line).get("images", ())
        return [
            p
            for i in images
            for p in (i.get("path"), i.get("matte"), *i.get("layers", {}).values())
            if isinstance(p, str)
        ]
    except (ValueError, AttributeError, TypeError):
        return []  # a broken row names none


def row_of(shot: Shot) -> dict[str, Any]:
    """What a pack keeps of one picture of a product."""
    product, image = shot.product, shot.image
    row: dict[str, Any] = {"sku": product.sku, "key": shot.key, "title": product.title or product.name}
    named = (("titles", product.titles), ("category", product.category), ("description", product.description),
             ("descriptions", product.descriptions), ("attributes", product.attributes_of(image)),
             ("split", product.split), ("source", product.source), ("licence", product.licence))  # fmt: skip
    return row | {name: value for name, value in named if value}


def _load(catalogue: Catalogue, shot: Shot, fitting: Fitting, layers: tuple[str, ...]) -> dict[str, Bytes]:
    from packshot.imaging.files import open_picture

    files: dict[str, Path | None] = {name: catalogue.pictures / path for name, path in shot.image.layers.items()}
    files["matte"] = catalogue.matte_of(shot.image)
    limit = max(4 * fitting.size, 512)
    picture = open_picture(shot.path, max_side_px=limit).picture
    found = {"photo": photo_bytes(picture.rgb, picture.alpha, fitting)}
    if picture.alpha is not None and "matte" in layers:
        found["matte"] = _bytes(_fitted(picture.alpha, fitting, 0.0, linear=False))
    for name in layers:
        path = files.get(name)
        if name != "photo" and path is not None and path.is_file():
            found[name] = _layer(path, name, fitting)
    return found


def photo_bytes(rgb: Tensor, alpha: Tensor | None, fitting: Fitting) -> Bytes:
    """`(3 or 1, size, size)` bytes of a photo `(1, 3, h, w)` and its opacity, fitted."""
    import torch

    ground = torch.tensor(fitting.ground, dtype=torch.float32).reshape(1, 3, 1, 1) / 255
    if alpha is not None:
        rgb = rgb * alpha + ground * (1 - alpha)
    fitted = _fitted(rgb, fitting, ground, linear=True)
    if fitting.grey:
        same = bool((fitted[:, 0] == fitted[:, 1]).all() and (fitted[:, 0] == fitted[:, 2]).all())
        luma = torch.tensor((0.299, 0.587, 0.114)).reshape(1, 3, 1, 1)  # ITU-R BT.601
        fitted = fitted[:, :1] if same else (fitted * luma).sum(1, keepdim=True)
    return _bytes(fitted)


def _layer(path: Path, name: str, fitting: Fitting) -> Bytes:
    import torch
    from PIL import Image

    with Image.open(path) as image:
        channels = CHANNELS.get(name, 1)
        mode = "RGB" if channels == 3 else ("P" if image.mode == "P" else "L")
        if image.mode.startswith("I"):  # 16 bits: the high byte
            values = (np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8)
        else:
            values = np.asarray(image if image.mode == mode else image.convert(mode))
    grid = torch.from_numpy(values.reshape(*values.shape[:2], channels).copy()).permute(2, 0, 1)[None].float()
    if name in NEAREST:
        return _bytes(_fitted(grid, fitting, 0.0, linear=False, nearest=True) / 255)
    return _bytes(_fitted(grid / 255, fitting, 0.0, linear=False))


def _fitted(x: Tensor, fitting: Fitting, ground: Any, *, linear: bool, nearest: bool = False) -> Tensor:
    """(1, c, h, w) of any shape → (1, c, size, size)."""
    from packshot.imaging.geometry import resize_layer

    side, (h, w) = fitting.size, x.shape[2:]
    if fitting.fit == "crop":
        least = min(h, w)
        top, left = (h - least) // 2, (w - least) // 2
        x, h, w = x[:, :, top : top + least, left : left + least], least, least
    scale = side / max(h, w)
    new = (side, side) if fitting.fit == "stretch" else (max(1, round(h * scale)), max(1, round(w * scale)))
    if nearest:
        from torch.nn.functional import interpolate

        small = interpolate(x, new, mode="nearest-exact")
    else:
        small = resize_layer(x, new, linear)
    if new == (side, side):
        return small
    square: Tensor = small.new_zeros(1, x.shape[1], side, side) + ground
    top, left = (side - new[0]) // 2, (side - new[1]) // 2
    square[:, :, top : top + new[0], left : left + new[1]] = small
    return square


def _bytes(x: Tensor) -> Bytes:
    import torch

    found: Bytes = (x[0] * 255 + 0.5).clamp(0, 255).to(torch.uint8).numpy()
    return found
