"""`packshot track RUN TRACKER …`: show a run that was trained before in TensorBoard or Weights & Biases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def track(
    run: Annotated[Path, typer.Argument(help="folder of a run, with its log.jsonl")],
    tracker: Annotated[list[str], typer.Argument(help="tensorboard, wandb or both")],
) -> None:
    """Show a run's record to trackers. `packshot train --track TRACKER` does so while it trains."""
    from packshot.training import trackers

    lines = trackers.replay(run, tracker)
    for name in tracker:
        typer.echo(f"{name:12} {run / name} ({lines} lines)")
    if "tensorboard" in tracker:
        typer.echo(f"{'look':12} tensorboard --logdir {run / 'tensorboard'}")
