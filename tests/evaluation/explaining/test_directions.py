"""Directions: a planted attribute is found by the plane that parts codes; SeFa finds what weights stretch."""

from __future__ import annotations

import pytest
import torch

from packshot.errors import ParameterError
from packshot.evaluation.explaining.directions import sefa_axes, separating


def test_a_planted_attribute_is_found_through_what_hides_it() -> None:
    codes = torch.randn(400, 12, generator=torch.Generator().manual_seed(0)) * torch.linspace(0.2, 5, 12)
    truth = torch.zeros(12)
    truth[1], truth[7] = 0.8, -0.6  # also along a direction of small spread
    has = codes @ truth > 1
    found = separating(codes, has)
    assert float((found.directions[0] * truth).sum().abs()) > 0.97
    assert found.explained[0] > 0.95
    assert float(found.deviations[0]) == pytest.approx(float((codes @ found.directions[0]).std()), rel=1e-3)
    assert float((codes[has] @ found.directions[0]).mean()) > float((codes[~has] @ found.directions[0]).mean())


def test_sefa_orders_directions_by_what_weights_make_of_them() -> None:
    turned = torch.linalg.qr(torch.randn(5, 5, generator=torch.Generator().manual_seed(1))).Q
    weights = torch.randn(30, 5, generator=torch.Generator().manual_seed(2)).mul(0.01)
    weights[:5] += torch.diag(torch.tensor([5.0, 4, 3, 2, 1])) @ turned
    axes = sefa_axes(weights, 3)
    assert axes.directions.shape == (3, 5)
    for index in range(3):
        assert float((axes.directions[index] @ turned[index]).abs()) > 0.99
    assert list(axes.explained) == sorted(axes.explained, reverse=True)


@pytest.mark.parametrize("has", [torch.ones(4, dtype=torch.bool), torch.zeros(4, dtype=torch.bool)])
def test_both_kinds_are_needed(has: torch.Tensor) -> None:
    with pytest.raises(ParameterError, match="with and without the attribute"):
        separating(torch.randn(4, 3), has)
