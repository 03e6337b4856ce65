"""From a category's name to the parts of a sample product. Adding a category = one function + one line below."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from packshot.errors import ParameterError

if TYPE_CHECKING:
    from numpy.random import Generator

    from packshot.catalogue.toyshop.geometry.parts import Part
    from packshot.catalogue.toyshop.samples.style import Builder, Style

# category: (module of this folder, Chinese name); the function has the category's name with underscores
CATEGORIES: dict[str, tuple[str, str]] = {
    "block tower": ("nursery", "积木塔"),
    "stacking rings": ("nursery", "叠叠圈"),
    "ball": ("nursery", "皮球"),
    "spinning top": ("nursery", "陀螺"),
    "drum": ("nursery", "玩具鼓"),
    "xylophone": ("nursery", "木琴"),
    "car": ("vehicles", "小汽车"),
    "train": ("vehicles", "小火车"),
    "sailboat": ("craft", "帆船"),
    "rocket": ("craft", "火箭"),
    "duck": ("animals", "小鸭"),
    "nesting dolls": ("figures", "套娃"),
    "teddy": ("animals", "泰迪熊"),
    "robot": ("figures", "机器人"),
    "pull dog": ("animals", "拖拉小狗"),
    "camera": ("gear", "玩具相机"),
}


def build(category: str, rng: Generator, style: Style) -> list[Part]:
    """A product of a category, standing on z = 0. Raises ParameterError for a category that is not in the table."""
    if category not in CATEGORIES:
        raise ParameterError(f"category: expected one of {', '.join(sorted(CATEGORIES))}; got {category!r}")
    module = import_module(f"packshot.catalogue.toyshop.samples.{CATEGORIES[category][0]}")
    builder = cast("Builder", getattr(module, category.replace(" ", "_")))
    return builder(rng, style)
