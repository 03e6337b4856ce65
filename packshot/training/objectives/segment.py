"""Segmentation: a network learns what each pixel belongs to, at every level of its decoder.

Cross entropy, overlap, structure (SSIM) and slopes as in Qin et al. 2019 (BASNet, §3.4; slopes beside them hold the
edge), the side outputs by the first two (deep supervision: Lee et al. 2015). One class: opacity; several: a class for
each pixel. Every weight is a rule; a loss with weight 0 is not computed.
"""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.losses import pixel, segmentation
from packshot.training.objective import Batch, Losses, Phase
from packshot.training.source import Source

Weight = Annotated[float, Field(ge=0)]
FAR = 1 << 40  # places in the stream from which pictures to look at are taken: training never gets there
UNKNOWN = 255


class SegmentSettings(BaseModel):
    """truth: what is learned. Weights of the losses; edge: how much more pixels near an edge count."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    truth: Literal["opacity", "layout"] = Field(
        "opacity", description="opacity: composed from a stock; layout: classes of a pack's layer of that name"
    )
    entropy: Weight = Field(1.0, description="cross entropy")
    overlap: Weight = Field(1.0, description="1 - intersection over union")
    structure: Weight = Field(0.0, description="(1 - SSIM) / 2 of the opacity")
    slopes: Weight = Field(0.0, description="absolute error of the opacity's differences between neighbours")
    edge: Weight = Field(0.0, description="how much more pixels near an edge count")
    small_images: int = Field(
        0, ge=0, description="so many composed pictures first, at half the side: four a price of one"
    )
    sides: Weight = Field(0.5, description="of the mean of the side outputs' losses, where the network has some")


class Segment:
    """The objective of a network that segments. source: where pictures to look at come from."""

    averaged = ("segmenter",)

    def __init__(self, segmenter: nn.Module, settings: SegmentSettings, source: Source) -> None:
        self.segmenter, self.settings, self.source = segmenter, settings, source
        self.networks = {"segmenter": segmenter}
        config: Any = segmenter.config
        self.classes = int(config.classes)

    def phases(self) -> tuple[Phase, ...]:
        """One."""
        return (Phase("segmenter", "segmenter", tuple(self.segmenter.parameters()), self.losses),)

    def losses(self, batch: Batch) -> Losses:
        """Weighted, of the result and of the side outputs."""
        assert batch.truth is not None, "segmentation needs what each pixel belongs to"
        segmenter: Any = self.segmenter
        first, *sides = segmenter.everything(batch.image / 2 + 0.5)
        losses = self._compared(batch.truth, first.float(), whole=True)
        if sides and self.settings.sides:
            each = [sum(self._compared(batch.truth, side.float()).values()) for side in sides]
            losses["sides"] = self.settings.sides * torch.stack([torch.as_tensor(x) for x in each]).mean()
        return losses

    def _compared(self, truth: Tensor, logits: Tensor, whole: bool = False) -> dict[str, Tensor]:
        """Against the truth at the logits' own size. whole: also by structure and slopes."""
        s = self.settings
        if self.classes > 1:
            numbers = classes_of(truth, logits.shape[2:])
            return _named(
                s,
                entropy=lambda: segmentation.classes_cross_entropy(numbers, logits),
                overlap=lambda: segmentation.classes_lost_overlap(numbers, logits),
            )
        wanted = opacity_of(truth, logits.shape[2:])
        weights, share = segmentation.edge_weights(wanted, s.edge), logits.sigmoid()
        losses = _named(
            s,
            entropy=lambda: segmentation.cross_entropy(wanted, logits, weights),
            overlap=lambda: segmentation.lost_overlap(wanted, share, weights),
        )
        further = {
            "structure": lambda: _structure(wanted, share),
            "slopes": lambda: _slopes(wanted, share),
        }
        return losses | (_named(s, **further) if whole else {})

    def sample(self, networks: Mapping[str, nn.Module], batch: Batch) -> Tensor:
        """Side by side: pictures never trained on, what the network finds in them, and the truth."""
        assert batch.generator is not None
        device = batch.image.device
        place = FAR + int(torch.randint(1 << 40, (), generator=batch.generator, device=device))
        taken = self.source.take(place, batch.count)
        x = (taken["image"].to(device).float() / 255).contiguous(memory_format=torch.channels_last)
        truth, found = taken["truth"].to(device), networks["segmenter"](x).float()
        if self.classes > 1:
            shown = [coloured(found.argmax(1)), coloured(classes_of(truth, x.shape[2:]))]
        else:
            shown = [part.expand(-1, 3, -1, -1) for part in (found.sigmoid(), opacity_of(truth, x.shape[2:]))]
        return torch.cat([x, *shown], 3) * 2 - 1


def _named(settings: SegmentSettings, **losses: Any) -> dict[str, Tensor]:
    """Those of weight above 0, weighted."""
    weights = {name: getattr(settings, name) for name in losses}
    return {name: weight * losses[name]() for name, weight in weights.items() if weight}


def _structure(wanted: Tensor, share: Tensor) -> Tensor:
    """At half the size, where windows of 11 px see more and cost a quarter."""
    return pixel.dissimilarity(F.avg_pool2d(wanted, 2), F.avg_pool2d(share, 2), 1.0)


def _slopes(wanted: Tensor, share: Tensor) -> Tensor:
    """Slopes are few: counted against those of the truth, of about a thousandth of the pixels at least."""
    some = (wanted.diff(dim=2).abs().mean() + wanted.diff(dim=3).abs().mean()) / 2
    return 0.5 * pixel.slopes(wanted, share) / some.clamp(min=1e-3)


def opacity_of(truth: Tensor, size: torch.Size) -> Tensor:
    """Bytes → `(n, 1, h, w)` in [0, 1] at another size, averaged."""
    return F.adaptive_avg_pool2d(truth.float() / UNKNOWN, (size[0], size[1]))


def classes_of(truth: Tensor, size: torch.Size) -> Tensor:
    """Bytes → `(n, h, w)` class numbers at another size, the nearest; -1 = not known."""
    numbers = F.interpolate(truth.float(), tuple(size), mode="nearest-exact")[:, 0].long()
    return torch.where(numbers == UNKNOWN, -1, numbers)


def coloured(numbers: Tensor) -> Tensor:
    """Class numbers `(n, h, w)` → `(n, 3, h, w)`: the ground black, what is not known white, a hue for each class."""
    hues = [colorsys.hsv_to_rgb(0.618034 * n % 1, 0.75, 1.0 - 0.4 * (n % 2)) for n in range(UNKNOWN)]
    table = torch.tensor([(0.0, 0.0, 0.0), *hues[1:], (1.0, 1.0, 1.0)], device=numbers.device)
    return table[numbers].movedim(-1, 1)
