"""Byte pieces: every text comes back, the same texts give the same pieces, and what nobody can mean is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.catalogue.dataset.tokens import BYTES, FIRST, PADDING, START, Tokens, checked, plain
from packshot.errors import ParameterError

TEXTS = ["Red wooden car", "A red car, made of wood", "红色木质小汽车", "红色小汽车 木质玩具"] * 3
LEARNED = Tokens.found_in(TEXTS, 320)


@given(st.text())
def test_every_text_comes_back_in_its_plain_form(text: str) -> None:
    readable = plain(text).encode("utf-8", errors="replace").decode()
    assert LEARNED.text(LEARNED.numbers(text)) == readable


def test_pieces_are_learned_the_same_every_time_and_in_any_order_of_equal_texts() -> None:
    assert Tokens.found_in(TEXTS, 320).names == LEARNED.names
    assert Tokens.found_in(reversed(TEXTS), 320).names == LEARNED.names
    assert Tokens(LEARNED.names).numbers("red car 红色") == LEARNED.numbers("red car 红色")


def test_common_words_and_characters_become_one_piece() -> None:
    assert [LEARNED.text([n]) for n in LEARNED.numbers("a red car 红色")] == ["a", " red", " car", " ", "红", "色"]
    assert len(LEARNED) <= 320
    assert len(Tokens.found_in([], 320)) == FIRST + len(BYTES)


def test_rows_begin_with_start_and_are_cut_or_padded() -> None:
    rows = LEARNED.tokens(["red", "red red red red red red"], 4)
    assert rows.tolist()[0][0] == START
    assert rows.tolist()[0][2:] == [PADDING, PADDING]
    assert (rows[1] != PADDING).all()


def test_no_piece_joins_letters_with_signs_or_two_characters() -> None:
    for name in LEARNED.names[256:]:
        piece = name.encode("latin-1").decode("utf-8", errors="ignore").strip()
        assert len(piece) <= 1 or piece.isalpha()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        (" \n ", "is empty"),
        ("x" * 10_001, "10,000"),
        ("red\x00car", r"U\+0000 at place 4"),
        ("\ud800", r"U\+D800"),
    ],
)
def test_texts_that_nobody_can_mean_are_refused(text: str, told: str) -> None:
    with pytest.raises(ParameterError, match=told):
        checked(text)


def test_a_long_text_of_signs_is_read() -> None:
    assert checked("🙂 " * 5000)
    assert len(LEARNED.tokens(["🙂 " * 5000], 64)[0]) == 64


def test_a_damaged_vocabulary_is_refused() -> None:
    for names in (["a"], [*LEARNED.names[:256], "红"], [*LEARNED.names[:256], "a"]):
        with pytest.raises(ParameterError, match="words"):
            Tokens(names)
