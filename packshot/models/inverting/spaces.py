"""Where a generator's pictures are codes: noise (`z`), style codes (`w`, one a layer: `w+`), an autoencoder's codes.

One interface for all, so that inversion and edits need not know what draws: codes are drawn, averaged, turned into
pictures with gradients, told how unlikely they are, and moved from one condition to another. Sources: style codes and
their extension to one a layer from Karras et al. 2019, 2020 and Abdal, Qin, Wonka, "Image2StyleGAN" (2019), §3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from packshot.errors import ParameterError
from packshot.models.flowing import Flow
from packshot.models.sampling import MEAN_DRAWS, TOKENS, Sampler
from packshot.models.stages import TwoStages

ENTRANCES = ("scale", "to_code", "start", "from_code", "body")  # what generators and decoders call it


class Space:
    """Codes of one generator. Pictures are `(n, channels, size, size)` in [-1, 1], conditions `(n, condition_dim)`.

    name: which space; network: what draws, in evaluation mode. Codes are `(n, …)`, gradients flow through `pictures`.
    """

    name = ""
    refined = True  # whether descent on a code is worth its time

    def __init__(self, sampler: Sampler, text: str = "") -> None:
        self.sampler, self.text = sampler, text
        self.network: Any = sampler.network
        self.attributes: Mapping[str, Sequence[str]] = sampler.attributes

    @property
    def size(self) -> int:
        """Side of its pictures, px."""
        return int(self._config().size)

    @property
    def channels(self) -> int:
        """Channels of its pictures."""
        return int(self._config().channels)

    def _config(self) -> Any:
        return self.network.config

    def draw(self, noise: Tensor, condition: Tensor | None) -> Tensor:
        """Codes of noise `(n, noise_dim)` from N(0, 1)."""
        raise NotImplementedError

    def mean(self, condition: Tensor | None) -> Tensor:
        """The mean code `(n, …)`, one for each row of the condition (one without any)."""
        raise NotImplementedError

    def pictures(self, codes: Tensor, condition: Tensor | None) -> Tensor:
        """Codes → pictures."""
        raise NotImplementedError

    def edited(self, codes: Tensor, condition: Tensor | None) -> Tensor:
        """Codes → pictures under a condition that is not their own; a flow follows it more closely here."""
        return self.pictures(codes, condition)

    def encode(self, pixels: Tensor, condition: Tensor | None) -> Tensor | None:
        """Pictures → codes, where the generator has an encoder; else None."""
        return None

    def varied(self, pixels: Tensor, condition: Tensor | None, strength: float, seed: int) -> Tensor | None:
        """The picture varied without its code, where there is a way; else None."""
        return None

    def unlikely(self, codes: Tensor, condition: Tensor | None) -> Tensor:
        """How far beyond what is drawn codes lie, `(n,)`; about 0 for codes as they are drawn."""
        beyond = codes.flatten(1).square().mean(1) - 1
        return beyond.clamp(min=0)

    def moved(self, codes: Tensor, old: Tensor | None, new: Tensor | None) -> Tensor:
        """Codes under an old condition as they are under a new one; alike where the condition comes in beside them."""
        return codes

    def between(self, codes: Tensor, others: Tensor, share: float) -> Tensor:
        """Codes on the way to others: along a circle on which Gaussian codes keep their length, share from 0 to 1."""
        angle = torch.tensor(share * torch.pi / 2)
        return codes * torch.cos(angle) + others * torch.sin(angle)

    def first_weights(self) -> Tensor | None:
        """Weights `(rows, d)` of the first layers that see a code of d numbers; None where there are none alone."""
        return None


class NoiseSpace(Space):
    """The noise of a generator without a mapping; the condition comes in beside it."""

    name = "z"

    def draw(self, noise: Tensor, condition: Tensor | None) -> Tensor:
        return noise

    def mean(self, condition: Tensor | None) -> Tensor:
        return torch.zeros(1 if condition is None else len(condition), self.sampler.noise_dim)

    def pictures(self, codes: Tensor, condition: Tensor | None) -> Tensor:
        words = self.sampler.words
        told = () if words is None else (words.tokens([self.text] * len(codes), TOKENS).to(codes.device),)
        out: Tensor = self.network(codes, condition, *told)
        return out

    def first_weights(self) -> Tensor | None:
        return _first_linear(self.network, self.sampler.noise_dim)


class StyleSpace(Space):
    """Style codes `(n, w_dim)`, or with `every_layer` `(n, layers, w_dim)`; they hold the condition themselves."""

    def __init__(self, sampler: Sampler, text: str = "", *, every_layer: bool = False) -> None:
        super().__init__(sampler, text)
        self.every_layer, self.name = every_layer, "w+" if every_layer else "w"
        self._spread: Tensor | None = None
        self._means: dict[bytes, Tensor] = {}

    def draw(self, noise: Tensor, condition: Tensor | None) -> Tensor:
        codes: Tensor = self.network.map(noise, condition)
        return codes[:, None].repeat(1, self.network.layers, 1) if self.every_layer else codes

    def mean(self, condition: Tensor | None) -> Tensor:
        rows = [None] if condition is None else list(condition)
        return torch.cat([self._mean(row) for row in rows])

    def pictures(self, codes: Tensor, condition: Tensor | None) -> Tensor:
        out: Tensor = self.network.synthesise(codes)
        return out

    def unlikely(self, codes: Tensor, condition: Tensor | None) -> Tensor:
        off = ((codes - self.mean(condition)) / self.spread()).flatten(1).square().mean(1) - 1
        if self.every_layer:  # layers that leave their mean far behind are no longer one product
            apart = (codes - codes.mean(1, keepdim=True)) / self.spread()
            off = off + apart.flatten(1).square().mean(1)
        return off.clamp(min=0)

    def moved(self, codes: Tensor, old: Tensor | None, new: Tensor | None) -> Tensor:
        return codes if old is None or new is None else codes + self.mean(new) - self.mean(old)

    def between(self, codes: Tensor, others: Tensor, share: float) -> Tensor:
        return torch.lerp(codes, others, share)

    def first_weights(self) -> Tensor | None:
        return torch.cat([conv.style.weight.detach() for conv in self.network.convs])

    def spread(self) -> Tensor:
        """Standard deviation of style codes, `(w_dim,)`, over all conditions."""
        if self._spread is None:
            noise = self.sampler.noises(range(MEAN_DRAWS // 4))
            with torch.no_grad():
                codes = self.network.map(noise, self.sampler.conditions({}, range(len(noise))))
            self._spread = codes.std(0).clamp(min=1e-4)
        return self._spread

    def _mean(self, row: Tensor | None) -> Tensor:
        key = b"" if row is None else row.detach().numpy().tobytes()
        if key not in self._means:
            noise = self.sampler.noises(range(MEAN_DRAWS // 4))
            with torch.no_grad():
                codes = self.network.map(noise, None if row is None else row.detach().expand(len(noise), -1))
            mean = codes.mean(0, keepdim=True)
            self._means[key] = mean[:, None].repeat(1, self.network.layers, 1) if self.every_layer else mean
        return self._means[key]


class CodeSpace(Space):
    """Codes of an autoencoder, alone or with a second stage, which then draws them."""

    name = "code"

    def __init__(self, sampler: Sampler, text: str = "") -> None:
        super().__init__(sampler, text)
        two = self.network if isinstance(self.network, TwoStages) else None
        self.second: Any = None if two is None else two.codes
        self.autoencoder: Any = self.network if two is None else two.autoencoder
        self.told = True if two is None else bool(two.decoder_told)

    def _config(self) -> Any:
        return self.autoencoder.config

    def draw(self, noise: Tensor, condition: Tensor | None) -> Tensor:
        if self.second is None:
            return noise
        codes: Tensor = self.network.codes_of(noise, condition)
        return codes

    def mean(self, condition: Tensor | None) -> Tensor:
        return torch.zeros(1 if condition is None else len(condition), int(self.autoencoder.config.latent_dim))

    def pictures(self, codes: Tensor, condition: Tensor | None) -> Tensor:
        out: Tensor = self.autoencoder.decode(codes, condition if self.told else None)
        return out

    def encode(self, pixels: Tensor, condition: Tensor | None) -> Tensor | None:
        codes: Tensor = self.autoencoder.encode(pixels, condition if self.told else None)[0]
        return codes

    def first_weights(self) -> Tensor | None:
        return _first_linear(self.autoencoder, int(self.autoencoder.config.latent_dim))


def space_of(sampler: Sampler, kind: str = "auto", text: str = "") -> Space:
    """The space of codes of a generator; auto: an autoencoder's codes, style codes one a layer, else the noise (`z`;
    of a flow `noise`).

    Raises ParameterError for a kind that the generator does not have.
    """
    network: Any = sampler.network
    if isinstance(network, TwoStages) and network.kind == "code-transformer":
        raise ParameterError(f"{sampler.name}: its codes are whole numbers, which cannot be refined; use a VAE or GAN")
    if isinstance(network, Flow):
        return _flow_space(sampler, kind, text)
    coded = isinstance(network, TwoStages) or (hasattr(network, "encode") and hasattr(network, "decode"))
    have = ("code",) if coded else ("w+", "w") if hasattr(network, "synthesise") else ("z",)
    chosen = have[0] if kind == "auto" else kind
    if chosen not in have:
        raise ParameterError(f"space: {sampler.name} has {' and '.join(have)}; got {kind!r}")
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    if chosen == "code":
        return CodeSpace(sampler, text)
    if chosen in ("w", "w+"):
        return StyleSpace(sampler, text, every_layer=chosen == "w+")
    return NoiseSpace(sampler, text)


def _flow_space(sampler: Sampler, kind: str, text: str) -> Space:
    from packshot.models.inverting.flows import FlowSpace

    if kind not in ("auto", "noise"):
        raise ParameterError(f"space: {sampler.name} has noise; got {kind!r}")
    return FlowSpace(sampler, text)


def _first_linear(network: Any, dim: int) -> Tensor | None:
    """Weights `(rows, dim)` of the layer that a code enters by, its columns for the code alone."""
    for module in (part for name in ENTRANCES for part in getattr(network, name, torch.nn.Module()).modules()):
        if isinstance(module, torch.nn.Linear) and module.in_features >= dim:
            return module.weight.detach()[:, :dim]
        if isinstance(module, torch.nn.ConvTranspose2d) and module.in_channels >= dim:
            return module.weight.detach()[:dim].flatten(1).T
    return None
