"""Shards → a pack (memory-mapped bytes for training) or a catalogue (loose files)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from packshot.catalogue.catalogue import Catalogue, Writer, require_empty
from packshot.catalogue.dataset.pack import CHANNELS
from packshot.catalogue.dataset.pictures import Pictures
from packshot.catalogue.dataset.writing import PackWriter
from packshot.catalogue.problems import Problem
from packshot.catalogue.product import Image, Product
from packshot.catalogue.shards.files import Sample, read_index, read_samples, write_whole
from packshot.catalogue.shards.layers import ENDINGS, bytes_of, decoded, layers_in
from packshot.errors import CatalogueError, PackshotError

PRODUCT_FIELDS = frozenset(Product.model_fields) - {"images", "row", "origin"}


def unpack(
    folder: str | Path,
    out: str | Path,
    *,
    layers: Iterable[str] = ("photo", "matte", "layout"),
    replace: bool = False,
    on_picture: Callable[[int], None] | None = None,
) -> tuple[Pictures, list[Problem]]:
    """Write the pictures of a folder of shards to the pack `out`, and give it with what was lost.

    layers: which to keep; one that a sample does not have is zeros there (`missing` in its row). Raises CatalogueError
    if no picture could be read.
    """
    source = Path(folder)
    shards, facts = read_index(source)
    chosen = {
        name: CHANNELS.get(name, 3 if name in ("linear", "master") else 1) for name in dict.fromkeys(("photo", *layers))
    }
    problems: list[Problem] = []
    told = {"made_from": str(source), "shards": [s.sha256 for s in shards]} | {
        k: v for k, v in facts.items() if k not in ("size", "layers")
    }
    size = _size_of(facts, source)
    with PackWriter(out, (size, size), chosen, facts=told, replace=replace) as writer:
        for sample in read_samples(source, shards, problems):
            try:
                writer.add(*_picture(sample, tuple(chosen), size))
            except PackshotError as error:
                problems.append(Problem(None, "picture", f"{error}; it is lost", sample.key))
            if on_picture is not None:
                on_picture(writer.count)
        if not writer.count:
            raise CatalogueError(f"{source}: no picture could be read: {problems[0] if problems else 'it is empty'}")
        writer.facts["lost"] = sum(s.samples for s in shards) - writer.count
    return writer.open(), problems


def _size_of(facts: dict[str, Any], folder: Path) -> int:
    size = facts.get("size")
    if not isinstance(size, int) or not 1 <= size <= 4096:
        raise CatalogueError(f"{folder}: expected a size from 1 to 4096 px in its index, got {size!r}")
    return size


def _picture(sample: Sample, layers: tuple[str, ...], size: int) -> tuple[dict[str, Any], dict[str, Any]]:
    pixels = {}
    for layer in layers:
        if ENDINGS.get(layer) in sample.members:
            grid = bytes_of(layer, decoded(layer, sample.members[ENDINGS[layer]]))
            if grid.shape[1:] != (size, size):
                raise CatalogueError(f"{layer}: expected {size} × {size} px, got {grid.shape[2]} × {grid.shape[1]}")
            pixels[layer] = grid
    if "photo" not in pixels:
        raise CatalogueError("has no photo")
    told = sample.attributes()
    told["attributes"] = {**told.get("attributes", {}), **told.pop("view", {})}
    return {**told, "key": sample.key}, pixels


def to_catalogue(folder: str | Path, out: str | Path) -> tuple[Catalogue, list[Problem]]:
    """Write every sample as files, and `products.jsonl` that names them; samples of one sku become one product.

    Raises CatalogueError if `out` is not empty.
    """
    source, target = Path(folder), Path(out)
    require_empty(target)
    shards, facts = read_index(source)
    problems: list[Problem] = []
    waiting: Product | None = None
    with Writer(
        target, {"made_from": str(source.resolve()), "kind": "shards"} | {"licence": facts.get("licence", "")}
    ) as writer:
        for sample in read_samples(source, shards, problems):
            try:
                product = product_of_sample(sample, write_files(sample, target))
            except PackshotError as error:
                problems.append(Problem(None, "picture", f"{error}; it is lost", sample.key))
                continue
            if waiting is not None and waiting.sku == product.sku:
                waiting = waiting.model_copy(update={"images": waiting.images + product.images})
                continue
            if waiting is not None:
                writer.write(waiting)
            waiting = product
        if waiting is not None:
            writer.write(waiting)
    return Catalogue(target), problems


def write_files(sample: Sample, folder: Path) -> dict[str, str]:
    """Write the layers of a sample below `folder`; gives layer → path in it."""
    paths = {}
    for layer in layers_in(sample.members):
        ending = ENDINGS[layer]
        path = f"{layer}/{sample.key[:-3] or '0'}/{sample.key}.{ending.partition('.')[2]}"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        write_whole(folder / path, sample.members[ending])
        paths[layer] = path
    return paths


def product_of_sample(sample: Sample, paths: dict[str, str]) -> Product:
    """The product of a sample's JSON: fields of a product are its own, `view` and the like belong to the picture."""
    told = sample.attributes()
    if "photo" not in paths:
        raise CatalogueError(f"sample {sample.key}: has no photo")
    size = told.get("size")
    layers = {name: path for name, path in paths.items() if name not in ("photo", "matte")}
    image = Image(
        path=paths["photo"], matte=paths.get("matte", ""), layers=layers, width=size, height=size,
        attributes={name: str(value) for name, value in told.get("view", {}).items()},
    )  # fmt: skip
    fields = {name: value for name, value in told.items() if name in PRODUCT_FIELDS}
    return Product.model_validate({"sku": sample.key, **fields, "images": (image,)})
