"""Pictures against the rules of marketplaces, as `packshot check` does it. Killed, it begins anew: it only reads."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from packshot.operations.operation import parameter
from packshot.serve.jobs.kinds.kind import Kind, Work


class Check(Kind):
    """Check pictures against the rules of channels: each with its source, its date and how to mend a breach."""

    channels: tuple[str, ...] = Field(
        ..., description="channels; GET /v1/channels lists them", min_length=1, max_length=100
    )
    text: Literal["auto", "ocr", "strokes"] = parameter("auto", "how writing is looked for")
    channel_file: str = parameter("", "id of an uploaded file of your own channels (YAML)", max_length=100)
    limit: int = parameter(0, "only the first so many pictures; 0 = all", ge=0, le=10_000_000)

    def check(self) -> None:
        from packshot.publish import channels

        for name in () if self.channel_file else self.channels:
            channels.find(name)

    def uploads(self) -> tuple[str, ...]:
        return (self.channel_file,) if self.channel_file else ()

    def run(self, work: Work) -> None:
        from packshot.publish.check_reports import documents, page
        from packshot.publish.checking import check_all

        def tell(pictures: int) -> None:
            work.reporter.numbers({"finished": pictures}, pictures)

        checked = check_all(
            work.pictures(),
            self.channels,
            overrides=work.named(self.channel_file) if self.channel_file else None,
            text=self.text,
            workers=work.processes,
            limit=self.limit or None,
            on_progress=tell,
        )
        try:
            page.write_page(checked, work.out / "check.html")
            documents.write_json(checked, work.out / "check.json")
            documents.write_junit(checked, work.out / "check.xml")
        finally:
            checked.close()
        outcomes = {name: dict(counted) for name, counted in checked.outcomes.items()}
        work.reporter.numbers(
            {"finished": checked.pictures, "total": checked.pictures, "outcomes": outcomes}, checked.pictures, now=True
        )
        work.reporter.rest()
