"""A check on a terminal: what to mend, picture by picture, then a line for every rule."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from packshot.publish.checking import Checked, Result
from packshot.publish.findings import Finding, Outcome
from packshot.publish.rules.naming import shown

STYLES: dict[Outcome, str] = {"fail": "bold red", "warn": "yellow", "hint": "cyan", "pass": "green", "skip": "dim"}
SHOWN = 40  # pictures listed one by one
ORDER: tuple[Outcome, ...] = ("fail", "warn", "hint", "pass", "skip")


def show(checked: Checked, console: Console, *, every: bool = False, most: int = SHOWN) -> None:
    """Print it. every: what passes too. most: pictures listed one by one."""
    listed, sources = 0, Sources()
    for result in checked:
        findings = [f for f in result.findings if every or f.bad]
        if not findings:
            continue
        if listed < most:
            console.print(_picture(result, findings, sources))
        listed += 1
    if listed > most:
        console.print(f"… {listed - most} more with something to say: --html, --json or --all shows them", style="dim")
    for text, number in sources.numbers.items():
        console.print(Text(f"[{number}] {text}", style="dim"))
    console.print(_rules(checked))
    for line in _ending(checked):
        console.print(line, highlight=False)


class Sources:
    """The sources cited so far, each with its number."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def cite(self, finding: Finding) -> str:
        """`[2] B`: number of the source and confidence."""
        text = f"{finding.source}, {finding.as_of}"
        return f"[{self.numbers.setdefault(text, len(self.numbers) + 1)}] {finding.confidence}"


def _picture(result: Result, findings: list[Finding], sources: Sources) -> RenderableType:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), expand=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    for finding in sorted(findings, key=lambda f: ORDER.index(f.outcome)):
        outcome = Text(finding.outcome, style=STYLES[finding.outcome])
        table.add_row(outcome, finding.rule, Group(*_told(finding, sources)))
    head = Text.assemble((shown(result.picture), "bold"), f"  {result.channel}  ", (result.outcome, _style(result)))
    return Group(head, table, Text(""))


def _style(result: Result) -> str:
    return STYLES[result.outcome]


def _told(finding: Finding, sources: Sources) -> Iterator[Text]:
    note = f" ({finding.note})" if finding.note and finding.bad else ""
    words = f"{shown(finding.measured)}; expected {finding.expected}{note}"
    yield Text.assemble(words, (f"  {sources.cite(finding)}" if finding.bad else "", "dim"))
    if finding.mend:
        yield Text(f"→ {finding.mend}", style="italic")


def _rules(checked: Checked) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("rule")
    for outcome in ORDER:
        table.add_column(outcome, justify="right")
    for rule, counts in checked.counts.items():
        cells = [Text(str(counts[o]) if counts[o] else "·", style=STYLES[o] if counts[o] else "dim") for o in ORDER]
        table.add_row(rule, *cells)
    return table


def _ending(checked: Checked) -> Iterator[str]:
    rate = checked.pictures / checked.seconds if checked.seconds else 0.0
    for name, counts in checked.outcomes.items():
        words = ", ".join(f"{counts[o]} {o}" for o in ORDER if counts[o])
        yield f"{name}: {words}"
    yield f"{checked.pictures} pictures in {checked.seconds:.1f} s ({rate:.1f} a second); text {checked.text}"
