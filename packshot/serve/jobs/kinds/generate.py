"""New pictures from a trained network, as `packshot generate` makes them; killed, it goes on with the next number."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from packshot.errors import ParameterError
from packshot.operations.operation import parameter
from packshot.serve.direct.references import WEIGHTS
from packshot.serve.jobs.kinds.kind import Kind, Source, Work, policy_of
from packshot.serve.jobs.place import UPLOAD

if TYPE_CHECKING:
    from packshot.models.sampling import Drawn, Sampler
    from packshot.provenance.step import Step

RECORDS = "generated.jsonl"
NUMBERED = re.compile(r"\d{5,}\.png")
SHOWN = 400  # pictures in the sheet
LEAST_PX = 96


class Generate(Kind):
    """Generate pictures; every file says that a trained algorithm made it."""

    source: ClassVar[Source] = "none"
    records: ClassVar[str] = RECORDS

    checkpoint: str = parameter(..., "weights by name (GET /v1/models), or the id of an uploaded .safetensors file")
    count: int = parameter(16, "pictures", ge=1, le=100_000)
    attributes: dict[str, str] = Field({}, description="attribute: value; what is left out is drawn anew each time")
    text: str = parameter("", "the product in words, for networks that were trained on texts", max_length=2000)
    seed: int = parameter(0, "the same seed gives the same pictures, whatever the count", ge=0, lt=2**63)
    truncation: float = parameter(1.0, "1 = all variety, lower = safer, more alike", ge=0, le=1)
    policy: str = parameter("", "how files are marked: default, google, eu, cn-visible, cn-art9, all", max_length=100)
    producer: str = parameter("", "your provider code, for China's metadata label", max_length=200)

    def check(self) -> None:
        from packshot.provenance import policies

        if not WEIGHTS.fullmatch(self.checkpoint):
            raise ParameterError(f"checkpoint: expected the name of weights or an upload's id, got {self.checkpoint!r}")
        policies.find(policy_of(self.policy, self.producer) or "default")

    def uploads(self) -> tuple[str, ...]:
        return (self.checkpoint,) if UPLOAD.fullmatch(self.checkpoint) else ()

    def run(self, work: Work) -> None:
        from packshot.models.sampling import seeds_of

        drawing = _Drawing(self, work)
        there = drawing.there()
        missing = [number for number in range(self.count) if f"{number:05d}.png" not in there]
        seeds = seeds_of(self.seed, self.count)
        todo = (seeds[number] for number in missing)
        drawn = drawing.sampler.drawn(todo, drawing.wanted, self.truncation, drawing.text)
        for number, one in zip(missing, drawn, strict=True):
            drawing.keep(f"{number:05d}.png", one)
        drawing.sheet()
        work.reporter.rest()


class _Drawing:
    """Pictures on their way from the network into the output folder."""

    def __init__(self, asked: Generate, work: Work) -> None:
        from packshot.checkpoint import read
        from packshot.models import resolve_device
        from packshot.models.drawing import drawing_in
        from packshot.models.sampling import Sampler
        from packshot.models.wishing import granted, wish_of
        from packshot.provenance import policies

        named = str(work.named(asked.checkpoint)) if UPLOAD.fullmatch(asked.checkpoint) else asked.checkpoint
        self.asked, self.work = asked, work
        sampler = Sampler(read(drawing_in(named)), resolve_device(work.device))
        wish = wish_of(sampler, asked.text, asked.attributes)
        got = granted(sampler, wish, "" if wish.prompt else asked.text)
        self.sampler: Sampler = got.sampler
        self.wanted, self.text = got.wanted, got.text
        self.policy = policies.find(policy_of(asked.policy, asked.producer) or "default")
        self.finished = 0

    def there(self) -> dict[str, dict[str, Any]]:
        """What earlier attempts finished; what one of them did not report is reported now."""
        found = {line["file"]: line for line in lines_of(self.work.out / RECORDS)}
        told = self.work.reporter.known()
        there = {name: line for name, line in found.items() if (self.work.out / name).is_file()}
        for name, line in there.items():
            self.finished += 1
            if name not in told:
                self._tell(name, line)
        return there

    def keep(self, name: str, drawn: Drawn) -> None:
        """Export a picture, write its line, report it."""
        from packshot.provenance.export import export

        told = dict(drawn.attributes)
        export(
            drawn.picture, self.work.out / name, self.history(drawn.seed, told), self.policy, signing=self.work.signing
        )
        line = {"file": name, "seed": drawn.seed, **told, **self._how()}
        line["weights"] = {self.sampler.name: self.sampler.digest}
        with (self.work.out / RECORDS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.finished += 1
        self._tell(name, line)

    def sheet(self) -> None:
        """The first pictures on one sheet."""
        from packshot.imaging import files
        from packshot.imaging.sheets import enlarged, sheet
        from packshot.provenance.export import export

        names = sorted(path.name for path in self.work.out.glob("*.png") if NUMBERED.fullmatch(path.name))[:SHOWN]
        shown = [files.read(self.work.out / name) for name in names]
        cells = [enlarged(picture, max(1, LEAST_PX // min(picture.size))) for picture in shown]
        history = self.history(self.asked.seed, self.wanted)
        export(sheet(cells, 0), self.work.out / "sheet.png", history, self.policy, signing=self.work.signing)

    def history(self, seed: int, told: dict[str, str]) -> tuple[Step]:
        """The one step of a picture's history."""
        from packshot.provenance.step import Step

        name, digest = self.sampler.name, self.sampler.digest
        parameters = {"weights": name, **self.wanted, **told, **self._how()}
        source = "trainedAlgorithmicMedia"
        return (Step("generate", parameters, seed, digital_source_type=source, weights={name: digest}),)

    def _how(self) -> dict[str, Any]:
        asked = self.asked
        return {"truncation": asked.truncation, **({"text": asked.text} if asked.text else {})}

    def _tell(self, name: str, line: dict[str, Any]) -> None:
        reporter = self.work.reporter
        reporter.progress = {"finished": self.finished, "total": self.asked.count}
        facts = {key: value for key, value in line.items() if key != "file"}
        record = json.dumps(line, ensure_ascii=False)
        reporter.file(self.work.out / name, "result", status="done", record=record, reach=self.finished, **facts)


def lines_of(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a JSONL file; a torn last one is left out, and ended so that the next begins anew."""
    if not path.is_file():
        return []
    data = path.read_bytes()
    if data and not data.endswith(b"\n"):
        with path.open("ab") as file:
            file.write(b"\n")
    found = []
    for line in data.splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return [line for line in found if isinstance(line, dict) and isinstance(line.get("file"), str)]
