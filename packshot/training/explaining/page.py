"""`explain.html`: one self-contained page in the look of the run report, in English and Chinese; nothing is loaded.

Both languages are in the page and CSS shows one; a line of script picks the reader's own at first.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files as resources
from typing import Any

from torch import Tensor

from packshot.checkpoint import Checkpoint
from packshot.evaluation.explaining.faithfulness import CHANCE
from packshot.evaluation.explaining.looking import METHODS
from packshot.imaging import files
from packshot.imaging.picture import Picture
from packshot.training.explaining.parts import Chart, Figure, Section
from packshot.training.explaining.words import Both, label, said, section
from packshot.version import __version__

SCRIPT = "if((navigator.language||'').startsWith('zh'))document.getElementById('chinese').checked=true"
WIDTH, HEIGHT, LEFT, BELOW = 520, 220, 40, 30
COLOURS = {"grad-cam": "#e8590c", "hires-cam": "#1971c2", "random pixels": "#adb5bd", "centre": "#37b24d",
           "edges": "#ae3ec9"}  # fmt: skip
LEAST = 10  # pictures below which nothing is said of a map
GREY = "#868e96"  # random patches
HIDDEN = ("deletion_error", "insertion_error", "gap_error", "whole", "bare")


def page(title: str, kind: str, stored: Checkpoint, sections: Sequence[Section]) -> str:
    """The whole page."""
    style = _resource("packshot.evaluation", "report.css") + _resource("packshot.training.explaining", "page.css")
    style += "".join(sorted({rule for section in sections for figure in section.figures for rule in _rules(figure)}))
    policy = (
        f"default-src 'none'; img-src data:; style-src {_digest(style)}; script-src {_digest(SCRIPT)}; "
        "base-uri 'none'; form-action 'none'"
    )
    body = "".join(part for section in sections for part in _section(section))
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{escape(title)} · packshot explain</title>
<style>{style}</style></head>
<body class="explain"><header class="top">
<div class="brand"><span class="mark" aria-hidden="true"></span>packshot explain</div>
<div class="switch" role="group" aria-label="Language 语言">
<label><input type="radio" name="language" id="english" checked><span class="keep" lang="en">English</span></label>
<label><input type="radio" name="language" id="chinese"><span class="keep" lang="zh">中文</span></label></div></header>
<main><section class="intro"><h1>{_both(said(kind))}</h1><p class="facts">{_facts(title, stored)}</p></section>
{body}</main><footer class="foot"><p>{_both(said("private"))}</p><p>packshot {__version__}</p></footer>
<script>{SCRIPT}</script></body></html>
"""


def _resource(package: str, name: str) -> str:
    return resources(package).joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _both(words: Both, **facts: Any) -> str:
    named = {key: label(value) for key, value in facts.items() if isinstance(value, str) and label(value)}
    told = [{**facts, **{key: both[i] for key, both in named.items() if both}} for i in range(2)]
    english, chinese = (escape(text.format(**own)) for text, own in zip(words, told, strict=True))
    return english if english == chinese else f'<span lang="en">{english}</span><span lang="zh">{chinese}</span>'


def _label(name: str) -> str:
    if name.startswith(CHANCE) and (both := label(CHANCE)) is not None:
        return f"{_both(both)}{escape(name.removeprefix(CHANCE))}"
    both = label(name)
    return f"<bdi>{escape(name)}</bdi>" if both is None else _both(both)


def _heading(name: str) -> str:
    return _label(name[1:]) if name.startswith("@") else f"<bdi>{escape(name)}</bdi>"


def _facts(title: str, stored: Checkpoint) -> str:
    card = stored.card
    told = [f"<bdi>{escape(title)}</bdi>", escape(stored.network), f"{stored.digest[:12]}"]
    if card.get("trained_on"):
        told.append(f"{_both(said('trained'))} <bdi>{escape(str(card['trained_on']))}</bdi>")
    return " · ".join(told)


def _section(part: Section) -> Iterator[str]:
    title, text = section(part.key)
    facts = {name: _plain(value) for name, value in part.facts.items()}
    yield f'<section class="part"><h2>{_both(title, **facts)}</h2><p>{_both(text, **facts)}</p>'
    yield from _verdicts(part.rows)
    for figure in part.figures:
        yield from _figure(figure)
    if part.charts:
        yield '<div class="charts">' + "".join(_chart(chart) for chart in part.charts) + "</div>"
    if part.rows:
        yield f'<div class="scroll">{_table(part.rows)}</div>'
    yield "</section>"


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float) else str(value)


def _verdicts(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A sentence for every map that was tested: two standard errors better than chance, or not."""
    for row in rows:
        if row.get("order") in METHODS and "gap" in row:
            word = verdict(row)
            gap = -row["gap"] if word == "holds" else row["gap"]
            scores = {name: row[name] for name in ("whole", "bare")}
            told = _both(said(word), gap=gap, error=row["gap_error"], n=row["n"], least=LEAST, **scores)
            name, sign = f"{_label(row['order'])}, {_label(row['pictures'])}", "✓" if word == "holds" else "–"
            yield f'<div class="verdict {word}"><b>{sign}</b><span>{name}: {told}</span></div>'


def verdict(row: Mapping[str, Any]) -> str:
    """`holds`, `fails`, `few` where there are too few pictures to say, `bare` where bare ground scores no lower."""
    if row["n"] < LEAST:
        return "few"
    if row["bare"] >= row["whole"]:
        return "bare"
    return "holds" if row["gap"] + 2 * row["gap_error"] < 0 else "fails"


def _width(figure: Figure) -> int:
    return figure.pictures.shape[3] * figure.times


def _rules(figure: Figure) -> tuple[str, str]:
    """Numbers of columns and widths of tiles as classes, since the page admits no style of single elements."""
    first = "max-content " if figure.down else ""
    kind, columns = ("named", figure.columns) if figure.down else ("bare", figure.columns)
    width = _width(figure)
    return (
        f".tilework.{kind}{columns}{{grid-template-columns:{first}repeat({columns},max-content)}}",
        f".tilework.w{width}{{--w:{width}px}}",
    )


def _figure(figure: Figure) -> Iterator[str]:
    kind = "named" if figure.down else "bare"
    yield f'<div class="scroll"><div class="tilework {kind}{figure.columns} w{_width(figure)}">'
    if figure.across:
        yield '<span class="name"></span>' if figure.down else ""
        yield "".join(f'<span class="head">{_heading(name)}</span>' for name in figure.across)
    for index, picture in enumerate(figure.pictures):
        row, column = divmod(index, figure.columns)
        if figure.down and column == 0:
            yield f'<span class="name">{_heading(figure.down[row])}</span>'
        yield _tile(figure, picture, row, column, figure.notes[index] if index < len(figure.notes) else "")
    yield "</div></div>"


def _tile(figure: Figure, picture: Tensor, row: int, column: int, note: str) -> str:
    names = (figure.down[row] if figure.down else "", figure.across[column] if figure.across else "", note)
    about = " · ".join(name.removeprefix("@") for name in names if name) or figure.name
    caption = f"<figcaption><bdi>{escape(note)}</bdi></figcaption>" if note else ""
    return f'<figure><img alt="{escape(about)}" src="{_data(picture)}">{caption}</figure>'


def _data(picture: Tensor) -> str:
    data = files.encode(Picture(picture[None].float().contiguous()), "png").data
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    columns = [c for c in dict.fromkeys(key for row in rows for key in row) if c not in HIDDEN]
    texts = {c for c in columns if any(isinstance(row.get(c), str) for row in rows)}
    head = "".join(f"<th{_text(c, texts)}>{_label(c)}</th>" for c in columns)
    body = ""
    for row in rows:
        ours = ' class="ours"' if row.get("order") in METHODS else ""
        body += f"<tr{ours}>" + "".join(f"<td{_text(c, texts)}>{_cell(row, c)}</td>" for c in columns) + "</tr>"
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _text(column: str, texts: set[str]) -> str:
    return ' class="word"' if column in texts else ""


def _cell(row: Mapping[str, Any], column: str) -> str:
    value = row.get(column)
    if value is None:
        return "–"
    if isinstance(value, str):
        return _label(value)
    if column in ("better", "before", "random", "after"):
        return f"{value:.0%}"
    if isinstance(value, int):
        return f"{value:,}"
    error = row.get(f"{column}_error")
    return f"{value:.3f}" + (f" ± {error:.3f}" if error is not None else "")


def _chart(chart: Chart) -> str:
    every = [v for line in chart.curves.values() for v in line]
    low, high = min(0.0, *every), max(every)
    span = (high - low) or 1.0
    above = sorted(chart.curves.items(), key=lambda item: item[0] in METHODS)
    lines = "".join(_line(name, _points(values, low, span)) for name, values in above)
    bottom = HEIGHT - BELOW
    axes = (
        f'<text x="{LEFT - 6}" y="14" text-anchor="end">{high:.2g}</text>'
        f'<text x="{LEFT - 6}" y="{bottom}" text-anchor="end">{low:.2g}</text>'
        f'<text x="{LEFT}" y="{HEIGHT - 12}">0</text><text x="{WIDTH}" y="{HEIGHT - 12}" text-anchor="end">100 %</text>'
    )
    key = "".join(
        f'<span><svg viewBox="0 0 18 8" aria-hidden="true"><path d="M0 4h18" stroke="{COLOURS.get(name, GREY)}" '
        f'stroke-width="3"/></svg>{_label(name)}</span>'
        for name in chart.curves
    )
    return (
        f'<figure><figcaption>{_label(chart.kind)}</figcaption><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape((label(chart.kind) or ("", ""))[0])}">{axes}{lines}</svg>'
        f'<div class="key"><span>↔ {_label("share")}</span>{key}</div></figure>'
    )


def _line(name: str, points: str) -> str:
    width = 2.4 if name in METHODS else 1.3
    return f'<polyline fill="none" stroke="{COLOURS.get(name, GREY)}" stroke-width="{width}" points="{points}"/>'


def _points(values: Sequence[float], low: float, span: float) -> str:
    width, height = WIDTH - LEFT - 2, HEIGHT - BELOW - 12
    last = len(values) - 1
    return " ".join(
        f"{LEFT + i / last * width:.1f},{10 + (1 - (v - low) / span) * height:.1f}" for i, v in enumerate(values)
    )
