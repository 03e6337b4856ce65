"""Directions in a space of codes, and walks along them.

Sources: Härkönen et al. 2020, "GANSpace", §2.1 (principal axes of style codes), §2.2 (where codes are plain noise:
principal components of something the network makes, brought back to the noise by least squares). White 2016, "Sampling
Generative Networks", §3.3 (an attribute's direction as a difference of mean codes).
Departures: brought back are the principal components of the pictures themselves, not of a layer. A walk replaces the
code's own coordinate along the direction instead of adding to it, so that it stays among codes the network knows.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from packshot.errors import ParameterError

REACH = 2.4  # standard deviations to either side


@dataclass(frozen=True)
class Axes:
    """mean `(d,)`; directions `(k, d)` of unit length; deviations `(k,)` of the codes along each.

    explained: what share of the codes' variance lies along each (principal axes of codes), or what share of the
    picture's component follows from the code linearly; empty for axes that were not found but drawn.
    """

    mean: Tensor
    directions: Tensor
    deviations: Tensor
    explained: tuple[float, ...] = ()


def random_axes(dim: int, count: int, seed: int = 0) -> Axes:
    """Directions of standard normal noise at right angles to each other, at most `dim` of them."""
    drawn = torch.randn(dim, min(count, dim), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    directions = torch.linalg.qr(drawn).Q.T.float()
    return Axes(torch.zeros(dim), directions, torch.ones(len(directions)))


def principal_axes(codes: Tensor, count: int) -> Axes:
    """Axes of largest variance of codes `(n, d)`, largest first. Raises ParameterError for fewer than two codes."""
    if len(codes) < 2:
        raise ParameterError(f"codes: expected at least 2, got {len(codes)}")
    x = codes.double()
    values, vectors = torch.linalg.eigh(torch.cov(x.T).reshape(x.shape[1], -1))
    values, vectors = values.flip(0)[:count].clamp(min=0), vectors.flip(1)[:, :count].T
    shares = values / torch.var(x, dim=0).sum().clamp(min=1e-12)
    return Axes(x.mean(0).float(), _signed(vectors).float(), values.sqrt().float(), tuple(shares.tolist()))


def moving_axes(noise: Tensor, pictures: Tensor, count: int) -> Axes:
    """Directions of noise `(n, d)` from N(0, 1) along which the principal components of its pictures grow fastest.

    pictures: `(n, …)`. n should be several times d. Raises ParameterError for fewer pictures than count + 1.
    """
    if len(pictures) <= count:
        raise ParameterError(f"pictures: expected more than {count}, got {len(pictures)}")
    x = pictures.flatten(1).double()
    x = x - x.mean(0)
    components = _components(x, count)
    z = noise.double()
    ridge = torch.eye(z.shape[1], dtype=z.dtype) * len(z) * 1e-3
    found = torch.linalg.solve(z.T @ z + ridge, z.T @ components).T  # (count, d)
    explained = 1 - (components - z @ found.T).square().mean(0)
    directions = _signed(found / found.norm(dim=1, keepdim=True).clamp(min=1e-12))
    return Axes(torch.zeros(z.shape[1]), directions.float(), torch.ones(count), tuple(explained.tolist()))


def walk(start: Tensor, axes: Axes, index: int, steps: int, reach: float = REACH) -> Tensor:
    """`(steps, d)`: the code `(1, d)` with its coordinate along one axis going from -reach to reach deviations."""
    direction, deviation = axes.directions[index], axes.deviations[index]
    at = torch.linspace(-reach, reach, steps)[:, None] * deviation
    own = (start - axes.mean) @ direction
    return start + (at - own[:, None]) * direction


def difference(codes: Tensor, has: Tensor) -> Tensor:
    """`(d, …)`: mean code with an attribute less the mean code without, from codes `(n, d, …)` and `(n,)` truths.

    Raises ParameterError unless both kinds are there.
    """
    if bool(has.all()) or not bool(has.any()):
        raise ParameterError(
            f"has: expected pictures with and without the attribute, got {int(has.sum())} of {len(has)}"
        )
    return codes[has].mean(0) - codes[~has].mean(0)


def _components(x: Tensor, count: int) -> Tensor:
    """The first principal components of centred rows `(n, p)`, each of unit variance: `(n, count)`."""
    if len(x) < x.shape[1]:
        found: Tensor = torch.linalg.eigh(x @ x.T).eigenvectors.flip(1)[:, :count] * len(x) ** 0.5
        return found
    along: Tensor = x @ torch.linalg.eigh(x.T @ x).eigenvectors.flip(1)[:, :count]
    return along / along.square().mean(0).sqrt().clamp(min=1e-12)


def _signed(directions: Tensor) -> Tensor:
    """The largest entry of each direction positive: the same axes give the same walks."""
    largest = directions.gather(1, directions.abs().argmax(1, keepdim=True))
    return directions * torch.where(largest < 0, -1.0, 1.0)
