"""Colours by name, hex or coordinates, without torch: serves parameter models, the command line and colour.py.

English names are the 148 of CSS Color Module Level 4 §6.1; Chinese names of the basic hues have the same values as
their CSS counterparts, the finer ones are common shop names with values chosen by this project. `lab()` is CIELAB
under D65 (as everywhere in packshot; CSS uses D50), `oklch()` is Ottosson's, hue in degrees. Coordinates outside the
sRGB gamut are brought in by reducing OKLCH chroma at constant lightness and hue.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Literal

from packshot.errors import ParameterError

Triple = tuple[float, float, float]

ACCEPTED = (
    "a name (red, navy, sky blue, 红色, 藏青 …), #rgb, #rrggbb, rgb(r g b) with 0..255 or %, lab(L a b), oklch(L C h)"
)

CSS = """
aliceblue:f0f8ff antiquewhite:faebd7 aqua:00ffff aquamarine:7fffd4 azure:f0ffff beige:f5f5dc bisque:ffe4c4
black:000000 blanchedalmond:ffebcd blue:0000ff blueviolet:8a2be2 brown:a52a2a burlywood:deb887 cadetblue:5f9ea0
chartreuse:7fff00 chocolate:d2691e coral:ff7f50 cornflowerblue:6495ed cornsilk:fff8dc crimson:dc143c cyan:00ffff
darkblue:00008b darkcyan:008b8b darkgoldenrod:b8860b darkgray:a9a9a9 darkgreen:006400 darkgrey:a9a9a9
darkkhaki:bdb76b darkmagenta:8b008b darkolivegreen:556b2f darkorange:ff8c00 darkorchid:9932cc darkred:8b0000
darksalmon:e9967a darkseagreen:8fbc8f darkslateblue:483d8b darkslategray:2f4f4f darkslategrey:2f4f4f
darkturquoise:00ced1 darkviolet:9400d3 deeppink:ff1493 deepskyblue:00bfff dimgray:696969 dimgrey:696969
dodgerblue:1e90ff firebrick:b22222 floralwhite:fffaf0 forestgreen:228b22 fuchsia:ff00ff gainsboro:dcdcdc
ghostwhite:f8f8ff gold:ffd700 goldenrod:daa520 gray:808080 green:008000 greenyellow:adff2f grey:808080
honeydew:f0fff0 hotpink:ff69b4 indianred:cd5c5c indigo:4b0082 ivory:fffff0 khaki:f0e68c lavender:e6e6fa
lavenderblush:fff0f5 lawngreen:7cfc00 lemonchiffon:fffacd lightblue:add8e6 lightcoral:f08080 lightcyan:e0ffff
lightgoldenrodyellow:fafad2 lightgray:d3d3d3 lightgreen:90ee90 lightgrey:d3d3d3 lightpink:ffb6c1
lightsalmon:ffa07a lightseagreen:20b2aa lightskyblue:87cefa lightslategray:778899 lightslategrey:778899
lightsteelblue:b0c4de lightyellow:ffffe0 lime:00ff00 limegreen:32cd32 linen:faf0e6 magenta:ff00ff maroon:800000
mediumaquamarine:66cdaa mediumblue:0000cd mediumorchid:ba55d3 mediumpurple:9370db mediumseagreen:3cb371
mediumslateblue:7b68ee mediumspringgreen:00fa9a mediumturquoise:48d1cc mediumvioletred:c71585
midnightblue:191970 mintcream:f5fffa mistyrose:ffe4e1 moccasin:ffe4b5 navajowhite:ffdead navy:000080
oldlace:fdf5e6 olive:808000 olivedrab:6b8e23 orange:ffa500 orangered:ff4500 orchid:da70d6 palegoldenrod:eee8aa
palegreen:98fb98 paleturquoise:afeeee palevioletred:db7093 papayawhip:ffefd5 peachpuff:ffdab9 peru:cd853f
pink:ffc0cb plum:dda0dd powderblue:b0e0e6 purple:800080 rebeccapurple:663399 red:ff0000 rosybrown:bc8f8f
royalblue:4169e1 saddlebrown:8b4513 salmon:fa8072 sandybrown:f4a460 seagreen:2e8b57 seashell:fff5ee
sienna:a0522d silver:c0c0c0 skyblue:87ceeb slateblue:6a5acd slategray:708090 slategrey:708090 snow:fffafa
springgreen:00ff7f steelblue:4682b4 tan:d2b48c teal:008080 thistle:d8bfd8 tomato:ff6347 turquoise:40e0d0
violet:ee82ee wheat:f5deb3 white:ffffff whitesmoke:f5f5f5 yellow:ffff00 yellowgreen:9acd32
"""

SHOP = """
apricot:fbceb1 armygreen:4b5320 babyblue:a9cfe8 babypink:f4c2c2 blush:f2c6c4 brick:a0402f bronze:8c6a3f
burgundy:6d1a2d camel:c19a6b champagne:f0dfc2 charcoal:36383b cobalt:0047ab coffee:5b4033 copper:b06a3b cream:fff6dc
denim:3f5f86 dustypink:d8a5a5 ecru:e9dfc7 eggplant:4d2a4a emerald:0b8a5b graphite:45484b jetblack:0a0a0a
lilac:c8a2c8 mauve:b58db6 mint:a8e0c8 mustard:d2a52a navyblue:000080 nude:e3bfa5 offwhite:f7f4ec peach:ffcba4
petrol:0f4c5c pistachio:b5cf8f rose:e8627c rosegold:c98f80 royalpurple:5b3a99 ruby:a8123e rust:a8481f sage:9caf88
sand:d9c4a0 scarlet:e0201b stone:b9b0a2 taupe:8b7d70 terracotta:c4694a wine:6a1b30 winered:6a1b30
"""

CHINESE = """
红:ff0000 橙:ffa500 橘:ffa500 黄:ffff00 绿:008000 青:00ffff 蓝:0000ff 紫:800080 粉:ffc0cb 粉红:ffc0cb 黑:000000
白:ffffff 灰:808080 棕:8b4513 褐:8b4513 金:d4af37 银:c0c0c0 大红:e60012 中国红:c8102e 朱红:e2482d 朱:e2482d
正红:e60012 酒红:6a1b30 枣红:8b1e2d 砖红:a0402f 玫红:d6246e 玫瑰红:d6246e 玫瑰:d6246e 桃红:f0437f 西瓜红:f0465a
胭脂:9d2933 铁锈:a8481f 锈红:a8481f 橘红:ff5a1f 橙红:ff4500 橘黄:ffa01e 橙黄:ffa01e 珊瑚:ff7f50 珊瑚红:f8665a
裸:e3bfa5 裸粉:e5b9ab 肉:f2c9ac 肤:f2c9ac 藕:e3c1bb 藕粉:e3c1bb 豆沙:b5656b 脏粉:d8a5a5 樱花粉:fbd0d9 蜜桃:ffcba4
杏:f5dcb8 米:f5f0e1 米白:f7f4ec 米黄:f5eccd 奶白:faf6ea 奶油:fff6dc 乳白:fbf8f0 象牙白:fffff0 象牙:fffff0
本白:f7f4ec 燕麦:e2d6c0 香槟:f0dfc2 香槟金:e3cfa4 柠檬黄:f9e547 鹅黄:fff08a 姜黄:d2a52a 芥末黄:c9a227 明黄:ffe100
土黄:c8973a 荧光黄:e6ff00 琥珀:c9781f 驼:c19a6b 卡其:c3b091 沙:d9c4a0 咖啡:5b4033 咖:5b4033 焦糖:a5602a
巧克力:4e2e20 栗:6b3a2a 茶:7b5a3c 古铜:8c6a3f 铜:b06a3b 玫瑰金:c98f80 军绿:4b5320 墨绿:123d2b 橄榄绿:6b6f2a
橄榄:6b6f2a 草绿:6fae2f 果绿:8fd14f 嫩绿:a6d84a 苹果绿:8db600 抹茶:a3b46c 抹茶绿:a3b46c 豆绿:9caf88 豆沙绿:9fbfa0
牛油果绿:b9c58a 牛油果:b9c58a 薄荷绿:a8e0c8 薄荷:a8e0c8 翠绿:0fa968 祖母绿:0b8a5b 森绿:2b5d3a 荧光绿:5fff2a
孔雀绿:00806c 青绿:00a693 湖绿:3fbfae 湖蓝:30b8cf 孔雀蓝:0a6e8c 天蓝:87ceeb 天空蓝:87ceeb 浅蓝:add8e6 水蓝:a9dcea
冰蓝:cfe9f3 雾霾蓝:8ba3b5 婴儿蓝:a9cfe8 宝蓝:1f3fbf 宝石蓝:1f3fbf 克莱因蓝:002fa7 皇家蓝:4169e1 藏青:1b2a49
藏蓝:1b2a49 海军蓝:000080 深蓝:00008b 靛蓝:2b3a67 靛:2b3a67 牛仔蓝:3f5f86 牛仔:3f5f86 钴蓝:0047ab 薰衣草:c3b1e1
薰衣草紫:c3b1e1 丁香:c8a2c8 丁香紫:c8a2c8 香芋:b9a0c9 香芋紫:b9a0c9 葡萄紫:5c2a6b 茄紫:4d2a4a 浅紫:cdb4e6
深紫:4b0082 灰白:e3e3e0 浅灰:d3d3d3 中灰:808080 深灰:4f5052 炭灰:36383b 炭黑:232425 银灰:c0c0c0 太空灰:5a5b5f
高级灰:9b9a97 铁灰:5c6063 烟灰:8d8f8f 曜石黑:0c0c0d 墨:1c1c1e 纯黑:000000 纯白:ffffff 雪白:fffafa 木:c49a6c
原木:d2ab7c 胡桃木:5d4030
"""

# What `nearest_name` chooses from: English, Chinese, value. Every hue that shops filter by, at usual depths.
PALETTE = """
black 黑色 0d0d0f|charcoal 炭灰 3c3e41|grey 灰色 808080|light_grey 浅灰 c9c9c9|silver 银色 b4b8bc|white 白色 ffffff
off_white 米白 f5f0e6|beige 米色 e3d5b8|khaki 卡其色 b8a37c|camel 驼色 b98a57|brown 棕色 7a4a2a|coffee 咖啡色 4a3226
red 红色 cc1f2d|wine_red 酒红 6a1b30|coral 珊瑚色 f4796b|orange 橙色 f28a1e|rust 铁锈色 a8481f|gold 金色 d0a640
yellow 黄色 f5d90a|mustard 姜黄 c2952b|cream 奶油色 fbf0c9|olive 橄榄绿 6b6b2c|army_green 军绿 4b5334
green 绿色 2b8c3e|dark_green 墨绿 123d2b|light_green 浅绿 a2d49a|lime 荧光绿 9be22d|mint 薄荷绿 a8e0c8
teal 孔雀绿 0f7f7c|turquoise 湖蓝 37bfc4|light_blue 浅蓝 a5cdea|sky_blue 天蓝 62b0e8|blue 蓝色 2358c4
royal_blue 宝蓝 1f35a8|navy 藏青 1b2545|denim 牛仔蓝 49678f|lavender 薰衣草紫 c6b6e4|purple 紫色 7038a0
dark_purple 深紫 3c1f57|magenta 玫红 d0257c|pink 粉色 f5b3c4|hot_pink 桃红 f25c96|nude 裸色 e3bfa5
"""

DARKER = ("dark", "deep", "深", "暗")
LIGHTER = ("light", "pale", "浅", "淡")
FUNCTION = re.compile(r"(rgb|lab|oklch)\s*\(([^()]*)\)")
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?")


def parse_colour(text: str) -> Triple:
    """The sRGB value in `[0, 1]` of a colour written as a name (English or Chinese), hex, rgb(), lab() or oklch().

    Case, spaces, hyphens and full-width characters do not matter; `light`/`dark` (`浅`/`深`) go before any name.
    Raises ParameterError listing what is accepted.
    """
    if not isinstance(text, str):
        raise ParameterError(f"colour: expected {ACCEPTED}, got {text!r}")
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    found = _hex(plain) or _function(plain) or _named(plain)
    if found is None:
        raise ParameterError(f"colour {text[:80]!r}: expected {ACCEPTED}")
    return found


def nearest_name(rgb: Triple, language: Literal["en", "zh"] = "en") -> str:
    """The shop's name of an sRGB value in `[0, 1]`: the nearest of 43 in OKLab distance, hue counting double.

    Raises ParameterError for another language or values outside `[0, 1]`.
    """
    if language not in ("en", "zh"):
        raise ParameterError(f"language: expected 'en' or 'zh', got {language!r}")
    if len(rgb) != 3 or not all(0 <= v <= 1 for v in rgb):
        raise ParameterError(f"rgb: expected three numbers in [0, 1], got {rgb!r}")
    here = _oklab(rgb)
    row = min(_palette(), key=lambda row: _palette_distance(here, row[2]))
    return row[0] if language == "en" else row[1]


def _hex(text: str) -> Triple | None:
    digits = text.removeprefix("#")
    if digits == text or not re.fullmatch(r"[0-9a-f]{3}|[0-9a-f]{6}", digits):
        return None
    return _from_hex(digits if len(digits) == 6 else "".join(2 * c for c in digits))


def _from_hex(digits: str) -> Triple:
    r, g, b = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return r, g, b


def _function(text: str) -> Triple | None:
    match = FUNCTION.fullmatch(text)
    if not match:
        return None
    parts = match[2].replace(",", " ").replace("deg", "").split()
    if len(parts) != 3:
        return None
    values = [_number(part, whole) for part, whole in zip(parts, _WHOLE[match[1]], strict=True)]
    if any(v is None for v in values):
        return None
    return _CONVERT[match[1]](*(v for v in values if v is not None))


def _number(text: str, whole: float) -> float | None:
    """A number, or a percentage of `whole`."""
    digits = text.removesuffix("%")
    if not NUMBER.fullmatch(digits):
        return None
    return float(digits) * whole / 100 if digits != text else float(digits)


def _named(text: str) -> Triple | None:
    name = re.sub(r"[\s_\-]+", "", text)
    if plain := _listed(name):
        return plain
    for prefix in DARKER + LIGHTER:
        if name.startswith(prefix) and (base := _listed(name.removeprefix(prefix))):
            return _shaded(base, darker=prefix in DARKER)
    return None


def _listed(name: str) -> Triple | None:
    digits = _names().get(name) or _names().get(name.removesuffix("色"))
    return _from_hex(digits) if digits else None


@cache
def _names() -> dict[str, str]:
    return dict(entry.split(":") for table in (SHOP, CHINESE, CSS) for entry in table.split())


@cache
def _palette() -> tuple[tuple[str, str, Triple], ...]:
    rows = (row.split() for row in PALETTE.strip().replace("\n", "|").split("|"))
    return tuple((en.replace("_", " "), zh, _oklab(_from_hex(value))) for en, zh, value in rows)


def _palette_distance(a: Triple, b: Triple) -> float:
    """Squared OKLab distance whose chromatic part counts double: people name hue before depth."""
    return (a[0] - b[0]) ** 2 + 4 * ((a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2)


def _shaded(rgb: Triple, darker: bool) -> Triple:
    """The lighter or darker sister of a colour: OKLab lightness moved, hue kept."""
    L, a, b = _oklab(rgb)
    if darker:
        return _fit(0.65 * L, 0.75 * a, 0.75 * b)
    return _fit(L + 0.5 * (1 - L), 0.6 * a, 0.6 * b)


def _rgb_values(r: float, g: float, b: float) -> Triple | None:
    inside = all(0 <= v <= 255 for v in (r, g, b))
    return (r / 255, g / 255, b / 255) if inside else None


def _lab_values(L: float, a: float, b: float) -> Triple | None:
    if not (0 <= L <= 100 and abs(a) <= 160 and abs(b) <= 160):
        return None
    fy = (L + 16) / 116
    white = (0.95047, 1.0, 1.08883)
    x, y, z = (w * _lab_inverse(f) for w, f in zip(white, (fy + a / 500, fy, fy - b / 200), strict=True))
    linear = (
        3.2404542 * x - 1.5371385 * y - 0.4985314 * z,
        -0.9692660 * x + 1.8760108 * y + 0.0415560 * z,
        0.0556434 * x - 0.2040259 * y + 1.0572252 * z,
    )
    return _fit(*_oklab_of_linear(linear))


def _lab_inverse(f: float) -> float:
    return f**3 if f > 6 / 29 else 3 * (6 / 29) ** 2 * (f - 4 / 29)


def _oklch_values(L: float, C: float, h: float) -> Triple | None:
    if not (0 <= L <= 1 and 0 <= C <= 0.5):
        return None
    return _fit(L, C * math.cos(math.radians(h)), C * math.sin(math.radians(h)))


_WHOLE = {"rgb": (255.0, 255.0, 255.0), "lab": (100.0, 125.0, 125.0), "oklch": (1.0, 0.4, 360.0)}
_CONVERT: dict[str, Callable[[float, float, float], Triple | None]] = {
    "rgb": _rgb_values,
    "lab": _lab_values,
    "oklch": _oklch_values,
}


def _oklab(rgb: Triple) -> Triple:
    r, g, b = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in rgb)
    return _oklab_of_linear((r, g, b))


def _oklab_of_linear(linear: Triple) -> Triple:
    r, g, b = linear
    l = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    m = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    s = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
        1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
        0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s,
    )


def _linear_of_oklab(L: float, a: float, b: float) -> Triple:
    l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3
    m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3
    s = (L - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
        -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
        -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s,
    )


def _fit(L: float, a: float, b: float) -> Triple:
    """OKLab → sRGB, chroma reduced by bisection until in gamut (to 1e-4), then clipped; rounded so that white is 1."""

    def inside(scale: float) -> bool:
        return all(-1e-4 <= v <= 1 + 1e-4 for v in _linear_of_oklab(L, scale * a, scale * b))

    low, high = 0.0, 1.0
    if inside(1.0):
        low = 1.0
    else:
        for _ in range(24):
            middle = (low + high) / 2
            low, high = (middle, high) if inside(middle) else (low, middle)
    r, g, b = (_encode(min(1.0, max(0.0, round(v, 6)))) for v in _linear_of_oklab(L, low * a, low * b))
    return r, g, b


def _encode(v: float) -> float:
    return round(12.92 * v if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055, 7)
