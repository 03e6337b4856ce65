"""Style mixing: coarse from one picture, the rest from the other; a sheet of all; plain refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from packshot import checkpoint, networks
from packshot.errors import ParameterError
from packshot.imaging.picture import Picture
from packshot.models.mixing import mixed, mixing_sheet, mixing_side, mixing_sides
from packshot.models.sampling import Sampler

SMALL = {"size": 32, "z_dim": 8, "width": 8, "max_width": 16, "condition_dim": 2}


@pytest.fixture(scope="module")
def maker(tmp_path_factory: pytest.TempPathFactory) -> Sampler:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("mixing") / "style.safetensors"
    network = networks.build("stylegan2-generator", {**SMALL, "w_dim": 16})
    checkpoint.write(path, network, "stylegan2-generator", {"attributes": {"colour": ["blue", "red"]}})
    return Sampler(checkpoint.read(path))


def rgb(pictures: object) -> torch.Tensor:
    return torch.cat([picture.rgb for picture in pictures])  # type: ignore[attr-defined]


def test_every_picture_of_a_meets_every_one_of_b_in_order(maker: Sampler) -> None:
    both = rgb(mixed(maker, [1, 2], [3, 4, 5], 16))
    assert both.shape == (6, 3, 32, 32)
    assert torch.allclose(both[4], rgb(mixed(maker, [2], [4], 16))[0], atol=1e-5)
    assert len({picture.numpy().tobytes() for picture in both}) == 6


def test_a_picture_mixed_with_itself_is_itself_truncated_or_not(maker: Sampler) -> None:
    for truncation in (1.0, 0.5):
        (own,) = maker.pictures([7], truncation=truncation)
        assert torch.allclose(rgb(mixed(maker, [7], [7], 8, truncation=truncation)), own.rgb, atol=1e-5)


def test_the_later_the_other_takes_over_the_less_it_changes(maker: Sampler) -> None:
    own = rgb(maker.pictures(range(8)))
    others = list(range(20, 28))
    changed = []
    for side in mixing_sides(maker):
        made = rgb(picture for a, b in zip(range(8), others, strict=True) for picture in mixed(maker, [a], [b], side))
        changed.append(float((made - own).abs().mean()))
    assert mixing_sides(maker) == (8, 16, 32)
    assert changed[0] > changed[1] > changed[2] > 0


def test_the_sheet_shows_sources_at_the_edges_and_white_in_the_corner() -> None:
    def grey(value: float) -> Picture:
        return Picture(torch.full((1, 3, 4, 4), value))

    found = mixing_sheet([grey(0.1), grey(0.2)], [grey(0.5)], [grey(0.6), grey(0.7)]).rgb[0, 0]
    assert [float(found[2 + 6 * row, 2 + 6 * column]) for row in range(3) for column in range(2)] == pytest.approx(
        [1.0, 0.5, 0.1, 0.6, 0.2, 0.7]
    )


def test_the_side_is_the_middle_one_unless_it_is_named_and_others_are_refused(maker: Sampler, tmp_path: Path) -> None:
    assert mixing_side(maker) == 16
    for wrong in (4, 12, 64):
        with pytest.raises(ParameterError, match="mix-from: expected one of 8, 16, 32"):
            next(iter(mixed(maker, [0], [1], wrong)))
    path = tmp_path / "plain.safetensors"
    checkpoint.write(
        path, networks.build("dcgan-generator", SMALL), "dcgan-generator", {"attributes": {"c": ["a", "b"]}}
    )
    with pytest.raises(ParameterError, match="plain has no mapping to style codes"):
        mixing_side(Sampler(checkpoint.read(path)))
