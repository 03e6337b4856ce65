"""Drawing pictures from a trained generator or decoder, one seed a picture, as a stream.

The picture of a seed does not depend on the batch it is drawn in: its noise comes from its own generator, and networks
run in evaluation mode. Truncation: towards the mean style code where a network has a mapping (Karras et al. 2019,
appendix B), by shrinking the noise elsewhere (Brock et al. 2019, §3.1, for the idea of trading variety for fidelity).
Departure: the mean is that of the picture's own condition, so that no class is drawn towards the others.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from packshot.catalogue.dataset.conditions import PICTURE, TEXT, Value, Vocabulary
from packshot.catalogue.dataset.words import Words
from packshot.checkpoint import Checkpoint
from packshot.errors import ParameterError
from packshot.imaging.picture import Picture
from packshot.models import flowing
from packshot.models.flowing import Extra, Flow, How
from packshot.models.stages import KINDS, TwoStages

Item = TypeVar("Item")

BATCH = 16
TOKENS = 32  # words of a text that are read
MEAN_DRAWS = 2048  # noise vectors whose style codes are averaged for truncation


@dataclass(frozen=True, eq=False)
class Drawn:
    """A picture that was drawn, and what for.

    pixels: `(1 or 3, h, w)` in [-1, 1], on the CPU. attributes: every one by name, whether it was asked for or drawn by
    the seed; condition: the same as the network is told, `(condition_dim,)`, None if it is told nothing.
    """

    seed: int
    pixels: Tensor
    attributes: Mapping[str, str]
    condition: Tensor | None
    text: str = ""

    @property
    def picture(self) -> Picture:
        """As a Picture."""
        return picture_of(self.pixels)


class Sampler:
    """Pictures of one checkpoint. Raises ParameterError if its network draws none."""

    def __init__(self, checkpoint: Checkpoint, device: str = "cpu") -> None:
        self.network: nn.Module = _network(checkpoint).to(device)
        stem, card = checkpoint.path.stem, checkpoint.card
        self.name = str(card.get("preset") or stem) if stem == card.get("role") else stem  # a run calls all alike
        self.digest, self.device = checkpoint.digest, device
        self.attributes: dict[str, list[str]] = {k: list(v) for k, v in card.get("attributes", {}).items()}
        self.words = Words(card["words"]) if card.get("words") else None
        self.open = bool(card.get("conditions"))  # what is not asked for may stay open
        self.vocabulary = Vocabulary.read(card["conditions"]) if self.open else Vocabulary.of_choices(self.attributes)
        self.always: dict[str, Value] = {}
        self._stored = checkpoint
        self._encoder: Any = None
        if isinstance(self.network, TwoStages | Flow):
            self.noise_dim, self.condition_dim = self.network.noise_dim, self.network.condition_dim
        else:
            self.noise_dim, self.condition_dim = _lengths(checkpoint, self.network)
        self._means: dict[bytes, Tensor] = {}

    def condition(self, wanted: Mapping[str, Value], seed: int) -> Tensor | None:
        """`(1, condition_dim)` for attributes by name; one that is not named stays open where the network knows how
        to leave it so, else it is drawn from its values by the seed.

        Raises ParameterError for an attribute or a value that the network does not know, listing those it does.
        """
        if self.open:
            return self.vocabulary.encode({**self.always, **wanted})
        for name, value in wanted.items():
            if name not in self.attributes:
                known = ", ".join(self.attributes) or "none at all"
                raise ParameterError(f"{name}: {self.name} knows no such attribute; it knows {known}")
            if value not in self.attributes[name]:
                raise ParameterError(f"{name}: expected one of {', '.join(self.attributes[name])}; got {value!r}")
        if not self.condition_dim:
            return None
        generator = torch.Generator().manual_seed(seed)
        parts = []
        for name, values in self.attributes.items():
            drawn = int(torch.randint(len(values), (), generator=generator))
            part = torch.zeros(1, len(values))
            part[0, values.index(str(wanted[name])) if name in wanted else drawn] = 1
            parts.append(part)
        return torch.cat(parts, dim=1)

    def noise(self, seed: int) -> Tensor:
        """`(1, noise_dim)` of a seed."""
        return torch.randn(1, self.noise_dim, generator=torch.Generator().manual_seed(seed))

    def noises(self, seeds: Sequence[int]) -> Tensor:
        """`(n, noise_dim)` of n seeds."""
        return torch.cat([self.noise(seed) for seed in seeds])

    def conditions(self, wanted: Mapping[str, str], seeds: Sequence[int]) -> Tensor | None:
        """`(n, condition_dim)` of n seeds (see `condition`)."""
        found = [self.condition(wanted, seed) for seed in seeds]
        return torch.cat([c for c in found if c is not None]) if self.condition_dim else None

    def named(self, condition: Tensor | None) -> dict[str, str]:
        """Attribute → value of a condition `(condition_dim,)` of one-hots."""
        if condition is None:
            return {}
        if self.open:
            return self.vocabulary.tell(condition.cpu())
        parts = torch.split(condition, [len(values) for values in self.attributes.values()])
        return {
            name: values[int(part.argmax())]
            for (name, values), part in zip(self.attributes.items(), parts, strict=True)
        }

    def drawn(
        self, seeds: Iterable[int], wanted: Mapping[str, str] | None = None, truncation: float = 1.0, text: str = ""
    ) -> Iterator[Drawn]:
        """One picture a seed, in order, as they get ready. truncation in [0, 1]: 1 = all variety, 0 = the mean.

        text: what is told of the product in words. Raises ParameterError where the network reads none.
        """
        if text and self.words is None and TEXT not in self.vocabulary.places:
            raise ParameterError(f"text: {self.name} was not trained on texts; leave it out")
        for some in in_batches(seeds):
            z, c = self.noises(some), self.conditions(wanted or {}, some)
            pixels = self.tensors(z, c, truncation, [text] * len(some)).cpu()
            for number, seed in enumerate(some):
                condition = None if c is None else c[number]
                yield Drawn(seed, pixels[number], self.named(condition), condition, text)

    def pictures(
        self, seeds: Iterable[int], wanted: Mapping[str, str] | None = None, truncation: float = 1.0, text: str = ""
    ) -> Iterator[Picture]:
        """The pictures of `drawn` alone."""
        for drawn in self.drawn(seeds, wanted, truncation, text):
            yield drawn.picture

    def way(
        self, a: int, b: int, steps: int, wanted: Mapping[str, str] | None = None, *, spherical: bool = True
    ) -> tuple[Tensor, Tensor | None]:
        """Noise `(steps, noise_dim)` and conditions from the picture of seed a to that of seed b (see `between`).

        Attributes that differ are mixed in proportion, so that the way begins and ends with the very pictures.
        """
        ends = self.conditions(wanted or {}, [a, b])
        t = torch.linspace(0, 1, steps)[:, None]
        condition = None if ends is None else torch.lerp(ends[:1], ends[1:], t)
        return between(self.noise(a), self.noise(b), steps, spherical=spherical), condition

    def draw(
        self, z: Tensor, condition: Tensor | None = None, truncation: float = 1.0, text: str = ""
    ) -> Iterator[Picture]:
        """Pictures of noise `(n, noise_dim)`. Raises ParameterError for a truncation outside [0, 1]."""
        for start in range(0, len(z), BATCH):
            part = slice(start, start + BATCH)
            c = None if condition is None else condition[part]
            for pixels in self.tensors(z[part], c, truncation, [text] * len(z[part])).cpu():
                yield picture_of(pixels)

    def tensors(
        self, z: Tensor, condition: Tensor | None = None, truncation: float = 1.0, texts: Sequence[str] = ()
    ) -> Tensor:
        """As `draw`, but `(n, channels, size, size)` in [-1, 1], and a text for each picture."""
        _check(truncation)
        with torch.inference_mode():
            c = self._with_texts(None if condition is None else condition.to(self.device), texts)
            return self._forward(z.to(self.device), c, truncation, texts or [""] * len(z)).float().clamp(-1, 1)

    def tuned(
        self,
        how: How | None = None,
        pulls: Sequence[tuple[Mapping[str, Value], float]] = (),
        known: Tensor | None = None,
        always: Mapping[str, Value] | None = None,
    ) -> Sampler:
        """The same network steered otherwise; for flows alone, others raise ParameterError.

        pulls: attributes that draw the pictures with so much strength (below 0: push them away), beside what is asked
        for. known: `(1, channels + 1, h, w)`, pixels in [-1, 1] that stay, and 1 where they are known. always: what
        is told beside whatever is asked for.
        """
        if not isinstance(self.network, Flow):
            raise ParameterError(f"guidance, steps, weights and known pixels are for flows; {self.name} is none")
        found = copy.copy(self)
        network = found.network = copy.copy(self.network)
        network.how = how or self.network.how
        network.extras = tuple(Extra(self.vocabulary.encode(wanted), weight) for wanted, weight in pulls)
        network.known = known
        found.always = dict(always or {})
        if known is not None:
            network.code_of(known.to(self.device))
        return found

    def vector(self, text: str = "", picture: Tensor | None = None) -> Tensor:
        """`(d,)` of a text, or of a picture `(1, 3, h, w)` in [0, 1], as the network is told them.

        Raises ParameterError if it was not trained on any, BadCheckpoint if what reads them is missing.
        """
        name = TEXT if picture is None else PICTURE
        self.vocabulary.group(name)
        if self._encoder is None:
            self._encoder = flowing.encoder_of(self._stored)
        found: Tensor = self._encoder.texts([text]) if picture is None else self._encoder.pictures(picture)
        return found[0].float().cpu()

    def _with_texts(self, condition: Tensor | None, texts: Sequence[str]) -> Tensor | None:
        """The condition with the vectors of texts in it, where the network reads texts so."""
        if condition is None or TEXT not in self.vocabulary.places or not any(texts):
            return condition
        group, found = self.vocabulary.group(TEXT), condition.clone()
        codes = {text: group.encode(self.vector(text)).to(condition) for text in set(texts) if text}
        for row, text in enumerate(texts):
            if text:
                found[row, self.vocabulary.places[TEXT]] = codes[text]
        return found

    def _forward(self, z: Tensor, condition: Tensor | None, truncation: float, texts: Sequence[str]) -> Tensor:
        network: Any = self.network
        if hasattr(network, "decode"):
            out: Tensor = network.decode(z * truncation, condition)
        elif truncation < 1 and hasattr(network, "synthesise"):
            out = network.synthesise(self.styles(z, condition, truncation))
        elif self.words is not None:
            tokens = self.words.tokens(texts, TOKENS).to(self.device)
            out = network(z * truncation, condition, tokens)
        else:
            out = network(z * truncation, condition)
        return out

    @torch.inference_mode()
    def styles(self, z: Tensor, condition: Tensor | None, truncation: float = 1.0) -> Tensor:
        """Style codes `(n, w_dim)` of a network with a mapping, drawn towards the mean of their own condition."""
        _check(truncation)
        network: Any = self.network
        z, c = z.to(self.device), None if condition is None else condition.to(self.device)
        codes: Tensor = network.map(z, c)
        if truncation == 1:
            return codes
        rows = [None] * len(z) if c is None else list(c)
        return torch.lerp(torch.cat([self._mean_style(row) for row in rows]), codes, truncation)

    def _mean_style(self, condition: Tensor | None) -> Tensor:
        """The mean style code `(1, w_dim)` of a condition `(condition_dim,)`."""
        key = b"" if condition is None else condition.cpu().numpy().tobytes()
        if key not in self._means:
            network: Any = self.network
            z = torch.randn(MEAN_DRAWS, self.noise_dim, generator=torch.Generator().manual_seed(0)).to(self.device)
            codes = network.map(z, None if condition is None else condition.expand(len(z), -1))
            self._means[key] = codes.mean(0, keepdim=True)
        return self._means[key]


def _network(checkpoint: Checkpoint) -> nn.Module:
    """What draws: alone, through an autoencoder, or along a flow."""
    if checkpoint.network == flowing.NETWORK:
        return Flow(checkpoint)
    return TwoStages(checkpoint) if checkpoint.network in KINDS else checkpoint.build()


def _check(truncation: float) -> None:
    if not 0 <= truncation <= 1:
        raise ParameterError(f"truncation: expected 0 to 1, got {truncation}")


def _lengths(checkpoint: Checkpoint, network: nn.Module) -> tuple[int, int]:
    """Lengths of noise and condition of a generator or a decoder."""
    noise = checkpoint.config.get("z_dim") or checkpoint.config.get("latent_dim")
    if not noise or not (hasattr(network, "decode") or checkpoint.config.get("z_dim")):
        raise ParameterError(f"{checkpoint.path.name}: a {checkpoint.network} draws no pictures; name a generator")
    return int(noise), int(checkpoint.config.get("condition_dim", 0))


def between(a: Tensor, b: Tensor, steps: int, *, spherical: bool = True) -> Tensor:
    """`(steps, d)` from noise a to noise b, each `(1, d)`, both included.

    spherical: along the great circle (Shoemake 1985; White 2016, §2.1), where Gaussian noise of many dimensions lies;
    else along the straight line.
    """
    t = torch.linspace(0, 1, steps)[:, None]
    cosine = torch.nn.functional.cosine_similarity(a, b).clamp(-1, 1)
    angle = torch.acos(cosine)
    if not spherical or float(torch.sin(angle)) < 1e-4:
        return a + t * (b - a)
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)


def picture_of(pixels: Tensor) -> Picture:
    """`(1 or 3, h, w)` in [-1, 1] → a Picture."""
    return Picture((pixels / 2 + 0.5).expand(3, -1, -1)[None].contiguous())


def seed_of(seed: int, number: int) -> int:
    """The seed of picture `number` of a whole that has the seed `seed`."""
    return (seed * 1_000_003 + number) % (1 << 62)


def seeds_of(seed: int, count: int) -> list[int]:
    """One seed a picture; picture i of a seed is the same whatever the count."""
    return [seed_of(seed, number) for number in range(count)]


def in_batches(items: Iterable[Item], size: int = BATCH) -> Iterator[list[Item]]:
    """Lists of at most `size` items, as they come."""
    stream = iter(items)
    while some := list(islice(stream, size)):
        yield some
