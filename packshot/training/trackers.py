"""Trackers: readers of the one progress record that show a run in TensorBoard or in Weights & Biases.

They only read: all they tell stands in `log.jsonl` and `samples/` of the run's folder, so a run can be shown while it
trains or any time later (`replay`). The horizontal axis is images. Weights & Biases works offline and without an
account unless the user's WANDB_MODE says otherwise.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import yaml

from packshot.errors import MissingExtra, ParameterError
from packshot.imaging import files
from packshot.training.progress import Progress, read

LOG, CONFIG = "log.jsonl", "config.yaml"


class Tracker(Protocol):
    """A reader of progress that holds something open until `close`."""

    def __call__(self, progress: Progress) -> None:
        """Show one line of the record."""

    def close(self) -> None:
        """Write what is still held back; another line opens it again."""


class TensorBoard:
    """Event files in `FOLDER/tensorboard`. A line at or before the last one (after a rewind) replaces what it undid."""

    def __init__(self, folder: Path) -> None:
        _require("tensorboard")
        self.folder, self.images = folder, -1
        lines = read(folder / LOG)
        self.began = time.time() - (lines[-1].seconds if lines else 0)
        self._writer: Any = None

    def __call__(self, progress: Progress) -> None:
        if self._writer is None or progress.images < self.images:
            self._open(progress.images)
        self.images, when = progress.images, self.began + progress.seconds
        for name, value in scalars(progress).items():
            self._writer.add_scalar(name, value, progress.images, when)
        sample = self.folder / progress.sample
        if progress.sample and sample.is_file():
            self._writer.add_image("samples", _pixels(sample), progress.images, when, "CHW")
        if progress.verdict:
            self._writer.add_text("verdict", progress.verdict, progress.images, when)
        self._writer.flush()

    def close(self) -> None:
        """Close the event file."""
        if self._writer is not None:
            self._writer.close()
        self._writer = None

    def _open(self, images: int) -> None:
        from torch.utils.tensorboard.writer import SummaryWriter

        self.close()
        self._writer = SummaryWriter(str(self.folder / "tensorboard"), purge_step=images)


class WandB:
    """A run of Weights & Biases under `FOLDER/wandb`, offline unless WANDB_MODE is set; `wandb sync` sends it later.

    Its name is the folder's, its project `packshot` unless WANDB_PROJECT is set; its identity stays in the folder, so a
    run that goes on stays one run. What a rewind undid cannot be taken back there: both lines stand.
    """

    def __init__(self, folder: Path) -> None:
        _require("wandb")
        self.folder = folder
        self._run: Any = None

    def __call__(self, progress: Progress) -> None:
        import wandb

        if self._run is None:
            self._run = self._opened()
        told: dict[str, Any] = {"images": progress.images, **scalars(progress)}
        sample = self.folder / progress.sample
        if progress.sample and sample.is_file():
            told["samples"] = wandb.Image(str(sample))
        self._run.log(told)
        if progress.verdict:
            self._run.summary["verdict"] = progress.verdict

    def close(self) -> None:
        """Finish the run's file."""
        if self._run is not None:
            self._run.finish()
        self._run = None

    def _opened(self) -> Any:
        import wandb

        place = self.folder / "wandb"
        place.mkdir(parents=True, exist_ok=True)
        if not (place / "id").is_file():
            (place / "id").write_text(secrets.token_hex(4))
        try:
            run = wandb.init(
                project=os.environ.get("WANDB_PROJECT", "packshot"),
                name=self.folder.resolve().name,
                id=(place / "id").read_text().strip(),
                dir=str(self.folder),
                config=_facts(self.folder),
                mode=os.environ.get("WANDB_MODE", "offline"),  # type: ignore[arg-type]
                settings=wandb.Settings(console="off", silent=True, save_code=False, disable_git=True),
            )
        except wandb.errors.Error as error:
            raise ParameterError(f"wandb: {error}; WANDB_MODE=offline needs no account") from None
        run.define_metric("*", step_metric="images")
        return run


TABLE: Mapping[str, Callable[[Path], Tracker]] = {"tensorboard": TensorBoard, "wandb": WandB}


def find(name: str, folder: str | Path) -> Tracker:
    """The tracker of a name, for a run's folder. Raises ParameterError listing the names, MissingExtra."""
    if name not in TABLE:
        raise ParameterError(f"track: expected one of {', '.join(TABLE)}; got {name!r}")
    return TABLE[name](Path(folder))


def replay(folder: str | Path, names: Iterable[str]) -> int:
    """Show a run that was trained before to the trackers named; gives the number of lines.

    Raises ParameterError where the folder has no log, MissingExtra.
    """
    opened = [find(name, folder) for name in names]
    lines = read(Path(folder) / LOG)
    if not lines:
        raise ParameterError(f"{folder}: expected the folder of a run with its {LOG}, found no line of one")
    for tracker in opened:
        for line in lines:
            tracker(line)
        tracker.close()
    return len(lines)


def scalars(progress: Progress) -> dict[str, float]:
    """The numbers of a line under the names that trackers show: `losses/…`, `numbers/…`, rate and minutes."""
    found = {f"losses/{name}": value for name, value in progress.losses.items()}
    found |= {f"numbers/{name}": value for name, value in progress.numbers.items()}
    return found | {"run/images_a_second": progress.rate, "run/minutes": progress.seconds / 60}


def _require(module: str) -> None:
    if find_spec(module) is None:
        raise MissingExtra(module, module, f"--track {module}")


def _pixels(path: Path) -> Any:
    """A grid as bytes `(3, h, w)`."""
    return files.read(path).rgb[0].mul(255).round().byte()


def _facts(folder: Path) -> dict[str, Any]:
    """What `config.yaml` says; nothing if it cannot be read."""
    try:
        found = yaml.safe_load((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return {}
    return found if isinstance(found, dict) else {}
