"""What a check says of one picture and one rule: the outcome, what was measured, by which evidence, how to mend it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from packshot.publish.channel import Rule, Severity

Outcome = Literal["pass", "hint", "warn", "fail", "skip"]
OUTCOMES: dict[Severity, Outcome] = {"error": "fail", "warning": "warn", "hint": "hint"}
WEIGHT: dict[Outcome, int] = {"skip": 0, "pass": 1, "hint": 2, "warn": 3, "fail": 4}


@dataclass(frozen=True)
class Finding:
    """One rule on one picture. `skip` = not judged, `measured` says why. mend: a command, or words where none helps."""

    rule: str
    outcome: Outcome
    measured: str
    expected: str
    source: str
    as_of: str
    confidence: str
    mend: str = ""
    note: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)

    @property
    def bad(self) -> bool:
        """Whether there is something to mend."""
        return self.outcome in ("hint", "warn", "fail")

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)


def worst(findings: list[Finding] | tuple[Finding, ...]) -> Outcome:
    """The gravest outcome; `pass` for none."""
    return max((f.outcome for f in findings), key=WEIGHT.__getitem__, default="pass") if findings else "pass"


@dataclass(frozen=True)
class Judge:
    """Makes findings: knows the day, so that a rule of the future is a warning until it takes effect."""

    today: dt.date

    def say(
        self,
        name: str,
        rule: Rule,
        ok: bool,
        measured: str,
        expected: str,
        mend: str = "",
        *,
        sure: bool = True,
        numbers: Mapping[str, float] | None = None,
    ) -> Finding:
        """A verdict; `sure=False` (the measurement may be wrong) never fails a picture, it warns."""
        outcome: Outcome = "pass" if ok else OUTCOMES[rule.severity(self.today)]
        if outcome == "fail" and not sure:
            outcome = "warn"
        note = rule.note
        if rule.effective is not None and self.today < rule.effective:
            note = f"from {rule.effective}" + (f"; {note}" if note else "")
        evidence = rule.source, rule.as_of.isoformat(), rule.confidence
        return Finding(name, outcome, measured, expected, *evidence, "" if ok else mend, note, dict(numbers or {}))

    def skip(self, name: str, rule: Rule, why: str, expected: str = "") -> Finding:
        """Not judged."""
        return Finding(name, "skip", why, expected, rule.source, rule.as_of.isoformat(), rule.confidence)
