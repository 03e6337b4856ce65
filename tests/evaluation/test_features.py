"""Figures of whole sets: 8-bit rounding, honest names, and the order of a good, a poor and a copying generator."""

from __future__ import annotations

import pytest
import torch

from packshot.errors import ParameterError
from packshot.evaluation.features import compare_sets, features_of


class Pooled:
    def features(self, x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.adaptive_avg_pool2d(x, 2).flatten(1)


def noise(n: int, seed: int, shift: float = 0.0) -> torch.Tensor:
    return torch.randn(n, 1, 4, 4, generator=torch.Generator().manual_seed(seed)) * 0.2 + shift


def test_floats_are_seen_as_the_8_bits_of_a_file() -> None:
    x = noise(7, 0)
    as_bytes = ((x.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    assert torch.allclose(features_of(Pooled(), [x]), features_of(Pooled(), [as_bytes]), atol=1e-6)
    assert features_of(Pooled(), [x, x[:2]]).shape == (9, 4)


def test_no_picture_is_refused() -> None:
    with pytest.raises(ParameterError, match="at least one batch"):
        features_of(Pooled(), [])


def test_worse_sets_score_worse_and_copies_are_told() -> None:
    features = {
        k: features_of(Pooled(), [v])
        for k, v in {
            "train": noise(600, 0),
            "real": noise(600, 1),
            "good": noise(600, 2),
            "poor": noise(600, 3, 0.15),
        }.items()
    }
    good = compare_sets("pooled", features["real"], features["good"], features["train"])
    poor = compare_sets("pooled", features["real"], features["poor"], features["train"])
    copy = compare_sets("pooled", features["real"], features["train"] + 1e-4, features["train"])
    assert good.frechet < 0.2 * poor.frechet
    assert good.kernel < poor.kernel
    assert good.coverage > poor.coverage
    assert copy.copying is not None
    assert good.copying is not None
    assert copy.copying < -5 < good.copying
    assert copy.duplicates > 0.9


def test_a_row_never_says_fid() -> None:
    features = features_of(Pooled(), [noise(50, 0)])
    row = compare_sets("pooled", features, features).row()
    assert {"FD-pooled", "KD-pooled", "real", "generated"} <= set(row)
    assert not [name for name in row if "FID" in name or "KID" in name]
    assert "copying" not in row
