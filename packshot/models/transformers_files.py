"""Segmentation networks saved by Hugging Face transformers: a folder with config.json and model.safetensors.

Extra `transformers`. Classes of the library itself only (SegFormer, DPT, MobileViT, UPerNet, …): code that comes with
weights is never executed, so BiRefNet, whose class lives beside its weights, is taken as an ONNX file instead. The
picture's size, mean and deviation are read from preprocessor_config.json.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from packshot.errors import BadCheckpoint, MissingExtra

if TYPE_CHECKING:
    from packshot.models import Model

CONFIG, PREPROCESSOR, WEIGHTS = "config.json", "preprocessor_config.json", "model.safetensors"
GROUND = ("background", "void", "unlabeled", "none", "other")  # names of a class that is no product
SIDE_PX = 512


def is_folder_of(path: Path) -> bool:
    """Whether a file of weights lies in a folder as transformers writes it."""
    return path.name == WEIGHTS and "architectures" in _json(path.with_name(CONFIG))


def load(path: Path, device: str, commercial: bool) -> Model:
    """The network of a folder, given its `model.safetensors`; `run` gives logits `(n, classes, h, w)`.

    The licence is that of a file `model.licence` in the folder. Raises MissingExtra, LicenceRefused, BadCheckpoint.
    """
    from packshot.models import Model, refuse_licence
    from packshot.models.community import licence_of

    folder, licence = path.parent, licence_of(path)
    if commercial:
        refuse_licence(licence, folder.name)
    network = _network(folder).to(device)
    names = [str(network.config.id2label[i]) for i in range(network.config.num_labels)]
    ground = next((i for i, name in enumerate(names) if name.strip().lower() in GROUND), None)
    if ground is None and len(names) > 1:
        shown = ", ".join(names[:8])
        raise BadCheckpoint(f"{folder.name}: none of its {len(names)} classes is background ({shown}, …)")
    side, prepare = _preparation(folder)
    card = {"licence": licence, "architecture": network.config.architectures[0], "purpose": "segment"}
    card |= {"input_px": side, "square": True, "classes": names if len(names) > 1 else [], "background": ground or 0}
    config = {"classes": len(names), "channels_in": 3}
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Model(_runner(network, prepare), config, card, digest, device, "torch", folder.name)


def _network(folder: Path) -> Any:
    try:
        import transformers
    except ImportError as error:
        raise MissingExtra("transformers", "transformers", "networks saved by transformers") from error
    kinds = (transformers.AutoModelForSemanticSegmentation, transformers.AutoModelForImageSegmentation)
    words = ""
    for kind in kinds:
        try:
            found = kind.from_pretrained(folder, local_files_only=True, trust_remote_code=False, use_safetensors=True)
            return found.eval()
        except Exception as error:
            words = words or " ".join(str(error).split())[:250]
    raise BadCheckpoint(f"{folder.name}: no segmentation network that transformers knows itself ({words})")


def _preparation(folder: Path) -> tuple[int, Callable[[Tensor], Tensor]]:
    told = _json(folder / PREPROCESSOR)
    size = told.get("size", SIDE_PX)
    if isinstance(size, dict):
        size = size.get("height") or size.get("shortest_edge") or SIDE_PX
    mean, std = told.get("image_mean", [0.485, 0.456, 0.406]), told.get("image_std", [0.229, 0.224, 0.225])
    if not told.get("do_normalize", True):
        mean, std = [0.0] * 3, [1.0] * 3
    middle, spread = (torch.tensor(v, dtype=torch.float32).view(1, 3, 1, 1) for v in (mean, std))
    return int(size), lambda x: (x - middle.to(x.device)) / spread.to(x.device)


def _runner(network: Any, prepare: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    def run(x: Tensor) -> Tensor:
        with torch.inference_mode():
            given = x.to(next(network.parameters()).device)
            logits: Tensor = network(pixel_values=prepare(given)).logits
            full = functional.interpolate(logits.float(), x.shape[2:], mode="bilinear", align_corners=False)
        return full.to(x.device)

    return run


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}
