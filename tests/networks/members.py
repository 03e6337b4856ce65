"""A tiny config and an input for every network of the table, for the ruler."""

from dataclasses import fields

import torch
from torch import nn

from packshot import networks

GAN = {"channels": 1, "size": 28, "width": 4, "max_width": 8, "condition_dim": 3}
TINY = {
    "unet": {"width": 4, "depth": 2},
    "features": {"width": 4, "classes": [3, 2]},
    "dcgan-generator": {**GAN, "z_dim": 5},
    "dcgan-critic": {**GAN, "classes": [3, 2]},
    "r3gan-generator": {**GAN, "z_dim": 5, "blocks": 1, "group_size": 4, "embed_dim": 3},
    "r3gan-critic": {**GAN, "blocks": 1, "group_size": 4, "classes": [3, 2]},
    "vae": {**GAN, "latent_dim": 3},
}
GENERATORS = [name for name in networks.TABLE if name.endswith("-generator")]
CRITICS = [name for name in networks.TABLE if name.endswith("-critic")]
SIZES = (28, 32)
LEAST_IS_ZERO = ("depth", "condition_dim", "group_size")  # entries that may be 0
BATCH_MATTERS: tuple[str, ...] = ()  # critics that look at a batch as a whole


def make(name, **entries):
    torch.manual_seed(0)
    return networks.build(name, {**TINY[name], **entries})


def inputs(name, network, n, seed=0, side=16):
    """Positional inputs of n rows; row i is the same for every n."""
    config = network.config
    rows = [_row(name, config, torch.Generator().manual_seed(seed + 100 * i), side) for i in range(n)]
    return tuple(torch.stack(column) for column in zip(*rows, strict=True))


def _row(name, config, generator, side):
    def normal(*shape):
        return torch.randn(*shape, generator=generator)

    side = getattr(config, "size", side)
    channels = config.channels_in if hasattr(config, "channels_in") else config.channels
    first = normal(config.z_dim) if name.endswith("-generator") else normal(channels, side, side).tanh()
    row = [first]
    if getattr(config, "condition_dim", 0):
        row.append(normal(config.condition_dim))
    if name == "vae":
        row.append(normal(config.latent_dim))
    return row


def tensors(output):
    """Every tensor of an output, in order."""
    if isinstance(output, torch.Tensor):
        return [output]
    parts = output if isinstance(output, tuple) else [getattr(output, f.name) for f in fields(output)]
    return [t for part in parts for t in tensors(part)]


def everything(name, network, arguments):
    """All that a network gives from one input, as a list of tensors."""
    return tensors(network.judge(*arguments) if name in CRITICS else network(*arguments))


def off_zero(network: nn.Module):
    """Move parameters that start at zero, behind which no gradient would pass."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in network.parameters():
            if not parameter.any():
                parameter.copy_(0.3 * torch.randn(parameter.shape, generator=generator))
    return network


def loud(network: nn.Module):
    """Parameters large enough that an unbounded output would leave [-1, 1]."""
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return network
