"""Titles and descriptions of toyshop pictures, by a small grammar in English and in Chinese.

The Chinese is not a translation: it follows the habits of Chinese shop titles (material and colour first, category,
then age and use words, no articles or full stops) and of their short detail texts.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from packshot.catalogue.toyshop.scenes.description import Description
from packshot.catalogue.toyshop.scenes.tables import DECALS, FAMILIES, MATERIALS, PAINTS, SWEEPS

# fmt: off
BRANDS = ("Lumi", "Pebble & Pine", "Toyshop", "Little Harbour", "Oakling", "Bimbo Bay", "Tumble", "Kite & Co.")
BRANDS_ZH = ("小树屋", "童趣屋", "木头人家", "贝贝乐", "小麦田", "彩虹岛", "拾光", "圆圆家")
EN_MATERIAL = {
    "glossy plastic": ("glossy plastic", "shiny ABS", "high-gloss plastic"),
    "matte plastic": ("matte plastic", "satin plastic", "soft-touch plastic"),
    "painted wood": ("painted wood", "painted beech", "lacquered wooden"),
    "raw wood": ("natural wood", "untreated beech", "raw wooden"),
    "metal": ("metal", "die-cast metal", "tin"),
    "rubber": ("speckled rubber", "rubber", "natural rubber"),
    "felt": ("wool felt", "felt", "hand-felted"),
    "plush": ("plush", "soft plush", "cuddly plush"),
    "translucent plastic": ("translucent plastic", "see-through plastic", "jelly plastic"),
}
EN_DECAL = {
    "number": "with number {text}", "letter": "with letter {text}", "word": "printed {text}",
    "star": "with star print", "stripes": "with stripes", "dots": "with polka dots", "heart": "with heart print",
}
EN_GROUND = {
    "white sweep": "on white", "colour sweep": "on a {colour} backdrop", "wood": "on a {colour} table",
    "fabric": "on {colour}", "room": "in a room with a {colour}",
}
EN_LIGHT = {
    "softbox": ("soft studio light", "softbox light"), "window": ("daylight from a window", "window light"),
    "hard sun": ("hard sunlight", "direct sun"), "mixed": ("daylight mixed with a warm lamp", "mixed light"),
}
EN_VIEW = {"front": "seen from the front", "turned left": "turned to the left", "turned right": "turned to the right"}
EN_AGE = ("for toddlers", "for ages 1+", "for ages 3+", "nursery gift", "birthday gift", "for little hands", "")
ZH_AGE = ("宝宝益智早教", "儿童生日礼物", "1-3岁宝宝", "3岁以上儿童",
          "婴幼儿启蒙", "男孩女孩礼物", "亲子互动", "幼儿园教具")
ZH_SELL = ("做工精细", "圆角打磨不伤手", "手感舒适", "颜值很高", "送礼体面", "耐摔耐玩", "色彩鲜亮", "小手也抓得稳")
EN_SELL = ("Smooth, rounded edges.", "Made to be dropped and loved.", "Easy for small hands to hold.",
           "Looks good on the shelf, too.", "A gift that is played with for years.", "Bright colours that last.")
ZH_GROUND = {
    "white sweep": ("白底拍摄", "白底实拍"), "colour sweep": ("{colour}色背景拍摄", "{colour}背景纸实拍"),
    "wood": ("木桌实拍", "木纹桌面拍摄"), "fabric": ("布面背景实拍", "棉麻桌布上拍摄"),
    "room": ("居家场景实拍", "放在家里也好看"),
}
ZH_LIGHT = {"softbox": "柔光拍摄", "window": "自然窗光拍摄", "hard sun": "阳光下实拍", "mixed": "日光和暖灯下拍摄"}
ZH_VIEW = {"front": "正面图", "turned left": "左侧展示", "turned right": "右侧展示"}
MEASURE = {"car": "辆", "train": "列", "sailboat": "艘", "rocket": "枚", "drum": "面", "camera": "台", "duck": "只",
           "pull dog": "只", "teddy": "只", "teapot": "把", "nesting dolls": "组", "block tower": "套",
           "stacking rings": "套", "robot": "个", "xylophone": "架", "mushroom house": "座"}
# fmt: on


def write(description: Description, kind: str, language: str) -> str:
    """A "title" or "text" in "en" or "zh". The same description always gives the same words."""
    number = {"title": 1, "text": 2}[kind] * 10 + {"en": 1, "zh": 2}[language]
    rng = np.random.default_rng([number, description.seed, description.index])
    return (
        {1: _title_en, 2: _title_zh}[number % 10](rng, description)
        if kind == "title"
        else ({1: _text_en, 2: _text_zh}[number % 10](rng, description))
    )


def _title_en(rng: Generator, d: Description) -> str:
    item = d.item
    name = _pick(rng, (item.category, *FAMILIES[item.category].english))
    material, main, second = _pick(rng, EN_MATERIAL[item.material]), item.colours[0], item.colours[1]
    colour = _pick(rng, (main, f"{main} and {second}", f"{main}/{second}", main))
    decal = EN_DECAL[item.decal].format(text=item.decal_text) if item.decal != "none" else ""
    age = _pick(rng, EN_AGE)
    patterns = (
        f"{colour} {material} {name} {decal}",
        f"{_pick(rng, BRANDS)} {name}, {material}, {colour}",
        f"{material} {name} in {colour} {decal}",
        f"{name} {decal} – {colour}, {material}",
        f"{colour} {name} {age}, {material}",
        f"{material} toy: {colour} {name} {age}",
    )
    words = _pick(rng, patterns).split()
    kept = [word for before, word in zip(["", *words], words, strict=False) if word.lower() != before.lower()]
    return _capital(" ".join(kept).replace(" ,", ","))


def _text_en(rng: Generator, d: Description) -> str:
    item = d.item
    name = _pick(rng, (item.category, *FAMILIES[item.category].english))
    material = _pick(rng, EN_MATERIAL[item.material])
    noun = EN_MATERIAL[item.material][0]
    decal = " " + EN_DECAL[item.decal].format(text=item.decal_text) if item.decal != "none" else ""
    ground = EN_GROUND[d.background.kind].format(colour=d.background.colour)
    light, view = _pick(rng, EN_LIGHT[d.light.kind]), EN_VIEW[d.attributes["view"]]
    main, second, third = item.colours
    plural = "" if name.endswith("s") else _article(main) + " "
    first = _pick(
        rng,
        (
            f"{plural}{main} {name} of {noun}{decal}, {view}, {ground}.",
            f"{plural}{main} {material} {name}{decal} {ground}, in {light}.",
            f"Photo of {plural}{main} {name}{decal} {ground}; {noun} with {second} and {third} details.",
            f"{name}{decal} in {main}, {second} and {third}, {view}. {noun}.",
        ),
    )
    shot = "" if light in first else f"Shot in {light}."
    last = _pick(rng, ("" if third in first else f"{second} and {third} details.", shot, _pick(rng, EN_SELL), ""))
    return ". ".join(_capital(s) for s in " ".join(f"{first} {last}".split()).split(". "))


def _title_zh(rng: Generator, d: Description) -> str:
    item = d.item
    name, material = _pick(rng, FAMILIES[item.category].chinese), _pick(rng, MATERIALS[item.material])
    main, second = (_pick(rng, PAINTS[c][1]) for c in item.colours[:2])
    age, decal = _pick(rng, ZH_AGE), _decal_zh(d)
    colour = "" if item.material == "raw wood" else main
    pair = f"{main}拼{second}" if item.material != "raw wood" else f"原木拼{second}"
    patterns = (
        f"{colour}{material}{name} {age}玩具{decal}",
        f"{_pick(rng, BRANDS_ZH)} {material}{name}{decal} {main}",
        f"{age}{name} {material}材质 {pair}{decal}",
        f"{pair}{name}{decal} {material}玩具",
        f"【{main}】{material}{name} {_pick(rng, ZH_SELL)}{decal}",
        f"{material}{name}{decal} {age} {pair}款",
    )
    return _pick(rng, patterns).strip()


def _text_zh(rng: Generator, d: Description) -> str:
    item = d.item
    name, material = _pick(rng, FAMILIES[item.category].chinese), _pick(rng, MATERIALS[item.material])
    main, second, third = (_pick(rng, PAINTS[c][1]) for c in item.colours)
    colour = SWEEPS[d.background.colour][1] if d.background.colour in SWEEPS else ""
    ground = _pick(rng, ZH_GROUND[d.background.kind]).format(colour=colour)
    decal = f"，带{_decal_zh(d).strip()}" if item.decal != "none" else ""
    first = _pick(
        rng,
        (
            f"一{MEASURE.get(item.category, '个')}{main}{name}，{material}材质{decal}",
            f"{name}采用{material}制作，主色为{main}，搭配{second}和{third}{decal}",
            f"{main}{name}{decal}，点缀{second}、{third}",
        ),
    )
    shot = _pick(rng, (ground, f"{ZH_LIGHT[d.light.kind]}，{ground}", f"{ZH_VIEW[d.attributes['view']]}，{ground}"))
    return f"{first}。{shot}，{_pick(rng, ZH_SELL)}。"


def _decal_zh(d: Description) -> str:
    kind, text = d.item.decal, d.item.decal_text
    if kind == "none":
        return ""
    return (
        f" {DECALS[kind]}{text}印花"
        if kind in ("number", "letter")
        else (f" {text}{DECALS[kind]}" if text else f" {DECALS[kind]}图案")
    )


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _pick(rng: Generator, options: tuple[str, ...]) -> str:
    return options[int(rng.integers(len(options)))]
