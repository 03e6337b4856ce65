"""What a search found, as a sheet and as a page that needs nothing beside it."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from packshot.errors import PackshotError

if TYPE_CHECKING:
    from packshot.models.searching.search import Found

STYLE = """
:root { color-scheme: light dark; font: 15px/1.4 system-ui, sans-serif; }
body { margin: 1.5rem; }
ol { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: 1.2rem; padding: 0; }
li { list-style: none; }
img { width: 100%; aspect-ratio: 1; object-fit: contain; background: #8882; border-radius: .4rem; }
figure { margin: 0; } figcaption { overflow-wrap: anywhere; } small { opacity: .75; }
"""
SIDE_PX = 240


def sheet_of(found: Sequence[Found], root: Path, tile_px: int) -> bytes:
    """A PNG of the products' best pictures, with place, score, sku and title."""
    from packshot.catalogue.show import drawable, labelled_sheet

    tiles = []
    for number, one in enumerate(found, 1):
        words = one.title if drawable(one.title) else ""
        sku = one.sku if drawable(one.sku) else ""
        tiles.append((root / one.path, (f"{number}  {one.score:.2f}  {sku}", words)))
    image, _ = labelled_sheet(tiles, columns=6, tile_px=tile_px)
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def page_of(found: Sequence[Found], root: Path, asked: str) -> str:
    """An HTML page of the products' best pictures; everything that stands in a catalogue is escaped."""
    items = "\n".join(_item(number, one, root) for number, one in enumerate(found, 1))
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{escape(asked)}</title>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>{STYLE}</style>\n'
        f"<h1>{escape(asked)}</h1>\n<ol>\n{items}\n</ol>\n</html>\n"
    )


def _item(number: int, one: Found, root: Path) -> str:
    from packshot.evaluation.thumbnails import thumbnail

    try:
        data = base64.b64encode(thumbnail(root / one.path, side_px=SIDE_PX).webp).decode()
        picture = f'<img alt="{escape(one.title or one.sku)}" src="data:image/webp;base64,{data}">'
    except (PackshotError, OSError):
        picture = "<p>not readable</p>"
    cosines = ", ".join(f"{escape(what)} {value:.2f}" for what, value in one.cosines.items())
    told = f"<strong>{number}. {escape(one.sku)}</strong><br>{escape(one.title)}<br><small>{cosines}</small>"
    return f"<li><figure>{picture}<figcaption>{told}</figcaption></figure></li>"
