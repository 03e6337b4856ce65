"""Product-information GAN: category, attributes, description → one code → decoder; a critic that sees them too.

Source: Reed, Akata, Yan, Logeswaran, Schiele, Lee, "Generative Adversarial Text to Image Synthesis" (2016), §4.1: the
text's code is compressed, joined to z and decoded; in the critic it is repeated over the last map and joined to it,
and a 1×1 convolution with a ReLU looks at both. Its matching-aware loss (§4.2) scores real pictures with other
products' descriptions as fake, which needs no more than another call with other tokens.
Departures: the text encoder is small and learned along (embeddings, one convolution over neighbouring words, mean and
maximum over the words) instead of a pretrained recurrent one; category and attributes come beside the text as
`condition`; decoder and critic are the residual blocks of `cgan`, the decoder with its norms conditional on the code,
the critic with spectral normalisation; auxiliary classifiers on features that have not seen the product information
are optional (semantic consistency).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.networks.layers.blocks import ConditionalNorm, ResidualDown, ResidualUp
from packshot.networks.layers.configs import (
    CriticConfig,
    GeneratorConfig,
    joined,
    pyramid,
    pyramid_widths,
    require,
    require_at_least,
)
from packshot.networks.layers.judging import Critic, Heads, Judgement
from packshot.networks.layers.weights import spectral


@dataclass(frozen=True)
class ProductGeneratorConfig(GeneratorConfig):
    """vocabulary: number of token ids, 0 being padding; text_dim, code_dim: lengths of the text's and the joint
    code."""

    z_dim: int = 64
    width: int = 32
    max_width: int = 128
    vocabulary: int = 1000
    text_dim: int = 64
    code_dim: int = 128

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least(1, vocabulary=self.vocabulary, text_dim=self.text_dim, code_dim=self.code_dim)


@dataclass(frozen=True)
class ProductCriticConfig(CriticConfig):
    """vocabulary, text_dim, code_dim: as the generator's."""

    width: int = 32
    max_width: int = 128
    vocabulary: int = 1000
    text_dim: int = 64
    code_dim: int = 128

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least(1, vocabulary=self.vocabulary, text_dim=self.text_dim, code_dim=self.code_dim)


class TextEncoder(nn.Module):
    """Token ids `(n, t)`, 0 = padding → code `(n, dim)`; a text of padding alone has the code of the empty text."""

    def __init__(self, vocabulary: int, dim: int) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.embed = nn.Embedding(vocabulary, dim, padding_idx=0)
        self.neighbours = nn.Conv1d(dim, dim, 3, padding=1)
        self.compress = nn.Linear(2 * dim, dim)

    def forward(self, tokens: Tensor | None) -> Tensor:
        fits = tokens is not None and tokens.dim() == 2 and not tokens.is_floating_point()
        got = None if tokens is None else (tuple(tokens.shape), tokens.dtype)
        require(fits, "tokens", f"whole numbers (n, t) below {self.vocabulary}", got)
        assert tokens is not None
        there = (tokens != 0)[:, None]  # (n, 1, t)
        words = torch.relu(self.neighbours(self.embed(tokens).transpose(1, 2))) * there  # (n, dim, t)
        mean = words.sum(2) / there.sum(2).clamp(min=1)
        return F.leaky_relu(self.compress(torch.cat([mean, words.amax(2)], dim=1)), 0.2)


class ProductGenerator(nn.Module):
    """`(n, z_dim)`, condition `(n, condition_dim)`, tokens `(n, t)` → `(n, channels, size, size)` in [-1, 1]."""

    def __init__(self, config: ProductGeneratorConfig) -> None:
        super().__init__()
        self.config = config
        sides = pyramid(config.size)
        widths = pyramid_widths(config.width, config.max_width, len(sides))
        self.text = TextEncoder(config.vocabulary, config.text_dim)
        self.to_code = nn.Linear(config.z_dim + config.condition_dim + config.text_dim, config.code_dim)
        self.start = nn.Sequential(
            nn.Linear(config.code_dim, widths[0] * sides[0] ** 2), nn.Unflatten(1, (widths[0], sides[0], sides[0]))
        )
        self.blocks = nn.ModuleList(ResidualUp(a, b, config.code_dim) for a, b in itertools.pairwise(widths))
        self.norm = ConditionalNorm(widths[-1], config.code_dim)
        self.to_picture = nn.Conv2d(widths[-1], config.channels, 3, padding=1)

    def encode(self, z: Tensor, condition: Tensor | None, tokens: Tensor | None) -> Tensor:
        """The code `(n, code_dim)` of noise and product information: what is decoded."""
        known = joined(z, condition, self.config.condition_dim)
        return F.leaky_relu(self.to_code(torch.cat([known, self.text(tokens).to(z.dtype)], dim=1)), 0.2)

    def forward(self, z: Tensor, condition: Tensor | None = None, tokens: Tensor | None = None) -> Tensor:
        code = self.encode(z, condition, tokens)
        x = self.start(code)
        for block in self.blocks:
            x = block(x, code)
        return torch.tanh(self.to_picture(torch.relu(self.norm(x, code))))


class ProductCritic(Critic):
    """`(n, channels, size, size)`, condition `(n, condition_dim)`, tokens `(n, t)` → logits `(n,)`.

    The score is a sum: does it look real (from the features alone), and do picture and product information agree.
    """

    def __init__(self, config: ProductCriticConfig) -> None:
        super().__init__()
        self.config = config
        sides = pyramid(config.size)
        widths = pyramid_widths(config.width, config.max_width, len(sides) - 1)[::-1]
        w = widths[-1]
        blocks = [ResidualDown(config.channels, widths[0], spectral, first=True)]
        blocks += [ResidualDown(a, b, spectral) for a, b in itertools.pairwise(widths)]
        self.body = nn.Sequential(*blocks)
        self.text = TextEncoder(config.vocabulary, config.text_dim)
        self.to_code = nn.Linear(config.condition_dim + config.text_dim, config.code_dim)
        self.look_at_both = spectral(nn.Conv2d(w + config.code_dim, w, 1))
        self.agreement = spectral(nn.Linear(w * sides[0] ** 2, 1))
        self.heads = Heads(w, 0, config.classes, spectral)

    def features(self, x: Tensor) -> Tensor:
        return torch.relu(self.body(x)).mean((2, 3))

    def judge(self, x: Tensor, condition: Tensor | None = None, tokens: Tensor | None = None) -> Judgement:
        text = self.text(tokens).to(x.dtype)
        code = F.leaky_relu(self.to_code(joined(text, condition, self.config.condition_dim)), 0.2)
        maps = torch.relu(self.body(x))  # (n, w, 4 or 7, same)
        features = maps.mean((2, 3))
        repeated = code[:, :, None, None].expand(-1, -1, *maps.shape[2:])
        both = torch.relu(self.look_at_both(torch.cat([maps, repeated], dim=1)))
        score = self.heads(features, None) + self.agreement(both.flatten(1)).squeeze(1)
        return Judgement(score, features, self.heads.classify(features))

    def forward(self, x: Tensor, condition: Tensor | None = None, tokens: Tensor | None = None) -> Tensor:
        return self.judge(x, condition, tokens).score
