"""What is in a catalogue: numbers for a table, and a contact sheet."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packshot.catalogue.catalogue import Catalogue, Shot
from packshot.catalogue.problems import Problem
from packshot.catalogue.product import Image, Product
from packshot.errors import PackshotError

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage
    from PIL.ImageFont import FreeTypeFont
    from PIL.ImageFont import ImageFont as PlainFont

MOST_KINDS = 10_000  # different values counted one by one; more are counted together
OTHER = "(other)"
SIZES = (256, 512, 1000, 1600, 2500)  # longest side, px; 1000 and 1600 are where marketplaces allow and zoom
_FONTS = (  # file names of fonts that hold Chinese, as systems ship them
    "NotoSansCJK*.ttc", "NotoSansSC*.[ot]tf", "NotoSansCJKsc*.otf", "SourceHanSans*.[ot]t[fc]", "wqy-*.tt[cf]",
    "PingFang*.ttc", "STHeiti*.ttc", "Hiragino Sans GB*", "msyh*.tt[cf]", "simhei.ttf", "simsun.ttc",
    "DroidSansFallback*.ttf", "uming.ttc", "ukai.ttc", "NotoSerifCJK*.ttc",
)  # fmt: skip
_FONT_FOLDERS = {
    "linux": ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts"),
    "darwin": ("/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts"),
    "win32": ("C:/Windows/Fonts", "~/AppData/Local/Microsoft/Windows/Fonts"),
}


@dataclass
class Summary:
    """Counts over a catalogue. categories, splits, licences, sources, colours, materials, sizes, formats: by picture
    where there are pictures, so that they say what a model would see; products and the rest by product.
    """

    products: int = 0
    pictures: int = 0
    urls: int = 0
    without_pictures: int = 0
    mattes: int = 0
    broken_rows: int = 0
    most_pictures: int = 0
    priced: int = 0
    titled: int = 0
    titled_zh: int = 0
    categories: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    colours: Counter[str] = field(default_factory=Counter)
    materials: Counter[str] = field(default_factory=Counter)
    sizes: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)


def summarise(catalogue: Catalogue) -> Summary:
    """Read a catalogue once and count. Memory is bounded by the number of different values, at most 10,000 each."""
    from packshot.catalogue.problems import PROBLEMS, read_problems

    found = Summary()
    for row in catalogue.rows():
        if isinstance(row, Problem):
            found.broken_rows += 1
            _count(found.problems, row.reason)
        else:
            _add(found, row)
    for problem in read_problems(catalogue.folder / PROBLEMS):
        _count(found.problems, f"{problem.field}: {problem.reason}" if problem.field else problem.reason)
    return found


def _count(counter: Counter[str], value: str, number: int = 1) -> None:
    counter[value if value in counter or len(counter) < MOST_KINDS else OTHER] += number


def _add(found: Summary, product: Product) -> None:
    files = sum(bool(image.path) for image in product.images)
    found.products += 1
    found.pictures += files
    found.urls += len(product.images) - files
    found.without_pictures += not product.images
    found.most_pictures = max(found.most_pictures, len(product.images))
    found.priced += product.price is not None
    found.titled += bool(product.title)
    found.titled_zh += bool(product.title_zh)
    for name, counter in (("split", found.splits), ("licence", found.licences), ("source", found.sources)):
        _count(counter, getattr(product, name) or "(none)", len(product.images) or 1)
    if not product.images:
        _count(found.categories, product.category or "(none)")
    for image in product.images:
        _add_image(found, product, image)


def _add_image(found: Summary, product: Product, image: Image) -> None:
    attributes = product.attributes_of(image)
    _count(found.categories, attributes.get("category") or product.category or "(none)")
    _count(found.colours, attributes.get("colour") or "(none)")
    _count(found.materials, attributes.get("material") or "(none)")
    found.mattes += bool(image.matte)
    if image.path:
        _count(found.formats, Path(image.path).suffix.lower().lstrip(".") or "(none)")
        _count(found.sizes, size_class(image))


def size_class(image: Image) -> str:
    """The class of a picture's longest side, `513-1000 px`; `unknown` where it was not measured."""
    if image.width is None or image.height is None:
        return "unknown"
    side = max(image.width, image.height)
    low = 1
    for limit in SIZES:
        if side <= limit:
            return f"{low}-{limit} px"
        low = limit + 1
    return f"over {SIZES[-1]} px"


# -- contact sheet ---------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def chinese_font() -> Path | None:
    """A font file that holds Chinese characters, or None if this machine has none in the usual places."""
    for folder in _FONT_FOLDERS.get(sys.platform, _FONT_FOLDERS["linux"]):
        root = Path(folder).expanduser()
        for pattern in _FONTS:
            found = next(iter(sorted(root.rglob(pattern))), None) if root.is_dir() else None
            if found is not None:
                return found
    return None


def _font(size: int) -> FreeTypeFont | PlainFont:
    from PIL import ImageFont

    font = chinese_font()
    try:
        return ImageFont.truetype(str(font), size) if font else ImageFont.load_default(size)
    except OSError:
        return ImageFont.load_default(size)


def sample(catalogue: Catalogue, count: int) -> list[Shot]:
    """At most `count` pictures, spread evenly over the catalogue: the first of each of so many equal parts."""
    total = sum(bool(image.path) for product in catalogue for image in product.images)
    wanted = {total * i // count for i in range(count)} if total else set()
    return [shot for number, shot in enumerate(catalogue.images()) if number in wanted]


def contact_sheet(
    catalogue: Catalogue, *, count: int = 60, columns: int = 10, tile_px: int = 160
) -> tuple[PillowImage, list[Problem]]:
    """A sheet of pictures with their labels, transparent parts on grey checks, and the pictures that could not be read.

    The label is the sku and the title; a title in Chinese only where a font for it is found.
    """
    shots = sample(catalogue, count)
    sheet, unread = labelled_sheet([(shot.path, _labels(shot)) for shot in shots], columns=columns, tile_px=tile_px)
    name = catalogue.products.name
    problems = [Problem(shots[n].row + 1, "image", told, shots[n].image.path, name) for n, told in unread.items()]
    return sheet, problems


def labelled_sheet(
    tiles: Sequence[tuple[Path, tuple[str, str]]], *, columns: int = 10, tile_px: int = 160
) -> tuple[PillowImage, dict[int, str]]:
    """A sheet of picture files with two lines of text below each; and number → why, of those that cannot be read."""
    import PIL.Image
    from PIL import ImageDraw

    gap, text_px = 8, max(9, tile_px // 14)
    high = tile_px + 2 * (text_px + 3) + gap
    columns = max(1, min(columns, len(tiles)))
    rows = -(-len(tiles) // columns) or 1
    sheet = PIL.Image.new("RGB", (gap + columns * (tile_px + gap), gap + rows * high), (250, 250, 250))
    draw, font = ImageDraw.Draw(sheet), _font(text_px)
    unread = {}
    for number, (path, labels) in enumerate(tiles):
        x, y = gap + number % columns * (tile_px + gap), gap + number // columns * high
        draw.rectangle((x, y, x + tile_px - 1, y + tile_px - 1), fill=(235, 235, 235))
        try:
            tile = thumbnail(path, tile_px)
            sheet.paste(tile, (x + (tile_px - tile.width) // 2, y + (tile_px - tile.height) // 2))
        except (PackshotError, OSError) as error:
            unread[number] = str(error)
            draw.text((x + 6, y + tile_px // 2), "not readable", fill=(170, 0, 0), font=font)
        for line, text in enumerate(labels):
            place = (x, y + tile_px + 2 + line * (text_px + 3))
            draw.text(place, _fitted(draw, text, font, tile_px), fill=(90, 90, 90) if line else (20, 20, 20), font=font)
    return sheet, unread


def thumbnail(path: Path, side_px: int) -> PillowImage:
    """A small upright copy in sRGB, transparent parts on grey checks."""
    import numpy as np
    import PIL.Image

    from packshot.imaging.files import open_picture

    picture = open_picture(path, max_side_px=side_px).picture
    rgb = picture.rgb[0].permute(1, 2, 0).numpy()  # (h, w, 3)
    if picture.alpha is not None:
        y, x = np.indices(rgb.shape[:2]) // 8
        checks = np.where((x + y) % 2, 0.92, 0.8)[..., None]
        alpha = picture.alpha[0, 0].numpy()[..., None]
        rgb = rgb * alpha + checks * (1 - alpha)
    return PIL.Image.fromarray((rgb * 255 + 0.5).astype(np.uint8))


def _labels(shot: Shot) -> tuple[str, str]:
    product = shot.product
    for title in (product.title, *product.titles.values()):
        if title and drawable(title):
            return product.sku if drawable(product.sku) else shot.key.encode("ascii", "replace").decode(), title
    return (product.sku if drawable(product.sku) else f"row {shot.row + 1}"), ""


def _latin(text: str) -> bool:
    return all(ord(c) < 0x250 for c in text)


def drawable(text: str) -> bool:
    """Whether a font that can draw a text is at hand: any Latin one, Chinese where a font for it is found."""
    return _latin(text) or chinese_font() is not None


def _fitted(draw: Any, text: str, font: Any, width: int) -> str:
    if draw.textlength(text, font=font) <= width:
        return text
    while text and draw.textlength(text + "…", font=font) > width:
        text = text[: max(0, int(len(text) * 0.9) - 1)]
    return text + "…"
