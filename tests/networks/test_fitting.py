"""Every generator learns given pictures and every critic learns what is asked of it: their gradients are of use."""

import pytest
import torch
from torch.nn import functional as F

from tests.networks.members import CRITICS, GENERATORS, make

pytestmark = pytest.mark.slow

WIDER = {"width": 12, "max_width": 24}
CLASSES = torch.arange(8) % 4


def shapes():
    """Eight 14 px pictures: four patterns (disc, bars across, bars down, half), bright and dark."""
    y, x = torch.meshgrid(torch.arange(14.0), torch.arange(14.0), indexing="ij")
    disc = (x - 6.5).hypot(y - 6.5) < 4.5
    patterns = torch.stack([disc, y % 6 < 3, x % 6 < 3, y < 7]).float() * 2 - 1
    return torch.cat([0.9 * patterns, 0.4 * patterns])[:, None]


def given(network):
    """Condition (four classes) and, for networks of product information, tokens that say the same."""
    condition = F.one_hot(CLASSES, 4).float()
    return (condition, 1 + CLASSES[:, None]) if hasattr(network, "text") else (condition,)


def fit(network, loss_of, steps, rate):
    optimiser = torch.optim.Adam(network.parameters(), rate, betas=(0.5, 0.99))
    losses = []
    for _ in range(steps):
        loss = loss_of()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("name", GENERATORS)
def test_a_generator_learns_given_pictures(name):
    network = make(name, condition_dim=4, **WIDER)
    z = torch.randn(8, network.config.z_dim, generator=torch.Generator().manual_seed(3))
    losses = fit(network, lambda: F.mse_loss(network(z, *given(network)), shapes()), steps=60, rate=1e-2)
    assert losses[-1] < 0.25 * F.mse_loss(shapes().mean(0, keepdim=True).expand(8, -1, -1, -1), shapes())


@pytest.mark.parametrize("name", CRITICS)
def test_a_critic_learns_to_tell_real_from_noise_right_from_wrong_class_and_the_class(name):
    """Real pictures of their class score high; noise, and real pictures said to be of the next class, score low."""
    network = make(name, condition_dim=4, classes=[4], **WIDER)
    real, told = shapes(), given(network)
    noise = 0.6 * torch.randn(real.shape, generator=torch.Generator().manual_seed(4))
    wrong = tuple(t.roll(1, 0) for t in told)

    def loss():
        verdict = network.judge(real, *told)
        fake, mistold = network(noise, *told), network(real, *wrong)
        hinge = F.relu(1 - verdict.score).mean() + F.relu(1 + fake).mean() + F.relu(1 + mistold).mean()
        return hinge + F.cross_entropy(verdict.classes[0], CLASSES)

    losses = fit(network, loss, steps=60, rate=1e-2)
    assert losses[-1] < 0.4 * losses[0]
