"""tiles.py: local networks tile exactly, others blend without seams, and memory stays that of one tile."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional

from packshot.errors import ParameterError
from packshot.imaging.tiles import spans, tiled


class Encoder(nn.Module):
    """Stride 2 down and up again with a skip, then ×2 by pixel shuffle. Reach: 10 px of the input."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 6, 3, padding=1)
        self.down = nn.Conv2d(6, 8, 5, stride=2, padding=2)
        self.middle = nn.Conv2d(8, 8, 3, padding=1, padding_mode="reflect")
        self.up = nn.ConvTranspose2d(8, 6, 4, stride=2, padding=1)
        self.last = nn.Conv2d(6, 12, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        skip = torch.relu(self.first(x))
        deep = torch.relu(self.middle(torch.relu(self.down(skip))))
        return functional.pixel_shuffle(self.last(skip + self.up(deep)), 2)


def chain(*layers: nn.Module) -> nn.Module:
    return nn.Sequential(*layers).eval()


def conv(a: int, b: int, side: int = 3, **options) -> nn.Module:
    return nn.Conv2d(a, b, side, padding=side // 2, **options)


@pytest.fixture(scope="module")
def networks() -> dict[str, tuple[nn.Module, int, int, int | Fraction]]:
    """Name → network, reach in px, multiple, scale."""
    torch.manual_seed(0)
    return {
        "plain": (chain(conv(3, 8), nn.ReLU(), conv(8, 3, 5)), 3, 1, 1),
        "dilated": (chain(nn.Conv2d(3, 4, 3, padding=4, dilation=4), nn.ReLU(), conv(4, 2)), 5, 1, 1),
        "upscaling": (chain(conv(3, 12), nn.ReLU(), conv(12, 12), nn.PixelShuffle(2)), 2, 1, 2),
        "thrice": (chain(conv(3, 27), nn.PixelShuffle(3)), 1, 1, 3),
        "shrinking": (chain(nn.Conv2d(3, 4, 3, 2, 1), nn.ReLU(), nn.Conv2d(4, 4, 3, 2, 1)), 6, 4, Fraction(1, 4)),
        "encoder": (Encoder().eval(), 10, 2, 2),
    }


NAMES = ["plain", "dilated", "upscaling", "thrice", "shrinking", "encoder"]


def whole(network: nn.Module, x: Tensor, multiple: int, scale: int | Fraction) -> Tensor:
    """The network on the whole picture, padded by repetition to a multiple and cut back."""
    h, w = x.shape[2:]
    with torch.no_grad():
        y = network(functional.pad(x, (0, -w % multiple, 0, -h % multiple), mode="replicate"))
    return y[:, :, : int(h * scale), : int(w * scale)]


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=12, deadline=None)
@given(
    h=st.integers(7, 90), w=st.integers(7, 90), tile=st.integers(0, 40), extra=st.integers(0, 5), n=st.integers(1, 2)
)
def test_local_networks_equal_the_whole(networks, name, h, w, tile, extra, n):
    network, reach, multiple, scale = networks[name]
    x = torch.rand(n, 3, h, w, generator=torch.Generator().manual_seed(h * 100 + w))
    overlap = reach + extra
    least = 2 * (overlap + multiple) + multiple
    got = tiled(network, x, tile_px=least + tile, overlap_px=overlap, multiple=multiple, scale=scale)
    expected = whole(network, x, multiple, scale)
    assert got.shape == expected.shape
    assert (got - expected).abs().max() < 1e-5


@pytest.mark.parametrize("name", ["plain", "dilated", "upscaling", "encoder"])
def test_an_overlap_under_the_reach_shows(networks, name):
    """Otherwise the test above could not fail."""
    network, reach, multiple, scale = networks[name]
    x = torch.rand(1, 3, 80, 80)
    got = tiled(network, x, tile_px=32, overlap_px=max(0, reach - 2 * multiple), multiple=multiple, scale=scale)
    assert (got - whole(network, x, multiple, scale)).abs().max() > 1e-4


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 500), st.integers(1, 200), st.integers(0, 60), st.integers(1, 16))
def test_spans_cover_the_axis_once_with_room_on_both_sides(length, tile, overlap, multiple):
    try:
        axis = spans(length, tile, overlap, multiple)
    except ParameterError:
        assert tile // multiple * multiple - 2 * -(-overlap // multiple) * multiple < multiple
        return
    end = -(-length // multiple) * multiple
    assert [s.first for s in axis] == [0] + [s.last for s in axis[:-1]]
    assert axis[-1].last == end
    assert len({s.stop - s.start for s in axis}) == 1
    for span in axis:
        assert span.stop - span.start <= tile or len(axis) == 1
        assert span.start % multiple == 0 == span.first % multiple
        assert 0 <= span.start <= span.first < span.last <= span.stop <= end
        assert span.start == 0 or span.first - span.start >= overlap
        assert span.stop == end or span.stop - span.last >= overlap


def test_no_tile_is_larger_than_asked_and_all_are_alike(networks):
    seen = set()

    def watched(x: Tensor) -> Tensor:
        seen.add(tuple(x.shape))
        return x

    x = torch.rand(1, 3, 203, 150)
    done = []
    assert torch.equal(tiled(watched, x, tile_px=66, overlap_px=9, multiple=4, progress=lambda *p: done.append(p)), x)
    assert seen == {(1, 3, 64, 64)}
    assert done == [(i + 1, len(done)) for i in range(len(done))]


def test_a_network_that_looks_too_far_is_blended_without_seams():
    """Each tile is darkened by an amount of its own, as a network with global statistics does."""

    def moody(x: Tensor) -> Tensor:
        return x * (0.9 + 0.1 * torch.sin(1000 * x.double().mean()).float())

    row = torch.linspace(0.2, 0.9, 160) ** 2
    smooth = (row[:, None] * row.flip(0))[None, None]
    hard, soft = (tiled(moody, smooth, tile_px=64, overlap_px=16, blend=blend) for blend in (False, True))
    seam = [float((y - smooth).diff(dim=3).abs().max()) for y in (hard, soft)]
    assert seam[0] > 0.01, "the tiles must differ for this test to mean anything"
    assert seam[1] < seam[0] / 8


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 130), st.integers(1, 130), st.integers(20, 70), st.integers(0, 9), st.sampled_from([1, 2, 4]))
def test_blending_weights_add_up_to_one(h, w, tile, overlap, scale):
    x = torch.rand(1, 2, h, w)

    def upscaled(tile: Tensor) -> Tensor:
        return tile.repeat_interleave(scale, 2).repeat_interleave(scale, 3)

    got = tiled(upscaled, x, tile_px=max(tile, 2 * overlap + 2), overlap_px=overlap, scale=scale, blend=True)
    assert (got - upscaled(x)).abs().max() < 1e-6


@pytest.mark.parametrize("blend", [False, True])
def test_results_stream_into_a_memory_map(tmp_path, networks, blend):
    network, reach, multiple, scale = networks["encoder"]
    np.save(tmp_path / "in.npy", torch.rand(1, 3, 120, 90).numpy())
    x = torch.from_numpy(np.load(tmp_path / "in.npy", mmap_mode="r+"))
    out = np.lib.format.open_memmap(tmp_path / "out.npy", "w+", np.float32, (1, 3, 240, 180))
    out[:] = 7  # whatever was there must not matter
    tiled(network, x, tile_px=48, overlap_px=reach, multiple=multiple, scale=scale, blend=blend, into=out)
    out.flush()
    expected = whole(network, x, multiple, scale)
    assert np.abs(np.load(tmp_path / "out.npy") - expected.numpy()).max() < (0.05 if blend else 1e-5)


def test_gradients_are_not_kept(networks):
    assert not tiled(networks["plain"][0], torch.rand(1, 3, 40, 40), tile_px=20, overlap_px=3).requires_grad


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"tile_px": 16, "overlap_px": 8}, "tile_px"),
        ({"tile_px": 16, "overlap_px": -1}, "overlap_px"),
        ({"tile_px": 16, "overlap_px": 2, "multiple": 0}, "multiple"),
        ({"tile_px": 16, "overlap_px": 2, "scale": Fraction(1, 2)}, "multiple"),
        ({"tile_px": 16, "overlap_px": 2, "scale": 2}, "function"),
        ({"tile_px": 16, "overlap_px": 2, "into": torch.zeros(1, 3, 40, 41)}, "into"),
    ],
)
def test_what_cannot_work_is_refused_by_name(options, name):
    with pytest.raises(ParameterError, match=name):
        tiled(lambda x: x, torch.rand(1, 3, 40, 40), **options)
