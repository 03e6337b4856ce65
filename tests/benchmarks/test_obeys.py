"""What the benchmark of obedience measures by."""

from __future__ import annotations

import torch

from benchmarks.obeys import has_area, paint_distance, prompt_of

WANTED = {"category": "robot", "colour": "red", "material": "felt"}


def test_prompts_are_of_all_three_and_always_the_same():
    assert prompt_of(WANTED, "en", 3) == prompt_of(WANTED, "en", 3)
    assert "robot" in prompt_of(WANTED, "en", 3)
    assert "红" in prompt_of(WANTED, "zh", 3)


def test_paints_are_near_themselves_alone():
    assert paint_distance("red", "red") == 0
    assert paint_distance("red", "blue") > 30


def test_a_tenth_of_the_product_has_to_show_the_colour():
    photo = torch.full((3, 64, 64), 240, dtype=torch.uint8)
    photo[:, 20:44, 20:44] = torch.tensor([30, 60, 180], dtype=torch.uint8)[:, None, None]
    red, blue = torch.tensor([[0.77, 0.13, 0.12]]), torch.tensor([[30 / 255, 60 / 255, 180 / 255]])
    assert has_area(photo, blue)
    assert not has_area(photo, red)
    photo[:, 20:24, 20:44] = torch.tensor([196, 33, 31], dtype=torch.uint8)[:, None, None]  # a sixth
    assert has_area(photo, red)
    assert not has_area(torch.full((3, 64, 64), 128, dtype=torch.uint8), red)  # nothing there
