"""From a preset of flow matching and a place with pictures to its objective and stream: conditions, texts, mattes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import torch
from pydantic import BaseModel
from torch import Tensor

from packshot import networks
from packshot.catalogue.dataset.changes import Change
from packshot.catalogue.dataset.conditions import PICTURE, TEXT, Vocabulary
from packshot.catalogue.dataset.order import Order
from packshot.catalogue.dataset.phrases import LANGUAGES, caption, facts_of
from packshot.catalogue.dataset.pictures import Pictures, to_unit
from packshot.catalogue.dataset.stream import Stream
from packshot.errors import ParameterError
from packshot.training.first_stage import FirstStage
from packshot.training.material import pictures_of
from packshot.training.objectives.matching import Matching, MatchingSettings
from packshot.training.preset import Preset

TEXTS = ("title", "description", "title.zh", "description.zh")
SIDED = re.compile(r"\b(left|right)\b|[左右]", re.IGNORECASE)  # texts that are wrong of a mirrored picture
CHUNK = 256
MOST_TOKENS = 4096  # patches of a picture that attend to each other
CAPTIONS = 2  # made of the attributes, in every language, beside the texts of the catalogue


@dataclass(frozen=True)
class Flowing:
    """vocabulary: of the conditions. first: the autoencoder whose codes flow, None for pixels. encoder: of texts and
    pictures, None if neither is told; words: its file, None if it is of another library.
    """

    objective: Matching
    stream: Stream
    vocabulary: Vocabulary
    licences: tuple[str, ...]
    pictures: int
    first: FirstStage | None = None
    encoder: Any = None
    words: Path | None = None


def flowing(
    preset: Preset, place: str | Path, settings: BaseModel, columns: Sequence[str] | None, seed: int
) -> Flowing:
    """columns: what is told, in place of the preset's; those that the pictures lack are left out.

    Raises ParameterError for columns asked for that are not there, for sizes that do not fit; BadCheckpoint.
    """
    assert isinstance(settings, MatchingSettings)
    first = FirstStage.read(settings.autoencoder, "matching") if settings.autoencoder else None
    size, channels = (first.size, first.channels) if first is not None else (preset.size, preset.channels)
    pictures = pictures_of(place, size, channels, ("photo", "matte") if settings.masks else ("photo",))
    rows = pictures.where(split="train")
    rows = rows if len(rows) else torch.arange(len(pictures))
    encoder, path = _encoder(settings.words)
    vectors = {} if encoder is None else dict.fromkeys((TEXT, PICTURE), encoder.dim)
    vocabulary = told_of(pictures, preset.told if columns is None else columns, rows, columns is not None, vectors)
    given = given_of(pictures, vocabulary) | ({} if encoder is None else vectors_of(pictures, encoder))
    layers = {"image": "photo"} | ({"truth": "matte"} if settings.masks and "matte" in pictures.layers else {})
    mirror = "mirror" in preset.augment
    stream = Stream(pictures, Order(rows.numpy(), seed), layers=layers, columns=given,
                    change=telling(vocabulary, mirror))  # fmt: skip
    network = _network(preset, size, channels, vocabulary, settings, first)
    autoencoder = None if first is None else first.stored.build()
    licences = tuple(sorted({value or "unstated" for value in pictures.column("licence")}))
    objective = Matching(network, settings, vocabulary.sizes, len(vectors), autoencoder)
    return Flowing(objective, stream, vocabulary, licences, len(rows), first, encoder, path)


def told_of(
    pictures: Pictures, columns: Sequence[str], rows: Tensor, strict: bool, vectors: Mapping[str, int]
) -> Vocabulary:
    """The vocabulary of the columns. strict: raise ParameterError for a column without any value."""
    found = Vocabulary.found_in(pictures, columns, rows, vectors)
    missing = [column for column in columns if column not in found.places]
    if strict and missing:
        raise ParameterError(f"columns: no picture has a {missing[0]!r}")
    return found


def given_of(pictures: Pictures, vocabulary: Vocabulary) -> dict[str, Tensor]:
    """The column `condition` of the stream, nothing where nothing can be told."""
    return {"condition": vocabulary.table(pictures)} if vocabulary.groups else {}


def vectors_of(pictures: Pictures, encoder: Any) -> dict[str, Tensor]:
    """`captions` (n, texts, d) and which of them name a side, `likes` (n, 2, d): the picture itself and its sibling.

    A text that is missing has a vector of zeros; a picture without a sibling stands for it.
    """
    columns = [pictures.column(name) for name in TEXTS]
    texts = [[*row, *captions_of(own)] for row, own in zip(zip(*columns, strict=True), pictures.rows, strict=True)]
    flat = [text for row in texts for text in row]
    spoken = [text or " " for text in flat]
    parts = [encoder.texts(spoken[i : i + CHUNK]).float().cpu() for i in range(0, len(spoken), CHUNK)]
    said = torch.tensor([bool(text) for text in flat])
    captions = (torch.cat(parts) * said[:, None]).view(len(pictures), len(texts[0]), -1)
    sided = torch.tensor([bool(SIDED.search(text)) for text in flat]).view(len(pictures), -1)
    every = torch.arange(len(pictures))
    seen = [encoder.pictures(_rgb(pictures, part)).float().cpu() for part in torch.split(every, CHUNK)]
    own = torch.cat(seen)
    return {"captions": captions, "sided": sided, "likes": torch.stack([own, own[siblings(pictures)]], dim=1)}


def captions_of(row: Mapping[str, Any]) -> list[str]:
    """Some of what a person might type for a picture, CAPTIONS in every language, always the same for the same one."""
    facts = facts_of(row.get("category", ""), row.get("attributes", {}))
    random = Random(str(row.get("key", "")))
    return [caption(facts, language, random)[0] for language in LANGUAGES for _ in range(CAPTIONS)]


def siblings(pictures: Pictures) -> Tensor:
    """`(n,)`: another picture of the same product, or the picture itself."""
    skus = pictures.column("sku")
    of: dict[str, list[int]] = {}
    for number, sku in enumerate(skus):
        of.setdefault(sku or f"#{number}", []).append(number)
    found = torch.arange(len(pictures))
    for numbers in of.values():
        for number, other in zip(numbers, numbers[1:] + numbers[:1], strict=True):
            found[number] = other
    return found


def telling(vocabulary: Vocabulary, mirror: bool) -> Change:
    """Half of the pictures mirrored, with what is told of them; one of several texts and likenesses told of each."""

    def change(batch: dict[str, Tensor], generator: torch.Generator) -> dict[str, Tensor]:
        n = len(batch["image"])
        chosen = torch.rand(n, generator=generator) < 0.5 * mirror
        found = {k: torch.where(chosen[:, None, None, None], v.flip(3), v) for k, v in batch.items() if v.ndim == 4}
        if "condition" not in batch:
            return {**batch, **found}
        condition = torch.where(chosen[:, None], vocabulary.mirrored(batch["condition"]), batch["condition"])
        for name, column in ((TEXT, "captions"), (PICTURE, "likes")):
            if column in batch:
                one = torch.randint(batch[column].shape[1], (n,), generator=generator)
                vector = batch[column][torch.arange(n), one]
                wrong = chosen & batch["sided"][torch.arange(n), one] if name == TEXT else torch.zeros_like(chosen)
                told = (vector.any(1) & ~wrong)[:, None].float()
                scaled = vector * vector.shape[1] ** 0.5
                condition[:, vocabulary.places[name]] = torch.cat([told, told * scaled], dim=1)
        kept = {k: v for k, v in batch.items() if k not in ("captions", "sided", "likes")}
        return {**kept, **found, "condition": condition}

    return change


def _rgb(pictures: Pictures, rows: Tensor) -> Tensor:
    return to_unit(pictures.gather(rows)).expand(-1, 3, -1, -1)


def _encoder(name: str) -> tuple[Any, Path | None]:
    """The encoder of texts and pictures by name or file, and its file if it is packshot's own."""
    if not name:
        return None, None
    from packshot.models import find, words

    encoder = words.load(name)
    return encoder, None if encoder.network is None else find(name)


def _network(
    preset: Preset, size: int, channels: int, vocabulary: Vocabulary, settings: MatchingSettings,
    first: FirstStage | None,
) -> torch.nn.Module:  # fmt: skip
    name, entries = preset.networks["flow"]
    given: dict[str, Any] = {"size": size, "channels": channels, "told": vocabulary.sizes}
    if first is not None:
        given |= {"size": first.given["side"], "channels": len(first.stored.config["levels"])}
    tokens = (given["size"] // int(entries.get("patch", 8))) ** 2
    if first is None and tokens > MOST_TOKENS:
        raise ParameterError(
            f"autoencoder: {tokens:,} patches are too many for pixels; name the .safetensors of a trained fsq "
            "(--set autoencoder=PATH)"
        )
    return networks.build(name, {**given, "known": settings.masks > 0, **entries})
