"""Large generators saved by Hugging Face diffusers: a folder with model_index.json, or a name on the hub.

Extra `diffusers`. Text to picture, and filling a region from words, both from one folder. Only classes of diffusers and
transformers themselves are built and only safetensors are read: a folder that asks for other code, or whose weights are
pickled, is refused before anything of it is loaded. A name on the hub is looked for in the local cache; it is
downloaded only where that is asked for, after its licence was. The licence of a folder is in a file `model.licence` or
in the head of its README.md.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from packshot.errors import BadCheckpoint, MissingExtra, ModelError, ParameterError, WeightsNotFound
from packshot.imaging.picture import Picture

if TYPE_CHECKING:
    from packshot.models import Model

INDEX = "model_index.json"
HUB = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
LIBRARIES = ("diffusers", "transformers")
PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".msgpack")
FILES = ("*.json", "*.safetensors", "*.txt", "*.model", "README.md", "model.licence")  # what is ever downloaded
CHUNK = 1 << 22


def is_index(path: Path) -> bool:
    """Whether a path is the index of a folder as diffusers writes it."""
    return path.name == INDEX


def cached(name: str) -> Path | None:
    """The index of a name on the hub where it lies in the local cache; nothing is fetched."""
    if not HUB.fullmatch(name) or Path(name).exists():
        return None
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return None
    found = try_to_load_from_cache(name, INDEX)
    return Path(found) if isinstance(found, str) else None


def fetch(name: str, commercial: bool) -> None:
    """Download a pipeline of the hub into the local cache, its licence asked for first; safetensors only.

    Raises ParameterError for what is no name of the hub, LicenceRefused, WeightsNotFound, MissingExtra.
    """
    from packshot.models import refuse_licence

    if not HUB.fullmatch(name):
        raise ParameterError(f"download: expected a name such as owner/model, got {name!r}")
    if cached(name) is not None:
        return
    try:
        import huggingface_hub
    except ImportError as error:
        raise MissingExtra("huggingface_hub", "diffusers", "pipelines by name") from error
    try:
        if commercial:
            told = huggingface_hub.model_info(name).card_data
            refuse_licence(spdx(str((told or {}).get("license") or "unstated")), name)
        huggingface_hub.snapshot_download(name, allow_patterns=list(FILES))
    except (OSError, ValueError) as error:
        if "licence" in str(error):
            raise
        words = " ".join(str(error).split())[:200]
        raise WeightsNotFound(f"weights {name!r}: cannot be downloaded ({words})") from None


def load(path: Path, device: str, commercial: bool) -> Model:
    """The pipeline of an index, as a Model whose card and digest name it; it draws through `drawer_of` alone.

    Raises LicenceRefused, BadCheckpoint for folders that are not safe to load.
    """
    from packshot.models import Model, refuse_licence

    folder, licence = path.parent, licence_of(path.parent)
    if commercial:
        refuse_licence(licence, name_of(path))
    index = checked(folder)
    card = {"licence": licence, "architecture": index["_class_name"], "purpose": "draw"}

    def run(_: Tensor) -> Tensor:
        raise ModelError(f"{name_of(path)}: draws from words; use scene or `packshot generate`")

    return Model(run, {"scale": 1, "channels_in": 3}, card, digest_of(path), device, "torch", name_of(path))


def name_of(path: Path) -> str:
    """What a folder is called; of one in the hub's cache, the name there."""
    parts = [part for part in path.parts if part.startswith("models--")]
    return parts[-1].removeprefix("models--").replace("--", "/") if parts else path.parent.name


def licence_of(folder: Path) -> str:
    """From `model.licence`, else the head of README.md, as SPDX spells it; else `unstated`."""
    beside = folder / "model.licence"
    if beside.is_file():
        return beside.read_text(encoding="utf-8").strip() or "unstated"
    readme = folder / "README.md"
    if not readme.is_file():
        return "unstated"
    head = readme.read_text(encoding="utf-8", errors="replace")[:4000].split("---")
    found = re.search(r"(?m)^license:\s*['\"]?([\w.+-]+)", head[1]) if len(head) > 2 else None
    return spdx(found[1]) if found else "unstated"


def spdx(text: str) -> str:
    """A licence in the spelling of SPDX where packshot knows it, else as it stands."""
    from packshot.models import COMMERCIAL

    return {name.casefold(): name for name in COMMERCIAL}.get(text.casefold(), text)


def checked(folder: Path) -> dict[str, Any]:
    """The index of a folder that is safe to load. Raises BadCheckpoint naming what is not."""
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        parts = {k: v for k, v in index.items() if not k.startswith("_") and isinstance(v, list) and len(v) == 2}
        class_name = str(index["_class_name"])
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise BadCheckpoint(f"{folder.name}: its {INDEX} is damaged ({type(error).__name__})") from None
    for part, (library, kind) in parts.items():
        if library is not None and library not in LIBRARIES:
            raise BadCheckpoint(
                f"{folder.name}: {part} asks for code of {library} ({kind}); only classes of "
                f"{' and '.join(LIBRARIES)} are built, code that comes with weights is never run"
            )
        held = [file for file in (folder / part).glob("*") if file.is_file()] if library else []
        pickled = [file.name for file in held if file.suffix in PICKLED]
        if pickled and not any(file.suffix == ".safetensors" for file in held):
            raise BadCheckpoint(f"{folder.name}: {part} has {pickled[0]} and no safetensors; pickles are not read")
    if not re.fullmatch(r"\w+Pipeline", class_name):
        raise BadCheckpoint(f"{folder.name}: is no pipeline ({class_name!r:.80})")
    return index  # type: ignore[no-any-return]


def digest_of(path: Path) -> str:
    """SHA-256 over the names and bytes of all files that are read of a folder, kept while none changes."""
    files = [file for file in sorted(path.parent.rglob("*")) if file.is_file() and file.suffix not in PICKLED]
    told = tuple((str(file.relative_to(path.parent)), file.stat().st_size, file.stat().st_mtime_ns) for file in files)
    return _digest(path.parent, told)


@lru_cache(maxsize=8)
def _digest(folder: Path, told: tuple[tuple[str, int, int], ...]) -> str:
    whole = hashlib.sha256()
    for name, size, _ in told:
        whole.update(f"{name}\0{size}\0".encode())
        with (folder / name).open("rb") as file:
            while part := file.read(CHUNK):
                whole.update(part)
    return whole.hexdigest()


class Drawer:
    """A pipeline that draws from words. device: where it runs.

    It has what `sampling.Sampler` has as far as it makes sense: it knows no attributes and reads any text.
    """

    def __init__(self, path: Path, device: str = "cpu") -> None:
        self.path, self.device = path, device
        self.name, self.digest = name_of(path), digest_of(path)
        self.attributes: dict[str, list[str]] = {}
        self.open = True
        self.pipeline = _pipeline(path.parent, device)

    @property
    def multiple(self) -> int:
        """Sides of its pictures are multiples of it, px."""
        return max(8, 2 * int(getattr(self.pipeline, "vae_scale_factor", 8)))

    def condition(self, wanted: Mapping[str, str], seed: int) -> None:
        """Raise ParameterError for any attribute: what is wanted goes into the words."""
        if wanted:
            raise ParameterError(f"{next(iter(wanted))}: {self.name} knows no attributes; say it in the words")

    def picture(self, words: str, seed: int, size: tuple[int, int] | None = None, **options: Any) -> Tensor:
        """`(1, 3, h, w)` in [0, 1] from words. size: `(h, w)`, its own by default; options: see `_asked`."""
        if not words.strip():
            raise ParameterError(f"text: {self.name} draws from words; say what to draw")
        sides = {} if size is None else {"height": size[0], "width": size[1]}
        return self._run(self.pipeline, words, seed, {**sides, **options})

    def filled(self, words: str, seed: int, rgb: Tensor, mask: Tensor, **options: Any) -> Tensor:
        """`(1, 3, h, w)` in [0, 1]: the picture with what the mask `(1, 1, h, w)` covers (1) drawn anew from words.

        Sides must be multiples of `multiple`. Raises ModelError if the pipeline cannot fill.
        """
        sides = {"height": rgb.shape[2], "width": rgb.shape[3]}
        given = {"image": rgb, "mask_image": mask.round(), "strength": 1.0}
        return self._run(self._filler(), words, seed, {**sides, **given, **options})

    def drawn(self, seeds: Iterable[int], text: str, **options: Any) -> Iterator[tuple[int, Picture]]:
        """A seed and its picture, one after the other."""
        for seed in seeds:
            yield seed, Picture(self.picture(text, seed, **options))

    def _filler(self) -> Any:
        from diffusers import AutoPipelineForInpainting

        if "mask_image" in inspect.signature(type(self.pipeline).__call__).parameters:
            return self.pipeline
        try:
            filler = AutoPipelineForInpainting.from_pipe(self.pipeline)
        except Exception as error:
            words = " ".join(str(error).split())[:200]
            raise ModelError(f"{self.name}: cannot fill a region ({words}); name an inpainting pipeline") from None
        filler.set_progress_bar_config(disable=True)
        return filler

    def _run(self, pipeline: Any, words: str, seed: int, options: Mapping[str, Any]) -> Tensor:
        """One call, told only what this kind of pipeline knows."""
        known = inspect.signature(type(pipeline).__call__).parameters
        told = {key: value for key, value in options.items() if key in known and value is not None}
        generator = torch.Generator("cpu").manual_seed(seed % (1 << 63))
        try:
            found = pipeline(prompt=words, generator=generator, output_type="pt", **told).images
        except (RuntimeError, ValueError, TypeError, AttributeError) as error:
            raise ModelError(f"{self.name}: could not draw ({' '.join(str(error).split())[:200]})") from None
        out: Tensor = torch.as_tensor(found).float().cpu()[:1]
        if not bool(torch.isfinite(out).all()):
            raise ModelError(f"{self.name}: drew values that are no numbers; its weights may need another precision")
        return out.clamp(0, 1)


def drawer_of(path: Path, device: str = "cpu") -> Drawer:
    """The drawer of an index, kept for the next picture. Raises BadCheckpoint, MissingExtra."""
    return _drawer(path, path.stat().st_mtime_ns, device)


@lru_cache(maxsize=1)
def _drawer(path: Path, changed: int, device: str) -> Drawer:
    with torch.inference_mode(False):
        return Drawer(path, device)


def _pipeline(folder: Path, device: str) -> Any:
    try:
        import diffusers
    except ImportError as error:
        raise MissingExtra("diffusers", "diffusers", "pipelines saved by diffusers") from error
    kind = getattr(diffusers, str(checked(folder)["_class_name"]), None)
    if kind is None:
        raise BadCheckpoint(f"{folder.name}: diffusers {diffusers.__version__} has no {checked(folder)['_class_name']}")
    diffusers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    half = {"torch_dtype": torch.float16} if device.startswith("cuda") else {}
    try:
        pipeline = kind.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, low_cpu_mem_usage=False, **half
        )
    except Exception as error:
        words = " ".join(str(error).split())[:250]
        raise BadCheckpoint(f"{folder.name}: diffusers cannot load it ({words})") from None
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to(device)
