"""Alternative texts: what a picture shows, in English and Chinese, for people who do not see it and for search.

Made from what the catalogue says of the product, never from what it does not say; a file of the seller's own overrules
them, `alt.csv` with the columns `sku, image, en, zh` (an empty cell keeps the made one). Shops cut at 125 characters
(Shopify's own limit is 512).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO

from packshot.catalogue.catalogue import Catalogue
from packshot.catalogue.product import Image, Product
from packshot.errors import FileError, ParameterError

LANGUAGES = ("en", "zh")
COLUMNS = ("sku", "image", *LANGUAGES)
FILE = "alt.csv"
LONGEST = 125  # characters
LIMIT_BYTES = 64 << 20

# view of the product as catalogues name it: English, Chinese
VIEWS = {
    "back": ("back view", "背面"),
    "side": ("side view", "侧面"),
    "left": ("left side", "左侧"),
    "right": ("right side", "右侧"),
    "top": ("seen from above", "俯视"),
    "bottom": ("seen from below", "底部"),
    "detail": ("detail", "细节"),
    "front": ("front view", "正面"),
    "inside": ("inside", "内部"),
    "packaging": ("packaging", "包装"),
    "swatch": ("colour swatch", "色样"),
    "lifestyle": ("in use", "使用场景"),
    "scene": ("in use", "使用场景"),
    "size": ("size chart", "尺寸图"),
    "背面": ("back view", "背面"),
    "侧面": ("side view", "侧面"),
    "正面": ("front view", "正面"),
    "细节": ("detail", "细节"),
    "俯视": ("seen from above", "俯视"),
    "包装": ("packaging", "包装"),
}
MATERIALS_ZH = {
    "wood": "木", "painted wood": "彩漆木", "lacquered wood": "漆木", "varnished wood": "清漆木", "bamboo": "竹",
    "plastic": "塑料", "rubber": "橡胶", "silicone": "硅胶", "tin": "铁皮", "steel": "钢", "stainless steel": "不锈钢",
    "aluminium": "铝", "brass": "黄铜", "glass": "玻璃", "ceramic": "陶瓷", "porcelain": "瓷", "stone": "石",
    "paper": "纸", "leather": "皮革", "cotton": "棉", "linen": "亚麻", "wool": "羊毛", "silk": "丝绸",
    "denim": "牛仔布", "polyester": "涤纶", "nylon": "尼龙", "plush": "毛绒", "felt": "毛毡", "canvas": "帆布",
    "fleece": "摇粒绒",
}  # fmt: skip
COLOURS_ZH = {
    "black": "黑色", "white": "白色", "grey": "灰色", "gray": "灰色", "silver": "银色", "gold": "金色", "red": "红色",
    "orange": "橙色", "yellow": "黄色", "green": "绿色", "blue": "蓝色", "navy": "藏青色", "purple": "紫色",
    "pink": "粉色", "brown": "棕色", "beige": "米色", "khaki": "卡其色", "turquoise": "青绿色", "cream": "奶油色",
    "natural": "原木色", "transparent": "透明", "multicolour": "多色", "multicolor": "多色", "rainbow": "彩虹色",
}  # fmt: skip
_CHINESE = re.compile(r"[\u3400-\u9fff]")


class AltTexts:
    """Alternative texts of a catalogue's pictures; those of a file go before the made ones.

    own: `(sku, image path)` → language → text.
    """

    def __init__(self, own: Mapping[tuple[str, str], Mapping[str, str]] | None = None) -> None:
        self.own = dict(own or {})

    @classmethod
    def read(cls, path: str | Path) -> AltTexts:
        """The texts of a CSV file. Raises FileError if it cannot be read, ParameterError if it is no such table."""
        path = Path(path)
        try:
            if path.stat().st_size > LIMIT_BYTES:
                raise FileError(f"{path}: over {LIMIT_BYTES:,} bytes, too large for a file of alternative texts")
            text = path.read_bytes().decode("utf-8-sig", "replace")
        except OSError as error:
            raise FileError(f"{path}: cannot be read ({error.strerror or error})") from None
        rows = csv.DictReader(io.StringIO(text, newline=""))
        missing = [name for name in ("sku", "image") if name not in (rows.fieldnames or ())]
        if missing:
            raise ParameterError(f"{path}: expected the columns {', '.join(COLUMNS)}; {', '.join(missing)} is missing")
        found = {}
        for row in rows:
            texts = {code: _line(row.get(code) or "") for code in LANGUAGES}
            found[(row["sku"] or "").strip(), (row["image"] or "").strip()] = {k: v for k, v in texts.items() if v}
        return cls(found)

    def of(self, product: Product, image: Image, number: int = 1) -> dict[str, str]:
        """Language → text of one picture; a language about which nothing is known is left out.

        number: which of the product's pictures it is, from 1.
        """
        made = {code: alt_text(product, image, code, number) for code in LANGUAGES}
        return {k: v for k, v in (made | dict(self.own.get((product.sku, image.place), {}))).items() if v}


def of_catalogue(catalogue: Catalogue, path: str | Path | None = None) -> AltTexts:
    """The texts of the file named, or of `alt.csv` in the catalogue's folder if there is one, or none but the made."""
    if path is not None:
        return AltTexts.read(path)
    beside = catalogue.folder / FILE
    return AltTexts.read(beside) if beside.is_file() else AltTexts()


def alt_text(product: Product, image: Image, language: str = "en", number: int = 1) -> str:
    """One picture in words: title, colour, material, view; "" if nothing is known in this language.

    What the title says already is not said again. An alternative text that came with the picture stays as it is.
    """
    if language not in LANGUAGES:
        raise ParameterError(f"language: expected one of {', '.join(LANGUAGES)}, got {language!r}")
    if image.alt and bool(_CHINESE.search(image.alt)) == (language == "zh"):
        return shortened(image.alt)
    title = _title(product, language)
    if not title:
        return ""
    attributes = product.attributes_of(image)
    facts = [
        _word(attributes.get("colour", ""), language, _colour_zh),
        _word(attributes.get("material", ""), language, _material_zh),
    ]
    words = [title, *(fact for fact in facts if fact and fact.casefold().removesuffix("色") not in title.casefold())]
    words += [view] if (view := _view(image.role, language, number)) else []
    return shortened((", " if language == "en" else "，").join(words))


def shortened(text: str, most: int = LONGEST) -> str:
    """At most `most` characters on one line, cut between words where there are any."""
    text = _line(text)
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > most // 2 else cut).rstrip(" ,，;；") + "…"


def write_alt(catalogue: Catalogue, file: IO[str], texts: AltTexts | None = None) -> int:
    """Write the table of all alternative texts, to be edited by hand; gives the number of pictures."""
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    count = 0
    for product, image, number in pictures(catalogue):
        found = (texts or AltTexts()).of(product, image, number)
        writer.writerow([product.sku, image.place, *(found.get(code, "") for code in LANGUAGES)])
        count += 1
    return count


def pictures(catalogue: Catalogue) -> Iterator[tuple[Product, Image, int]]:
    """Every picture of a catalogue with its product and its number there, from 1."""
    for product in catalogue:
        for number, image in enumerate(product.images, start=1):
            yield product, image, number


def _title(product: Product, language: str) -> str:
    if language in product.titles:
        return product.titles[language]
    chinese = bool(_CHINESE.search(product.title))
    return product.title if chinese == (language == "zh") else ""


def _word(value: str, language: str, to_chinese: Callable[[str], str]) -> str:
    """An attribute's value in a language, or "" if it is in another and cannot be said in this one."""
    value = _line(value)
    if not value or len(value) > 40:
        return ""
    if bool(_CHINESE.search(value)) == (language == "zh"):
        return value
    return to_chinese(value) if language == "zh" else ""


def _colour_zh(value: str) -> str:
    return COLOURS_ZH.get(value.casefold(), "")


def _material_zh(value: str) -> str:
    return MATERIALS_ZH.get(value.casefold(), "")


def _view(role: str, language: str, number: int) -> str:
    known = VIEWS.get(role.strip().casefold())
    if known:
        return known[LANGUAGES.index(language)]
    if number < 2:
        return ""
    return f"picture {number}" if language == "en" else f"图{number}"


def _line(text: str) -> str:
    return " ".join(text.split())
