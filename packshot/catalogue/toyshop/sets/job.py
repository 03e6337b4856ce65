"""A picture of the toyshop as a sample of a shard: rendered, encoded, and told in JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, get_args

import numpy as np

from packshot.catalogue.shards.files import Sample
from packshot.catalogue.shards.layers import DEPTH_STEPS, ENDINGS, Pixels, encoded
from packshot.catalogue.shards.making import Job
from packshot.catalogue.toyshop.scenes.description import Description
from packshot.catalogue.toyshop.scenes.tables import FAMILIES, MATERIAL_IDS, PAINTS
from packshot.catalogue.toyshop.sets.holding import split_of
from packshot.catalogue.toyshop.studio.renderer import check_renderer
from packshot.errors import ParameterError

LICENCE = "CC0-1.0"
SOURCE = "packshot toyshop"
ALWAYS = ("photo", "matte", "layout")
EXTRA = ("depth", "normals", "albedo", "material", "linear", "master", "recoloured", "repainted", "remade")
OF_VIEW = ("view", "azimuth", "elevation", "focal length", "light", "background", "background colour")


def job(
    count: int,
    size: int,
    seed: int = 0,
    *,
    first: int = 0,
    layers: Iterable[str] = (),
    quality: str = "data",
    webp: int = 85,
    per_shard: int = 500,
    packed: bool = False,
    matte_levels: int = 256,
    renderer: str = "scalar",
) -> Job:
    """What is to be rendered: pictures first … first + count - 1 of world `seed`, `size` px square.

    layers: beyond photo, matte and layout, of EXTRA. quality: of the rendering (`world.render`). webp: quality of the
    photos. packed: small shards (`.tar.xz`, truth stacked). matte_levels: 256 = all 8 bits; fewer, fewer bytes.
    renderer: as in `world.render`; `llvm` is tried first. Raises ParameterError for what cannot be, DeviceError.
    """
    from packshot.catalogue.toyshop import world

    check_renderer(renderer)
    chosen = tuple(dict.fromkeys(layers))
    if unknown := [name for name in chosen if name not in EXTRA]:
        raise ParameterError(f"layers: expected some of {', '.join(EXTRA)}; got {unknown[0]!r}")
    if quality not in get_args(world.Quality):
        raise ParameterError(f"quality: expected one of {', '.join(get_args(world.Quality))}; got {quality!r}")
    ranges = {"count": (count, 1, 10**8), "size": (size, *world.SIZES), "webp": (webp, 1, 100),
              "first": (first, 0, 10**8), "seed": (seed, 0, 2**31), "per_shard": (per_shard, 1, 10**5),
              "matte_levels": (matte_levels, 2, 256)}  # fmt: skip
    for name, (value, low, high) in ranges.items():
        if not low <= value <= high:
            raise ParameterError(f"{name}: expected {low} to {high}, got {value}")
    settings = {"world": world.WORLD_VERSION, "seed": seed, "size": size, "quality": quality,
                "webp": webp, "layers": [*ALWAYS, *chosen], "matte_levels": matte_levels}  # fmt: skip
    if renderer != "scalar":  # its pictures are others
        settings["renderer"] = renderer
    facts = settings | {
        "kind": "toyshop", "licence": LICENCE, "source": SOURCE,
        "regions": {name: list(family.regions) for name, family in FAMILIES.items()}, "materials": MATERIAL_IDS,
    }  # fmt: skip
    return Job(f"toyshop-{size}", count, settings, first, per_shard, compress=packed, facts=facts)


def render_sample(settings: dict[str, Any], number: int) -> Sample:
    """Picture `number` of the world that the settings name, as a sample. What `making.make` calls in its workers."""
    from packshot.catalogue.toyshop.world import describe, render

    _one_thread()
    description = describe(settings["seed"], number)
    how = (settings["size"], settings["quality"], settings.get("renderer", "scalar"))
    layers = vars(render(description, *how))
    for name, other in variants(description).items():
        if name in settings["layers"]:
            layers[name] = render(other, *how).rgb
    return Sample(f"{number:06}", members_of(description, layers, settings))


def variants(description: Description) -> dict[str, Description]:
    """The same product, view, light and background: `recoloured` in three other colours, `repainted` in another main
    colour alone, `remade` of another material.

    What is chosen depends on the description's seed and index alone. Wood that shows as it is keeps its colour.
    """
    from packshot.catalogue.toyshop.world import with_colours, with_material

    rng = np.random.default_rng([30, description.seed, description.index])
    item, family = description.item, FAMILIES[description.item.category]
    free = [name for name in PAINTS if name != "natural" and name not in item.colours]
    colours = [str(name) for name in rng.choice(free, 3, replace=False)]
    for place, colour in enumerate(item.colours):
        colours[place] = colour if colour == "natural" else colours[place]
    again = np.random.default_rng([31, description.seed, description.index])
    main, *further = item.colours
    main = main if main == "natural" else str(again.choice(free))
    materials = [name for name in family.materials if name not in (item.material, "raw wood")]
    return {
        "recoloured": with_colours(description, *colours),
        "repainted": with_colours(description, main, *further),
        "remade": with_material(description, str(rng.choice(materials))),
    }


def members_of(description: Description, rendered: dict[str, Pixels], settings: dict[str, Any]) -> dict[str, bytes]:
    """Ending → bytes of every layer asked for, and the JSON. rendered: fields of `world.Rendered`."""
    told, members = attributes_of(description, settings["size"]), {}
    for name, other in variants(description).items():
        if name in settings["layers"]:
            told[name] = {key: other.attributes[key] for key in ("colour", "second colour", "third colour", "material")}
    for layer in settings["layers"]:
        pixels = _pixels(layer, rendered, settings["matte_levels"])
        if layer == "depth":
            step = float(rendered["depth"].max()) / DEPTH_STEPS
            told["depth_cm"] = step
        members[ENDINGS[layer]] = encoded(layer, pixels, quality=settings["webp"])
    members["json"] = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    return members


def _pixels(layer: str, rendered: dict[str, Pixels], levels: int) -> Pixels:
    """The layer as `layers.encoded` wants it."""
    if layer == "photo":
        return rendered["rgb"]
    if layer == "matte":
        return fewer_levels(rendered["matte"], levels)
    if layer == "depth":
        depth = rendered["depth"]
        return np.round(depth / max(float(depth.max()), 1e-6) * DEPTH_STEPS).astype(np.uint16)
    if layer == "normals":
        return np.round((rendered["normals"] + 1) * 127.5).clip(0, 255).astype(np.uint8)
    if layer == "albedo":
        return np.round(_curve(rendered["albedo"]) * 255).astype(np.uint8)
    if layer == "master":
        return np.round(_curve(rendered["linear"]) * 65535).astype(np.uint16)
    return rendered[layer]


def fewer_levels(matte: Pixels, levels: int) -> Pixels:
    """Rounded to so many levels, 0 and 255 among them."""
    if levels >= 256:
        return matte
    return np.round(np.round(matte * ((levels - 1) / 255)) * (255 / (levels - 1))).astype(np.uint8)


def _curve(light: Pixels) -> Pixels:
    """Linear light in [0, 1] → sRGB (IEC 61966-2-1)."""
    light = np.clip(light.astype(np.float64), 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def attributes_of(description: Description, size: int) -> dict[str, Any]:
    """What is known of a picture, as in its JSON: the product's fields and attributes, and the view."""
    told = description.attributes
    split, held_out = split_of(description)
    attributes = {name: value for name, value in told.items() if name not in (*OF_VIEW, "category") and value}
    if held_out:
        attributes["held out"] = held_out
    return {
        "sku": f"TOY{description.seed}-{description.product:06}",
        "title": description.title,
        "titles": {"zh": description.title_zh},
        "category": told["category"],
        "description": description.text,
        "descriptions": {"zh": description.text_zh},
        "attributes": attributes,
        "view": {name: told[name] for name in OF_VIEW},
        "split": split,
        "source": SOURCE,
        "licence": LICENCE,
        "size": size,
    }


@lru_cache(maxsize=1)
def _one_thread() -> None:
    """One processor thread for this worker: the others have theirs."""
    import cv2
    import torch

    cv2.setNumThreads(1)
    torch.set_num_threads(1)
