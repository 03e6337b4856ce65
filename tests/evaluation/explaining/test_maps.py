"""A classifier that is known to look at one square: its maps lie there, pass their tests, and fail once it forgets."""

import pytest
import torch

from packshot.evaluation.explaining.faithfulness import area, chance, compare, curves, ground_of
from packshot.evaluation.explaining.looking import METHODS, beside, look
from packshot.evaluation.explaining.sanity import cascade, rank_correlation
from tests.evaluation.explaining.planted import SIDE, SQUARE, classifier, pictures
from tests.networks.members import make, off_zero

N = 32


@pytest.fixture(scope="module")
def planted():
    network = classifier()
    x, classes, truth = pictures(N, seed=99, classes=2)  # all of them with the square
    rows = torch.arange(N)
    assert float((network(x).argmax(1) == classes).float().mean()) > 0.95
    return network, x, truth, lambda x: network(x)[rows, classes], lambda x: network(x).softmax(1)[rows, classes]


def mass_on(truth, maps):
    """Share of each map's positive mass that lies on the square."""
    positive = maps.clamp(min=0)
    return (positive * truth).sum((1, 2)) / positive.sum((1, 2)).clamp(min=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_maps_lie_on_what_decides(planted, method):
    network, x, truth, logit, _ = planted
    found = look(network, logit, x, method=method)
    share = SQUARE**2 / SIDE**2  # 0.085 of the picture
    assert mass_on(truth, found.maps).median() > 4 * share
    highest = found.maps.flatten(1).argmax(1)
    assert truth.flatten(1)[torch.arange(N), highest].float().mean() > 0.9
    assert found.positive.min() == 0


def test_deletion_and_insertion_beat_every_order_that_knows_nothing(planted):
    network, x, _, logit, probability = planted
    found = look(network, logit, x)
    rows, lines = compare(probability, x, {"grad-cam": (found.maps, found.station.side)})
    by_name = {row.order: row for row in rows}
    ours = by_name.pop("grad-cam")
    assert set(by_name) == {chance(12), "random pixels", "centre", "edges"}
    assert all(ours.deletion < row.deletion and ours.insertion > row.insertion for row in by_name.values())
    assert ours.gap + 3 * ours.gap_error < 0
    assert ours.better > 0.75
    assert ours.n == N
    assert ours.whole > 0.9 > 0.5 > ours.bare
    assert lines["grad-cam"].deletion[0, 0] == lines["grad-cam"].insertion[0, -1]
    assert ours.deletion == pytest.approx(float(area(lines["grad-cam"].deletion)), abs=1e-5)


def test_maps_of_shuffled_weights_are_others_and_the_network_stays_as_it_was(planted):
    network, x, truth, logit, _ = planted
    station = look(network, logit, x).station
    before = {name: value.clone() for name, value in network.state_dict().items()}
    seen = []

    def maps():
        found = look(network, logit, x, station=station)
        seen.append(float(mass_on(truth, found.maps).median()))
        return found.coarse

    found = cascade(network, maps, lambda: network(x))
    assert found.shares[-1] == 1.0
    assert list(found.shares) == sorted(found.shares)
    assert abs(found.correlations[-1]) < 0.5
    assert seen[-1] < 0.5 * seen[0]
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_a_map_that_is_right_by_hand_has_the_areas_one_reckons():
    """The score is the share of pixels that are white; importance in the order of whiteness, then against it."""
    x = -torch.ones(1, 1, 8, 8)
    x[..., 2:6, 2:6] = 1  # a quarter, away from the border, whose mean is the ground
    score = lambda x: (x > 0).float().mean((1, 2, 3))  # noqa: E731
    best, worst = (curves(score, x, sign * x[:, 0], steps=8) for sign in (1, -1))
    assert ground_of(x).item() == -1
    assert area(best.deletion).item() == pytest.approx(0.25 * 0.25 / 2, abs=1e-6)
    assert area(worst.deletion).item() == pytest.approx(0.25 * (1 - 0.25 / 2), abs=1e-6)
    assert area(best.insertion).item() == pytest.approx(0.25 * (1 - 0.25 / 2), abs=1e-6)


def test_ties_go_by_lot_and_the_seed_decides_it():
    x = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    flat, score = torch.zeros(2, 8, 8), lambda x: x[:, 0, :4].mean((1, 2))
    once, again, other = (curves(score, x, flat, seed=seed).deletion for seed in (0, 0, 1))
    assert torch.equal(once, again)
    assert not torch.equal(once, other)
    top_first = curves(score, x, torch.linspace(1, 0, 8)[:, None].expand(2, 8, 8)).deletion
    assert (once - top_first).abs().max() > 0.05  # neither row by row


def test_rank_correlation_of_known_maps():
    a = torch.arange(12.0).view(1, 3, 4)
    maps = torch.cat([a, a, a])
    others = torch.cat([a**3, -a, torch.zeros_like(a)])
    assert rank_correlation(maps, others).tolist() == pytest.approx([1, -1, 0], abs=1e-9)


@pytest.mark.parametrize("name", ["progan-critic", "stylegan2-critic"])
def test_critics_that_compare_a_batch_get_the_same_company_for_every_picture(name):
    network = off_zero(make(name, condition_dim=0)).eval()
    generator = torch.Generator().manual_seed(0)
    x, companions = (torch.randn(n, 1, 14, 14, generator=generator).tanh() for n in (4, 3))
    score = beside(network, companions)
    torch.testing.assert_close(score(x), torch.cat([score(picture[None]) for picture in x]), rtol=1e-4, atol=1e-5)
    assert not torch.allclose(network(x)[:1], network(x[:1]), rtol=1e-4)
    torch.testing.assert_close(look(network, score, x).coarse[:1], look(network, score, x[:1]).coarse)
