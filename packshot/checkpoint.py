"""Checkpoints: one `.safetensors` file whose metadata holds network, config and card. Never pickle.

Metadata keys: `format` ("packshot"), `version`, `network`, `config` (JSON), `card` (JSON: data, licence, metrics, …).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from packshot import networks
from packshot.errors import BadCheckpoint, PackshotError
from packshot.imaging.files import write_atomic

FORMAT, VERSION = "packshot", "1"


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint file holds besides the weights themselves.

    network: name in the table of networks; config: its entries; card: licence, data, metrics, use.
    digest: SHA-256 of the file, the identity of the weights everywhere in packshot.
    """

    path: Path
    network: str
    config: Mapping[str, Any]
    card: Mapping[str, Any]
    digest: str
    tensors: Mapping[str, Tensor] = field(repr=False)

    def build(self) -> nn.Module:
        """The network with these weights, in evaluation mode, float32. Raises BadCheckpoint if they do not fit."""
        try:
            network = networks.build(self.network, dict(self.config))
            network.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in self.tensors.items()})
        except (RuntimeError, PackshotError) as error:
            raise BadCheckpoint(f"{self.path.name}: does not fit network {self.network!r}: {error}") from None
        return network.eval()


def write(
    path: str | Path, network: nn.Module, name: str, card: Mapping[str, Any], dtype: torch.dtype | None = None
) -> None:
    """Write a network's weights with its config and card; atomic. `dtype` float16 halves the file."""
    state = {k: v.detach().cpu().contiguous() for k, v in network.state_dict().items()}
    if dtype is not None:
        state = {k: v.to(dtype) if v.is_floating_point() else v for k, v in state.items()}
    metadata = {
        "format": FORMAT,
        "version": VERSION,
        "network": name,
        "config": json.dumps(asdict(network.config), sort_keys=True),  # type: ignore[call-overload]
        "card": json.dumps(dict(card), ensure_ascii=False),
    }
    write_atomic(Path(path), save(state, metadata))


def read(path: Path) -> Checkpoint:
    """Read a checkpoint. Raises BadCheckpoint if it is missing, damaged, pickled or foreign."""
    metadata, tensors = contents(path)
    if metadata.get("format") != FORMAT or metadata.get("version") != VERSION:
        raise BadCheckpoint(
            f"{path.name}: safetensors, but not written by packshot (format {metadata.get('format')!r})"
        )
    try:
        config, card = json.loads(metadata["config"]), json.loads(metadata["card"])
        name = metadata["network"]
    except (KeyError, json.JSONDecodeError) as error:
        raise BadCheckpoint(f"{path.name}: its metadata is damaged ({error})") from None
    return Checkpoint(path, name, config, card, hashlib.sha256(path.read_bytes()).hexdigest(), tensors)


def contents(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Metadata and tensors of any safetensors file. Raises BadCheckpoint if it is missing, damaged or no such file."""
    try:
        with safe_open(str(path), framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
            return file.metadata() or {}, tensors
    except (OSError, SafetensorError) as error:
        raise BadCheckpoint(f"{path}: not a readable safetensors file ({error})") from None
