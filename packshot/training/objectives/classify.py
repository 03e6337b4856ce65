"""Naming attributes: cross entropy over one head for each attribute. Trains feature networks and judges.

Label smoothing: Szegedy et al. 2016, §7. Attributes that are not known (-1) do not count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional as F

from packshot.training.objective import Batch, Losses, Phase


class ClassifySettings(BaseModel):
    """smoothing: share of the target spread over all classes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    smoothing: float = Field(0.0, ge=0, lt=1, description="label smoothing")


class Classify:
    """The objective of a network that gives one `(n, k)` of logits for each attribute."""

    averaged = ("classifier",)

    def __init__(
        self, classifier: nn.Module, settings: ClassifySettings, augment: Callable[[Tensor], Tensor] | None = None
    ) -> None:
        self.classifier, self.settings = classifier, settings
        self.networks = {"classifier": classifier}
        self.augment = augment or (lambda x: x)

    def phases(self) -> tuple[Phase, ...]:
        """One phase."""
        return (Phase("classifier", "classifier", tuple(self.classifier.parameters()), self.losses),)

    def losses(self, batch: Batch) -> Losses:
        """Cross entropy, mean over attributes; the share of right answers is logged beside it without gradient."""
        assert batch.label is not None, "a classifier needs labels"
        logits = self.classifier(self.augment(batch.image))
        smoothing = self.settings.smoothing
        known = (batch.label >= 0).sum(0).clamp(min=1)
        terms = [
            F.cross_entropy(c.float(), batch.label[:, i], ignore_index=-1, label_smoothing=smoothing, reduction="sum")
            for i, c in enumerate(logits)
        ]
        return {"cross_entropy": (torch.stack(terms) / known).mean()}

    def sample(self, networks: Mapping[str, nn.Module], batch: Batch) -> Tensor:
        """The pictures as the network sees them."""
        return self.augment(batch.image)
