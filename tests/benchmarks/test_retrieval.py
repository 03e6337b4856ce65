"""The measures of retrieval, against figures worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.retrieval import area, bm25, by_chance, colours_of, prompt_of, recall


def test_recall_looks_among_the_best() -> None:
    scores = np.array([[0.9, 0.5, 0.1], [0.2, 0.3, 0.1]], np.float32)
    right = np.array([[False, True, False], [True, False, False]])
    assert recall(scores, right, 1).tolist() == [False, False]
    assert recall(scores, right, 2).tolist() == [True, True]


def test_chance_is_drawing_without_putting_back() -> None:
    right = np.array([[True, True, False, False, False]])
    assert by_chance(right, 1)[0] == pytest.approx(2 / 5)
    assert by_chance(right, 2)[0] == pytest.approx(1 - 3 / 5 * 2 / 4)
    assert by_chance(right, 4)[0] == pytest.approx(1)


def test_rare_words_count_more_and_chinese_goes_by_characters() -> None:
    scores = bm25(["red car", "木马"], ["red drum", "red red boat", "blue car", "木制小马", "塑料"])
    assert scores[0].argmax() == 2
    assert scores[1].argmax() == 3
    assert scores[0, 4] == 0


def test_area_counts_pairs_and_halves_ties() -> None:
    assert area(np.array([0.9, 0.8]), np.array([0.1, 0.2])) == 1
    assert area(np.array([0.5]), np.array([0.5, 0.9])) == pytest.approx(0.25)


def test_prompts_and_histograms() -> None:
    import torch

    assert prompt_of(("car", "red", "metal"), "en") == "red metal car"
    assert prompt_of(("car", "red", "metal"), "zh") == "红色金属小汽车"
    found = colours_of(torch.tensor([[[[0, 255]], [[0, 0]], [[0, 0]]]], dtype=torch.uint8))
    assert sorted(found[0][found[0] > 0].tolist()) == pytest.approx([0.5**0.5, 0.5**0.5])
