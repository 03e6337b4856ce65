"""Finding pictures by words and by likeness, of products that training never saw; naming attributes; telling identity.

Queries are titles, descriptions and plain prompts ("red metal car") of the test split, in English and in Chinese; the
gallery is all its pictures. `product`: a picture of the very product is found; `fits`: one of its category, colour and
material. Combinations that training had stand apart from those it never had. Rows: chance; BM25 (Robertson & Zaragoza
2009, k1 1.2, b 0.75) from the query to the pictures' own written texts of the other kind, so it sees no picture, and
needs those texts; the encoder, which sees pictures alone. Errors of shares are one standard error.

usage: python -m benchmarks retrieval [--weights catalogue-clip] [--features catalogue-features] [--judge FILE]
                                      [--catalogue toyshop] [--sheet found.png]
"""

from __future__ import annotations

import itertools
import math
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from packshot import checkpoint, models
from packshot.catalogue.dataset.phrases import names_of
from packshot.catalogue.dataset.pictures import Pictures, to_unit
from packshot.catalogue.dataset.words import words_of
from packshot.catalogue.opening import open_pictures
from packshot.errors import WeightsNotFound
from packshot.evaluation.tables import markdown_table
from packshot.models.words import Encoder, load

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

ATTRIBUTES = ("category", "colour", "material")
TEXTS = {"title": "title", "title.zh": "title", "description": "description", "description.zh": "description"}
OTHER = {"title": "description", "title.zh": "description.zh", "description": "title", "description.zh": "title.zh",
         "prompt": "title", "prompt.zh": "title.zh"}  # fmt: skip
PROMPTS = {
    "category": {"en": ("{}", "a {}", "photo of a {}"), "zh": ("{}", "一个{}", "图片：{}")},
    "colour": {"en": ("{} {thing}", "a {} {thing}"), "zh": ("{}{thing}", "一个{}的{thing}")},
    "material": {"en": ("{} {thing}", "a {thing}, made of {}"), "zh": ("{}{thing}", "{thing}，{}材质")},
}
SHOWN = ("red wooden car", "a glossy blue robot, three quarter view", "fluffy pink teddy", "绿色金属小火车",
         "黄色橡胶小鸭", "translucent purple teapot")  # fmt: skip


class Held:
    """The pictures of the test split, and what is known of them."""

    def __init__(self, pictures: Pictures) -> None:
        self.rows = pictures.where(split="test")
        self.pixels = pictures.gather(self.rows)
        self.columns = {name: np.array(pictures.column(name))[self.rows.numpy()] for name in
                        (*ATTRIBUTES, *TEXTS, "sku", "held out")}  # fmt: skip
        for language, name in (("en", "prompt"), ("zh", "prompt.zh")):
            self.columns[name] = np.array([prompt_of(row, language) for row in zip(*self.truth(), strict=True)])

    def __len__(self) -> int:
        return len(self.rows)

    def truth(self) -> list[NDArray[np.str_]]:
        """Category, colour and material of every picture."""
        return [self.columns[name] for name in ATTRIBUTES]

    def same(self, *names: str) -> Flags:
        """`(n, n)`: whether two pictures have the same values of all these columns."""
        return np.logical_and.reduce([self.columns[name][:, None] == self.columns[name][None] for name in names])


def prompt_of(values: Sequence[str], language: str) -> str:
    """Colour, material and category by their first names."""
    named = [names_of(fact, value, language)[0] for fact, value in zip(ATTRIBUTES, values, strict=True)]
    category, colour, material = named
    return f"{colour} {material} {category}" if language == "en" else f"{colour}{material}{category}"


def recall(scores: Floats, right: Flags, at: int) -> Flags:
    """`(queries,)`: whether one of the `at` best of the gallery is right. scores, right: `(queries, gallery)`."""
    best = np.argpartition(-scores, at - 1, axis=1)[:, :at]
    return np.take_along_axis(right, best, 1).any(1)


def by_chance(right: Flags, at: int) -> Floats:
    """`(queries,)`: how likely one of `at` drawn from the gallery is right."""
    n, hits = right.shape[1], right.sum(1)
    missed = np.ones(len(right))
    for drawn in range(at):
        missed *= np.clip(n - hits - drawn, 0, None) / (n - drawn)
    return (1 - missed).astype(np.float32)


def bm25(queries: Sequence[str], documents: Sequence[str], k1: float = 1.2, b: float = 0.75) -> Floats:
    """`(queries, documents)` scores of texts by their words."""
    held = [Counter(words_of(document)) for document in documents]
    lengths = np.array([sum(words.values()) for words in held], np.float32)
    norm = k1 * (1 - b + b * lengths / max(float(lengths.mean()), 1e-6))
    places: dict[str, list[tuple[int, int]]] = {}
    for number, words in enumerate(held):
        for word, times in words.items():
            places.setdefault(word, []).append((number, times))
    scores = np.zeros((len(queries), len(documents)), np.float32)
    for row, query in enumerate(queries):
        for word in set(words_of(query)):
            if word in places:
                numbers, times = (np.array(x) for x in zip(*places[word], strict=True))
                rare = math.log(1 + (len(documents) - len(numbers) + 0.5) / (len(numbers) + 0.5))
                scores[row, numbers] += rare * times * (k1 + 1) / (times + norm[numbers])
    return scores


def area(same: Floats, other: Floats) -> float:
    """How often a pair of the same is more alike than a pair of others (area under the ROC curve); ties count half."""
    ranks = np.searchsorted(np.sort(other), same, "left") + np.searchsorted(np.sort(other), same, "right")
    return float(ranks.mean() / (2 * len(other)))


def text_to_picture(held: Held, encoder: Encoder, vectors: Floats) -> None:
    """Print recall by kind of text, language and rows."""
    seen = held.columns["held out"] == ""
    fits, product = held.same(*ATTRIBUTES), held.same("sku")
    for part, chosen in (("combinations that training had", seen), ("combinations held out", ~seen)):
        rows = []
        for kind in (*TEXTS, "prompt", "prompt.zh"):
            asked = held.columns[kind][chosen]
            scored = {
                "BM25 on written texts": bm25(asked.tolist(), held.columns[OTHER[kind]].tolist()),
                encoder.name: encoder.texts(asked.tolist()).numpy() @ vectors.T,
            }
            for what, right in (("product", product[chosen]), ("fits", fits[chosen])):
                if what == "product" and kind.startswith("prompt"):
                    continue
                cells = {"chance": [by_chance(right, at) for at in (1, 10)]}
                cells |= {name: [recall(scores, right, at) for at in (1, 10)] for name, scores in scored.items()}
                rows += [{"query": kind, "right": what, "by": name, "@1": share(one), "@10": share(ten)}
                         for name, (one, ten) in cells.items()]  # fmt: skip
        print(f"\n### Text → picture, {part}: {int(chosen.sum()):,} queries each, gallery {len(held):,}\n")
        print(markdown_table(rows, ["query", "right", "by", "@1", "@10"]))


def share(values: NDArray[np.generic]) -> str:
    """A mean with its standard error, in per cent."""
    x = values.astype(np.float64)
    return f"{100 * x.mean():.1f} ± {100 * x.std() / math.sqrt(max(len(x), 1)):.1f}"


def picture_to_picture(held: Held, spaces: dict[str, Floats]) -> None:
    """Print how often the nearest other picture shows the same product, and how alike it is; and identity."""
    product = held.same("sku") & ~np.eye(len(held), dtype=bool)
    asked = product.any(1)
    kind = held.same("category") & ~held.same("sku")
    rows = []
    for name, vectors in spaces.items():
        alike = vectors @ vectors.T
        nearest = np.where(np.eye(len(held), dtype=bool), -np.inf, alike)
        row: dict[str, object] = {"space": name, "dim": vectors.shape[1]}
        row |= {f"product @{at}": share(recall(nearest[asked], product[asked], at)) for at in (1, 10)}
        first = nearest.argmax(1)
        row |= {f"same {a}": float((held.columns[a] == held.columns[a][first]).mean()) for a in ATTRIBUTES}
        pairs = alike[product], alike[~held.same("sku")], alike[kind]
        row |= {"identity AUC": area(pairs[0], pairs[1]), "of one category": area(pairs[0], pairs[2])}
        rows.append(row)
    chance = {f"product @{at}": share(by_chance(product[asked], at)) for at in (1, 10)}
    rows.append({"space": "chance", "identity AUC": 0.5, "of one category": 0.5, **chance})
    print(
        f"\n### Picture → picture: {int(asked.sum()):,} queries, gallery {len(held):,}; another view of the product\n"
    )
    formats = {f"same {a}": ".1%" for a in ATTRIBUTES} | {"identity AUC": ".3f", "of one category": ".3f"}
    print(markdown_table(rows, list(rows[0]), formats))


def naming(held: Held, encoder: Encoder, vectors: Floats, judge: Path | None) -> None:
    """Print how often the best prompt of an attribute names it, beside a classifier that was trained to."""
    seen = held.columns["held out"] == ""
    told: dict[str, dict[str, NDArray[np.str_]]] = {}
    for language in ("en", "zh"):
        told[f"{encoder.name}, {language}"] = {a: by_prompt(held, encoder, vectors, a, language) for a in ATTRIBUTES}
        told[f"{encoder.name}, {language}, all at once"] = all_at_once(held, encoder, vectors, language)
    if judge is not None and judge.is_file():
        from benchmarks.judge import named

        told[judge.stem] = _judged(held, judge, named)
    rows = []
    for name, found in told.items():
        for part, chosen in (("had", seen), ("held out", ~seen)):
            rights = {a: float((found[a] == held.columns[a])[chosen].mean()) for a in ATTRIBUTES if a in found}
            rows.append({"by": name, "combinations": part, **rights})
    print("\n### Naming attributes by prompts alone\n")
    print(markdown_table(rows, ["by", "combinations", *ATTRIBUTES], dict.fromkeys(ATTRIBUTES, ".1%")))


def by_prompt(held: Held, encoder: Encoder, vectors: Floats, attribute: str, language: str) -> NDArray[np.str_]:
    """The value of an attribute whose prompts fit each picture best: all its names, phrases and things averaged."""
    values = sorted(set(held.columns[attribute].tolist()))
    things = [names_of("category", value, language)[0] for value in sorted(set(held.columns["category"].tolist()))]
    things = [""] if attribute == "category" else things
    means = []
    for value in values:
        names = names_of(attribute, value, language)
        every = itertools.product(PROMPTS[attribute][language], names, things)
        phrases = [phrase.format(name, thing=thing) for phrase, name, thing in every]
        mean = encoder.texts(phrases).mean(0)
        means.append((mean / mean.norm()).numpy())
    found: NDArray[np.str_] = np.array(values)[(vectors @ np.stack(means).T).argmax(1)]
    return found


def all_at_once(held: Held, encoder: Encoder, vectors: Floats, language: str) -> dict[str, NDArray[np.str_]]:
    """What the best of all plain prompts says, of every category with every colour and every material."""
    values = list(itertools.product(*(sorted(set(column.tolist())) for column in held.truth())))
    prompts = encoder.texts([prompt_of(value, language) for value in values]).numpy()
    best = (vectors @ prompts.T).argmax(1)
    return {name: np.array([values[row][place] for row in best]) for place, name in enumerate(ATTRIBUTES)}


def _judged(held: Held, judge: Path, named: Callable[..., dict[str, NDArray[np.str_]]]) -> dict[str, NDArray[np.str_]]:
    class Shown:
        def gather(self, rows: torch.Tensor) -> torch.Tensor:
            return held.pixels[rows]

    return named(judge, Shown(), torch.arange(len(held)))


def colours_of(pixels: torch.Tensor) -> Floats:
    """The classical space: a histogram of 8 × 8 × 8 colours of each picture, square roots, unit length."""
    bins = (pixels.to(torch.int64) >> 5).flatten(2)
    numbers = (bins[:, 0] << 6) + (bins[:, 1] << 3) + bins[:, 2]
    counts = torch.zeros(len(pixels), 512).scatter_add_(1, numbers, torch.ones_like(numbers, dtype=torch.float32))
    return torch.nn.functional.normalize(counts.sqrt(), dim=1).numpy()


@torch.inference_mode()
def features_of(pixels: torch.Tensor, weights: str) -> Floats | None:
    """Pooled features of a feature network less their mean, unit length; None where it is not there."""
    try:
        network = checkpoint.read(models.find(weights)).build()
    except WeightsNotFound as error:
        print(f"skipped: {error}")
        return None
    parts = [network.features(2 * to_unit(part) - 1) for part in torch.split(pixels, 200)]  # type: ignore[operator]
    found = torch.cat(parts)
    return torch.nn.functional.normalize(found - found.mean(0), dim=1).numpy()


def sheet(held: Held, encoder: Encoder, vectors: Floats, path: Path) -> None:
    """A row of the best eight pictures for each of some prompts."""
    from packshot.imaging.files import write
    from packshot.imaging.picture import Picture
    from packshot.imaging.sheets import enlarged, tiled

    best = np.argsort(-(encoder.texts(SHOWN).numpy() @ vectors.T), axis=1)[:, :8].ravel()
    picture = Picture(tiled(to_unit(held.pixels[torch.from_numpy(best)]), columns=8)[None])
    write(enlarged(picture, 2), path)
    print(f"\n{path}: " + "; ".join(SHOWN))


def main(arguments: list[str]) -> None:
    options = ArgumentParser(prog="python -m benchmarks retrieval")
    options.add_argument("--weights", default="catalogue-clip")
    options.add_argument("--features", default="catalogue-features")
    options.add_argument("--judge", type=Path)
    options.add_argument("--catalogue", default="toyshop")
    options.add_argument("--sheet", type=Path)
    chosen = options.parse_args(arguments)
    held = Held(open_pictures(chosen.catalogue)[0])
    spaces = {"histogram of colours": colours_of(held.pixels)}
    features = features_of(held.pixels, chosen.features)
    spaces |= {} if features is None else {Path(chosen.features).stem: features}
    try:
        encoder = load(chosen.weights)
    except WeightsNotFound as error:
        print(f"skipped: {error}; `packshot train catalogue-clip --catalogue toyshop` makes them")
        picture_to_picture(held, spaces)
        return
    vectors = encoder.pictures(to_unit(held.pixels)).numpy()
    text_to_picture(held, encoder, vectors)
    picture_to_picture(held, {**spaces, encoder.name: vectors})
    naming(held, encoder, vectors, chosen.judge)
    if chosen.sheet:
        sheet(held, encoder, vectors, chosen.sheet)


if __name__ == "__main__":
    main(sys.argv[1:])
