"""Texts as numbers: any text gives numbers of the vocabulary, the commonest words first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from packshot.catalogue.dataset.words import UNKNOWN, Words, words_of


def test_commonest_words_come_first_and_unknown_ones_have_a_number() -> None:
    words = Words.found_in(["red toy", "blue toy", "toy"], most=4)
    assert words.names == ("toy", "blue")
    assert words.tokens(["Blue TOY!", "green toy toy toy", ""], 3).tolist() == [[3, 2, 0], [UNKNOWN, 2, 2], [0, 0, 0]]


def test_chinese_characters_are_words() -> None:
    assert words_of("红色T恤") == ["红", "色", "t", "恤"]


@given(st.lists(st.text(), max_size=4), st.integers(2, 20), st.integers(1, 8))
def test_every_text_fits_its_vocabulary(texts: list[str], most: int, length: int) -> None:
    words = Words.found_in(texts, most)
    tokens = words.tokens(texts, length)
    assert len(words) <= most
    assert tokens.shape == (len(texts), length)
    assert not tokens.numel() or 0 <= int(tokens.min()) <= int(tokens.max()) < len(words)
