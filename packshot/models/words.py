"""Texts and pictures as vectors of one space: our own encoders (`catalogue-clip`), or those of transformers.

    encoder = load("catalogue-clip")
    encoder.texts(["red wooden car", "红色木质小汽车"]) @ encoder.pictures(x).T     # cosines

A name is looked for as every network's: as a path, among a person's weights, among those that ship. A folder as
transformers writes it (`config.json`, `model.safetensors`) is read by transformers (extra `transformers`), classes of
the library itself only; a name with a slash is one of its hub, taken from what this machine has kept of it, and fetched
only where `download` says so. The licence of a foreign one is that of `model.licence` in the folder, else unstated.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from packshot import checkpoint
from packshot.catalogue.dataset.tokens import CONTROL, MOST_CHARACTERS, Tokens, checked
from packshot.errors import BadCheckpoint, MissingExtra, ParameterError, WeightsNotFound
from packshot.imaging.geometry import resize_layer
from packshot.models import check_licence, community, find, refuse_licence, resolve_device
from packshot.models.transformers_files import CONFIG, PREPROCESSOR, WEIGHTS, is_folder_of

OWN = "catalogue-clip"
NETWORK = "clip"
SIDE_PX = 64  # of pictures, where the card does not say
BATCH = 256
CLIP_MEAN, CLIP_STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True, eq=False)
class Encoder:
    """Texts and pictures → unit vectors `(n, dim)`, float32, on the CPU.

    side: what pictures are brought to, px. length: tokens of a text that are read. network: what is asked; None where
    it belongs to another library. sees: whether it takes pictures at all.
    """

    name: str
    dim: int
    side: int
    length: int
    digest: str
    licence: str
    device: str
    of_texts: Callable[[Sequence[str]], Tensor]
    of_pictures: Callable[[Tensor], Tensor]
    count: Callable[[str], int]
    network: nn.Module | None = None
    sees: bool = True

    @torch.inference_mode()
    def texts(self, texts: Sequence[str]) -> Tensor:
        """`(n, dim)`; what is longer than `length` tokens is cut, an empty text is a vector too: of nothing said.

        Raises ParameterError for texts over 10,000 characters or with control characters.
        """
        for text in texts:
            if len(text) > MOST_CHARACTERS or CONTROL.search(text):
                checked(text)
        parts = [self.of_texts(list(texts[i : i + BATCH])) for i in range(0, len(texts), BATCH)]
        return torch.cat(parts) if parts else torch.zeros(0, self.dim)

    @torch.inference_mode()
    def pictures(self, x: Tensor) -> Tensor:
        """`(n, 3, h, w)` in [0, 1] → `(n, dim)`; another shape is put on a white square, resized in linear light.

        Raises ParameterError for another number of channels, or if this encoder reads texts alone.
        """
        if not self.sees:
            raise ParameterError(
                f"{self.name}: reads texts alone; name an encoder of texts and pictures, such as {OWN}"
            )
        if x.dim() != 4 or x.shape[1] != 3 or min(x.shape[2:]) < 1:
            raise ParameterError(f"pictures: expected (n, 3, h, w) in [0, 1], got {tuple(x.shape)}")
        parts = [self.of_pictures(squared(part, self.side)) for part in torch.split(x.float(), BATCH)]
        return torch.cat(parts) if len(x) else torch.zeros(0, self.dim)

    def cut(self, text: str) -> bool:
        """Whether a text is longer than what is read of it."""
        return self.count(text) > self.length


def load(name_or_path: str = OWN, device: str = "auto", commercial: bool = False, download: bool = False) -> Encoder:
    """An encoder by name, file or folder.

    commercial: refuse one whose licence does not allow commercial use. download: a name of the hub may be fetched.
    Raises WeightsNotFound, BadCheckpoint, LicenceRefused, DeviceError, MissingExtra.
    """
    place = resolve_device(device)
    try:
        path = find(name_or_path)
    except WeightsNotFound:
        if name_or_path.count("/") != 1 or Path(name_or_path).exists():
            raise
        return _foreign(name_or_path, None, place, commercial, download)
    if is_folder_of(path):
        return _foreign(path.parent.name, path.parent, place, commercial, False)
    if community.is_foreign(path):
        raise BadCheckpoint(
            f"{path.name}: no encoder of texts; expected a `{NETWORK}` file or a folder with {CONFIG} and {WEIGHTS}"
        )
    return _own(path, place, commercial)


def squared(x: Tensor, side: int) -> Tensor:
    """`(n, 3, h, w)` in [0, 1] → `(n, 3, side, side)`, all of it on a white square."""
    h, w = x.shape[2:]
    if (h, w) == (side, side):
        return x
    longest = max(h, w)
    top, left = (longest - h) // 2, (longest - w) // 2
    padded = F.pad(x, (left, longest - w - left, top, longest - h - top), value=1.0)
    return resize_layer(padded, (side, side), linear=True).clamp(0, 1)


def _own(path: Path, device: str, commercial: bool) -> Encoder:
    stored = checkpoint.read(path)
    if stored.network != NETWORK or not stored.card.get("words"):
        raise BadCheckpoint(f"{path.name}: is a {stored.network}; expected a network of texts and pictures ({NETWORK})")
    if commercial:
        check_licence(stored)
    try:
        tokens = Tokens(stored.card["words"])
    except ParameterError as error:
        raise BadCheckpoint(f"{path.name}: its card's {error}") from None
    network: Any = stored.build().to(device).requires_grad_(False)
    length = int(stored.config["length"])

    def of_texts(texts: Sequence[str]) -> Tensor:
        found = tokens.tokens(texts, length)
        used = int((found != 0).sum(1).max())
        return network.texts(found[:, :used].to(device)).cpu()  # type: ignore[no-any-return]

    def of_pictures(x: Tensor) -> Tensor:
        return network.pictures((2 * x - 1).to(device)).cpu()  # type: ignore[no-any-return]

    return Encoder(
        str(stored.card.get("preset") or path.stem) if path.stem == stored.card.get("role") else path.stem,
        int(stored.config["dim"]),
        int(stored.card.get("input_px", SIDE_PX)),
        length,
        stored.digest,
        str(stored.card.get("licence", "unstated")),
        device,
        of_texts,
        of_pictures,
        lambda text: len(tokens.numbers(text)) + 1,
        network,
    )


def _foreign(name: str, folder: Path | None, device: str, commercial: bool, download: bool) -> Encoder:
    """What transformers knows: with a picture's tower as CLIP has it, or a network of texts alone."""
    licence = "unstated" if folder is None else community.licence_of(folder / WEIGHTS)
    if commercial:
        refuse_licence(licence, name)
    place = name if folder is None else str(folder)
    model, reader = _transformers(place, download)
    model = model.to(device).eval()
    told = getattr(model.config, "text_config", model.config)
    length = int(min(getattr(told, "max_position_embeddings", 512), getattr(reader, "model_max_length", 512), 512))
    sees = hasattr(model, "get_image_features")
    vision = getattr(model.config, "vision_config", None)
    side, mean, std = _preparation(folder, int(getattr(vision, "image_size", SIDE_PX)))

    def of_texts(texts: Sequence[str]) -> Tensor:
        given = reader(list(texts), padding=True, truncation=True, max_length=length, return_tensors="pt").to(device)
        return _unit(_pooled(model.get_text_features(**given)) if sees else _mean(model(**given), given))

    def of_pictures(x: Tensor) -> Tensor:
        return _unit(_pooled(model.get_image_features(pixel_values=((x - mean) / std).to(device))))

    dim = int(of_texts(["x"]).shape[1])
    digest = _digest(place, model) if folder is None else hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    return Encoder(name, dim, side, length, digest, licence, device, of_texts, of_pictures,
                   lambda text: len(reader(text)["input_ids"]), None, sees)  # fmt: skip


def _transformers(place: str, download: bool) -> tuple[Any, Any]:
    """Network and tokeniser of a folder, or of a name of the hub."""
    try:
        import transformers
    except ImportError as error:
        raise MissingExtra("transformers", "transformers", "encoders saved by transformers") from error
    how: dict[str, Any] = {"local_files_only": not download, "trust_remote_code": False}
    try:
        model = transformers.AutoModel.from_pretrained(place, use_safetensors=True, **how)
        return model, transformers.AutoTokenizer.from_pretrained(place, **how)
    except Exception as error:
        words = " ".join(str(error).split())[:250]
        if not Path(place).is_dir():
            told = "" if download else "; this machine has not kept it, and nothing is fetched unless asked"
            raise WeightsNotFound(f"encoder {place!r}: not found{told} ({words})") from None
        raise BadCheckpoint(f"{Path(place).name}: no encoder that transformers knows itself ({words})") from None


def _preparation(folder: Path | None, side: int) -> tuple[int, Tensor, Tensor]:
    """Side of pictures, mean and deviation `(1, 3, 1, 1)`; those of CLIP where the folder does not say."""
    told: dict[str, Any] = {}
    if folder is not None and (folder / PREPROCESSOR).is_file():
        try:
            told = json.loads((folder / PREPROCESSOR).read_text(encoding="utf-8"))
        except ValueError as error:
            raise BadCheckpoint(f"{folder.name}/{PREPROCESSOR}: is not JSON ({error})") from None
    mean, std = (torch.tensor(told.get(name, kept), dtype=torch.float32).view(1, 3, 1, 1)
                 for name, kept in (("image_mean", CLIP_MEAN), ("image_std", CLIP_STD)))  # fmt: skip
    return side, mean, std


def _pooled(found: Any) -> Tensor:
    return found if isinstance(found, Tensor) else found.pooler_output  # type: ignore[no-any-return]


def _mean(found: Any, given: Any) -> Tensor:
    """The mean over the tokens that are there (Reimers & Gurevych 2019, §3)."""
    there = given["attention_mask"][:, :, None].float()
    return (found.last_hidden_state * there).sum(1) / there.sum(1)  # type: ignore[no-any-return]


def _unit(x: Tensor) -> Tensor:
    return F.normalize(x.float(), dim=1).cpu()


def _digest(name: str, model: nn.Module) -> str:
    """Of a network without a file at hand: its name and every weight."""
    total = hashlib.sha256(name.encode())
    for key, value in model.state_dict().items():
        total.update(key.encode())
        total.update(value.detach().float().cpu().contiguous().numpy().tobytes())
    return total.hexdigest()
