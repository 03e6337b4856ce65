"""An audit as one HTML page without scripts or outside parts: findings, numbers, bars, and a contact sheet."""

from __future__ import annotations

import base64
import html
import io
from collections import Counter
from collections.abc import Iterable

from packshot.catalogue.audit import Audit
from packshot.catalogue.catalogue import Catalogue
from packshot.catalogue.show import contact_sheet, summarise

SHOWN = 24  # bars a chart
STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}
ul.findings{list-style:none;padding:0}ul.findings li{border-left:4px solid #b8b8b8;padding:.3rem .8rem;margin:.4rem 0}
ul.findings li.serious{border-color:#c0392b}details{color:#555}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(20rem,1fr));gap:1.5rem}
table{border-collapse:collapse;width:100%;max-width:32rem}
td,th{padding:.1rem .5rem .1rem 0;text-align:left;vertical-align:middle}
td.n{text-align:right;font-variant-numeric:tabular-nums}td.bar{width:45%}
td.bar span{display:block;height:.7rem;background:#4a7fb5;min-width:1px}img{max-width:100%}
@media (prefers-color-scheme:dark){body{background:#181818;color:#ddd}details{color:#aaa}}
"""


def audit_page(found: Audit, catalogue: Catalogue, *, sheet: int = 60) -> str:
    """The page. sheet: pictures on the contact sheet, 0 = none."""
    parts = [f"<h1>Audit of {html.escape(catalogue.folder.resolve().name)}</h1>", _intro(found), "<h2>Findings</h2>",
             _findings(found)]  # fmt: skip
    summary = summarise(catalogue)
    charts = [("Categories", summary.categories), ("Colours", summary.colours), ("Materials", summary.materials),
              ("Splits", summary.splits), ("Longest side", summary.sizes), ("Licences", summary.licences)]  # fmt: skip
    drawn = "".join(_chart(name, counter) for name, counter in charts if set(counter) - {"(none)"})
    parts.append(f'<h2>What is in it</h2><div class="charts">{drawn}</div>')
    parts += [_numbers("Balance", ((f"{c}, {n}", v) for c, told in found.balance.items() for n, v in told.items())),
              _numbers("Colours of the pictures, 0 to 1", found.colours.items()),
              _numbers("Photos that pictures share", found.duplicates.items())]  # fmt: skip
    if sheet and found.pictures:
        parts.append(f"<h2>A sample of the pictures</h2>{_sheet(catalogue, sheet)}")
    body = "\n".join(part for part in parts if part)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Audit</title><style>{STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )


def _intro(found: Audit) -> str:
    faces = "not looked for" if found.faces is None else f"{found.faces:,} pictures"
    return (
        f"<p>{found.products:,} products, {found.pictures:,} pictures, {found.unreadable:,} of them unreadable. "
        f"{found.serious:,} serious findings of {len(found.findings):,}. Faces: {faces}.</p>"
    )


def _findings(found: Audit) -> str:
    if not found.findings:
        return "<p>Nothing to mend.</p>"
    rows = []
    for finding in found.findings:
        kind = ' class="serious"' if finding.serious else ""
        listed = ", ".join(html.escape(sku) for sku in finding.skus)
        more = f"<details><summary>which</summary>{listed}</details>" if listed else ""
        rows.append(f"<li{kind}><b>{html.escape(finding.what)}</b>: {html.escape(finding.said)}{more}</li>")
    return f'<ul class="findings">{"".join(rows)}</ul>'


def _chart(name: str, counter: Counter[str]) -> str:
    most = max(counter.values())
    rows = "".join(
        f'<tr><td>{html.escape(value)}</td><td class="n">{n:,}</td>'
        f'<td class="bar"><span style="width:{100 * n / most:.1f}%"></span></td></tr>'
        for value, n in counter.most_common(SHOWN)
    )
    left = len(counter) - SHOWN
    rest = f"<tr><td>and {left:,} more</td></tr>" if left > 0 else ""
    return f"<div><h3>{name}</h3><table>{rows}{rest}</table></div>"


def _numbers(name: str, rows: Iterable[tuple[str, float]]) -> str:
    told = "".join(f'<tr><td>{html.escape(n)}</td><td class="n">{v:,.4g}</td></tr>' for n, v in rows)
    return f"<h2>{name}</h2><table>{told}</table>" if told else ""


def _sheet(catalogue: Catalogue, count: int) -> str:
    image, _ = contact_sheet(catalogue, count=count, tile_px=112)
    data = io.BytesIO()
    image.save(data, "WEBP", quality=80)
    coded = base64.b64encode(data.getvalue()).decode("ascii")
    return f'<img alt="Contact sheet of {min(count, 10**6)} pictures" src="data:image/webp;base64,{coded}">'
