"""What critics have in common: a score, classes and features from one pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from torch import Tensor, nn

from packshot.networks.layers.configs import check_condition
from packshot.networks.layers.weights import Wrap


@dataclass(frozen=True)
class Judgement:
    """What a critic says of n pictures in one pass.

    score: `(n,)` logits, high = real; features: `(n, f)`, what the score is a function of;
    classes: one `(n, k)` of logits per auxiliary classifier.
    """

    score: Tensor
    features: Tensor
    classes: tuple[Tensor, ...]


class Heads(nn.Module):
    """Score and classes from features `(n, f)`.

    Score: ψ·f + ⟨V·condition, f⟩ (Miyato & Koyama 2018, "cGANs with Projection Discriminator", eq. 3), the second term
    times `gain`; classes: one linear layer each (Odena et al. 2017, "Conditional Image Synthesis with Auxiliary
    Classifier GANs", §3). `wrap` goes around every layer.
    """

    def __init__(
        self, features: int, condition_dim: int, classes: tuple[int, ...], wrap: Wrap | None = None, gain: float = 1.0
    ) -> None:
        super().__init__()
        wrap = wrap or nn.Identity()
        self.condition_dim, self.gain = condition_dim, gain
        self.score = wrap(nn.Linear(features, 1))
        self.embed = wrap(nn.Linear(condition_dim, features, bias=False)) if condition_dim else None
        self.classifiers = nn.ModuleList(wrap(nn.Linear(features, k)) for k in classes)

    def forward(self, features: Tensor, condition: Tensor | None) -> Tensor:
        check_condition(condition, self.condition_dim, len(features))
        score: Tensor = self.score(features).squeeze(1)  # (n,)
        if self.embed is None or condition is None:
            return score
        match: Tensor = (self.embed(condition.to(features.dtype)) * features).sum(1)
        return score + self.gain * match

    def classify(self, features: Tensor) -> tuple[Tensor, ...]:
        return tuple(classifier(features) for classifier in self.classifiers)


class Critic(nn.Module):
    """What critics have in common. A member sets `heads` and defines `features(x)`: `(n, c, h, w)` → `(n, f)`.

    All other methods go through one pass of `features`; `judge` returns everything of that pass.
    """

    heads: Heads

    def features(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def judge(self, x: Tensor, condition: Tensor | None = None) -> Judgement:
        features = self.features(x)
        return Judgement(self.heads(features, condition), features, self.heads.classify(features))

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        score: Tensor = self.heads(self.features(x), condition)
        return score

    def classify(self, x: Tensor) -> tuple[Tensor, ...]:
        return self.heads.classify(self.features(x))

    def layers(self) -> list[tuple[nn.Module, ...]]:
        """What pictures pass before the heads, from the picture on; normalisation belongs to the layer before it."""
        found: list[tuple[nn.Module, ...]] = []
        for module in self.parts():
            weights = [p.dim() for p in module.parameters()]
            if found and max(weights, default=0) < 2:
                found[-1] += (module,)
            elif weights:
                found.append((module,))
        return found

    def parts(self) -> Iterable[nn.Module]:
        """The modules of `features` in order."""
        return self.body.children()  # type: ignore[union-attr]
