"""Which kind of network a checkpoint holds, told from what the network can do; and at which size it sees pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from torch import nn

from packshot.checkpoint import Checkpoint
from packshot.errors import ParameterError
from packshot.models import flowing
from packshot.models.sampling import Sampler
from packshot.models.stages import KINDS
from packshot.training import presets

Kind = Literal["generator", "critic", "classifier", "autoencoder"]
FALLBACK_PX = 64


@dataclass(frozen=True)
class Subject:
    """A checkpoint's network, ready. sampler: draws its pictures, for generators and for decoders with a prior."""

    stored: Checkpoint
    kind: Kind
    network: nn.Module
    device: str
    sampler: Sampler | None = None

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.stored.path.stem

    @property
    def attributes(self) -> dict[str, list[str]]:
        """What its condition or its classes are made of: column → values in order."""
        return {name: list(values) for name, values in self.stored.card.get("attributes", {}).items()}

    @property
    def condition_dim(self) -> int:
        """Length of what it is told beside picture or noise."""
        return self.sampler.condition_dim if self.sampler else int(self.stored.config.get("condition_dim", 0))

    @property
    def channels(self) -> int:
        """Of its pictures."""
        return int(self._config().get("channels", 3))

    @property
    def size(self) -> int:
        """Side of its pictures, px: of its config, else of the preset it was trained by."""
        size = self._config().get("size")
        if size is None and self.stored.card.get("preset") in presets.TABLE:
            size = presets.find(str(self.stored.card["preset"])).size
        return int(size or FALLBACK_PX)

    def _config(self) -> dict[str, Any]:
        own = dict(self.stored.config)
        inner = getattr(getattr(self.network, "autoencoder", None), "config", None)
        return own if inner is None else {**own, "size": inner.size, "channels": inner.channels}


def open_subject(stored: Checkpoint, device: str) -> Subject:
    """The network of a checkpoint in evaluation mode. Raises ParameterError if there is nothing in it to explain."""
    if stored.network in (*KINDS, flowing.NETWORK) or stored.config.get("z_dim"):
        sampler = Sampler(stored, device)
        return Subject(stored, "generator", sampler.network, device, sampler)
    if stored.config.get("latent_dim") and stored.network not in KINDS:
        sampler = Sampler(stored, device)
        return Subject(stored, "autoencoder", sampler.network, device, sampler)
    network = stored.build().to(device)
    for kind, ability in _ABILITIES:
        if hasattr(network, ability):
            return Subject(stored, kind, network, device)
    if stored.config.get("classes") and not hasattr(network, "everything"):  # those name pixels
        return Subject(stored, "classifier", network, device)
    raise ParameterError(
        f"{stored.path.name}: a {stored.network} makes no pictures from noise or codes, and gives no score or class of "
        "pictures, so there is nothing to explain; name a generator, critic, classifier or autoencoder"
    )


_ABILITIES: tuple[tuple[Kind, str], ...] = (("critic", "judge"), ("autoencoder", "decode"), ("classifier", "classify"))
