"""Toyshop: a procedural world of toys, path-traced, with exact ground truth (extra `synth`).

    build(category, rng, style) ─▶ parts ─render.render(parts, studio)─▶ light + matte ─photo.develop─▶ 8-bit picture

A category is one function `(random generator, Style) -> list[Part]`; adding one = one function + one line below.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from packshot.errors import ParameterError

if TYPE_CHECKING:
    from numpy.random import Generator

    from packshot.catalogue.toyshop.parts import Builder, Part, Style

# category: (module of this folder, Chinese name); the function has the category's name with underscores
CATEGORIES: dict[str, tuple[str, str]] = {
    "block tower": ("products_nursery", "积木塔"),
    "stacking rings": ("products_nursery", "叠叠圈"),
    "ball": ("products_nursery", "皮球"),
    "spinning top": ("products_nursery", "陀螺"),
    "drum": ("products_nursery", "玩具鼓"),
    "xylophone": ("products_nursery", "木琴"),
    "car": ("products_vehicles", "小汽车"),
    "train": ("products_vehicles", "小火车"),
    "sailboat": ("products_craft", "帆船"),
    "rocket": ("products_craft", "火箭"),
    "duck": ("products_animals", "小鸭"),
    "nesting dolls": ("products_figures", "套娃"),
    "teddy": ("products_animals", "泰迪熊"),
    "robot": ("products_figures", "机器人"),
    "pull dog": ("products_animals", "拖拉小狗"),
    "camera": ("products_gear", "玩具相机"),
}


def build(category: str, rng: Generator, style: Style) -> list[Part]:
    """A product of a category, standing on z = 0. Raises ParameterError for a category that is not in the table."""
    if category not in CATEGORIES:
        raise ParameterError(f"category: expected one of {', '.join(sorted(CATEGORIES))}; got {category!r}")
    module = import_module(f"packshot.catalogue.toyshop.{CATEGORIES[category][0]}")
    builder = cast("Builder", getattr(module, category.replace(" ", "_")))
    return builder(rng, style)
