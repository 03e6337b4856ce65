"""A flow's noise as a space of codes: inversion is the flow run backwards, variations are noise mixed in.

Sources: Song, Meng, Ermon, "Denoising Diffusion Implicit Models" (2021), §4.3 (the deterministic way back); Pan et al.,
"Effective Real Image Editing with Accelerated Iterative Diffusion Inversion" (2023), §3.2 (each step back as a fixed
point, so that the same steps forward lead to the picture again); Meng et al., "SDEdit" (2022), §3 (variations).
The picture is rebuilt without guidance; an edit may be guided.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from packshot.errors import ParameterError
from packshot.models.flowing import Flow, Foreseen, How, transport
from packshot.models.inverting.spaces import Space
from packshot.models.sampling import Sampler

STEPS = 16  # of Euler's method, the same both ways
ROUNDS = 4  # of the fixed point of a step back
GUIDANCE = 2.5  # of edits


class FlowSpace(Space):
    """The points at time 0, `(n, channels, size, size)`; the condition comes in beside them, what is open stays so."""

    name = "noise"
    refined = False

    def __init__(self, sampler: Sampler, text: str = "") -> None:
        super().__init__(sampler, text)
        if not isinstance(self.network, Flow):
            raise ParameterError(f"{sampler.name}: expected a flow")
        self.flow: Flow = self.network

    @property
    def size(self) -> int:
        decoder = self.flow.autoencoder
        return self.flow.shape[1] if decoder is None else int(decoder.config.size)

    @property
    def channels(self) -> int:
        decoder = self.flow.autoencoder
        return self.flow.shape[0] if decoder is None else int(decoder.config.channels)

    def draw(self, noise: Tensor, condition: Tensor | None) -> Tensor:
        return noise.view(-1, *self.flow.shape)

    def mean(self, condition: Tensor | None) -> Tensor:
        return torch.zeros(1 if condition is None else len(condition), *self.flow.shape)

    def pictures(self, codes: Tensor, condition: Tensor | None) -> Tensor:
        return self._carried(codes, condition, How(STEPS, 1.0, "euler"))

    def edited(self, codes: Tensor, condition: Tensor | None) -> Tensor:
        return self._carried(codes, condition, How(STEPS, GUIDANCE, "euler"))

    def encode(self, pixels: Tensor, condition: Tensor | None) -> Tensor | None:
        """The flow backwards from the picture, so that forwards it leads there again."""
        with torch.no_grad():
            foreseen = self._foreseen(len(pixels), condition, How(STEPS, 1.0, "euler"))
            found: Tensor = backwards(foreseen, self.flow.points(pixels), STEPS)
        return found

    def varied(self, pixels: Tensor, condition: Tensor | None, strength: float, seed: int) -> Tensor:
        """Noise mixed into the picture up to time 1 − strength, and the flow from there (SDEdit)."""
        with torch.no_grad():
            how = How(max(2, round(2 * STEPS * strength)), GUIDANCE, "heun")
            noise = self.sampler.noise(seed).view(1, *self.flow.shape)
            point = torch.lerp(self.flow.points(pixels), noise, strength)
            foreseen = self._foreseen(1, condition, how)
            made: Tensor = self.flow.pictures(transport(foreseen, point, how, start=1 - strength))
        return made

    def _carried(self, codes: Tensor, condition: Tensor | None, how: How) -> Tensor:
        foreseen = self._foreseen(len(codes), condition, how)
        return self.flow.pictures(transport(foreseen, codes, how))

    def _foreseen(self, n: int, condition: Tensor | None, how: How) -> Foreseen:
        told = None if condition is None else condition.expand(n, -1)
        flow = self.sampler.tuned(how).network
        assert isinstance(flow, Flow)
        return flow.field(n, told)


def backwards(foreseen: Foreseen, picture: Tensor, steps: int, rounds: int = ROUNDS) -> Tensor:
    """The point at time 0 from which `steps` of Euler's method lead to the picture `(n, c, h, w)`, nearly.

    A step forward is x_s = x_t + h·(D(x_t, t) − x_t), h = (s − t) / (1 − t); the point before it is a fixed point of
    x_t = x_s − h·(D(x_t, t) − x_t), which draws together where D leaves pictures as they are, and where it forgets
    noise, if h < 1. The last step ends at D itself (h = 1): there the point is corrected by half of what is missing.
    """
    times = torch.linspace(0, 1, steps + 1).tolist()
    x = times[-2] * picture
    for _ in range(rounds):
        x = x + 0.5 * (picture - foreseen(x, times[-2]))
    for then, now in pairwise(reversed(times[:-1])):
        h, end = (then - now) / (1 - now), x
        for _ in range(rounds):
            x = end - h * (foreseen(x, now) - x)
    found: Tensor = x
    return found
