"""From a preset and a catalogue to an objective and a stream of pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel
from torch import Tensor, nn
from torch.nn import functional as F

from packshot import networks
from packshot.catalogue.augment.diffaugment import diffaugment
from packshot.catalogue.dataset.order import Order
from packshot.catalogue.dataset.pack import packed
from packshot.catalogue.dataset.pictures import Labels, Pictures
from packshot.catalogue.dataset.stream import Stream, mirrored
from packshot.errors import ParameterError
from packshot.training.objective import Objective
from packshot.training.objectives.classify import Classify, ClassifySettings
from packshot.training.objectives.gan import Gan, GanSettings
from packshot.training.objectives.vae import Vae, VaeSettings
from packshot.training.presets import Preset
from packshot.training.settings import Settings

AUGMENTS = ("mirror", "diffaugment")


@dataclass(frozen=True)
class Prepared:
    """Ready to train. attributes: column → names of its values, in the order of the condition's entries."""

    objective: Objective
    stream: Stream
    settings: Settings
    attributes: dict[str, tuple[str, ...]]
    licences: tuple[str, ...]
    pictures: int


def prepare(
    preset: Preset, catalogue: str | Path, changes: Mapping[str, Any], columns: Sequence[str] | None = None
) -> Prepared:
    """Pack the catalogue at the preset's size and build networks and objective.

    changes: settings of the loop or rules of the objective, by name. columns: attributes that make the condition, in
    place of the preset's, of which those that the catalogue lacks are left out. Raises ParameterError for unknown
    settings, for columns asked for that the catalogue lacks, and where a classifier has nothing to name.
    """
    pictures, _ = packed(catalogue, preset.size, grey=preset.channels == 1, layers=("photo",))
    labels = _labels(pictures, preset, columns)
    settings, rules = _settled(preset, changes)
    rows = pictures.where(split="train")
    if not len(rows):
        rows = torch.arange(len(pictures))
    order = Order(rows.numpy(), settings.seed)
    change = mirrored if "mirror" in preset.augment else None
    stream = Stream(pictures, order, columns=_columns(labels), change=change)
    torch.manual_seed(settings.seed)
    objective = _objective(preset, rules, labels)
    return Prepared(
        objective,
        stream,
        settings,
        {column: label.names for column, label in labels.items()},
        _licences(pictures),
        len(rows),
    )


def _labels(pictures: Pictures, preset: Preset, columns: Sequence[str] | None) -> dict[str, Labels]:
    wanted = preset.columns if columns is None else columns
    here = [column for column in wanted if columns is not None or any(pictures.column(column))]
    if preset.objective == "classify" and not here:
        raise ParameterError(f"columns: the catalogue has no {', '.join(wanted)} to name; give the columns it has")
    return {column: pictures.labels(column) for column in here}


def _settled(preset: Preset, changes: Mapping[str, Any]) -> tuple[Settings, dict[str, Any]]:
    """Settings of the loop and rules of the objective, with the changes in whichever of them knows the name."""
    own = {k: v for k, v in changes.items() if k in Settings.model_fields}
    rules = {k: v for k, v in changes.items() if k not in Settings.model_fields}
    known = set(RULES[preset.objective].model_fields)
    for name in rules:
        if name not in known:
            names = ", ".join(sorted({*Settings.model_fields, *known}))
            raise ParameterError(f"{name}: no setting of the loop and no rule of {preset.objective}; expected {names}")
    return Settings(**{**preset.settings, **own}), {**preset.rules, **rules}


def _columns(labels: Mapping[str, Labels]) -> dict[str, Tensor]:
    if not labels:
        return {}
    codes = torch.stack([label.codes for label in labels.values()], dim=1)
    return {"label": codes, "condition": condition_of(codes, [len(label.names) for label in labels.values()])}


def condition_of(codes: Tensor, sizes: list[int]) -> Tensor:
    """`(n, columns)` class numbers → `(n, sum of sizes)` one-hots side by side; -1 gives zeros."""
    parts = []
    for column, size in enumerate(sizes):
        code = codes[:, column]
        parts.append(F.one_hot(code.clamp(min=0), size).float() * (code >= 0)[:, None])
    return torch.cat(parts, dim=1)


def _objective(preset: Preset, rules: Mapping[str, Any], labels: Mapping[str, Labels]) -> Objective:
    sizes = tuple(len(label.names) for label in labels.values())
    built = {role: _network(name, entries, preset, sizes) for role, (name, entries) in preset.networks.items()}
    augment = _augment(preset)
    if preset.objective == "gan":
        return Gan(built["generator"], built["critic"], GanSettings(**rules), augment)
    if preset.objective == "vae":
        return Vae(built["autoencoder"], VaeSettings(**rules))
    return Classify(built["classifier"], ClassifySettings(**rules), augment)


RULES: dict[str, type[BaseModel]] = {"gan": GanSettings, "vae": VaeSettings, "classify": ClassifySettings}


def _network(name: str, entries: Mapping[str, Any], preset: Preset, sizes: tuple[int, ...]) -> nn.Module:
    """A network with what the data decides filled in, as far as its config has a place for it."""
    config_class, _ = networks.find(name)
    given: dict[str, Any] = {"size": preset.size, "channels": preset.channels, "condition_dim": sum(sizes)}
    if preset.objective == "classify" or preset.rules.get("auxiliary"):
        given["classes"] = sizes
    known = set(config_class.__dataclass_fields__)
    return networks.build(name, {**{k: v for k, v in given.items() if k in known}, **entries})


def _augment(preset: Preset) -> Callable[[Tensor], Tensor] | None:
    for name in preset.augment:
        if name not in AUGMENTS:
            raise ParameterError(f"augment: expected one of {', '.join(AUGMENTS)}; got {name!r}")
    if "diffaugment" not in preset.augment:
        return None

    def augment(x: Tensor) -> Tensor:
        generator = torch.Generator(x.device).manual_seed(int(torch.randint(1 << 62, ())))
        return diffaugment(x, generator)

    return augment


def _licences(pictures: Pictures) -> tuple[str, ...]:
    return tuple(sorted({value or "unstated" for value in pictures.column("licence")}))


def config_of(network: nn.Module) -> dict[str, Any]:
    """The entries of a network's config."""
    return asdict(network.config)  # type: ignore[call-overload, no-any-return]
