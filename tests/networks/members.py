"""A tiny config and an input for every network of the table, for the ruler."""

from dataclasses import fields, is_dataclass

import torch
from torch import nn

from packshot import networks

GAN = {"channels": 1, "size": 14, "width": 4, "max_width": 8, "condition_dim": 3}
CODE = {"channels": 1, "size": 16, "width": 4, "max_width": 8, "halvings": 2}
STYLE = {"w_dim": 4, "mapping_layers": 2}
TEXT = {"vocabulary": 9, "text_dim": 4, "code_dim": 5}
BLOCKS = {"blocks": 1, "group_size": 4}
CLASSES = {"classes": [3, 2]}
TINY = {
    "unet": {"width": 4, "depth": 2},
    "segnet": {"widths": [4, 6], "convs": [1, 2]},
    "nested-unet": {"width": 4, "middle": 2},
    "guided-unet": {"widths": [4, 6, 8], "blocks": [0, 1, 1], "guides": 2},
    "features": {"width": 4, **CLASSES},
    "attributes": {"width": 4, **CLASSES},
    "inception": {"divide": 16},
    "clip": {"dim": 6, "width": 4, "maps": 2, "vocabulary": 9, "length": 5, "text_width": 8, "heads": 2, "blocks": 1},
    "dcgan-generator": {**GAN, "z_dim": 5},
    "dcgan-critic": {**GAN, **CLASSES},
    "cgan-generator": {**GAN, "z_dim": 5},
    "cgan-critic": {**GAN, **CLASSES},
    "sagan-generator": {**GAN, "z_dim": 5},
    "sagan-critic": {**GAN, **CLASSES},
    "progan-generator": {**GAN, "z_dim": 5},
    "progan-critic": {**GAN, **CLASSES},
    "stylegan2-generator": {**GAN, **STYLE, "z_dim": 5},
    "stylegan2-critic": {**GAN, **CLASSES},
    "r3gan-generator": {**GAN, **BLOCKS, "z_dim": 5, "embed_dim": 3},
    "r3gan-critic": {**GAN, **BLOCKS, **CLASSES},
    "product-generator": {**GAN, **TEXT, "z_dim": 5},
    "product-critic": {**GAN, **TEXT, **CLASSES},
    "unet-generator": {**GAN, "z_dim": 14 * 14, "depth": 2},
    "vae": {**GAN, "latent_dim": 3},
    "vqvae": {**CODE, "codes": 8, "code_dim": 3},
    "fsq": {**CODE, "levels": [4, 3]},
    "dit": {
        "size": 16,
        "patch": 4,
        "told": [2, 3],
        "known": True,
        "width": 16,
        "code": 8,
        "depth": 2,
        "heads": 2,
        "refine": 2,
    },
    "latent-flow": {"latent_dim": 4, "condition_dim": 3, "width": 8, "blocks": 2},
    "code-transformer": {"codes": 6, "side": 3, "condition_dim": 3, "width": 8, "heads": 2, "blocks": 2},
    "mixture": {"latent_dim": 3, "components": 2},
    "span": {"width": 4, "blocks": 2},
    "nafnet": {"width": 4, "encoder": [1, 1], "middle": 1, "decoder": [1, 1]},
    "swinir": {"width": 4, "groups": [2], "heads": 2, "window": 4},
    "curves": {"width": 4, "steps": 3},
    "inpainter": {"width": 4, "depth": 2, "side": 8, "patch": 2, "code": 4},
    "restore-vae": {"width": 4, "max_width": 8, "halvings": 2, "code": 2},
    "patch-discriminator": {"width": 4, "depth": 1},
    "random-filters": {"filters": 3, "sizes": [3, 5], "halvings": 1},
    "vgg-19": {"divide": 32},
    "squeezenet": {"divide": 8},
    "adain": {"width": 4, "blocks": 1},
    "fast-style": {"width": 4, "residuals": 1},
    "style-adapter": {"width": 4, "residuals": 1},
    "style-transformer": {"width": 8, "heads": 2, "decoders": 1},
    "exemplar": {"width": 4, "blocks": 1, "code": 5},
    "unet-translator": {"width": 4, "max_width": 8, "depth": 2, "convs": 1, "condition_dim": 3},
    "resnet-translator": {"width": 4, "blocks": 1, "condition_dim": 3},
    "two-way-translator": {"width": 4, "blocks": 1},
    "spade": {"channels_in": 3, "width": 4, "max_width": 8, "depth": 2, "hidden": 4, "condition_dim": 3, "look_dim": 2},
    "spade-encoder": {"look_dim": 3, "width": 4, "depth": 2},
    "scale-discriminator": {"width": 4, "depth": 2, "scales": 2, "condition_dim": 3},
    "star-discriminator": {"width": 4, "depth": 2, **CLASSES},
    "patch-projector": {"channels": [3, 5], "code": 4},
}
GENERATORS = [name for name in networks.TABLE if name.endswith("-generator")]
CRITICS = [name for name in networks.TABLE if name.endswith("-critic")]
SEGMENTING = [name for name, place in networks.TABLE.items() if ".segmentation." in place]
SIZES = (28, 32)
STYLED = ("adain", "style-transformer", "exemplar")  # take a photo and a style
LEAST_IS_ZERO = (
    "refine",
    "halvings",
    "depth",
    "condition_dim",
    "group_size",
    "whole",
    "dropout",
    "look_dim",
)  # entries that may be 0
BATCH_MATTERS = ("progan-critic", "stylegan2-critic")  # they compare the pictures of a batch, on purpose
BESIDE_THE_PICTURE = ("heads.classifiers", "text.", "to_code.")  # weights of a critic that no picture passes through
DISCRETE = ("vqvae", "fsq")  # a rounding error may pick another code
NOTHING_TO_LEARN = ("mixture", "random-filters")  # no parameters


def make(name, **entries):
    """The tiny network of a name; `size` takes along what must follow it."""
    torch.manual_seed(0)
    config = {**TINY[name], **entries}
    if name == "unet-generator":
        config["z_dim"] = entries.get("z_dim", max(1, config["size"] ** 2))
    return networks.build(name, config)


def inputs(name, network, n, seed=0):
    """Positional inputs of n rows; row i is the same for every n."""
    rows = [_row(name, network.config, torch.Generator().manual_seed(seed + 100 * i)) for i in range(n)]
    columns = zip(*rows, strict=True)
    return tuple(_stacked(column) for column in columns)


def _stacked(column):
    if isinstance(column[0], list):
        return [torch.stack(each) for each in zip(*column, strict=True)]
    return None if column[0] is None else torch.stack(column)


def _row(name, config, generator):
    def normal(*shape):
        return torch.randn(*shape, generator=generator)

    if name == "style-adapter":
        return []
    if name == "patch-projector":
        return [[normal(6, c) for c in config.channels]]
    if name == "mixture":
        return [normal(config.latent_dim), torch.rand((), generator=generator)]
    condition = [normal(config.condition_dim)] if getattr(config, "condition_dim", 0) else []
    if name == "code-transformer":
        return [torch.randint(0, config.codes, (config.side, config.side), generator=generator), *condition]
    if name == "latent-flow":
        return [normal(config.latent_dim), torch.rand((), generator=generator), *condition]
    if name == "dit":
        shape = (config.channels, config.size, config.size)
        known = normal(config.channels + 1, *shape[1:])
        return [normal(*shape), torch.rand((), generator=generator), normal(sum(config.told)), known]
    if name in GENERATORS:
        first = normal(config.z_dim)
    else:
        channels = getattr(config, "channels_in", 0) or getattr(config, "channels", 3)
        side = getattr(config, "size", 75 if name == "inception" else 16)
        first = normal(channels, side, side).tanh()
    tokens = [torch.randint(0, 9, (4,), generator=generator)] if name.startswith(("product", "clip")) else []
    noise = [normal(config.latent_dim)] if name == "vae" else []
    if name in STYLED:
        return [first, normal(3, 24, 16).tanh()]
    if name == "spade":
        return [first, *condition, normal(config.look_dim)]
    if name == "clip":
        return [first, *tokens]
    return [first, *condition, *noise] if not tokens else [first, *(condition or [None]), *tokens]


def tensors(output):
    """Every floating tensor of an output, in order."""
    if isinstance(output, torch.Tensor):
        return [output] if output.is_floating_point() else []
    parts = [getattr(output, f.name) for f in fields(output)] if is_dataclass(output) else output
    return [t for part in parts for t in tensors(part)]


def everything(name, network, arguments):
    """All that a network gives from one input, as a list of tensors; what grows, at every stage of its growth."""
    if not hasattr(network, "grow"):
        return _once(name, network, arguments)
    outputs = []
    for halves in range(2 * len(network.sides) - 1):
        network.grow(halves / 2)
        outputs += _once(name, network, arguments)
    return outputs


def _once(name, network, arguments):
    if name in SEGMENTING:
        return tensors(network.everything(*arguments))
    return tensors(network.judge(*arguments) if hasattr(network, "judge") else network(*arguments))


def off_zero(network: nn.Module):
    """Move parameters that start at zero, behind which no gradient would pass."""
    return _filled(network, 0.3, only_zeros=True)


def loud(network: nn.Module):
    """Parameters large enough that an unbounded output would leave [-1, 1]."""
    return _filled(network, 1.0, only_zeros=False)


def _filled(network, scale, only_zeros):
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in network.parameters():
            if not (only_zeros and parameter.any()):
                parameter.copy_(scale * torch.randn(parameter.shape, generator=generator))
    return network
