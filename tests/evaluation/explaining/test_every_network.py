"""One ruler for every network of the table: watched from outside, its files untouched."""

import pytest
import torch

from packshot import networks
from packshot.errors import ParameterError
from packshot.evaluation.explaining.looking import METHODS, choose, look
from packshot.evaluation.explaining.watching import levels, stations, watch
from tests.networks.members import CRITICS, GENERATORS, TINY, everything, inputs, make, off_zero

SCORING = [*CRITICS, "star-discriminator"]
CLASSIFIERS = [name for name, config in TINY.items() if "classes" in config and name not in SCORING]
MADE_OF_NETWORKS = ("clip", "two-way-translator", "scale-discriminator")  # their parts are not looked into


def score_of(name, network, arguments):
    """The critic's score, or the logit of class 1 of the first attribute."""
    _, *rest = arguments
    return (lambda x: network(x, *rest)) if name in SCORING else (lambda x: network(x)[0][:, 1])


@pytest.mark.parametrize("name", networks.TABLE)
def test_maps_are_seen_and_nothing_is_left_behind(name):
    network = off_zero(make(name)).eval()
    arguments = inputs(name, network, 2)
    truth = everything(name, network, arguments)
    output, layers = watch(network, lambda: everything(name, network, arguments))
    assert all(map(torch.equal, output, truth))
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in network.modules())
    plain = not any(isinstance(module, torch.nn.modules.conv._ConvNd) for module in network.modules())
    if plain or name in MADE_OF_NETWORKS:
        with pytest.raises(ParameterError, match="maps"):
            levels(layers)
    else:
        assert levels(layers)
        assert all(len(layer.output) == 2 for layer in layers)


@pytest.mark.parametrize("name", GENERATORS)
def test_a_generator_shows_every_side_up_to_its_picture(name):
    network = off_zero(make(name)).eval()
    _, layers = watch(network, lambda: network(*inputs(name, network, 1)))
    sides = [layer.side for layer in levels(layers)]
    assert {7, 14 if name != "dcgan-generator" else 7} <= set(sides)  # DCGAN's last layer is the picture


@pytest.mark.parametrize(
    ("name", "method"),
    [(n, m) for n in [*SCORING, *CLASSIFIERS] for m in METHODS if (n, m) != ("inception", "grad-cam")],
)
def test_every_critic_and_classifier_tells_where_it_looks(name, method):
    network = off_zero(make(name)).eval()
    arguments = inputs(name, network, 2)
    score, x = score_of(name, network, arguments), arguments[0]
    found = look(network, score, x, method=method)
    assert found.coarse.shape == (2, found.station.side, found.station.side)
    assert found.maps.shape == (2, *x.shape[2:])
    assert found.coarse.isfinite().all()
    assert all(float(m.std()) > 0 for m in found.coarse)
    assert all(p.grad is None for p in network.parameters())
    if name not in ("progan-critic", "stylegan2-critic"):  # these compare the pictures of a batch
        alone = look(network, score_of(name, network, [a[:1] for a in arguments]), x[:1], method=method)
        torch.testing.assert_close(alone.coarse, found.coarse[:1], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", [*SCORING, *CLASSIFIERS])
def test_all_of_the_score_passes_through_every_station(name):
    """Where the map of a station is held still, the picture no longer matters."""
    network = off_zero(make(name, **({"size": 28} if name in CRITICS else {}))).eval()
    arguments = inputs(name, network, 2)
    score, x = score_of(name, network, arguments), arguments[0]
    found = stations(network, score, x)
    assert len({station.side for station in found}) > 1
    assert choose(found, "grad-cam") == found[-1]
    assert choose(found, "hires-cam").side >= 7
    for station in found:
        kept = watch(network, lambda: score(x))[1][station.place].output
        handle = network.get_submodule(station.name).register_forward_hook(lambda *_, kept=kept: kept)
        torch.testing.assert_close(score(x.flip(3) * 0.3), score(x))
        handle.remove()


def test_a_network_without_maps_says_so():
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(48, 1), torch.nn.Flatten(0))
    with pytest.raises(ParameterError, match="expected a block with maps"):
        look(network, network, torch.rand(2, 3, 4, 4))
    with pytest.raises(ParameterError, match="method"):
        look(network, network, torch.rand(2, 3, 4, 4), method="magic")
