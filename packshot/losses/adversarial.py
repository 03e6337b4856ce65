"""What a critic and a generator minimise against each other; one pair of functions per paper.

All functions take logits `real` and `fake`, each `(n,)`, and give a scalar mean; a generator's function ignores `real`
unless its pair is relativistic. σ is the logistic function, softplus(x) = log(1 + eˣ) = −log σ(−x).

| name | source |
|---|---|
| minimax | Goodfellow et al. 2014, eq. 1; its generator minimises E[log(1 − D(G(z)))] |
| non-saturating | Goodfellow et al. 2014, §3: the generator maximises E[log D(G(z))] |
| least-squares | Mao et al. 2017, eq. 9 (a = 0, b = c = 1) |
| hinge | Lim & Ye 2017, Miyato et al. 2018, eqs. 16, 17 |
| wasserstein | Arjovsky et al. 2017, eq. 2, algorithm 1; the critic clipped, penalised or normalised |
| relativistic | Jolicoeur-Martineau 2019, §4.1; Huang et al. 2024, eq. 2: f = softplus, one fake to one real |
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor
from torch.nn import functional as F


def minimax_critic(real: Tensor, fake: Tensor, smoothing: float = 0.0) -> Tensor:
    """−E[log σ(real)] − E[log(1 − σ(fake))]; also the critic of the non-saturating pair.

    smoothing in [0, 1): the real target is 1 − smoothing, the fake one stays 0 (Salimans et al. 2016, §3.4).
    """
    return ((1 - smoothing) * F.softplus(-real) + smoothing * F.softplus(real)).mean() + F.softplus(fake).mean()


def minimax_generator(real: Tensor | None, fake: Tensor) -> Tensor:
    """E[log(1 − σ(fake))]: bounded above by 0, flat where the critic wins."""
    return -F.softplus(fake).mean()


def non_saturating_generator(real: Tensor | None, fake: Tensor) -> Tensor:
    """−E[log σ(fake)]."""
    return F.softplus(-fake).mean()


def least_squares_critic(real: Tensor, fake: Tensor, smoothing: float = 0.0) -> Tensor:
    """½E[(real − (1 − smoothing))²] + ½E[fake²]."""
    return 0.5 * (real - 1 + smoothing).square().mean() + 0.5 * fake.square().mean()


def least_squares_generator(real: Tensor | None, fake: Tensor) -> Tensor:
    """½E[(fake − 1)²]."""
    return 0.5 * (fake - 1).square().mean()


def hinge_critic(real: Tensor, fake: Tensor) -> Tensor:
    """E[max(0, 1 − real)] + E[max(0, 1 + fake)]."""
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def hinge_generator(real: Tensor | None, fake: Tensor) -> Tensor:
    """−E[fake]; also the generator of the Wasserstein pair."""
    return -fake.mean()


def wasserstein_critic(real: Tensor, fake: Tensor) -> Tensor:
    """E[fake] − E[real], minus the estimated distance."""
    return fake.mean() - real.mean()


def relativistic_critic(real: Tensor, fake: Tensor) -> Tensor:
    """E[softplus(fake − real)], pair by pair: real and fake have the same length."""
    return F.softplus(fake - real).mean()


def relativistic_generator(real: Tensor | None, fake: Tensor) -> Tensor:
    """E[softplus(real − fake)], pair by pair."""
    assert real is not None, "the relativistic generator compares with reals"
    return F.softplus(real - fake).mean()


class Pair(NamedTuple):
    """critic(real, fake) and generator(real or None, fake); needs_real: the generator's loss depends on the reals."""

    critic: Callable[..., Tensor]
    generator: Callable[[Tensor | None, Tensor], Tensor]
    needs_real: bool = False


PAIRS = {
    "minimax": Pair(minimax_critic, minimax_generator),
    "non-saturating": Pair(minimax_critic, non_saturating_generator),
    "least-squares": Pair(least_squares_critic, least_squares_generator),
    "hinge": Pair(hinge_critic, hinge_generator),
    "wasserstein": Pair(wasserstein_critic, hinge_generator),
    "relativistic": Pair(relativistic_critic, relativistic_generator, needs_real=True),
}


def feature_matching(real: Tensor, fake: Tensor) -> Tensor:
    """‖E f(x) − E f(G(z))‖² of features `(n, f)` (Salimans et al. 2016, §3.1), divided by f."""
    return (real.mean(0) - fake.mean(0)).square().mean()
