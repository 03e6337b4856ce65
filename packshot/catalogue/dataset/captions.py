"""Pictures with texts in the languages that a catalogue has: its own titles and descriptions, and captions made anew.

What a text says is told along with it, in the numbers of the pictures' facts, so that a text which is true of two
pictures need not count as wrong for either. A change of a picture takes away the facts that it makes untrue.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

import torch
from torch import Tensor

from packshot.catalogue.augment.draws import chance, generator_at
from packshot.catalogue.dataset import changes
from packshot.catalogue.dataset.order import Order
from packshot.catalogue.dataset.phrases import LANGUAGES, MAIN, caption, facts_of, mirrored
from packshot.catalogue.dataset.pictures import Pictures
from packshot.catalogue.dataset.tokens import Tokens
from packshot.catalogue.dataset.words import CJK, WORD
from packshot.errors import ParameterError

FACTS = ("product", "category", "colour", "second colour", "material", "stuff", "angle", "view", "height",
         "background", "decal")  # fmt: skip
AFTER_RECOLOURING = ("category", "angle", "view", "height")  # facts that other colours leave true
CAPTIONS = 0.5  # share of texts that are made anew, where facts are known
NOISE = 0.08  # share of texts with a word that means nothing
REGROUND, RECOLOUR = 0.25, 0.12
SAMPLED = 4000  # pictures whose captions pieces are learned from
UNKNOWN = -1
CHARACTER = re.compile(f"[{CJK}]")


@dataclass(frozen=True)
class Texts:
    """What there is to say of one picture. own: (language, text, whether it is a title) of the catalogue's texts."""

    facts: dict[str, str]
    own: tuple[tuple[str, str, bool], ...]
    product: int


def texts_of(pictures: Pictures) -> list[Texts]:
    """Of every picture of a pack."""
    products: dict[str, int] = {}
    found = []
    for row in pictures.rows:
        titles = [row.get("title", ""), *row.get("titles", {}).values()]
        told = [row.get("description", ""), *row.get("descriptions", {}).values()]
        own = tuple((language_of(text), text, place < len(titles)) for place, text in enumerate(titles + told) if text)
        facts = facts_of(row.get("category", ""), row.get("attributes", {}))
        found.append(Texts(facts, own, products.setdefault(row.get("sku") or row.get("key", ""), len(products))))
    return found


def language_of(text: str) -> str:
    """`zh` where most words are Chinese (or Japanese, or Korean) characters, else `en`, which stands for all others."""
    words = WORD.findall(text)
    return "zh" if 2 * sum(CHARACTER.match(word) is not None for word in words) > len(words) else "en"


class Change(NamedTuple):
    """What happened to a picture before it is shown."""

    flipped: bool
    regrounded: bool
    recoloured: bool


class Captioned:
    """A stream of `image` (n, 3, h, w), `label` (n, facts), `tokens` (n, 2, length) and `told` (n, 2, facts).

    rows: of the pack that are learned from. tokens: None = learned from the texts of these rows, at most `vocabulary`
    numbers. The first text of each picture is English, the second Chinese, as far as the catalogue's texts or known
    names allow. Raises ParameterError where some picture has neither a text nor a category, colour or material.
    """

    def __init__(
        self, pictures: Pictures, rows: Tensor, seed: int, *, length: int, vocabulary: int, tokens: Tokens | None = None
    ) -> None:
        self.pictures, self.order, self.seed, self.length = pictures, Order(rows.numpy(), seed), seed, length
        self.texts = texts_of(pictures)
        bare = [row for row in rows.tolist() if not self.texts[row].own and not _main(self.texts[row].facts)]
        if bare:
            named = pictures.rows[bare[0]].get("sku", "")
            raise ParameterError(
                f"texts: {len(bare):,} of {len(rows):,} pictures (first: {named}) have neither a title, a description, "
                "nor a category, colour or material; give them one or leave them out"
            )
        self.tokens = tokens or Tokens.found_in(self.corpus(rows.tolist()), vocabulary)
        self.codes = _codes(self.texts)
        self.total = len(self.order)

    def corpus(self, rows: Sequence[int]) -> list[str]:
        """Texts that pieces are learned from: all of the catalogue's own, and captions of some pictures."""
        random = Random(0)
        own = [text for row in rows for _, text, _ in self.texts[row].own]
        made = [caption(self.texts[row].facts, language, random)[0] for row in rows[:SAMPLED] for language in LANGUAGES]
        return own + [text for text in made if text]

    def take(self, start: int, count: int) -> dict[str, Tensor]:
        """The pictures at these places of the stream."""
        rows = torch.from_numpy(self.order.take(start, count))
        batch = {"image": self.pictures.gather(rows)}
        if "matte" in self.pictures.layers:
            batch["matte"] = self.pictures.gather(rows, "matte")
        paintable = torch.tensor(["category" in self.texts[row].facts for row in rows.tolist()])
        image, happened = self._changed(batch, paintable, generator_at(self.seed, start))
        told = [self._texts(row, start + place, happened[place]) for place, row in enumerate(rows.tolist())]
        codes, texts, said = zip(*told, strict=True)
        return {
            "image": image,
            "label": torch.tensor(codes),
            "tokens": self.tokens.tokens(list(itertools.chain(*texts)), self.length).view(count, len(LANGUAGES), -1),
            "told": torch.tensor(said),
        }

    def _changed(
        self, batch: dict[str, Tensor], paintable: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, list[Change]]:
        """Pictures mirrored, moved, on other grounds, in other colours; and what of this happened to each."""
        image = batch["image"]
        flipped, recolour, reground = (chance(image, p, generator).flatten() for p in (0.5, RECOLOUR, REGROUND))
        batch = {name: torch.where(flipped[:, None, None, None], x.flip(3), x) for name, x in batch.items()}
        batch = changes.shifted(batch, generator)
        image, reground = batch["image"], reground & ("matte" in batch)
        if bool(reground.any()):
            some = {name: x[reground] for name, x in batch.items()}
            image[reground] = changes.regrounded(some, generator, 1.0)["image"]
        recolour &= paintable  # there is something left to say
        if bool(recolour.any()):
            some = {"image": image[recolour], "label": torch.zeros(int(recolour.sum()), 0)}
            image[recolour] = changes.recoloured((), 1.0)(some, generator)["image"]
        return image.contiguous(), [Change(*map(bool, one)) for one in zip(flipped, reground, recolour, strict=True)]

    def _texts(self, row: int, place: int, change: Change) -> tuple[list[int], list[str], list[list[int]]]:
        """Codes of what is known of a picture, a text in each language, and codes of what these say."""
        random, texts = Random((self.seed << 40) + place), self.texts[row]
        facts = mirrored(texts.facts) if change.flipped else dict(texts.facts)
        if change.regrounded:
            facts.pop("background", None)
        if change.recoloured:
            facts = {name: value for name, value in facts.items() if name in AFTER_RECOLOURING}
        known = [texts.product, *(self._code(fact, facts) for fact in FACTS[1:])]
        found, said = [], []
        for language in LANGUAGES:
            text, tells = self._text(texts, facts, language, random, change)
            found.append(_with_noise(text, random) if random.random() < NOISE else text)
            said.append([texts.product if tells is None else UNKNOWN, *(self._code(f, tells or {}) for f in FACTS[1:])])
        return known, found, said

    def _text(
        self, texts: Texts, facts: dict[str, str], language: str, random: Random, change: Change
    ) -> tuple[str, dict[str, str] | None]:
        """A text and the facts that it says; None = more than the facts, so it is the product's alone."""
        own = [text for spoken, text, title in texts.own if spoken == language and (title or not change.regrounded)]
        own = own or [text for _, text, _ in texts.own]
        if _main(facts) and (change.recoloured or not own or random.random() < CAPTIONS):
            return caption(facts, language, random)
        whole = all(name in facts for name in MAIN)
        return random.choice(own), {name: facts[name] for name in MAIN} if whole else None

    def _code(self, fact: str, facts: dict[str, str]) -> int:
        return self.codes[fact].get(facts[fact], UNKNOWN) if fact in facts else UNKNOWN


def _codes(texts: Sequence[Texts]) -> dict[str, dict[str, int]]:
    """Fact → value → its number."""
    return {
        fact: {value: code for code, value in enumerate(sorted({t.facts[fact] for t in texts if fact in t.facts}))}
        for fact in FACTS[1:]
    }


def _main(facts: dict[str, str]) -> bool:
    return any(name in facts for name in MAIN)


def _with_noise(text: str, random: Random) -> str:
    """The text with a word that means nothing somewhere in it."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    word = "".join(random.choice(letters) for _ in range(random.randint(2, 9)))
    words = text.split(" ")
    words.insert(random.randint(0, len(words)), word)
    return " ".join(words)
