"""Inception-v3 as the feature network of measures, for a person who has its weights: Fréchet Inception distance.

Source: Parmar, Zhang, Zhu, "On Aliased Resizing and Surprising Subtleties in GAN Evaluation" (2022), §3 (clean-fid):
pictures go to 299 × 299 px by an antialiased bicubic filter, each channel by itself in floating point, not rounded to 8
bits afterwards. Values enter as (v - 128) / 128, as in the graph of Heusel et al. 2017 that the weights come from.

FID and KID are said only of those very weights, told by the digest of their file; a set of names and shapes would fit
random weights too. Distances in any other weights are FD and KD followed by their name. A value compares with a
published one only at the same number of pictures and the same reference set.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot import networks
from packshot.checkpoint import contents
from packshot.errors import BadCheckpoint, ParameterError, WeightsNotFound
from packshot.evaluation.features import INCEPTION
from packshot.networks.inception import CLASSES, Inception, fill

SIDE = 299  # px
# pt_inception-2015-12-05-6726825d.pth, the port to PyTorch of the weights that FID is defined by (pytorch-fid).
DIGEST = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"


class CleanInception(nn.Module):
    """`features(x)`: x `(n, 3, h, w)` in [-1, 1] of 8-bit values → `(n, 2048)`."""

    def __init__(self, network: Inception) -> None:
        super().__init__()
        self.network = network.eval()
        self.centre, self.scale = (128.0, 128.0) if network.config.pooling == "fid" else (127.5, 127.5)

    def features(self, x: Tensor) -> Tensor:
        """Pooled features of pictures of any size."""
        return self.network.features((resized((x + 1) * 127.5) - self.centre) / self.scale)


def resized(values: Tensor, side: int = SIDE) -> Tensor:
    """`(n, c, h, w)` in [0, 255] → `(n, c, side, side)`, not rounded; overshoots of the filter are cut off."""
    return F.interpolate(values, (side, side), mode="bicubic", antialias=True, align_corners=False).clamp(0, 255)


def read(path: str | Path) -> tuple[CleanInception, str]:
    """The network with the weights of a file, and what its features are called.

    path: state dict as `.safetensors`, or as `.pth` or `.pt` with nothing but tensors in it; with 1,008 classes the
    port of the original graph, with 1,000 that of torchvision. Raises WeightsNotFound, BadCheckpoint, ParameterError if
    it holds another network.
    """
    place = Path(path)
    if not place.is_file():
        raise WeightsNotFound(f"features: inception={place}: no such file; its weights are not part of packshot")
    state = _state(place)
    pooling = _pooling(state)
    network = networks.build("inception", {"pooling": pooling, "divide": _divide(state)})
    assert isinstance(network, Inception), "the table says so"
    fill(network, state)
    with place.open("rb") as file:
        published = hashlib.file_digest(file, "sha256").hexdigest() == DIGEST
    return CleanInception(network), INCEPTION if published else f"inception-{pooling}"


def _state(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".safetensors":
        return contents(path)[1]
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a foreign file fails in many ways
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadCheckpoint(
            f"{path.name}: expected a file of tensors only, by name; TorchScript and objects are not read ({reason})"
        ) from None
    if not isinstance(found, dict) or not all(isinstance(value, Tensor) for value in found.values()):
        raise BadCheckpoint(f"{path.name}: expected tensors by name, got {type(found).__name__}")
    return dict(found)


def _pooling(state: dict[str, Tensor]) -> str:
    classes = len(state["fc.weight"]) if "fc.weight" in state else 0
    for pooling, number in CLASSES.items():
        if classes == number:
            return pooling
    told = " or ".join(str(number) for number in CLASSES.values())
    raise ParameterError(f"features: expected Inception-v3 with fc.weight of {told} classes, got {classes or 'none'}")


def _divide(state: dict[str, Tensor]) -> int:
    """How much narrower than published it is: 1, but for small ones in tests."""
    first = state.get("Conv2d_1a_3x3.conv.weight")
    return 1 if first is None or not len(first) else max(1, 32 // len(first))
