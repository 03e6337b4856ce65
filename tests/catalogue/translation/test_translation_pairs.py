"""Drawings by an unsteady hand, products on paper, pairs: exact where they must be, the same from seed and place."""

import torch

from packshot.catalogue.translation import drawings, grounds
from packshot.catalogue.translation.paired import paired


def scene(n: int = 6, side: int = 32) -> tuple[torch.Tensor, torch.Tensor]:
    """Grey boxes with a darker half in front of red: photographs in [0, 1], layouts."""
    layout = torch.zeros(n, 1, side, side, dtype=torch.uint8)
    layout[:, :, 8:24, 8:16] = 1
    layout[:, :, 8:24, 16:24] = 2
    photo = torch.zeros(n, 3, side, side)
    photo[:, 0] = 1.0
    for part, shade in ((1, 0.5), (2, 0.2)):
        photo = torch.where(layout == part, torch.full_like(photo, shade), photo)
    return photo, layout


def test_an_exact_drawing_is_one_pixel_wide_and_on_the_borders() -> None:
    photo, layout = scene(1)
    ink = drawings.exact(photo, layout)
    assert set(ink.unique().tolist()) == {0.0, 1.0}
    assert ink[0, 0, 16].nonzero().flatten().tolist() == [8, 16, 24]


def test_drawn_lines_lie_near_the_borders_and_differ_from_hand_to_hand() -> None:
    photo, layout = scene(24)
    ink = drawings.drawn(photo, layout, torch.Generator().manual_seed(0))
    again = drawings.drawn(photo, layout, torch.Generator().manual_seed(0))
    assert torch.equal(ink, again)
    assert ink.min() >= 0
    assert ink.max() <= 1
    exact = drawings.exact(photo, layout)
    near = torch.nn.functional.max_pool2d(exact, 11, 1, 5)
    assert (ink * (1 - near)).sum() < 0.02 * ink.sum()
    outline = drawings.exact(photo, (layout > 0).to(torch.uint8))
    around = torch.nn.functional.max_pool2d(ink, 7, 1, 3)
    assert ((around > 0.3) & (outline > 0)).sum() > 0.75 * outline.sum()  # never left out, only broken
    inner = ink[:, :, 12:20, 13:20].amax((1, 2, 3))
    assert 2 <= int((inner < 0.3).sum()) <= 18  # the inner border is, in some
    share = ink.mean((1, 2, 3))
    assert share.max() > 1.6 * share.min()  # thick and thin


def test_a_product_on_paper_keeps_its_colours_and_loses_its_ground() -> None:
    photo, layout = scene(2)
    matte = (layout > 0).float()
    made = grounds.on_white(photo, matte)
    inside = matte.expand_as(made) > 0
    assert torch.equal(made[inside], photo[inside])
    red, rest = made[:, 0], made[:, 1]
    outside = matte[:, 0] == 0
    assert torch.equal(red[outside], rest[outside])  # nothing of the red ground is left
    paper = made[:, 0]
    assert paper[:, 0].min() > 0.9
    assert paper[:, 25, 16].max() < paper[:, 25, 0].min()  # the shadow under it
    empty = grounds.on_white(photo, torch.zeros_like(matte))
    assert empty.min() > 0.9


def test_the_edge_of_a_product_does_not_keep_its_old_ground() -> None:
    photo, layout = scene(1)
    matte = torch.nn.functional.avg_pool2d((layout > 0).float(), 3, 1, 1)
    mixed = matte * torch.full_like(photo, 0.3) + (1 - matte) * photo.new_tensor([1.0, 0, 0]).view(1, 3, 1, 1)
    made = grounds.on_white(mixed, matte)
    assert (made[:, 0] - made[:, 1]).abs().max() < 0.02


def test_pairs_follow_from_seed_and_layers_stay_together() -> None:
    photo, layout = scene(16)
    batch = {"image": (photo * 255).byte(), "layout": layout, "matte": (layout > 0).byte() * 255}
    change = paired("layout", "white")
    first, second = (change(dict(batch), torch.Generator().manual_seed(3)) for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert set(first["beside"].unique().tolist()) == {0, 1, 2}
    dark = first["image"].float().mean(1, keepdim=True) < 0.75 * 255
    apart = dark != (first["beside"] > 0)
    assert apart.float().mean() < 0.05  # shadow and resampled edges
    assert len({tuple(b.nonzero()[:, 1].unique().tolist()) for b in first["beside"]}) > 3  # some are moved
