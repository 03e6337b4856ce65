"""What `packshot generate` writes: marked pictures as they get ready, `generated.jsonl`, a sheet to look at."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from packshot.checkpoint import read
from packshot.cli.wishes import Asked
from packshot.errors import NotEnoughPassed, ParameterError
from packshot.evaluation.tables import markdown_table
from packshot.imaging.picture import Picture
from packshot.imaging.sheets import enlarged, sheet
from packshot.models import check_licence, mixing, resolve_device
from packshot.models.drawing import drawing_in
from packshot.models.sampling import Drawn, Sampler, seed_of, seeds_of
from packshot.models.wishing import granted, grid_of
from packshot.provenance import policies
from packshot.provenance.animation import export_animation
from packshot.provenance.credentials import Signing
from packshot.provenance.export import export
from packshot.provenance.step import Step
from packshot.training.acceptance.effect import Effect
from packshot.training.acceptance.settings import AcceptSettings
from packshot.training.acceptance.stream import Judged, accepting

SHOWN = 400  # pictures in the sheet, and steps kept for an animation
STRIP = 24  # steps between two pictures that go into one row
MOST_MIXED = 1024
LEAST_PX = 96  # side that smaller pictures are enlarged to in sheet and animation
SECONDS = 5.0  # between two lines of progress
RECORD = "generated.jsonl"


class Generated:
    """A folder of pictures of one checkpoint. Raises ParameterError if it draws none or knows no such attribute."""

    def __init__(
        self,
        checkpoint: str,
        out: Path,
        seed: int,
        wanted: Mapping[str, str],
        truncation: float,
        text: str,
        *,
        device: str,
        policy: Mapping[str, str],
        signing: Signing | None,
        asked: Asked | None = None,
        commercial: bool = False,
    ) -> None:
        self.stored = read(drawing_in(checkpoint))
        if commercial:
            check_licence(self.stored)
        sampler = Sampler(self.stored, resolve_device(device))
        wish = (asked or Asked()).wish(sampler, wanted)
        self.granted = granted(sampler, wish, text)
        self.sampler, self.wanted, self.asked = self.granted.sampler, self.granted.wanted, asked or Asked()
        self.out, self.seed, self.truncation, self.text = out, seed, truncation, self.granted.text
        for line in self.granted.told:
            typer.echo(line)
        self.policy, self.signing = policies.find(dict(policy)), signing
        self.shown: list[Picture] = []
        self.written = 0
        self.told = 0.0

    def pictures(self, count: int) -> None:
        """`count` pictures of the seed."""
        self._begin()
        for number, drawn in enumerate(self.sampler.drawn(seeds_of(self.seed, count), *self._asked())):
            self._write(f"{number:05d}.png", drawn.picture, drawn.seed, drawn.attributes)
            self._progress(f"{self.written:,} of {count:,}")
        self._finish()

    def grid(self, text: str) -> None:
        """Every value of one attribute under every value of another, the same noise in all of them."""
        (down, rows), (across, columns) = grid_of(text, self.sampler)
        if len(rows) * len(columns) > SHOWN:
            raise ParameterError(f"--grid: {len(rows)} x {len(columns)} pictures are over the limit of {SHOWN}")
        seed = seed_of(self.seed, 0)
        self._begin()
        for i, row in enumerate(rows):
            for j, column in enumerate(columns):
                wanted = {**self.wanted, down: row, across: column}
                drawn = next(self.sampler.drawn([seed], wanted, self.truncation, self.text))
                self._write(f"{i:02d}-{j:02d}.png", drawn.picture, seed, drawn.attributes)
            self._progress(f"{self.written:,} of {len(rows) * len(columns):,}")
        self._finish(f"down       {down}: {', '.join(rows)}\nacross     {across}: {', '.join(columns)}", len(columns))

    def accepted(self, count: int, settings: AcceptSettings, accuracy_images: int) -> None:
        """`count` pictures of the seed that pass; exits with 1 where the tries are spent before."""
        typer.echo("preparing the tests", err=True)
        stream = accepting(
            self.stored.path,
            settings,
            count,
            seed=self.seed,
            wanted=self.wanted,
            truncation=self.truncation,
            text=self.text,
            device=self.sampler.device,
            sampler=self.sampler,
        )
        for rule in stream.rules:
            typer.echo(f"{rule.name:10} {rule.told}")
        compared = bool(settings.features and settings.catalogue)
        effect = None
        if compared:
            effect = Effect(stream, settings.features, settings.catalogue, accuracy_images=accuracy_images)
        elif accuracy_images:
            raise ParameterError("--accuracy-images: needs --features and --catalogue too")
        short = None
        self._begin()
        try:
            for judged in stream.tried():
                if effect is not None:
                    effect.add(judged)
                if judged.passed:
                    self._keep(judged)
                self._progress(stream.tally.told())
        except NotEnoughPassed as error:
            short = error
        self._finish(f"accepted   {stream.tally.told()}")
        for name, of in stream.tally.values.items():
            if name not in self.wanted:
                shares = (f"{value} {passed} of {tried}" for value, (tried, passed) in sorted(of.items()))
                typer.echo(f"{name:10} passed: {', '.join(shares)}")
        self._compare(effect)
        if short is not None:
            typer.echo(f"packshot: {short}", err=True)
            raise typer.Exit(1)

    def way(self, a: int, b: int, steps: int, *, spherical: bool, animated: bool) -> None:
        """From picture a to picture b of the seed, as pictures, as a strip, and as an animation there and back."""
        if animated and steps > SHOWN:
            raise ParameterError(f"--gif: {steps:,} steps are over the limit of {SHOWN:,}; lower --count")
        ends = seed_of(self.seed, a), seed_of(self.seed, b)
        z, condition = self.sampler.way(*ends, steps, self.wanted, spherical=spherical)
        self._begin()
        for number, picture in enumerate(self.sampler.draw(z, condition, self.truncation, self.text)):
            self._write(f"{number:05d}.png", picture, self.seed, {"between": f"{a} and {b}"})
        self._finish(columns=steps if steps <= STRIP else 0)
        if animated:
            frames = [_seen(picture) for picture in (*self.shown, *self.shown[-2:0:-1])]
            path = self.out / "way.gif"
            export_animation(frames, path, self._history(self.seed, {}), self.policy, signing=self.signing)
            typer.echo(f"animation  {path}")

    def mixtures(self, a: Sequence[int], b: Sequence[int], side_px: int | None) -> None:
        """Pictures a in the styles of pictures b, each with each, and the sheet of all with their sources."""
        if len(a) * len(b) > MOST_MIXED:
            raise ParameterError(f"--mix: {len(a)} x {len(b)} pictures are over the limit of {MOST_MIXED:,}")
        rows, columns = ([seed_of(self.seed, number) for number in some] for some in (a, b))
        side = mixing.mixing_side(self.sampler, side_px)
        cells = mixing.mixed(self.sampler, rows, columns, side, self.wanted, self.truncation)
        pairs = [(i, j) for i in a for j in b]
        self._begin()
        for (i, j), picture in zip(pairs, cells, strict=True):
            told = {"coarse": str(i), "styles": str(j), "from_px": str(side)}
            self._write(f"{i:05d}-{j:05d}.png", picture, self.seed, told, most=MOST_MIXED)
        sources = [list(self.sampler.pictures(seeds, *self._asked())) for seeds in (rows, columns)]
        shown = mixing.mixing_sheet(*([_seen(p) for p in some] for some in (*sources, self.shown)))
        self._finish(f"mixed      from {side} px on the styles of the pictures on top", sheet_of=shown)

    def _asked(self) -> tuple[Mapping[str, str], float, str]:
        return self.wanted, self.truncation, self.text

    def _how(self) -> dict[str, Any]:
        """What decides a picture beside seed and attributes."""
        told = {"truncation": self.truncation, **({"text": self.text} if self.text else {})}
        return {**told, **self.asked.facts()}

    def _history(self, seed: int, told: Mapping[str, Any], scores: Mapping[str, float] | None = None) -> tuple[Step]:
        sampler = self.sampler
        return (
            Step(
                "generate",
                {"weights": sampler.name, **self.wanted, **told, **self._how()},
                seed,
                numbers=scores or {},
                digital_source_type="trainedAlgorithmicMedia",
                weights={sampler.name: sampler.digest},
            ),
        )

    def _keep(self, judged: Judged) -> None:
        drawn: Drawn = judged.drawn
        self._write(f"{judged.number:05d}.png", drawn.picture, drawn.seed, drawn.attributes, judged.scores)

    def _begin(self) -> None:
        self.out.mkdir(parents=True, exist_ok=True)
        (self.out / RECORD).write_text("", encoding="utf-8")
        self.told = time.monotonic()

    def _write(
        self,
        name: str,
        picture: Picture,
        seed: int,
        told: Mapping[str, str],
        scores: Mapping[str, float] | None = None,
        most: int = SHOWN,
    ) -> None:
        export(picture, self.out / name, self._history(seed, told, scores), self.policy, signing=self.signing)
        rounded = {key: float(f"{value:.4g}") for key, value in (scores or {}).items()}
        line = {"file": name, "seed": seed, **told, **self._how(), **({"scores": rounded} if rounded else {})}
        line["weights"] = {self.sampler.name: self.sampler.digest}
        with (self.out / RECORD).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self.written += 1
        if len(self.shown) < most:
            self.shown.append(picture)

    def _finish(self, told: str = "", columns: int = 0, sheet_of: Picture | None = None) -> None:
        """The sheet, and what there is to say."""
        if told:
            typer.echo(told)
        typer.echo(f"pictures   {self.out} ({self.written:,}; {RECORD} tells what each is)")
        if self.shown:
            whole = sheet_of or sheet([_seen(picture) for picture in self.shown], columns)
            history = self._history(self.seed, {})
            export(whole, self.out / "sheet.png", history, self.policy, signing=self.signing)
            typer.echo(f"sheet      {self.out / 'sheet.png'}")
        for name, values in self.sampler.attributes.items():
            if name not in self.wanted:
                left = "left open" if self.sampler.open else "drawn anew each time"
                typer.echo(f"{name:10} {left}; one of {', '.join(values)}")
        self._older()

    def _older(self) -> None:
        """Say how many pictures of an earlier run lie in the folder."""
        lines = (self.out / RECORD).read_text(encoding="utf-8").splitlines()
        own = {json.loads(line)["file"] for line in lines} | {"sheet.png"}
        others = [path for path in self.out.glob("*.png") if path.name not in own]
        if others:
            typer.echo(
                f"note       {len(others):,} other pictures in {self.out} are from before; {RECORD} leaves them out"
            )

    def _compare(self, effect: Effect | None) -> None:
        rows = [] if effect is None else effect.rows()
        if rows:
            columns = [key for key in rows[0] if key != "features"]
            formats = {key: "d" if key in ("real", "generated") else ".3f" for key in columns if key != "pictures"}
            typer.echo(markdown_table(rows, columns, formats))
        for note in () if effect is None else effect.notes:
            typer.echo(f"note       {note}")

    def _progress(self, words: str) -> None:
        now = time.monotonic()
        if now - self.told > SECONDS:
            typer.echo(words, err=True)
            self.told = now


def _seen(picture: Picture) -> Picture:
    """Enlarged by a whole factor until it can be seen."""
    return enlarged(picture, max(1, LEAST_PX // min(picture.size)))
