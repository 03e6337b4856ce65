"""What a catalogue tells of its pictures, as columns of a stream: labels, conditions, tokens, vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from packshot.catalogue.dataset.pictures import Labels, Pictures
from packshot.catalogue.dataset.words import Words
from packshot.catalogue.translation.domains import values_in
from packshot.errors import ParameterError
from packshot.training.conditions import one_hots
from packshot.training.missing import filled
from packshot.training.presets import Preset

TOKENS = 32  # words of a product's text that are read
VOCABULARY = 1000


def labels_of(pictures: Pictures, preset: Preset, columns: Sequence[str] | None) -> dict[str, Labels]:
    """The preset's columns that the catalogue has, or all of those asked for."""
    wanted = preset.columns if columns is None else columns
    here = [column for column in wanted if columns is not None or any(pictures.column(column))]
    if preset.objective == "classify" and not here:
        raise ParameterError(f"columns: the catalogue has no {', '.join(wanted)} to name; give the columns it has")
    return {column: pictures.labels(column) for column in here}


def only(pictures: Pictures, labels: Mapping[str, Labels], values: str) -> dict[str, Labels]:
    """The labels with some values alone, `VALUE|VALUE…`; a column of which none is named keeps all of them.

    Raises ParameterError for a value that no column has.
    """
    wanted = values_in(values)
    known = {name for label in labels.values() for name in label.names}
    for value in wanted:
        if value not in known:
            raise ParameterError(f"values: no picture has {value!r}; expected some of {', '.join(sorted(known))}")
    names = {column: [name for name in label.names if name in wanted] for column, label in labels.items()}
    return {c: pictures.labels(c, names[c]) if names[c] else label for c, label in labels.items()}


def labels_as(pictures: Pictures, attributes: Mapping[str, Sequence[str]]) -> dict[str, Labels]:
    """The columns of a trained network, numbered as it numbers them."""
    return {column: pictures.labels(column, names) for column, names in attributes.items()}


def columns_of(labels: Mapping[str, Labels]) -> dict[str, Tensor]:
    """`label` and `condition` of every picture; `asked…`, the same completed, if some are not known.

    Nothing without attributes.
    """
    if not labels:
        return {}
    codes = torch.stack([label.codes for label in labels.values()], dim=1)
    sizes = [len(label.names) for label in labels.values()]
    found = {"label": codes, "condition": one_hots(codes, sizes)}
    if bool((codes < 0).any()):
        asked = filled(codes)
        found |= {"asked_label": asked, "asked": one_hots(asked, sizes)}
    return found


def texts_of(pictures: Pictures, columns: Sequence[str], rows: Tensor) -> tuple[Words | None, Tensor | None]:
    """Vocabulary of the training pictures' texts, and the tokens `(n, TOKENS)` of all pictures."""
    if not columns:
        return None, None
    texts = _joined(pictures, columns)
    words = Words.found_in((texts[int(row)] for row in rows), VOCABULARY)
    return words, words.tokens(texts, TOKENS)


def _joined(pictures: Pictures, columns: Sequence[str]) -> list[str]:
    """The texts of these columns as one, for every picture."""
    parts = zip(*(pictures.column(column) for column in columns), strict=True)
    return [" ".join(part for part in row if part) for row in parts]


def vectors_of(pictures: Pictures, columns: Sequence[str], encoder: str) -> dict[str, Tensor]:
    """`vector` of every picture: its text as a trained encoder has it; nothing where none is named."""
    if not encoder or not columns:
        return {}
    from packshot.models import words

    return {"vector": words.load(encoder).texts(_joined(pictures, columns))}
