"""Feature spaces to compare pictures in: one interface, whatever network gives the maps.

| name | what it is |
|---|---|
| `filters` | random filters of several sizes, no weights (Ustyuzhaninov et al. 2016) |
| `catalogue-features`, or any `features` checkpoint | the stages of a classifier of products |
| `vgg-19=FILE` | VGG-19; a person brings the weights (a state dict of torchvision's names, .pth or .safetensors) |
| `squeezenet=FILE` | SqueezeNet v1.0; likewise (.npz or .safetensors with the names of its prototxt) |
| `auto` | `catalogue-features` where it is found, else `filters` |

A space says itself which of its maps tell style and which content. Nothing is downloaded, and no pickle is run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from packshot import checkpoint, networks
from packshot.errors import BadCheckpoint, ParameterError, WeightsNotFound

SEED = 20_16  # of the random filters: the same in every run
OWN = "catalogue-features"
NAMES = ("auto", "filters", OWN, "vgg-19=FILE", "squeezenet=FILE")
VGG_PLACES = ((0, 2), (5, 7), (10, 12, 14, 16), (19, 21, 23, 25), (28,))  # torchvision's numbers of the convolutions
FIRE_PARTS = (("squeeze", "conv1x1_1"), ("expand1", "conv1x1_2"), ("expand3", "conv3x3_2"))


@dataclass(frozen=True)
class FeatureSpace:
    """maps: `(n, 3, h, w)` in [0, 1] → maps `(n, c, h', w')`, differentiable; style, content: which of them count.

    least: the shortest side, px, it takes. together: so many neighbouring maps of style have one size and are told as
    one. digest: of its weights. licence: of its weights. network: what `maps` asks.
    """

    name: str
    maps: Callable[[Tensor], tuple[Tensor, ...]]
    style: tuple[int, ...]
    content: tuple[int, ...]
    least: int = 1
    together: int = 1
    digest: str = ""
    licence: str = "Apache-2.0"
    network: nn.Module | None = None

    def on(self, device: torch.device) -> FeatureSpace:
        """The same space, its network moved to a device."""
        if self.network is not None:
            self.network.to(device)
        return self

    def of_style(self, x: Tensor) -> tuple[Tensor, ...]:
        """The maps that tell style."""
        found = self.maps(x)
        return tuple(found[place] for place in self.style if place < len(found))

    def of_content(self, x: Tensor) -> tuple[Tensor, ...]:
        """The maps that tell content."""
        found = self.maps(x)
        return tuple(found[place] for place in self.content if place < len(found))


def find(name: str = "auto") -> FeatureSpace:
    """The feature space of a name (see above). Raises ParameterError, WeightsNotFound, BadCheckpoint."""
    with torch.inference_mode(False):  # weights are kept, and some who ask later want gradients through them
        return _found(name)


def _found(name: str) -> FeatureSpace:
    kind, sign, file = name.partition("=")
    if name == "auto":
        return _own_or_filters()
    if name == "filters":
        return filters()
    if sign and kind in FOREIGN:
        path = Path(file)
        if not path.is_file():
            raise WeightsNotFound(f"features {name!r}: no file {file}")
        return _foreign(kind, path, path.stat().st_mtime_ns)
    from packshot.models import find as find_weights

    try:
        path = find_weights(name)
    except WeightsNotFound as error:
        raise ParameterError(f"features: expected one of {', '.join(NAMES)} or a checkpoint; {error}") from None
    return _classifier(path, path.stat().st_mtime_ns)


def _own_or_filters() -> FeatureSpace:
    try:
        return find(OWN)
    except ParameterError:
        return filters()


@lru_cache(maxsize=8)
def filters(count: int = 24, sizes: tuple[int, ...] = (3, 7), halvings: int = 4, seed: int = SEED) -> FeatureSpace:
    """Random filters: every map tells style; those of the second and third halving tell content."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = networks.build("random-filters", {"filters": count, "sizes": sizes, "halvings": halvings})
    each = len(sizes) + 1
    all_maps = tuple(range(each * (halvings + 1)))
    middle = tuple(place for place in all_maps if place // each in (1, 2) and place % each)
    content = middle or tuple(place for place in all_maps if place % each)
    return FeatureSpace("filters", network.eval(), all_maps, content, network=network)


@lru_cache(maxsize=4)
def _classifier(path: Path, changed: int) -> FeatureSpace:
    stored = checkpoint.read(path)
    if stored.network != "features":
        raise BadCheckpoint(f"{path.name}: is a {stored.network}; expected a feature network (`features`)")
    network = _still(stored.build())
    stages: list[nn.Module] = list(network.body)  # type: ignore[arg-type]

    def maps(x: Tensor) -> tuple[Tensor, ...]:
        found, y = [], 2 * x - 1
        for stage in stages:
            y = stage(y)
            found.append(y)
        return tuple(found)

    count = len(stages)
    licence = str(stored.card.get("licence", "unstated"))
    content = (count - 2,) if count > 2 else (count - 1,)
    return FeatureSpace(path.stem, maps, tuple(range(count)), content, 8, 1, stored.digest, licence, network)


@lru_cache(maxsize=2)
def _foreign(kind: str, path: Path, changed: int) -> FeatureSpace:
    return FOREIGN[kind](path)


def _vgg(path: Path) -> FeatureSpace:
    state = _tensors(path)
    network = networks.build("vgg-19", {"average": True})
    own = {}
    for block, places in enumerate(VGG_PLACES):
        for number, place in enumerate(places):
            for part in ("weight", "bias"):
                own[f"blocks.{block}.{number}.{part}"] = _named(state, f"features.{place}.{part}", path)
    filled = _filled(network, own, path)
    return FeatureSpace("vgg-19", filled, (0, 1, 2, 3, 4), (3,), 16, 1, _digest(path), "unstated", filled)


def _squeezenet(path: Path) -> FeatureSpace:
    state = _tensors(path)
    network = networks.build("squeezenet")
    pairs = [("first", "conv1")]
    pairs += [(f"fires.{i}.{own}", f"fire{i + 2}/{given}") for i in range(8) for own, given in FIRE_PARTS]
    own = {f"{a}.{part}": _named(state, f"{b}.{part}", path) for a, b in pairs for part in ("weight", "bias")}
    filled = _filled(network, own, path)
    return FeatureSpace("squeezenet", filled, (0, 2, 4, 6, 8), (4,), 17, 1, _digest(path), "unstated", filled)


FOREIGN: Mapping[str, Callable[[Path], FeatureSpace]] = {"vgg-19": _vgg, "squeezenet": _squeezenet}


def _tensors(path: Path) -> Mapping[str, Tensor]:
    """Names and tensors of a foreign file, whatever its kind; nothing in it is run."""
    try:
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as held:
                return {name: torch.from_numpy(held[name]) for name in held.files}
        if path.suffix == ".safetensors":
            return checkpoint.contents(path)[1]
        found = torch.load(path, map_location="cpu", weights_only=True)
    except BadCheckpoint:
        raise
    except Exception as error:
        raise BadCheckpoint(f"{path.name}: cannot be read as weights ({error})") from None
    if not isinstance(found, Mapping):
        raise BadCheckpoint(f"{path.name}: expected a state dict, got {type(found).__name__}")
    return found


def _named(state: Mapping[str, Tensor], name: str, path: Path) -> Tensor:
    if name not in state:
        raise BadCheckpoint(f"{path.name}: has no {name!r}; its names are {', '.join(list(state)[:4])} …")
    return state[name].float()


def _filled(network: nn.Module, state: Mapping[str, Tensor], path: Path) -> nn.Module:
    try:
        network.load_state_dict(dict(state))
    except RuntimeError as error:
        raise BadCheckpoint(f"{path.name}: does not fit: {error}") from None
    return _still(network)


def _still(network: nn.Module) -> nn.Module:
    return network.eval().requires_grad_(False)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
