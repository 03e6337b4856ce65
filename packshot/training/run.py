"""One training run in one folder: what `packshot train` and Python call.

FOLDER/config.yaml            preset, catalogue, every setting in force
FOLDER/state.safetensors      to go on from
FOLDER/log.jsonl, samples/    progress
FOLDER/training.html          curves and grids
FOLDER/ROLE.safetensors       the networks, averaged where they are averaged, with their cards
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import nn

from packshot import checkpoint
from packshot.errors import ParameterError, TrainingTrouble
from packshot.imaging.files import write_atomic
from packshot.models import resolve_device
from packshot.models.flowing import fingerprint
from packshot.models.segmenting import INPUT_PX
from packshot.training import presets, trackers
from packshot.training.fitting import fit
from packshot.training.loop import STATE, Outcome, train
from packshot.training.objectives.mixture import MixtureFit
from packshot.training.page import Page
from packshot.training.prepare import Prepared, prepare
from packshot.training.presets import Preset
from packshot.training.progress import Reader
from packshot.training.starting import begin_from
from packshot.version import __version__

CONFIG = "config.yaml"
FIRST = "autoencoder.safetensors"  # beside the second stage that is drawn through it
WORDS = "words.safetensors"  # beside a flow that is told texts
REWINDS = 2


@dataclass(frozen=True)
class Run:
    """How a run ended, its networks' files by role, and by role what they began with (see `starting.Parent`)."""

    outcome: Outcome
    folder: Path
    networks: dict[str, Path]
    parents: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def run(
    preset: str | Preset,
    catalogue: str | Path,
    folder: str | Path,
    *,
    changes: Mapping[str, Any] | None = None,
    columns: Sequence[str] | None = None,
    device: str = "auto",
    readers: Sequence[Reader] = (),
    track: Sequence[str] = (),
    rewinds: int = REWINDS,
    clock: Callable[[], float] = time.monotonic,
    start: str | Path = "",
) -> Run:
    """Train a preset on a catalogue; goes on where a run in the same folder was stopped.

    changes: settings or rules by name, in place of the preset's. columns: attributes to condition on, likewise.
    track: names of trackers that are shown the record (see `trackers`).
    rewinds: how often training goes back to its last saved state after trouble, with other noise, before it gives up.
    clock: what the budget in minutes is counted by. start: run or checkpoint to begin with the weights of (transfer).
    Raises ParameterError for a setting that does not exist or a folder that holds another run, TrainingTrouble when it
    gives up, DeviceError, MissingExtra for a tracker that is not installed.
    """
    chosen = presets.find(preset) if isinstance(preset, str) else preset
    place, target = resolve_device(device), Path(folder)
    prepared = prepare(chosen, catalogue, changes or {}, columns)
    facts = _facts(preset if isinstance(preset, str) else chosen.what, catalogue, prepared)
    _check_same(target, facts)
    facts |= _begun(prepared, target, start)
    write_atomic(target / CONFIG, yaml.safe_dump(facts, sort_keys=False, allow_unicode=True).encode())
    with ExitStack() as stack:
        opened = [stack.enter_context(closing(trackers.find(name, target))) for name in track]
        follow = partial(_follow, device=place, readers=(*readers, *opened, Page(target)), clock=clock)
        outcome = follow(chosen, prepared, target, rewinds)
    return Run(outcome, target, export(prepared, chosen, outcome, target, facts), _parents(facts))


def _begun(prepared: Prepared, folder: Path, start: str | Path) -> dict[str, Any]:
    """Weights of another run taken over before the first step; afterwards, what was noted of it then."""
    if (folder / STATE).is_file() and (folder / CONFIG).is_file():
        before = yaml.safe_load((folder / CONFIG).read_text(encoding="utf-8"))
        return {"start": before["start"]} if "start" in before else {}
    if not str(start):
        return {}
    words = () if prepared.words is None else prepared.words.names
    parents = begin_from(prepared.objective.networks, start, prepared.attributes, words)
    return {"start": {"from": {"place": str(start)}, **{role: parent.facts() for role, parent in parents.items()}}}


def _parents(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Role → what is known of the checkpoint whose weights it began with."""
    return {
        role: told for role, told in facts.get("start", {}).items() if isinstance(told, Mapping) and "digest" in told
    }


def _follow(preset: Preset, prepared: Prepared, folder: Path, rewinds: int, **how: Any) -> Outcome:
    """Train, going back to the last saved state after trouble; a mixture is fitted in one go."""
    if isinstance(prepared.objective, MixtureFit):
        return fit(prepared.objective, prepared.stream, prepared.pictures, prepared.settings, folder, **how)
    watch = preset.objective not in ("classify", "contrast")
    for attempt in range(rewinds + 1):
        try:
            return train(
                prepared.objective,
                prepared.stream,
                prepared.settings,
                folder,
                watch_diversity=watch,
                attempt=attempt,
                **how,
            )
        except TrainingTrouble:
            if attempt == rewinds or not (folder / STATE).is_file():
                raise
    raise AssertionError("at least one attempt")


def export(
    prepared: Prepared, preset: Preset, outcome: Outcome, folder: Path, facts: Mapping[str, Any]
) -> dict[str, Path]:
    """Write every network as a checkpoint of half precision with its card: averaged, fused, where it can be."""
    written = {}
    for role, (name, _) in preset.networks.items():
        network: nn.Module = outcome.averages.get(role, prepared.objective.networks[role])
        network = network.fused() if hasattr(network, "fused") else network  # type: ignore[operator]
        path = folder / f"{role}.safetensors"
        dtype = None if preset.objective == "mixture" else torch.float16  # few numbers, some of them tiny
        checkpoint.write(path, network, name, _card(role, prepared, preset, outcome, facts), dtype)
        written[role] = path
    if prepared.first is not None:  # a second stage is drawn through the first, which goes along
        written["autoencoder"] = folder / FIRST
        write_atomic(folder / FIRST, prepared.first.stored.path.read_bytes())
    if prepared.encoder_file is not None:  # so does what texts and pictures become vectors by
        written["words"] = folder / WORDS
        write_atomic(folder / WORDS, prepared.encoder_file.read_bytes())
    return written


def _card(role: str, prepared: Prepared, preset: Preset, outcome: Outcome, facts: Mapping[str, Any]) -> dict[str, Any]:
    own: dict[str, Any] = dict(prepared.card)
    parents = _parents(facts)
    licences = sorted(
        {
            *prepared.licences,
            *(prepared.first.licences if prepared.first is not None else ()),
            *(licence for parent in parents.values() for licence in parent["data_licences"]),
        }
    )
    free = set(licences) <= FREE and all(parent["licence"] in FREE for parent in parents.values())
    if parents:
        told = ("file", "digest", "trained_on", "licence", "data_licences")
        own["parents"] = {name: {key: parent[key] for key in told} for name, parent in parents.items()}
    if preset.objective == "segment":
        own["input_px"] = preset.size if prepared.attributes else INPUT_PX
        if prepared.attributes:
            own["classes"] = list(prepared.attributes["class"])
    if prepared.words is not None:
        own |= {"words": list(prepared.words.names), "texts": list(preset.texts)}
    if prepared.vocabulary is not None:
        own["conditions"] = prepared.vocabulary.facts()
    if prepared.encoder is not None:
        place = {"name": prepared.encoder.name}
        if prepared.encoder_file is not None:
            place = {"file": WORDS, "weights": fingerprint(checkpoint.read(prepared.encoder_file))}
        own["encoder"] = {**place, "digest": prepared.encoder.digest}
    if prepared.first is not None:
        first = prepared.first.stored
        own["decoder"] = {"file": FIRST, "digest": first.digest, "weights": fingerprint(first)}
    return own | {
        "role": role,
        "what": preset.what,
        "preset": facts["preset"],
        "trained_on": own.get("trained_on") or Path(str(facts["catalogue"])).name,
        "data_licences": licences,
        "licence": "Apache-2.0" if free else "unstated",
        "attributes": {column: list(names) for column, names in prepared.attributes.items()},
        "pictures": prepared.pictures,
        "images_seen": outcome.images,
        "minutes": round(outcome.seconds / 60, 1),
        "verdict": outcome.verdict,
        "averaged": role in outcome.averages,
        "date": date.today().isoformat(),
        "packshot": __version__,
        "torch": torch.__version__,
    }


# Licences of data that leave the weights trained on it free; anything else makes them `unstated`.
FREE = frozenset({"CC0-1.0", "CC0", "MIT", "Apache-2.0", "BSD-3-Clause", "CC-BY-4.0"})


def _facts(preset: str, catalogue: str | Path, prepared: Prepared) -> dict[str, Any]:
    rules = getattr(prepared.objective, "settings", None)
    return {
        "preset": preset,
        "catalogue": str(catalogue),
        "settings": prepared.settings.model_dump(mode="json"),
        "rules": {} if rules is None else rules.model_dump(mode="json"),
        "attributes": {column: list(names) for column, names in prepared.attributes.items()},
    }


BUDGET = ("total_images", "minutes", "log_images", "sample_images", "save_minutes", "samples")


def _check_same(folder: Path, facts: Mapping[str, Any]) -> None:
    """A run goes on only as itself; the budget and what is only looked at may change."""
    path = folder / CONFIG
    if not path.is_file() or not (folder / STATE).is_file():
        return
    try:
        before = yaml.safe_load(path.read_text(encoding="utf-8"))
        old, new = dict(before["settings"]), dict(facts["settings"])
        differing = [k for k in ("preset", "rules", "attributes") if before[k] != facts[k]]
    except (yaml.YAMLError, KeyError, TypeError):
        raise ParameterError(f"{path}: cannot be read; name another folder or delete this one") from None
    differing += [k for k in new if k not in BUDGET and old.get(k) != new[k]]
    if differing:
        raise ParameterError(
            f"{folder}: holds a run with other {', '.join(differing)}; name another folder, or delete {STATE} there"
        )
