"""`packshot run PIPELINE CATALOGUE`: a pipeline over a catalogue, resumable, with records and a report."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from packshot.cli import marking
from packshot.errors import ParameterError

if TYPE_CHECKING:
    from packshot.pipeline.catalogues import Outcome
    from packshot.pipeline.run import Progress
    from packshot.provenance.credentials import Signing

LINE_SECONDS = 30  # between two lines of progress where there is no terminal
WORKERS = Annotated[int, typer.Option(min=0, max=256, help="processes; 0 = one per processor")]


def run(
    pipeline: Annotated[
        str, typer.Argument(help="name of a built-in pipeline (see `packshot pipelines`) or a YAML file")
    ],
    catalogue: Annotated[
        str, typer.Argument(help="catalogue folder, folder of photos, zip, CSV, Parquet, JSONL or feed")
    ],
    out: Annotated[Path | None, typer.Option(help="output folder [default: out/PIPELINE]")] = None,
    workers: WORKERS = 0,
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="STEP.PARAMETER=VALUE", help="change a parameter; repeatable")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="only the first so many photos")] = None,
    report: Annotated[bool, typer.Option(help="write report.html and report.json")] = True,
    policy: marking.POLICY = None,
    producer: marking.PRODUCER = None,
    c2pa_cert: marking.CERTIFICATE = None,
    c2pa_key: marking.KEY = None,
    c2pa_timestamp: marking.TIMESTAMP = None,
) -> None:
    """Run a pipeline over a catalogue. Stopped or killed, the same command goes on where it was."""
    target = out or Path("out") / Path(pipeline).stem
    changed = {**overrides(setting or []), **marking.policy_overrides(policy, producer)}
    signing = marking.signing(c2pa_cert, c2pa_key, c2pa_timestamp)
    raise typer.Exit(work(pipeline, catalogue, target, workers, changed, limit, report, signing))


def work(
    pipeline: str,
    catalogue: str,
    out: Path,
    workers: int,
    overrides: dict[str, Any],
    limit: int | None,
    report: bool,
    signing: Signing | None = None,
) -> int:
    """Run with a progress line, say where the results are, return the exit code."""
    from packshot.pipeline.catalogues import run_catalogue

    try:
        with Bar() as show:
            outcome = run_catalogue(
                pipeline,
                catalogue,
                out,
                workers=workers or None,
                limit=limit,
                overrides=overrides,
                on_progress=show,
                report=report,
                signing=signing,
            )
    except KeyboardInterrupt:
        typer.echo("packshot: stopped; run the same command again to go on where it was", err=True)
        return 130
    say(outcome)
    return outcome.exit_code


def overrides(settings: list[str]) -> dict[str, Any]:
    """`frame.fill=0.9` → `{"frame.fill": 0.9}`; values are read as YAML; `each.colour=red,navy` is a list."""
    import yaml

    found: dict[str, Any] = {}
    for setting in settings:
        key, sign, value = setting.partition("=")
        if not sign or "." not in key:
            raise ParameterError(f"--set {setting!r}: expected STEP.PARAMETER=VALUE, such as frame.fill=0.9")
        try:
            found[key] = (
                value.split(",") if key.startswith("each.") else value if "#" in value else yaml.safe_load(value)
            )
        except yaml.YAMLError:
            raise ParameterError(f"--set {setting!r}: the value is not readable") from None
    return found


class Bar:
    """A progress bar on a terminal, a line each half minute elsewhere; a reader of the run's progress records."""

    def __enter__(self) -> Callable[[Progress], None]:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}")
        console = Console(stderr=True)
        times = TimeElapsedColumn(), TimeRemainingColumn()
        self.display = Progress(*columns, *times, console=console, disable=not console.is_terminal)
        self.display.start()
        self.told = time.monotonic()
        self.task = self.display.add_task("starting", total=None)
        return self.show

    def show(self, progress: Progress) -> None:
        """Show one progress record."""
        words = f"{progress.rate:.1f}/s, {progress.flagged} flagged, {progress.failed} failed"
        if self.display.disable and time.monotonic() - self.told > LINE_SECONDS:
            self.told = time.monotonic()
            typer.echo(f"{progress.finished} of {progress.total}: {words}", err=True)
        self.display.update(self.task, description=words, completed=progress.finished, total=progress.total)

    def __exit__(self, *_: object) -> None:
        self.display.stop()


def say(outcome: Outcome) -> None:
    """The end of a run in a few lines."""
    last = outcome.progress
    for problem in outcome.problems[:10]:
        typer.echo(f"{'not read' if problem.serious else 'note'}: {problem}", err=True)
    if len(outcome.problems) > 10:
        typer.echo(f"… {len(outcome.problems) - 10} more in {outcome.out / 'catalogue' / 'problems.jsonl'}", err=True)
    flagged = f" ({last.skipped_flagged} of them to look at)" if last.skipped_flagged else ""
    kept = f", {last.skipped} kept from before{flagged}" if last.skipped else ""
    typer.echo(
        f"{last.done} done, {last.flagged} to look at, {last.failed} failed{kept} "
        f"in {last.seconds:.1f} s ({last.rate:.1f} a second)"
    )
    typer.echo(f"pictures  {outcome.out}")
    typer.echo(f"records   {outcome.out / 'edits.jsonl'}")
    if outcome.report:
        typer.echo(f"report    {outcome.report}")
