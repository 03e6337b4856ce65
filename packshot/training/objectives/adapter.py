"""One more style for a network that stays as it is: gains and biases alone are learned.

Source: Dumoulin, Shlens & Kudlur, "A Learned Representation for Artistic Style" (2017). Losses are those of `style`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from packshot import checkpoint
from packshot.errors import ParameterError
from packshot.models.features import FeatureSpace
from packshot.training.objective import Phase
from packshot.training.objectives.style import OneStyle, StyleRules


class AdaptStyle(OneStyle):
    """Gains and biases of a new style for a network that stays as it is."""

    averaged = ("adapter",)

    def __init__(
        self, networks: Mapping[str, nn.Module], styles: Tensor, space: FeatureSpace, settings: StyleRules
    ) -> None:
        super().__init__(networks, styles, space, settings)
        if not settings.frozen:
            raise ParameterError("frozen: name the checkpoint of the network the adapter is for, --set frozen=FILE")
        stored = checkpoint.read(Path(settings.frozen))
        if stored.network != "fast-style":
            raise ParameterError(f"frozen: {settings.frozen} is a {stored.network}; expected a fast-style network")
        self.frozen = stored.build().requires_grad_(False)
        adapter: Any = self.networks["adapter"]
        with torch.no_grad():
            adapter.style.copy_(self.frozen.style)  # type: ignore[arg-type]

    def phases(self) -> tuple[Phase, ...]:
        """The adapter's alone."""
        return (Phase("adapter", "adapter", tuple(self.networks["adapter"].parameters()), self.losses),)

    def made(self, networks: Mapping[str, nn.Module], photo: Tensor, style: Tensor) -> Tensor:
        adapter: Any = networks["adapter"]
        out: Tensor = self.frozen.to(photo.device)(photo, adapter.style)
        return out
