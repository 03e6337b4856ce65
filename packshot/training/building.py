"""From a preset and what the data decides to networks and their objective."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from pydantic import BaseModel
from torch import Tensor, nn

from packshot import networks
from packshot.catalogue.augment.diffaugment import diffaugment
from packshot.errors import ParameterError
from packshot.training.first_stage import FirstStage
from packshot.training.objective import Objective
from packshot.training.objectives.adapter import AdaptStyle
from packshot.training.objectives.adaptive import Adaptive
from packshot.training.objectives.branches import BranchedStarGan
from packshot.training.objectives.classify import Classify, ClassifySettings
from packshot.training.objectives.codes import CodePrior, CodesSettings
from packshot.training.objectives.contrast import Contrast, ContrastSettings
from packshot.training.objectives.cut import Cut, CutRules
from packshot.training.objectives.cyclegan import CycleGan, CycleRules
from packshot.training.objectives.discrete import Discrete, DiscreteSettings
from packshot.training.objectives.dualgan import DualGan, DualRules
from packshot.training.objectives.exemplar import ExemplarStyle
from packshot.training.objectives.flow import Flow, FlowSettings
from packshot.training.objectives.gan import Gan, GanSettings
from packshot.training.objectives.growing import Growing, GrowingSettings
from packshot.training.objectives.matching import Matching, MatchingSettings
from packshot.training.objectives.mixture import MixtureFit, MixtureSettings
from packshot.training.objectives.pix2pix import Pix2Pix
from packshot.training.objectives.product import ProductGan, ProductSettings
from packshot.training.objectives.restore import (
    Inpaint,
    InpaintSettings,
    Restore,
    RestoreSettings,
    RestoreVae,
    RestoreVaeSettings,
)
from packshot.training.objectives.segment import Segment, SegmentSettings
from packshot.training.objectives.spade import SpadeGan, SpadeRules
from packshot.training.objectives.stargan import StarGan
from packshot.training.objectives.style import AnyStyle, OneStyle, StyleRules
from packshot.training.objectives.stylegan import StyleGan, StyleSettings
from packshot.training.objectives.translation import PairedRules, StarRules
from packshot.training.objectives.vae import Vae, VaeSettings
from packshot.training.objectives.vaegan import VaeGan, VaeGanSettings
from packshot.training.presets import Preset

Augment = Callable[[Tensor], Tensor]


class Kind(NamedTuple):
    """An objective: make(networks in the order of roles, settings[, augment]); its rules; what it is made of."""

    make: Callable[..., Objective]
    rules: type[BaseModel]
    roles: tuple[str, ...]
    augmented: bool = True


PLAYERS = ("generator", "critic")
KINDS: Mapping[str, Kind] = {
    "gan": Kind(Gan, GanSettings, PLAYERS),
    "growing": Kind(Growing, GrowingSettings, PLAYERS),
    "stylegan": Kind(StyleGan, StyleSettings, PLAYERS),
    "product": Kind(ProductGan, ProductSettings, PLAYERS),
    "vae": Kind(Vae, VaeSettings, ("autoencoder",), augmented=False),
    "vaegan": Kind(VaeGan, VaeGanSettings, ("autoencoder", "critic")),
    "discrete": Kind(Discrete, DiscreteSettings, ("autoencoder",), augmented=False),
    "flow": Kind(Flow, FlowSettings, ("flow", "autoencoder"), augmented=False),
    "mixture": Kind(MixtureFit, MixtureSettings, ("mixture", "autoencoder"), augmented=False),
    "codes": Kind(CodePrior, CodesSettings, ("prior", "autoencoder"), augmented=False),
    "matching": Kind(Matching, MatchingSettings, ("flow",), augmented=False),  # with its stream: see `flowing`
    "contrast": Kind(Contrast, ContrastSettings, ("encoder",), augmented=False),  # with its stream: see `contrasting`
    "classify": Kind(Classify, ClassifySettings, ("classifier",)),
    "restore": Kind(Restore, RestoreSettings, ("restorer",), augmented=False),  # and a critic: see `restoring`
    "inpaint": Kind(Inpaint, InpaintSettings, ("restorer",), augmented=False),
    "restore-vae": Kind(RestoreVae, RestoreVaeSettings, ("restorer",), augmented=False),
    "segment": Kind(Segment, SegmentSettings, ("segmenter",), augmented=False),  # with its stream: see `segmenting`
    "pix2pix": Kind(Pix2Pix, PairedRules, ("translator", "critic"), augmented=False),  # see `translating`
    "spade": Kind(SpadeGan, SpadeRules, ("translator", "critic"), augmented=False),
    "cyclegan": Kind(CycleGan, CycleRules, ("translator", "critic_a", "critic_b"), augmented=False),
    "dualgan": Kind(DualGan, DualRules, ("translator", "critic_a", "critic_b"), augmented=False),
    "cut": Kind(Cut, CutRules, ("translator", "critic", "projector"), augmented=False),
    "stargan-branches": Kind(BranchedStarGan, StarRules, ("translator", "critic"), augmented=False),
    "stargan": Kind(StarGan, StarRules, ("translator", "critic"), augmented=False),
    "style": Kind(OneStyle, StyleRules, ("restyler",), augmented=False),  # with their streams: see `styling`
    "style-adapter": Kind(AdaptStyle, StyleRules, ("adapter",), augmented=False),
    "style-any": Kind(AnyStyle, StyleRules, ("restyler",), augmented=False),
    "style-exemplar": Kind(ExemplarStyle, StyleRules, ("restyler",), augmented=False),
}
READ_WITH = ("mirror", "turn", "shift", "ground", "recolour")  # happen where pictures are read, see `prepare.change_of`
AUGMENTS = (*READ_WITH, "diffaugment", "ada", "ada-quick")
QUICK = 50_000  # images in which `ada-quick` could go from none to all: for runs of some hundred thousand


def objective_of(
    preset: Preset, rules: Mapping[str, Any], sizes: tuple[int, ...], words: int, first: FirstStage | None
) -> Objective:
    """Fresh networks and their objective. sizes: values of each attribute; words: numbers of the vocabulary."""
    kind = KINDS[preset.objective]
    settings = kind.rules(**rules)
    given: dict[str, Any] = {"size": preset.size, "channels": preset.channels, "condition_dim": sum(sizes)}
    if preset.objective == "classify" or rules.get("auxiliary"):
        given["classes"] = sizes
    if words:
        given["vocabulary"] = words
    if first is not None:
        given |= first.given
    if isinstance(settings, MixtureSettings):
        given["components"] = settings.components
    built = {role: _network(name, given, entries) for role, (name, entries) in preset.networks.items()}
    if first is not None:
        built["autoencoder"] = first.stored.build()
    augment = {"augment": augment_of(preset.augment)} if kind.augmented else {}
    return kind.make(*(built[role] for role in kind.roles), settings, **augment)


def _network(name: str, given: Mapping[str, Any], entries: Mapping[str, Any]) -> nn.Module:
    """A network with what the data decides filled in, as far as its config has a place for it."""
    config_class, _ = networks.find(name)
    fitting = {k: v for k, v in given.items() if k in config_class.__dataclass_fields__}
    return networks.build(name, {**fitting, **entries})


def augment_of(names: tuple[str, ...]) -> Augment | None:
    """What the critic's pictures go through, by the names of a preset; READ_WITH happen where pictures are read."""
    for name in names:
        if name not in AUGMENTS:
            raise ParameterError(f"augment: expected some of {', '.join(AUGMENTS)}; got {name!r}")
    if "ada" in names or "ada-quick" in names:
        return Adaptive() if "ada" in names else Adaptive(images=QUICK)
    return _diffaugment if "diffaugment" in names else None


def _diffaugment(x: Tensor) -> Tensor:
    return diffaugment(x, torch.Generator(x.device).manual_seed(int(torch.randint(1 << 62, ()))))
