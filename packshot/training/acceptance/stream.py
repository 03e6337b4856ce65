"""Generated pictures that passed, as a stream: one seed a picture, the seeds in order, those that fail left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count as numbers
from itertools import islice
from pathlib import Path

import torch

from packshot import checkpoint
from packshot.catalogue.dataset.pictures import Pictures, to_signed
from packshot.checkpoint import Checkpoint
from packshot.errors import NotEnoughPassed, ParameterError
from packshot.models import find, resolve_device
from packshot.models.sampling import BATCH, Drawn, Sampler, in_batches, seed_of
from packshot.training.acceptance.rules import CopyDistance, CriticScore, NamedMargin, Rule
from packshot.training.acceptance.settings import AcceptSettings
from packshot.training.material import pictures_of
from packshot.training.references import Asked, FeatureSpace, asked, with_attributes

REAL_QUANTILE, OWN_QUANTILE = 0.05, 0.5  # of the critic's scores: of real pictures, else of generated ones
SCALE, FEWEST = 500, 50  # pictures that the critic's threshold is taken from; so few of what is asked for will do
SCALE_SEED = 3_000_000_019


@dataclass(frozen=True)
class Judged:
    """A picture that was tried. number: which one of the seed's pictures; scores: by rule; failed: rules it broke."""

    number: int
    drawn: Drawn
    scores: Mapping[str, float]
    failed: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether every rule holds."""
        return not self.failed


@dataclass
class Count:
    """tried, passed: pictures. rejected: by rule; a picture that breaks two counts in both.

    values: attribute → value → (tried, passed): what is hard to draw becomes rare among what passed.
    """

    tried: int = 0
    passed: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    values: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)

    def add(self, judged: Judged) -> None:
        """One more."""
        self.tried += 1
        self.passed += judged.passed
        for name in judged.failed:
            self.rejected[name] = self.rejected.get(name, 0) + 1
        for name, value in judged.drawn.attributes.items():
            of = self.values.setdefault(name, {})
            tried, passed = of.get(value, (0, 0))
            of[value] = tried + 1, passed + judged.passed

    def told(self) -> str:
        """In words."""
        reasons = ", ".join(f"{name} {number:,}" for name, number in self.rejected.items())
        rejected = self.tried - self.passed
        share = f"{self.passed / max(self.tried, 1):.1%}"
        return f"{self.passed:,} of {self.tried:,} tried ({share}), {rejected:,} rejected" + (
            f": {reasons}" if reasons else ""
        )


@dataclass
class Accepting:
    """An iterable of the pictures that pass, `count` of them at most; each iteration begins anew.

    tally: counts of the latest iteration, up to now. tries: pictures that are tried at most.
    Iterating raises NotEnoughPassed when the tries are spent; what had passed has been given before.
    """

    generator: Checkpoint
    sampler: Sampler
    rules: tuple[Rule, ...]
    count: int
    tries: int
    seed: int = 0
    wanted: Mapping[str, str] = field(default_factory=dict)
    truncation: float = 1.0
    text: str = ""
    tally: Count = field(default_factory=Count)

    def __iter__(self) -> Iterator[Judged]:
        return (judged for judged in self.tried() if judged.passed)

    def tried(self) -> Iterator[Judged]:
        """Every picture that is tried, those that fail too, until enough have passed."""
        tally = self.tally = Count()
        seeds = (seed_of(self.seed, number) for number in islice(numbers(), self.tries))
        for judged in judge(self.sampler.drawn(seeds, self.wanted, self.truncation, self.text), self.rules):
            if tally.passed == self.count:
                return
            tally.add(judged)
            yield judged
        if tally.passed < self.count:
            raise NotEnoughPassed(
                f"accept: {tally.told()}; {self.count:,} were wanted. Allow more tries, loosen the rule that rejects "
                "most (--critic-quantile, --margin, --copy-quantile), or train the generator longer"
            )


def judge(drawn: Iterable[Drawn], rules: Sequence[Rule]) -> Iterator[Judged]:
    """Every picture with its scores and the rules it breaks, in order."""
    number = 0
    for some in in_batches(drawn):
        scores = {rule.name: rule.score(some) for rule in rules}
        for row, one in enumerate(some):
            own = {name: float(score[row]) for name, score in scores.items()}
            failed = tuple(rule.name for rule in rules if not own[rule.name] >= rule.least)
            yield Judged(number, one, own, failed)
            number += 1


def accepting(
    generator: str | Path,
    settings: AcceptSettings,
    count: int,
    *,
    seed: int = 0,
    wanted: Mapping[str, str] | None = None,
    truncation: float = 1.0,
    text: str = "",
    device: str = "auto",
    sampler: Sampler | None = None,
) -> Accepting:
    """The pictures of a generator's checkpoint that pass what `settings` name; the same seed gives the same ones.

    Without any test named, the critic that lies beside the generator judges. wanted, truncation, text: as for
    `Sampler.drawn`. sampler: of this checkpoint, if it is steered. Raises ParameterError if there is nothing to judge
    by or something does not fit, BadCheckpoint.
    """
    place = resolve_device(device)
    stored = checkpoint.read(find(str(generator)))
    sampler = sampler or Sampler(stored, place)
    rules = rules_of(settings, stored, sampler, wanted or {}, truncation, text)
    return Accepting(stored, sampler, rules, count, count * settings.tries, seed, wanted or {}, truncation, text)


def rules_of(
    settings: AcceptSettings,
    stored: Checkpoint,
    sampler: Sampler,
    wanted: Mapping[str, str],
    truncation: float,
    text: str,
) -> tuple[Rule, ...]:
    """The rules whose needs are met, each with its threshold. Raises ParameterError if none or half a one is named."""
    critic, real = _critic_named(settings, stored), None
    if settings.features and not settings.catalogue:
        raise ParameterError("features: copies are told by training pictures too; name their catalogue")
    real_scale = settings.critic_scale == "real"
    if real_scale and not (critic and settings.catalogue):
        raise ParameterError("critic_scale: real pictures need a critic to judge them, and their catalogue")
    if settings.catalogue and not (settings.features or real_scale):
        raise ParameterError("catalogue: nothing compares with training pictures; name features, or critic_scale real")
    first = next(iter(sampler.drawn([0], wanted, truncation, text)))
    if settings.catalogue:
        pictures = pictures_of(settings.catalogue, first.pixels.shape[1], first.pixels.shape[0])
        real = pictures, _training(pictures, sampler, stored)
    rules = []
    if critic:
        score = CriticScore(checkpoint.read(find(critic)), sampler, stored, sampler.device)
        own = sampler.drawn(range(SCALE_SEED, SCALE_SEED + SCALE), wanted, truncation, text)
        rules.append(_critic_rule(score, settings.critic_quantile, real if real_scale else None, wanted, own))
    if settings.classifier:
        margin = NamedMargin(checkpoint.read(find(settings.classifier)), sampler, wanted, sampler.device)
        rules.append(Rule("classifier", margin, settings.margin, f"asked value ahead by {settings.margin:g}"))
    if settings.features and real is not None:
        rules.append(_copy_rule(settings, real, sampler.device, first))
    return tuple(rules)


Real = tuple[Pictures, Asked]


def _critic_named(settings: AcceptSettings, stored: Checkpoint) -> str:
    """The critic to judge by, the one beside the generator if no test is named; "" for none."""
    if settings.critic or settings.classifier or settings.features:
        return settings.critic
    beside = stored.path.with_name("critic.safetensors")
    if not beside.is_file():
        raise ParameterError(
            f"accept: nothing to judge by, and no critic beside {stored.path.name}; name a critic, a classifier, or "
            "features and a catalogue"
        )
    return str(beside)


def _training(pictures: Pictures, sampler: Sampler, stored: Checkpoint) -> Asked:
    """The training split, or all pictures where there are no splits, as in training."""
    found = asked(pictures, sampler, stored, "train")
    return found if len(found.rows) else asked(pictures, sampler, stored, "")


def _critic_rule(
    score: CriticScore, quantile: float | None, real: Real | None, wanted: Mapping[str, str], own: Iterable[Drawn]
) -> Rule:
    if real is None:
        share, what = OWN_QUANTILE if quantile is None else quantile, "generated pictures"
        scores = torch.cat([score(some) for some in in_batches(own)])
    else:
        share, what = REAL_QUANTILE if quantile is None else quantile, "training pictures"
        scores = _real_scores(score, *real, wanted)
    least = float(scores.quantile(share))
    return Rule("critic", score, least, f"score {least:.3g}, which {share:.0%} of {len(scores):,} {what} stay below")


def _real_scores(score: CriticScore, pictures: Pictures, training: Asked, wanted: Mapping[str, str]) -> torch.Tensor:
    """Of training pictures with the attributes that are asked for, or of any if these are few."""
    same = with_attributes(pictures, training, wanted)
    kept = same if len(same.rows) >= FEWEST else training
    chosen = kept[torch.randperm(len(kept.rows), generator=torch.Generator().manual_seed(0))[:SCALE]]
    found = []
    for part in torch.split(torch.arange(len(chosen.rows)), BATCH):
        some = chosen[part]
        texts = some.texts or [""] * len(part)
        found.append(score.of(to_signed(pictures.gather(some.rows)), some.condition, texts))
    return torch.cat(found)


def _copy_rule(settings: AcceptSettings, real: Real, device: str, first: Drawn) -> Rule:
    space = FeatureSpace.read(settings.features, device)
    space.check(first.pixels.shape[0])
    pictures, training = real
    distance = CopyDistance(space, pictures.gather, training.rows)
    least = distance.limit(settings.copy_quantile)
    told = f"distance {least:.3g} to {len(training.rows):,} training pictures, {settings.copy_quantile:.0%} of which"
    return Rule("copy", distance, least, f"{told} lie nearer to another one")
