"""Texts as numbers: the commonest words of a catalogue, each a number.

A word is a run of letters or digits, case folded; every Chinese, Japanese or Korean character is a word of its own, for
want of spaces. 0 is padding, 1 a word that is not known.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
WORD = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")
FIRST, UNKNOWN = 2, 1


def words_of(text: str) -> list[str]:
    """The words of a text, in order.

    >>> words_of("Red T-shirt, 红色T恤")
    ['red', 't', 'shirt', '红', '色', 't', '恤']
    """
    return WORD.findall(text.casefold())


class Words:
    """A vocabulary: `names[i]` has the number i + 2."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._numbers = {name: number for number, name in enumerate(self.names, FIRST)}

    @classmethod
    def found_in(cls, texts: Iterable[str], most: int = 1000) -> Words:
        """The commonest words, `most` numbers in all; equally common ones in alphabetical order."""
        counts = Counter(word for text in texts for word in words_of(text))
        ordered = sorted(counts, key=lambda word: (-counts[word], word))
        return cls(ordered[: max(0, most - FIRST)])

    def __len__(self) -> int:
        """Numbers in use, with padding and the unknown word."""
        return len(self.names) + FIRST

    def tokens(self, texts: Sequence[str], length: int) -> Tensor:
        """`(n, length)` numbers; what is longer is cut, what is shorter padded."""
        found = torch.zeros(len(texts), length, dtype=torch.int64)
        for row, text in enumerate(texts):
            numbers = [self._numbers.get(word, UNKNOWN) for word in words_of(text)[:length]]
            found[row, : len(numbers)] = torch.tensor(numbers, dtype=torch.int64)
        return found
