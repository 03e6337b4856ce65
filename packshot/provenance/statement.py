"""What is to be stated of a picture: the strongest of what its history deserves and what its input said."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from packshot.provenance import actions
from packshot.provenance.origin import Origin
from packshot.provenance.policies import Policy
from packshot.provenance.step import Step
from packshot.provenance.tc260 import Label
from packshot.provenance.terms import GENERATED, SYNTHETIC, rank, strongest

if TYPE_CHECKING:
    from packshot.imaging.picture import Picture

UNKNOWN = "unknown"  # the producer of content that another program marked without naming one


@dataclass(frozen=True)
class Statement:
    """term: IPTC. aigc: text of China's label, None if none is due. systems: networks used, for IPTC.

    actions: C2PA's, without the first. created: IPTC term of a picture without a file behind it. content: number of
    this content, the same for the same input and history. generated: a network made pixels of it.
    """

    term: str
    aigc: str | None
    systems: tuple[str, ...]
    actions: tuple[dict[str, Any], ...]
    created: str
    content: str
    generated: bool


def state(picture: Picture, history: tuple[Step, ...], policy: Policy, source: Origin) -> Statement:
    """What the file of `picture` has to say."""
    inherited = strongest(source.term, _implied(source))
    done = strongest(*(step.digital_source_type for step in history))
    truth = strongest(inherited, done) or policy.unmarked_input
    content = number(picture, history, source)
    label = _label(history, policy, source, truth, content)
    return Statement(
        term="trainedAlgorithmicMedia" if policy.wording == "google" and truth in GENERATED else truth,
        aigc=None if label is None else label.text(wrapped=policy.wrapped),
        systems=tuple(dict.fromkeys(f"packshot {name}" for step in history for name in step.weights)),
        actions=tuple(actions.action(step) for step in history),
        created=inherited or done or policy.unmarked_input,
        content=content,
        generated=truth in GENERATED,
    )


def number(picture: Picture, history: tuple[Step, ...], source: Origin) -> str:
    """A number for this content: of the input's bytes and all that was done, else of the pixels themselves."""
    digest = hashlib.sha256(source.sha256.encode())
    if not source.sha256:
        digest.update(picture.rgb.detach().cpu().contiguous().numpy().tobytes())
    steps = [[step.operation, dict(step.parameters), step.seed, dict(step.weights)] for step in history]
    digest.update(json.dumps([steps, picture.size], sort_keys=True, default=str).encode())
    return f"ps-{digest.hexdigest()[:32]}"


def _implied(source: Origin) -> str | None:
    """A picture labelled as made by AI is not called a photo; a term that says more than that is believed."""
    if source.label is None or source.label.label != "1":
        return None
    says_more = source.term is not None and rank(source.term) >= rank("algorithmicallyEnhanced")
    return None if says_more else "compositeWithTrainedAlgorithmicMedia"


def _label(history: tuple[Step, ...], policy: Policy, source: Origin, truth: str, content: str) -> Label | None:
    """The one AIGC label: the input's own, passed on; else a first one if a network took part or made pixels."""
    ours = any(step.weights or step.digital_source_type in SYNTHETIC for step in history)
    if source.label is not None:
        kept = replace(source.label, label="1") if ours else source.label
        return kept.passed_on(policy.producer, content) if ours or policy.producer != "packshot" else kept
    if ours:
        return Label.first(policy.producer, content)
    if truth in GENERATED:
        return replace(Label.first(UNKNOWN, content), propagator=policy.producer)
    return None
