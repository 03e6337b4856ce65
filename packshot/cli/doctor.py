"""`packshot doctor`: what this machine has, what is missing, and the command that gets it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import typer

BASE = (
    "torch",
    "numpy",
    "pillow",
    "opencv-python-headless",
    "safetensors",
    "pydantic",
    "onnxruntime",
    "fsspec",
    "c2pa-python",
    "cryptography",
)
EXTRAS = {  # module → (extra, what for)
    "pymatting": ("matting", "cutout --refine closed-form"),
    "pyarrow": ("parquet", "catalogues in Parquet files"),
    "pillow_heif": ("heif", "HEIC photos from phones"),
    "mitsuba": ("synth", "rendering the toyshop"),
    "trimesh": ("synth", "rendering the toyshop"),
    "onnxscript": ("export", "the onnx engines"),
    "openvino": ("openvino", "the openvino engines"),
    "spandrel": ("community", "weights of other projects"),
    "tensorboard": ("tensorboard", "train --track tensorboard"),
    "wandb": ("wandb", "train --track wandb"),
}
HOSTILE = {"torchvision": "fails beside a CPU build of torch and breaks other packages: pip uninstall torchvision"}


def doctor() -> None:
    """Print device, versions, weights, what is missing and how to get it. Exit code 1 if something is broken."""
    broken = [*_python(), *_base(), *_device()]
    _extras()
    _weights()
    _places()
    for name, words in HOSTILE.items():
        if _is_there(name):
            typer.echo(f"warning  {name}: {words}")
    for words in broken:
        typer.echo(f"broken   {words}", err=True)
    typer.echo("broken: see above" if broken else "all well")
    raise typer.Exit(1 if broken else 0)


def _row(head: str, words: str) -> None:
    typer.echo(f"{head:<24} {words}")


def _python() -> list[str]:
    import platform

    version = _version("packshot") or "not installed (running from source)"
    _row("packshot", version)
    _row("python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    return [] if sys.version_info >= (3, 11) else ["python: packshot needs 3.11 or newer"]


def _version(name: str) -> str:
    """The installed version of a distribution; empty if it is not there."""
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _is_there(module: str) -> bool:
    from importlib.util import find_spec

    return find_spec(module) is not None


def _base() -> list[str]:
    for name in BASE:
        _row(name, _version(name) or "missing")
    return [f"{name}: pip install {name}" for name in BASE if not _version(name)]


def _device() -> list[str]:
    try:
        import torch

        from packshot.models import resolve_device
    except Exception as error:
        return [f"torch cannot be imported: {error}"]
    _row("device", f"{resolve_device('auto')} ({torch.get_num_threads()} threads, {os.cpu_count()} processors)")
    return []


def _extras() -> None:
    for module, (extra, purpose) in EXTRAS.items():
        there = _is_there(module)
        _row(module, "installed" if there else f"not installed ({purpose}): pip install 'packshot[{extra}]'")


def _weights() -> None:
    from packshot import checkpoint, models

    found = models.available()
    for path in found:
        if models.community.is_foreign(path):
            licence = models.community.licence_of(path)
            _row(f"weights {path.stem}", f"of another project, licence {licence}, {path.parent}")
            continue
        try:
            stored = checkpoint.read(path)
            _row(
                f"weights {path.stem}",
                f"{stored.network}, licence {stored.card.get('licence', 'unstated')}, {path.parent}",
            )
        except ValueError as error:
            _row(f"weights {path.stem}", f"damaged: {error}")
    if not found:
        _row(
            "weights",
            "none installed; restoration has classical methods too; own ones go into " + str(models.home() / "weights"),
        )


def _places() -> None:
    from packshot.models import home

    folder = home()
    nearest = next(p for p in [folder, *folder.parents] if p.exists())
    writable = os.access(nearest, os.W_OK)
    _row(
        "PACKSHOT_HOME",
        f"{folder} ({'writable' if writable else 'not writable: set PACKSHOT_HOME to a folder you own'})",
    )
    from packshot.provenance.credentials import CHAIN, FOLDER

    made = (folder / FOLDER / CHAIN).exists()
    _row("signing key", f"{folder / FOLDER} (own, untrusted{'' if made else '; made on first use'})")
    chinese = _chinese_font()
    _row("Chinese font", str(chinese) if chinese else "none found; contact sheets show the SKU only")


def _chinese_font() -> Path | None:
    from packshot.catalogue import show

    finder = getattr(show, "chinese_font", None)
    return finder() if finder else None
