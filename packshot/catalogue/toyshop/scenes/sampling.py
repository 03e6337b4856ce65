"""Every choice of picture `index` of world `seed`, from these two numbers alone.

Products are numbered: picture i shows product i // VIEWS, so that products have VIEWS pictures each. Categories come in
blocks, each block a permutation of all of them, so that any run of products is balanced.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from packshot.catalogue.toyshop.paint.palette import decode, srgb
from packshot.catalogue.toyshop.scenes.description import Background, Description, Item, Lighting, View
from packshot.catalogue.toyshop.scenes.tables import BACKGROUNDS, CATEGORIES, FAMILIES, LIGHTS, PAINTS, SWEEPS, WORDS

VIEWS = 2  # pictures of each product
PAINTED = tuple(name for name in PAINTS if name != "natural")
# main colours that a material does not show: white metal is silver, smoky plastic is told from black by nobody
UNFIT = {"metal": ("white", "brown"), "translucent plastic": ("brown", "grey", "black", "white")}
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def describe(seed: int, index: int) -> Description:
    """All choices of one picture. seed: of the world; index: from 0. The same two numbers give the same picture."""
    rng = np.random.default_rng([20, seed, index])
    item = make_item(seed, index // VIEWS)
    return Description(
        seed, index, item, _view(rng, item), _light(rng), _background(rng, item), int(rng.integers(2**30))
    )


def make_item(seed: int, number: int) -> Item:
    """Product `number` of world `seed`."""
    block, place = divmod(number, len(CATEGORIES))
    category = CATEGORIES[int(np.random.default_rng([10, seed, block]).permutation(len(CATEGORIES))[place])]
    rng = np.random.default_rng([11, seed, number])
    family = FAMILIES[category]
    material = str(rng.choice(family.materials))
    decal = "none" if rng.uniform() < 0.35 else str(rng.choice(family.decals))
    text = {
        "number": str(int(rng.integers(1, 100 if rng.uniform() < 0.3 else 10))),
        "letter": LETTERS[int(rng.integers(len(LETTERS)))],
        "word": str(rng.choice(WORDS)),
    }.get(decal, "")
    return Item(number, category, int(rng.integers(2**30)), _colours(rng, material), material, decal, text)


def _colours(rng: Generator, material: str) -> tuple[str, str, str]:
    """Three colours that stand apart from each other. Raw wood shows its own in the main region, and so do toys of
    painted wood in the second: paint alone is told from plastic by nobody.
    """
    fitting = [name for name in PAINTED if name not in UNFIT.get(material, ())]
    main = "natural" if material == "raw wood" else str(rng.choice(fitting))
    chosen = [main, "natural"] if material == "painted wood" else [main]
    while len(chosen) < 3:
        colour = str(rng.choice(PAINTED))
        if all(colour_gap(PAINTS[colour][0], PAINTS[other][0]) > 0.22 for other in chosen):
            chosen.append(colour)
    return chosen[0], chosen[1], chosen[2]


def colour_gap(a: str, b: str) -> float:
    """Distance of two colours ('#rrggbb') in OKLab (B. Ottosson, 2020): about 0.02 is just visible."""
    return float(np.linalg.norm(_oklab(a) - _oklab(b)))


def _oklab(colour: str) -> np.ndarray:
    to_lms = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    to_lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return np.asarray(to_lab @ np.cbrt(to_lms @ decode(srgb(colour))))


def _view(rng: Generator, item: Item) -> View:
    family = FAMILIES[item.category]
    return View(
        float(rng.uniform(*family.azimuth)),
        float(rng.uniform(*family.elevation)),
        float(np.exp(rng.uniform(np.log(45), np.log(110)))),
        float(rng.uniform(0.68, 0.84)),
        (float(rng.uniform(-0.03, 0.03)), float(rng.uniform(-0.03, 0.03))),
    )


def _light(rng: Generator) -> Lighting:
    kind = str(rng.choice(list(LIGHTS), p=[0.36, 0.28, 0.16, 0.2]))
    low, high = {"softbox": (5000, 6000), "window": (5600, 7200), "hard sun": (4800, 5800), "mixed": (5400, 6600)}[kind]
    return Lighting(
        kind,
        float(rng.choice([-1, 1]) * rng.uniform(0.3, 0.85)),
        float(rng.uniform(38, 66)),
        float(rng.uniform(0.4, 0.6) if kind == "hard sun" else rng.uniform(0.2, 0.38)),
        float(rng.uniform(low, high)),
        float(rng.uniform(0.3, 0.7)),
        float(rng.uniform(-0.035, 0.035)),
        float(rng.uniform(0.93, 1.08)),
    )


def _background(rng: Generator, item: Item) -> Background:
    kind = str(rng.choice(list(BACKGROUNDS), p=[0.26, 0.26, 0.18, 0.15, 0.15]))
    seed = int(rng.integers(2**30))
    if kind == "white sweep":
        return Background(kind, "white", "#f4f4f2", seed)
    if kind == "colour sweep":
        main = PAINTS[item.colours[0]][0]
        fitting = [name for name, (paint, _) in SWEEPS.items() if colour_gap(main, paint) > 0.13]
        name = str(rng.choice(fitting))
        return Background(kind, name, SWEEPS[name][0], seed)
    paints = {
        "wood": {"pale wood": "#d2ab7c", "oak": "#b98a58", "walnut": "#8f6644"},
        "fabric": {"linen": "#e2d8c3", "blue linen": "#8fa6bb", "grey linen": "#a9a8a5", "rose linen": "#cfa7a0"},
        "room": {"cream wall": "#e6dccb", "sage wall": "#b4c0ab", "blue wall": "#aebdcb", "blush wall": "#dfc3b8"},
    }[kind]
    name = str(rng.choice(list(paints)))
    return Background(kind, name, paints[name], seed)
