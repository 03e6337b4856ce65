"""A check as one self-contained HTML page in the look of the run report: no script, nothing loaded or sent.

Cards are filtered by radio buttons and CSS alone. All text is escaped, the page is closed by its
Content-Security-Policy. Of many pictures the gravest are on the page, `check.json` holds all.
"""

from __future__ import annotations

import base64
import hashlib
import heapq
from collections.abc import Iterator
from html import escape
from importlib.resources import files as resources
from pathlib import Path

from packshot.errors import PackshotError
from packshot.evaluation.thumbnails import thumbnail
from packshot.imaging.files import write_atomic
from packshot.publish.checking import Checked, Result
from packshot.publish.findings import WEIGHT, Finding, Outcome
from packshot.publish.rules.naming import shown
from packshot.version import __version__

PAGE_LIMIT = 1000  # results on the page
THUMBNAIL_PX = 320
KINDS: tuple[Outcome, ...] = ("fail", "warn", "hint", "pass")
WORDS = {"fail": "Fails", "warn": "Warnings", "hint": "Hints", "pass": "Passes", "skip": "Not judged"}
TELLS = {
    "fail": "a rule that the platform enforces is broken",
    "warn": "advice, or a rule on weaker evidence",
    "hint": "prior knowledge only",
    "pass": "nothing to mend",
}


def write_page(checked: Checked, path: Path, *, limit: int = PAGE_LIMIT) -> None:
    """Write the page. limit: results on it, the gravest first."""
    text = "".join(_page(checked, limit))
    write_atomic(path, text.encode("utf-8", "backslashreplace"))


def _page(checked: Checked, limit: int) -> Iterator[str]:
    style = _resource("packshot.evaluation", "report.css") + _resource("packshot.publish.check_reports", "page.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    yield f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>packshot check</title><style>{style}</style></head>
<body class="check">
<header class="top"><div class="brand"><span class="mark" aria-hidden="true"></span>packshot check</div></header>
<main>"""
    yield from _intro(checked)
    yield from _rules(checked)
    yield '<h2 class="part">Pictures</h2><div class="grid">'
    for result in _gravest(checked, limit):
        yield from _card(result)
    yield "</div>"
    if len(checked) > limit:
        yield f'<p class="count">The gravest {limit:,} of {len(checked):,} results are shown.</p>'
    yield f"""</main><footer class="foot"><p>Everything on this page is in this one file: nothing is loaded from or
sent to the internet. Rules are engineering research with their sources, not legal advice.</p>
<p>packshot {__version__} · {checked.today.isoformat()} · text {escape(checked.text)}</p></footer></body></html>
"""


def _resource(package: str, name: str) -> str:
    return resources(package).joinpath(name).read_text(encoding="utf-8")


def _gravest(checked: Checked, limit: int) -> list[Result]:
    """At most so many results, the gravest first, each grade in the order of the pictures."""
    numbered = ((-WEIGHT[result.outcome], number, result) for number, result in enumerate(checked))
    return [result for *_, result in heapq.nsmallest(limit, numbered, key=lambda item: item[:2])]


def _intro(checked: Checked) -> Iterator[str]:
    total = {kind: sum(counts[kind] for counts in checked.outcomes.values()) for kind in KINDS}
    total["pass"] += sum(counts["skip"] for counts in checked.outcomes.values())
    results = max(1, sum(total.values()))
    names = ", ".join(f"{c.platform} ({name})" for name, c in checked.channels.items())
    rate = checked.pictures / checked.seconds if checked.seconds else 0
    headline = f"{total['fail']} of {results} fail" if total["fail"] else f"None of {results} fails"
    where = f"{escape(shown(checked.source))} · {escape(names)}"
    yield f'<section class="intro"><h1>{headline}</h1><p class="facts">{where}'
    yield f" · {checked.pictures} pictures in {checked.seconds:.1f} s ({rate:.1f} a second)</p>"
    yield '<div class="bar" aria-hidden="true">'
    for kind in KINDS:
        if total[kind]:
            yield f'<svg class="{kind}" width="{100 * total[kind] / results:.2f}%" height="6"></svg>'
    yield '</div><div class="tiles">'
    yield _tile("all", "All", results, "every picture in every channel", checked=True)
    for kind in KINDS:
        yield _tile(kind, WORDS[kind], total[kind], TELLS[kind])
    yield "</div></section>"


def _tile(kind: str, word: str, count: int, tell: str, checked: bool = False) -> str:
    mark = " checked" if checked else ""
    dot = "" if kind == "all" else f'<i class="dot {kind}"></i>'
    return (
        f'<label class="tile" title="{tell}"><input type="radio" name="show" id="show-{kind}"{mark}>'
        f"<b>{count:,}</b><span>{dot}{word}</span></label>"
    )


def _rules(checked: Checked) -> Iterator[str]:
    yield '<details class="rules"><summary>Rules</summary><table><thead><tr><th>Rule</th>'
    kinds: tuple[Outcome, ...] = (*KINDS, "skip")
    yield "".join(f"<th>{WORDS[kind]}</th>" for kind in kinds) + "</tr></thead><tbody>"
    for rule, counts in checked.counts.items():
        cells = "".join(f'<td class="{kind if counts[kind] else "none"}">{counts[kind] or "·"}</td>' for kind in kinds)
        yield f"<tr><th>{escape(rule)}</th>{cells}</tr>"
    yield "</tbody></table></details>"


def _card(result: Result) -> Iterator[str]:
    kind = "pass" if result.outcome == "skip" else result.outcome
    bad = sorted((f for f in result.findings if f.bad), key=lambda f: -WEIGHT[f.outcome])
    name = f"<bdi>{escape(shown(result.picture))}</bdi>"
    yield f'<article class="card {kind}">{_image(result)}<div class="text"><h2>{name}</h2>'
    yield f'<p class="where"><bdi>{escape(result.channel)}</bdi></p>'
    if bad:
        yield '<ul class="verdicts">' + "".join(_verdict(f) for f in bad) + "</ul>"
    else:
        yield f'<p class="fine"><i class="dot pass"></i>{"Nothing to mend" if kind == "pass" else ""}</p>'
    rest = [f for f in result.findings if not f.bad]
    if rest:
        yield f'<details class="rest"><summary>{_rest(rest)}</summary><ul>'
        yield "".join(f"<li><b>{escape(f.rule)}</b> {escape(shown(f.measured))}</li>" for f in rest)
        yield "</ul></details>"
    yield "</div></article>"


def _rest(findings: list[Finding]) -> str:
    passed = sum(f.outcome == "pass" for f in findings)
    skipped = len(findings) - passed
    return f"{passed} rules pass" + (f", {skipped} not judged" if skipped else "")


def _verdict(finding: Finding) -> str:
    note = f'<p class="note">{escape(finding.note)}</p>' if finding.note else ""
    mend = f"<p class='mend'>{_mend(finding.mend)}</p>" if finding.mend else ""
    evidence = f"{finding.source} · {finding.as_of} · confidence {finding.confidence}"
    return (
        f'<li class="{finding.outcome}"><details><summary><i class="dot {finding.outcome}"></i>'
        f"<b>{escape(finding.rule)}</b> <span>{escape(shown(finding.measured))}</span></summary>"
        f"<p>Expected: {escape(finding.expected)}</p>{note}<p class='source'>{escape(evidence)}</p>{mend}"
        "</details></li>"
    )


def _mend(words: str) -> str:
    """Commands in a typewriter face."""
    before, sign, command = words.partition("packshot ")
    return escape(shown(before)) + (f"<code>{escape(shown(sign + command))}</code>" if sign else "")


def _image(result: Result) -> str:
    if not result.path:
        return ""
    try:
        small = thumbnail(Path(result.path), side_px=THUMBNAIL_PX)
    except (PackshotError, OSError):
        return (
            '<div class="compare single"><div class="gone-wrong"><i aria-hidden="true"></i>cannot be shown</div></div>'
        )
    data = base64.b64encode(small.webp).decode()
    clear = ' class="clear"' if small.clear else ""
    image = f'<img{clear} alt="" loading="lazy" decoding="async" src="data:image/webp;base64,{data}">'
    return f'<div class="compare single"><div class="layer after">{image}</div></div>'
