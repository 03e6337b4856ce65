"""Any text as numbers: pieces of bytes learned from a catalogue's own texts, for English, Chinese and the rest.

Source: Sennrich, Haddow, Birch, "Neural Machine Translation of Rare Words with Subword Units" (2016), §3.2 (byte pair
encoding); Radford et al. 2019 (GPT-2), §2.2 (its symbols are the bytes of UTF-8, so that no text is unknown, and no
piece joins a letter with a sign).
Departures: text is brought to one form first (NFKC, case folded, runs of white space one space); a space belongs to the
word or sign after it; a Chinese, Japanese or Korean character is a word of its own, for want of spaces, and so is a
digit; the piece to join next is the one of the lowest number of all that a join would give, so the pieces alone, in
order, are the whole vocabulary. 0 is padding, 1 stands before every text.
"""

from __future__ import annotations

import heapq
import itertools
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

import torch
from torch import Tensor

from packshot.catalogue.dataset.words import CJK
from packshot.errors import ParameterError

PADDING, START, FIRST = 0, 1, 2
BYTES = tuple(bytes([number]) for number in range(256))
MOST_CHARACTERS = 10_000  # of one text
MOST_TEXTS = 200_000  # that pieces are learned from
RUN = re.compile(rf"[{CJK}]| ?[^\W\d_{CJK}]+|\d| ?[^\w\s]+|[_\s]")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\ud800-\udfff]")

Pair = tuple[bytes, bytes]


def plain(text: str) -> str:
    """One form of a text: compatibility forms unified, case folded, white space single.

    >>> plain("  Ｒｅｄ\\n T-shirt ")
    'red t-shirt'
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def checked(text: str, what: str = "text") -> str:
    """The text, if a person can have meant it. Raises ParameterError: empty, too long, or with control characters."""
    if len(text) > MOST_CHARACTERS:
        raise ParameterError(f"{what}: expected at most {MOST_CHARACTERS:,} characters, got {len(text):,}")
    found = CONTROL.search(text)
    if found is not None:
        raise ParameterError(
            f"{what}: holds the control character U+{ord(found[0]):04X} at place {found.start() + 1}; take it out"
        )
    if not plain(text):
        raise ParameterError(f"{what}: is empty; say what to look for, such as 'red wooden car'")
    return text


class Tokens:
    """A vocabulary of byte pieces: `names[i]`, its bytes as Latin-1 letters, has the number i + 2.

    The first 256 names are the single bytes; each later one is joined from two before it.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        try:
            self._numbers = {name.encode("latin-1"): number for number, name in enumerate(self.names, FIRST)}
        except UnicodeEncodeError:
            raise ParameterError("words: expected pieces of bytes, written as Latin-1 letters") from None
        if tuple(self._numbers)[:256] != BYTES or len(self._numbers) != len(self.names):
            raise ParameterError("words: expected the 256 single bytes first, then joined pieces, each once")
        self._piece = lru_cache(maxsize=50_000)(self._numbered)

    @classmethod
    def found_in(cls, texts: Iterable[str], most: int = 1024) -> Tokens:
        """Learned from texts, at most `most` numbers in all; equally common pairs in the order of their bytes.

        Pairs seen once are not joined. Of more than 200,000 texts the first ones count.
        """
        runs: Counter[str] = Counter()
        for _, text in zip(range(MOST_TEXTS), texts, strict=False):
            runs.update(RUN.findall(plain(text)))
        return cls([piece.decode("latin-1") for piece in (*BYTES, *_joined(runs, most - FIRST - len(BYTES)))])

    def __len__(self) -> int:
        """Numbers in use, with padding and start."""
        return len(self.names) + FIRST

    def numbers(self, text: str) -> list[int]:
        """The numbers of a text's pieces, without start and padding."""
        return [number for run in RUN.findall(plain(text)) for number in self._piece(run)]

    def tokens(self, texts: Sequence[str], length: int) -> Tensor:
        """`(n, length)` numbers, the first of each row START; what is longer is cut, what is shorter padded."""
        rows = [[START, *self.numbers(text)[: length - 1]] for text in texts]
        found = torch.full((len(texts), length), PADDING, dtype=torch.int64)
        for place, row in enumerate(rows):
            found[place, : len(row)] = torch.tensor(row, dtype=torch.int64)
        return found

    def text(self, numbers: Iterable[int]) -> str:
        """The text that numbers stand for; bytes that are no UTF-8 by themselves become U+FFFD."""
        pieces = [self.names[number - FIRST].encode("latin-1") for number in numbers if number >= FIRST]
        return b"".join(pieces).decode("utf-8", errors="replace")

    def _numbered(self, run: str) -> tuple[int, ...]:
        pieces = [bytes([byte]) for byte in run.encode("utf-8", errors="replace")]
        while len(pieces) > 1:
            joins = [self._numbers.get(a + b, len(self)) for a, b in itertools.pairwise(pieces)]
            best = min(range(len(joins)), key=joins.__getitem__)
            if joins[best] == len(self):
                break
            pieces[best : best + 2] = [pieces[best] + pieces[best + 1]]
        return tuple(self._numbers[piece] for piece in pieces)


def _joined(runs: Counter[str], most: int) -> list[bytes]:
    """The pieces to be joined, in order: always of the pair that is commonest now."""
    words = [[bytes([byte]) for byte in run.encode("utf-8", errors="replace")] for run in runs]
    times = list(runs.values())
    pairs: Counter[Pair] = Counter()
    places: defaultdict[Pair, set[int]] = defaultdict(set)
    for place, word in enumerate(words):
        for pair in itertools.pairwise(word):
            pairs[pair] += times[place]
            places[pair].add(place)
    heap = [(-count, pair) for pair, count in pairs.items()]
    heapq.heapify(heap)
    found: dict[bytes, None] = {}
    while len(found) < most and heap:
        count, pair = heapq.heappop(heap)
        if -count != pairs[pair]:
            continue  # its count has changed since; it stands in the heap once more
        if -count < 2:
            break
        changed: set[Pair] = set()
        for place in sorted(places[pair]):
            before, after = words[place], _merged(words[place], pair)
            for old in itertools.pairwise(before):
                pairs[old] -= times[place]
                places[old].discard(place)
            for new in itertools.pairwise(after):
                pairs[new] += times[place]
                places[new].add(place)
            changed.update(itertools.pairwise(before), itertools.pairwise(after))
            words[place] = after
        for other in changed:
            heapq.heappush(heap, (-pairs[other], other))
        found.setdefault(pair[0] + pair[1])
    return list(found)


def _merged(word: list[bytes], pair: Pair) -> list[bytes]:
    out: list[bytes] = []
    for piece in word:
        if out and (out[-1], piece) == pair:
            out[-1] += piece
        else:
            out.append(piece)
    return out
