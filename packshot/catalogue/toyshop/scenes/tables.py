"""What the toyshop sells, as literal tables: categories with their regions, paints, materials, lights, backgrounds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """One category.

    module: of `families`; the builder has the category's name with underscores. chinese: names a shop uses, the first
    one is the category's. regions: names of the layout map, id = place + 1. materials: it is made of. azimuth,
    elevation: degrees from which it is unmistakable. decals: what may be printed on it.
    """

    module: str
    chinese: tuple[str, ...]
    regions: tuple[str, ...]
    materials: tuple[str, ...]
    azimuth: tuple[float, float]
    elevation: tuple[float, float] = (10.0, 30.0)
    decals: tuple[str, ...] = ("none",)
    english: tuple[str, ...] = ()


HARD = ("glossy plastic", "matte plastic", "painted wood", "raw wood", "metal", "rubber", "translucent plastic")
SOFT = ("plush", "felt")
ANY = HARD + SOFT
PRINTS = ("none", "number", "letter", "word", "star", "stripes", "dots", "heart")

# fmt: off
FAMILIES: dict[str, Family] = {
    "block tower": Family(
        "nursery", ("积木塔", "积木城堡", "叠叠高积木"), ("block", "second block", "bridge", "roof", "pillar"),
        ("glossy plastic", "matte plastic", "painted wood", "raw wood", "rubber", "translucent plastic", "felt"),
        (-32, 32), (8, 22), ("none", "letter", "number", "star"), ("building blocks", "block castle")),
    "stacking rings": Family(
        "nursery", ("叠叠圈", "套圈玩具", "套塔玩具"), ("ring", "second ring", "base", "knob"),
        ("glossy plastic", "matte plastic", "painted wood", "raw wood", "rubber", "translucent plastic", "felt",
         "plush", "metal"), (0, 360), (8, 26), ("none",), ("ring stacker", "stacking toy")),
    "ball": Family(
        "nursery", ("皮球", "玩具球", "拍拍球"), ("ball", "belt", "cap"),
        ("glossy plastic", "matte plastic", "raw wood", "painted wood", "rubber", "felt", "plush", "metal",
         "translucent plastic"), (0, 360), (8, 30), ("none", "star", "dots"), ("play ball", "toy ball")),
    "spinning top": Family(
        "nursery", ("陀螺", "手捻陀螺", "旋转陀螺"), ("top", "ring", "stem"), HARD, (-60, 60), (14, 34),
        ("none",), ("twist top", "whirling top")),
    "drum": Family(
        "music", ("玩具鼓", "小鼓", "拍拍鼓"), ("shell", "hoop", "skin", "cord", "stick"),
        ("glossy plastic", "matte plastic", "painted wood", "raw wood", "metal", "translucent plastic", "felt"),
        (-180, 180), (14, 34), ("none", "star", "word", "stripes", "dots"), ("toy drum", "hand drum")),
    "xylophone": Family(
        "music", ("木琴", "手敲琴", "敲琴玩具"), ("bar", "frame", "peg", "mallet"),
        ("glossy plastic", "matte plastic", "painted wood", "raw wood", "metal", "translucent plastic"),
        (-40, 40), (28, 46), ("none",), ("glockenspiel", "chime bars")),
    "car": Family(
        "vehicles", ("小汽车", "玩具车", "滑行小车"), ("body", "window", "wheel", "hub", "lamp", "roof"), ANY,
        (-62, 62), (10, 28), ("none", "number", "stripes", "star", "letter"), ("toy car", "push car")),
    "train": Family(
        "vehicles", ("小火车", "火车头", "蒸汽小火车"), ("boiler", "cab", "chimney", "frame", "wheel", "trim"),
        ("glossy plastic", "matte plastic", "painted wood", "raw wood", "metal", "rubber", "translucent plastic"),
        (-58, 58), (10, 28), ("none", "number"), ("locomotive", "steam engine")),
    "sailboat": Family(
        "vehicles", ("帆船", "小帆船", "戏水帆船"), ("hull", "sail", "mast", "cabin", "stripe"),
        HARD, (-42, 42), (8, 22), ("none", "number", "star", "stripes"), ("sailing boat", "toy yacht")),
    "rocket": Family(
        "vehicles", ("火箭", "太空火箭", "小火箭"), ("body", "nose", "fin", "porthole", "engine"), ANY,
        (-28, 28), (6, 20), ("none", "word", "star", "stripes", "number"), ("space rocket", "moon rocket")),
    "duck": Family(
        "animals", ("小鸭", "洗澡小鸭", "戏水小鸭"), ("body", "beak", "eye", "wing"), ANY,
        (-72, 12), (8, 26), ("none", "heart", "dots"), ("duckling", "bath duck")),
    "pull dog": Family(
        "animals", ("拖拉小狗", "拉绳小狗", "小狗拖车"), ("body", "ear", "wheel", "collar", "face", "cord"), ANY,
        (-52, 52), (10, 26), ("none", "heart", "number", "dots"), ("pull-along dog", "dog on wheels")),
    "teddy": Family(
        "animals", ("泰迪熊", "小熊公仔", "玩偶小熊"), ("body", "head", "limb", "pad", "face", "ribbon"), ANY,
        (-34, 34), (6, 22), ("none", "heart", "letter", "star"), ("teddy bear", "bear")),
    "nesting dolls": Family(
        "figures", ("套娃", "俄罗斯套娃", "五彩套娃"), ("dress", "scarf", "apron", "face"),
        ("glossy plastic", "matte plastic", "painted wood", "rubber", "metal", "felt", "translucent plastic"),
        (-22, 22), (6, 20), ("none", "heart", "star", "dots"), ("stacking dolls", "matryoshka")),
    "robot": Family(
        "figures", ("机器人", "卡通机器人", "玩具机器人"), ("body", "head", "limb", "eye", "panel", "antenna"),
        ANY, (-32, 32), (6, 22), ("none", "number", "letter", "heart", "word"), ("toy robot", "robot figure")),
    "camera": Family(
        "gear", ("玩具相机", "儿童相机", "仿真小相机"), ("body", "belt", "lens", "glass", "button", "strap"),
        ANY, (-36, 36), (8, 28), ("none", "word"), ("play camera", "pretend camera")),
    "teapot": Family(
        "gear", ("玩具茶壶", "过家家茶壶", "小茶壶"), ("pot", "lid", "spout", "handle", "foot"),
        ANY, (-40, 40), (8, 26), ("none", "heart", "dots", "stripes", "star"), ("play teapot", "tea pot")),
    "mushroom house": Family(
        "gear", ("蘑菇屋", "小蘑菇房子", "森林蘑菇屋"), ("cap", "wall", "door", "window", "spot", "chimney"),
        ANY, (-38, 38), (4, 20), ("none",), ("toadstool house", "fairy house")),
}

# name: (sRGB, Chinese names); separated well enough to be named again from a photograph
PAINTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "red": ("#c4211f", ("红色", "大红色", "中国红")),
    "orange": ("#f0801c", ("橙色", "橘色")),
    "yellow": ("#f5d020", ("黄色", "柠檬黄")),
    "green": ("#2f8a3a", ("绿色", "草绿色")),
    "mint": ("#a2e2c4", ("薄荷绿", "浅绿色")),
    "turquoise": ("#0f9aa0", ("青绿色", "孔雀绿")),
    "sky blue": ("#7fc0ee", ("天蓝色", "浅蓝色")),
    "blue": ("#1d4bb4", ("蓝色", "宝蓝色")),
    "purple": ("#6b3aa4", ("紫色", "葡萄紫")),
    "pink": ("#f28db6", ("粉色", "粉红色", "樱花粉")),
    "brown": ("#65391c", ("棕色", "咖啡色")),
    "white": ("#f0efea", ("白色", "奶白色")),
    "grey": ("#84878b", ("灰色", "浅灰色")),
    "black": ("#1d1d21", ("黑色", "曜石黑")),
    "natural": ("#d8b282", ("原木色", "木本色")),
}
MATERIALS: dict[str, tuple[str, ...]] = {
    "glossy plastic": ("亮面塑料", "ABS亮面"),
    "matte plastic": ("磨砂塑料", "哑光塑料"),
    "painted wood": ("彩漆木质", "烤漆实木"),
    "raw wood": ("原木", "天然实木"),
    "metal": ("金属", "合金"),
    "rubber": ("橡胶", "软橡胶"),
    "felt": ("毛毡", "羊毛毡"),
    "plush": ("毛绒", "短毛绒"),
    "translucent plastic": ("半透明塑料", "果冻透明塑料"),
}
LIGHTS: dict[str, str] = {"softbox": "柔光箱", "window": "窗光", "hard sun": "直射阳光", "mixed": "混合光"}
BACKGROUNDS: dict[str, str] = {
    "white sweep": "白底", "colour sweep": "纯色背景", "wood": "木桌", "fabric": "布面", "room": "居家场景"}
SWEEPS: dict[str, tuple[str, str]] = {
    "pale pink": ("#eccdd0", "浅粉"), "pale blue": ("#bcd3e4", "浅蓝"), "pale green": ("#c6dcca", "浅绿"),
    "pale yellow": ("#efe2b4", "浅黄"), "lilac": ("#d3cbe4", "浅紫"), "warm grey": ("#b9b4ac", "暖灰"),
    "teal": ("#4f8f92", "墨青"), "terracotta": ("#c98365", "陶土"), "slate": ("#6d7a88", "岩灰")}
DECALS: dict[str, str] = {
    "number": "数字", "letter": "字母", "word": "英文字样", "star": "星星", "stripes": "条纹", "dots": "圆点",
    "heart": "爱心"}
WORDS = ("HELLO", "PLAY", "STAR", "ZOOM", "HAPPY", "MOON", "JOY", "WOW", "FUN", "TOY", "BEEP", "SUN", "SKY", "YES",
         "GO", "OK", "BABY", "KIDS", "LUCKY", "SMILE")
# fmt: on
CATEGORIES = tuple(FAMILIES)
MATERIAL_IDS: dict[str, int] = {name: place + 1 for place, name in enumerate(MATERIALS)} | {"fitting": 15}
