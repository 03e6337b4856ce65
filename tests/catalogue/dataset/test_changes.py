"""Changes of a batch: layers stay together, labels that a change makes doubtful become unknown."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from packshot.catalogue.dataset.changes import in_turn, recoloured, regrounded, shifted, turned


def batch_of(n=40, side=24):
    g = torch.Generator().manual_seed(0)
    image = torch.randint(0, 256, (n, 3, side, side), generator=g, dtype=torch.uint8)
    matte = torch.zeros(n, 1, side, side, dtype=torch.uint8)
    matte[:, :, 8:16, 8:16] = 255
    return {"image": image, "matte": matte, "label": torch.zeros(n, 3, dtype=torch.int64)}


def generator(seed=1):
    return torch.Generator().manual_seed(seed)


@given(st.integers(0, 2**32))
def test_shifted_moves_layers_alike_by_whole_pixels(seed):
    batch = batch_of(4)
    batch["matte"] = batch["image"][:, :1].clone()
    moved = shifted(batch, generator(seed))
    assert torch.equal(moved["matte"], moved["image"][:, :1])
    for before, after in zip(batch["image"], moved["image"], strict=True):
        inner = after[:, 4:-4, 4:-4]
        places = [(y, x) for y in range(-2, 3) for x in range(-2, 3)]
        assert any(torch.equal(inner, before[:, 4 + y : 20 + y, 4 + x : 20 + x]) for y, x in places)


def test_turned_keeps_every_pixel_and_turns_layers_alike():
    batch = batch_of()
    batch["matte"] = batch["image"][:, :1].clone()
    other = turned(batch, generator(), p=0.6)
    assert torch.equal(other["matte"], other["image"][:, :1])
    found = [[torch.equal(torch.rot90(b, k, (1, 2)), a) for k in range(4)].index(True)
             for b, a in zip(batch["image"], other["image"], strict=True)]  # fmt: skip
    assert set(found) == {0, 1, 2, 3}
    assert 8 < found.count(0) < 25


def test_regrounded_leaves_the_product_alone():
    batch = batch_of()
    other = regrounded(batch, generator(), p=0.5)["image"]
    inside, outside = (batch["matte"] == v for v in (255, 0))
    same = other == batch["image"]
    assert same[inside.expand_as(same)].all()
    changed = ~(same | ~outside).flatten(1).all(1)
    assert 8 < int(changed.sum()) < 32
    unknown = {**batch, "matte": torch.zeros_like(batch["matte"])}
    assert torch.equal(regrounded(unknown, generator(), p=1.0)["image"], batch["image"])


def test_recoloured_forgets_what_the_colour_told():
    batch = batch_of()
    other = recoloured([1, 2], p=0.5)(batch, generator())
    changed = (other["image"] != batch["image"]).flatten(1).any(1)
    assert 8 < int(changed.sum()) < 32
    assert torch.equal(other["label"][:, 1] == -1, changed)
    assert torch.equal(other["label"][:, 2] == -1, changed)
    assert (other["label"][:, 0] == 0).all()
    assert (batch["label"] == 0).all()  # the columns of the pack are untouched
    assert torch.equal(other["image"].sort(1).values, batch["image"].sort(1).values)


def test_changes_in_turn_repeat_from_the_generator_alone():
    change = in_turn([shifted, regrounded, recoloured([1])])
    assert change is not None
    one, same, other = (change(batch_of(), generator(seed))["image"] for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert in_turn([]) is None


def test_grounds_need_mattes():
    with pytest.raises(KeyError, match="matte"):
        regrounded({"image": batch_of()["image"]}, generator())
