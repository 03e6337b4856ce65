"""A check as JSON and as JUnit XML, streamed: one picture after another, memory bounded.

JUnit has no schema of its own; this is the form that Jenkins, GitLab and GitHub's actions read: `testsuites` →
`testsuite` (a channel) → `testcase` (a picture) → `failure` (what fails) or `system-out` (what warns).
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from xml.sax.saxutils import escape, quoteattr

from packshot.imaging.files import write_atomic
from packshot.publish.channel import Channel
from packshot.publish.checking import Checked, Result
from packshot.publish.findings import Finding
from packshot.publish.rules.naming import shown
from packshot.version import __version__

XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot hold


def write_json(checked: Checked, path: Path) -> None:
    """All findings, the channels' rules they rest on, and the counts."""
    with tempfile.SpooledTemporaryFile(1 << 22) as file:
        head = json.dumps(_head(checked), ensure_ascii=False, indent=1)
        file.write(_utf8(head[:-2] + ',\n "results": ['))
        for index, result in enumerate(checked):
            file.write(_utf8((",\n  " if index else "\n  ") + json.dumps(_result(result), ensure_ascii=False)))
        file.write(b"\n ]\n}\n")
        _save(file, path)


def _result(result: Result) -> dict[str, Any]:
    said = result.to_json()
    return {**said, "picture": shown(result.picture), "sku": shown(result.sku)}


def _head(checked: Checked) -> dict[str, Any]:
    return {
        "format": "packshot-check/1",
        "packshot": __version__,
        "date": checked.today.isoformat(),
        "source": shown(checked.source),
        "text": checked.text,
        "pictures": checked.pictures,
        "seconds": round(checked.seconds, 3),
        "outcome": checked.outcome,
        "outcomes": {name: dict(counts) for name, counts in checked.outcomes.items()},
        "rules": {name: dict(counts) for name, counts in checked.counts.items()},
        "channels": {name: _evidence(channel) for name, channel in checked.channels.items()},
    }


def _evidence(channel: Channel) -> dict[str, Any]:
    return {
        "platform": channel.platform,
        "use": channel.use,
        "source": channel.source,
        "as_of": channel.as_of.isoformat(),
        "confidence": channel.confidence,
    }


def write_junit(checked: Checked, path: Path) -> None:
    """A suite for every channel, a case for every picture."""
    with tempfile.SpooledTemporaryFile(1 << 22) as file:
        file.write(b'<?xml version="1.0" encoding="UTF-8"?>\n')
        file.write(_utf8(f'<testsuites name="packshot check" time="{checked.seconds:.3f}">\n'))
        for name, counts in checked.outcomes.items():
            total, failed = sum(counts.values()), counts["fail"]
            file.write(_utf8(f'<testsuite name="{name}" tests="{total}" failures="{failed}" errors="0">\n'))
            for result in checked:
                if result.channel == name:
                    file.write(_utf8("".join(_case(result))))
            file.write(b"</testsuite>\n")
        file.write(b"</testsuites>\n")
        _save(file, path)


def _case(result: Result) -> Iterator[str]:
    yield f"<testcase classname={_attribute(result.channel)} name={_attribute(shown(result.picture))}>"
    failed = [f for f in result.findings if f.outcome == "fail"]
    told = [f for f in result.findings if f.outcome in ("warn", "hint", "skip")]
    if failed:
        title = ", ".join(f.rule for f in failed)
        yield f'<failure type="rule" message={_attribute(title)}>{_text(failed)}</failure>'
    if told:
        yield f"<system-out>{_text(told)}</system-out>"
    yield "</testcase>\n"


def _text(findings: list[Finding]) -> str:
    return escape(XML.sub("�", "\n".join(in_words(finding) for finding in findings)))


def in_words(finding: Finding) -> str:
    """A finding as a line."""
    mend = f". Mend: {finding.mend}" if finding.mend else ""
    evidence = f"{finding.source}, {finding.as_of}, confidence {finding.confidence}"
    note = f"; {finding.note}" if finding.note else ""
    return f"{finding.outcome} {finding.rule}: {finding.measured}; expected {finding.expected}{note} ({evidence}){mend}"


def _attribute(text: str) -> str:
    return quoteattr(XML.sub("�", text))


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _save(file: IO[bytes], path: Path) -> None:
    file.seek(0)
    write_atomic(path, file.read())
