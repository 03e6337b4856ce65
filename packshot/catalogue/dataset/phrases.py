"""What attributes are called in English and Chinese, and captions made of any choice of them.

A value that a table knows has its names there (those of the toyshop's grammar, and what people type for them); any
other value is called what it is called in the catalogue. A caption says some facts and nothing else, so that it is
known of which other pictures it is true as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from packshot.catalogue.toyshop.scenes.tables import DECALS, FAMILIES, MATERIALS, PAINTS

Facts = Mapping[str, str]
LANGUAGES = ("en", "zh")

# fmt: off
COLOURS_EN = {"turquoise": ("turquoise", "teal"), "grey": ("grey", "gray"), "purple": ("purple", "violet"),
              "sky blue": ("sky blue", "light blue"), "mint": ("mint", "mint green", "light green"),
              "blue": ("blue", "dark blue", "blue"), "natural": ("natural", "natural coloured")}
ADJECTIVES = {
    "glossy plastic": ("glossy plastic", "glossy", "shiny", "shiny plastic"),
    "matte plastic": ("matte plastic", "matte", "satin plastic", "soft-touch plastic"),
    "painted wood": ("painted wood", "painted wooden", "lacquered wooden"),
    "raw wood": ("raw wood", "raw wooden", "natural wood", "unpainted wooden"),
    "metal": ("metal", "tin", "metallic", "die-cast metal"), "rubber": ("rubber", "speckled rubber"),
    "felt": ("felt", "wool felt"), "plush": ("plush", "soft plush", "fluffy", "cuddly"),
    "translucent plastic": ("translucent plastic", "translucent", "see-through", "see-through plastic"),
}
NOUNS = {"painted wood": ("painted wood", "lacquered wood"), "raw wood": ("raw wood", "natural wood"),
         "metal": ("metal", "tin"), "felt": ("felt", "wool felt"), "plush": ("plush", "soft plush"),
         "glossy plastic": ("glossy plastic", "shiny plastic")}
STUFFS = {"painted wood": "wood", "raw wood": "wood", "glossy plastic": "plastic", "matte plastic": "plastic",
          "translucent plastic": "plastic", "felt": "fabric", "plush": "fabric"}
STUFF_EN = {"wood": ("wooden", "wood"), "plastic": ("plastic",), "fabric": ("soft", "fabric", "cloth")}
STUFF_ZH = {"wood": ("木质", "木头", "木制", "实木"), "plastic": ("塑料", "塑胶"), "fabric": ("布艺", "软布")}
MATERIALS_ZH = {"glossy plastic": ("亮面", "光面塑料"), "matte plastic": ("磨砂", "哑光"),
                "painted wood": ("彩漆", "烤漆木质"), "raw wood": ("原木", "天然木"),
                "rubber": ("橡胶", "橡胶"), "translucent plastic": ("半透明", "透明")}
ANGLES = {"front": (("front view", "seen from the front", "from the front"), ("正面", "正面图", "正面拍摄")),
          "three quarter": (("three quarter view", "three-quarter view", "3/4 view", "at an angle"),
                            ("四分之三侧面", "斜侧面", "斜角度"))}
VIEWS = {"turned left": (("turned to the left", "turned left", "facing left"), ("朝左", "左侧展示")),
         "turned right": (("turned to the right", "turned right", "facing right"), ("朝右", "右侧展示"))}
HEIGHTS = {"high": (("from above", "seen from above", "high angle"), ("俯视", "俯拍")),
           "low": (("at eye level", "low angle"), ("平视", "平拍"))}
GROUNDS = {"white sweep": (("on white", "on a white background", "white background"), ("白底", "白色背景")),
           "colour sweep": (("on a coloured backdrop", "coloured background"), ("纯色背景", "彩色背景")),
           "wood": (("on a wooden table", "on a table"), ("木桌上", "木桌实拍")),
           "fabric": (("on cloth", "on linen", "on a tablecloth"), ("布面上", "桌布上")),
           "room": (("in a room", "at home"), ("居家场景", "房间里"))}
DECALS_EN = {"number": ("with a number", "numbered"), "letter": ("with a letter",),
             "word": ("with printed words", "with writing"),
             "star": ("with stars", "with star print"), "stripes": ("with stripes", "striped"),
             "dots": ("with polka dots", "dotted"), "heart": ("with hearts", "with heart print")}
# fmt: on
TELLING: Mapping[str, Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "angle": ANGLES,
    "view": VIEWS,
    "height": HEIGHTS,
    "background": GROUNDS,
}
CHANCES = {
    "category": 0.9,
    "colour": 0.75,
    "material": 0.65,
    "second colour": 0.15,
    "decal": 0.2,
    "angle": 0.15,
    "view": 0.15,
    "height": 0.05,
    "background": 0.15,
}  # fmt: skip
STUFF_SHARE = 0.35  # of what is said of material: wood, not painted wood
MAIN = ("category", "colour", "material")
MIRRORED = {"turned left": "turned right", "turned right": "turned left"}


def facts_of(category: str, attributes: Facts) -> dict[str, str]:
    """What captions may say of a picture: fact → value, those that are known. attributes: as a pack's row has them."""
    found = {name: attributes.get(name, "") for name in CHANCES} | {"category": category}
    found["stuff"] = STUFFS.get(found["material"], "")
    if found["view"] not in VIEWS:
        found["view"] = ""
    if found["decal"] == "none":
        found["decal"] = ""
    turned, raised = (_number(attributes.get(name, "")) for name in ("azimuth", "elevation"))
    if turned is not None:
        side = abs((turned + 180) % 360 - 180)
        found["angle"] = "front" if side < 12 else "three quarter" if 20 <= side <= 70 else ""
    if raised is not None:
        found["height"] = "high" if raised > 24 else "low" if raised < 10 else ""
    return {name: value for name, value in found.items() if value}


def mirrored(facts: Facts) -> dict[str, str]:
    """The facts of the mirrored picture."""
    return {name: MIRRORED.get(value, value) if name == "view" else value for name, value in facts.items()}


def caption(facts: Facts, language: str, random: Random) -> tuple[str, dict[str, str]]:
    """A caption in `en` or `zh` that says some of the facts, and those it says; ("", {}) if there are none to say."""
    said = {name: value for name, value in facts.items() if random.random() < CHANCES.get(name, 0)}
    main = [name for name in MAIN if name in facts]
    if not main:
        return "", {}
    if not any(name in said for name in main):
        chosen = random.choice(main)
        said[chosen] = facts[chosen]
    if "colour" not in said:
        said.pop("second colour", None)
    if "material" in said and "stuff" in facts and random.random() < STUFF_SHARE:
        del said["material"]
        said["stuff"] = facts["stuff"]
    return (_english if language == "en" else _chinese)(said, random), said


def names_of(fact: str, value: str, language: str) -> tuple[str, ...]:
    """What people call a value of a fact; the value itself where no table knows it."""
    english = language == "en"
    if fact == "category":
        family = FAMILIES.get(value)
        return (value,) if family is None else (value, *family.english) if english else family.chinese
    if fact in ("colour", "second colour"):
        return COLOURS_EN.get(value, (value,)) if english else _short(PAINTS[value][1]) if value in PAINTS else (value,)
    if fact == "material":
        chinese = (*MATERIALS_ZH.get(value, ()), *MATERIALS.get(value, (value,)))
        return ADJECTIVES.get(value, (value,)) if english else chinese
    if fact == "stuff":
        return (STUFF_EN if english else STUFF_ZH)[value]
    if fact == "decal":
        return DECALS_EN.get(value, (f"with {value}",)) if english else (f"{DECALS.get(value, value)}图案",)
    english_and_chinese = TELLING[fact].get(value, ((value,), (value,)))
    return english_and_chinese[0 if english else 1]


def _english(said: Facts, random: Random) -> str:
    def name(fact: str) -> str:
        return random.choice(names_of(fact, said[fact], "en")) if fact in said else ""

    stuff = "material" if "material" in said else "stuff"
    adjective, after = name(stuff), ""
    if "material" in said and random.random() < 0.35:
        adjective, after = "", f"made of {random.choice(NOUNS.get(said['material'], (said['material'],)))}"
    second = name("second colour")
    colour = f"{name('colour')} and {second}" if second else name("colour")
    noun = name("category") or random.choice(("toy", "product", "thing"))
    if "category" in said and noun[-1:] != "s" and "toy" not in noun and random.random() < 0.15:
        noun = f"{noun} toy" if random.random() < 0.5 else f"toy {noun}"
    before = [adjective, colour] if random.random() < 0.35 else [colour, adjective]
    core = " ".join(part for part in (*before, noun) if part)
    article = "" if noun.endswith("s") else "an " if core[0] in "aeiou" else "a "
    start = random.choice(("", "", article, article, f"photo of {article}", f"a picture of {article}"))
    ends = [part for part in (after, *_around(said, "en", random)) if part]
    random.shuffle(ends)
    return random.choice((", ", " ", ", ")).join([start + core, *ends])


def _chinese(said: Facts, random: Random) -> str:
    def name(fact: str) -> str:
        return random.choice(names_of(fact, said[fact], "zh")) if fact in said else ""

    material = name("material") or name("stuff")
    second = name("second colour")
    colour = name("colour") + (random.choice(("拼", "和", "配")) + second if second else "")
    noun = name("category") or random.choice(("玩具", "商品", "东西"))
    toy = "玩具" if "category" in said and "玩具" not in noun and random.random() < 0.2 else ""
    after = ""
    if material and random.random() < 0.3:
        material, after = "", f"{material}材质"
    before = [colour, material] if random.random() < 0.7 else [material, colour]
    before = [part + ("的" if part and random.random() < 0.25 else "") for part in before]
    core = "".join((*before, noun, toy))
    start = random.choice(("", "", "", "一个", "图片：", "一张照片："))
    ends = [part for part in (after, *_around(said, "zh", random)) if part]
    random.shuffle(ends)
    return random.choice(("，", " ", "，")).join([start + core, *ends])


def _around(said: Facts, language: str, random: Random) -> list[str]:
    """What is said beside the product itself."""
    return [
        random.choice(names_of(fact, said[fact], language))
        for fact in ("decal", "angle", "view", "height", "background")
        if fact in said
    ]


def _short(names: Sequence[str]) -> tuple[str, ...]:
    """Chinese names of a colour, with the short form of those that end in 色: 红色, 红."""
    return (*names, *(name[:-1] for name in names if name.endswith("色") and len(name) > 1))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
