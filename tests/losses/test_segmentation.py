"""Losses of segmentation: where they are 0, how they rank, that they weigh edges, several classes."""

import pytest
import torch

from packshot.losses import segmentation as loss


def square(left=4, side=16):
    truth = torch.zeros(1, 1, side, side)
    truth[..., 4:12, left : left + 8] = 1
    return truth


def both(truth, logits, strength=0.0):
    weights = loss.edge_weights(truth, strength)
    return loss.cross_entropy(truth, logits, weights), loss.lost_overlap(truth, logits.sigmoid(), weights)


def test_what_is_right_costs_nothing_and_nearer_costs_less():
    truth = square()
    perfect, near, far = (both(truth, 40 * (square(left) - 0.5)) for left in (4, 5, 8))
    assert all(0 <= float(x) < 1e-4 for x in perfect)
    assert all(a < b < c for a, b, c in zip(perfect, near, far, strict=True))
    empty = torch.zeros_like(truth)
    assert all(float(x) < 1e-4 for x in both(empty, empty - 40))
    assert float(both(empty, empty + 40)[1]) > 0.9


def test_opacity_is_learned_as_it_is():
    """The entropy of the opacity is taken off: logits of the opacity itself cost 0, and nothing costs less."""
    truth = torch.full((1, 1, 8, 8), 0.3)
    right = torch.logit(truth)
    weights = loss.edge_weights(truth, 0.0)
    assert float(loss.cross_entropy(truth, right, weights)) == pytest.approx(0, abs=1e-6)
    assert float(loss.cross_entropy(truth, right + 0.5, weights)) > 0.005


def test_edges_weigh_more():
    weights = loss.edge_weights(square(side=16), 4.0)
    assert weights.min() >= 1
    assert weights[0, 0, 4, 8] > weights[0, 0, 0, 0]
    inside, edge = square().clone(), square().clone()
    inside[..., 8, 8], edge[..., 4, 8] = 0, 0
    wide = torch.nn.functional.pad(square(), (40, 40, 40, 40))
    assert loss.edge_weights(wide, 4.0)[0, 0, 0, 0] == 1
    plain = [float(both(square(), 40 * (x - 0.5))[1]) for x in (inside, edge)]
    heavy = [float(both(square(), 40 * (x - 0.5), 4.0)[1]) for x in (inside, edge)]
    assert plain[0] == pytest.approx(plain[1], rel=1e-4)
    assert heavy[1] > heavy[0]


def test_several_classes():
    truth = torch.tensor([[[0, 1, 2, -1]]])
    right = torch.full((1, 4, 1, 4), -20.0)
    for column, number in enumerate((0, 1, 2, 3)):
        right[0, number, 0, column] = 20.0
    assert float(loss.classes_cross_entropy(truth, right)) < 1e-6
    assert float(loss.classes_lost_overlap(truth, right)) < 1e-4
    wrong = right.roll(1, 1)
    assert float(loss.classes_lost_overlap(truth, wrong)) > 0.95
    nothing = torch.full_like(truth, -1)
    assert float(loss.classes_cross_entropy(nothing, right)) == 0
    right.requires_grad_()
    (loss.classes_cross_entropy(truth, right) + loss.classes_lost_overlap(truth, right)).backward()
    assert right.grad is not None
    assert not right.grad[..., 3].any()  # what is not known teaches nothing
