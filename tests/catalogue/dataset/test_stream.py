"""A pack as a stream: the same pictures at the same places, layers and columns together."""

import numpy as np
import pytest
import torch

from packshot.catalogue.dataset.order import Order
from packshot.catalogue.dataset.stream import Stream, mirrored
from packshot.catalogue.dataset.writing import PackWriter
from packshot.errors import ParameterError


@pytest.fixture
def pictures(tmp_path):
    with PackWriter(tmp_path / "pack", (4, 4), {"photo": 3, "matte": 1}) as writer:
        for i in range(10):
            photo = np.full((3, 4, 4), i, np.uint8)
            photo[:, :, 0] += 100
            writer.add({"sku": str(i), "category": "ab"[i % 2]}, {"photo": photo, "matte": photo[:1]})
    return writer.open()


def test_layers_and_columns_belong_together_and_places_repeat(pictures):
    codes = pictures.labels("category").codes
    stream = Stream(pictures, Order(np.arange(10), 1), layers={"image": "photo", "condition": "matte"},
                    columns={"label": codes}, change=mirrored)  # fmt: skip
    whole = stream.take(0, 30)
    again = Stream(pictures, Order(np.arange(10), 1), layers={"image": "photo"}, change=mirrored).take(0, 30)
    assert torch.equal(whole["image"], again["image"])
    number = whole["image"][:, 0, 0].min(1).values
    assert torch.equal(whole["label"], number.long() % 2)
    assert torch.equal(whole["image"][:, :1], whole["condition"])
    flipped = whole["image"][:, 0, 0, 0] < 100
    assert 5 < int(flipped.sum()) < 25
    assert pictures.layers["photo"][:, :, :, 0].min() >= 100  # the pack itself is untouched
    later = Stream(pictures, Order(np.arange(10), 1)).take(7, 5)["image"]
    assert torch.equal(later[:, 0, 0, 1], number[7:12])


def test_what_does_not_fit_is_refused(pictures):
    order = Order(np.arange(10))
    with pytest.raises(ParameterError, match="image: expected one of photo, matte; got 'depth'"):
        Stream(pictures, order, layers={"image": "depth"})
    with pytest.raises(ParameterError, match="label: expected 10 rows, got 3"):
        Stream(pictures, order, columns={"label": torch.zeros(3)})
