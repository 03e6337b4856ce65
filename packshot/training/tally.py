"""Losses and gradient norms added up between two lines of the log, without waiting for the device."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from packshot.training.progress import Progress
from packshot.training.settings import Settings
from packshot.training.state import State


class Tally:
    """Means since images `images` and seconds `seconds`; lazy phases over the steps they ran in."""

    def __init__(self, images: int, seconds: float) -> None:
        self.images, self.seconds = images, seconds
        self._sums: dict[tuple[str, str], tuple[Tensor, int]] = {}

    def losses(self, losses: Mapping[str, Tensor]) -> None:
        """Add the losses of a phase."""
        for name, loss in losses.items():
            self._add("loss", name, loss)

    def norm(self, player: str, norm: Tensor) -> None:
        """Add the norm of a player's gradient."""
        self._add("norm", player, norm)

    def _add(self, kind: str, name: str, value: Tensor) -> None:
        total, count = self._sums.get((kind, name), (value.new_zeros(()), 0))
        self._sums[kind, name] = (total + value.detach(), count + 1)

    def means(self) -> tuple[dict[str, float], dict[str, float]]:
        """Mean losses, mean gradient norms."""
        found: dict[str, dict[str, float]] = {"loss": {}, "norm": {}}
        for (kind, name), (total, count) in self._sums.items():
            found[kind][name] = float(total) / count
        return found["loss"], found["norm"]

    def progress(self, now: State, settings: Settings, verdict: str) -> Progress:
        """A line of the log."""
        losses, norms = self.means()
        numbers = {f"gradient_{player}": norm for player, norm in norms.items()}
        numbers["learning_rate"] = settings.learning_rate.at(now.images)
        rate = (now.images - self.images) / max(now.seconds - self.seconds, 1e-9)
        limit, total = 60 * (settings.minutes or 0), settings.total_images
        return Progress(now.images, total, now.seconds, rate, losses, numbers, verdict=verdict, limit_seconds=limit)
