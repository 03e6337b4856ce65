"""Tensors in memory-mapped files: values stay, memory goes, and a Picture takes them."""

import pytest
import torch

from packshot.errors import PictureError
from packshot.imaging import mapped
from packshot.imaging.picture import Picture


def test_small_ones_are_ordinary_and_large_ones_lie_in_a_file(monkeypatch):
    assert not mapped.is_mapped(mapped.empty(1, 3, 4, 5))
    monkeypatch.setattr(mapped, "LARGE_BYTES", 100)
    large = mapped.empty(1, 3, 40, 50)
    assert mapped.is_mapped(large)
    assert float(large.abs().max()) == 0
    values = torch.rand(1, 3, 40, 50)
    large.copy_(values)
    mapped.release(large)
    assert torch.equal(large, values)
    mapped.release(values)  # nothing happens


def test_a_picture_takes_a_mapped_tensor_and_checks_all_of_it(monkeypatch):
    monkeypatch.setattr(mapped, "LARGE_BYTES", 100)
    large = mapped.empty(1, 3, 1300, 2)
    assert Picture(large).rgb is large
    large[0, 1, 1299, 1] = 2
    with pytest.raises(PictureError, match=r"rgb: expected values in \[0, 1\], got \[0, 2\]"):
        Picture(large)
    large[0, 1, 1299, 1] = float("nan")
    with pytest.raises(PictureError, match="rgb"):
        Picture(large)
