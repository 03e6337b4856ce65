"""A tree of pictures without a table: which pictures make one product.

The rule (`products="auto"`): each folder is a product if there are at least two folders with pictures, none lies at
the top, nine folders in ten hold no more than 24, half of them at least two, and at least six pictures in ten are
named as views are: a number of one or two digits, a word for a view (front, back, detail, 正面, …), or a name that
returns in another folder. Otherwise each picture is a product. `products="picture"` or `"folder"` overrides it.

A picture as product: sku = path without suffix (with it, where two files differ only there), category = its folder.
A folder as product: sku = path of the folder, category = the folder above it, pictures in natural order.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import groupby
from pathlib import PurePosixPath
from statistics import median
from typing import Literal

from packshot.catalogue.drafts import Draft, Wanted
from packshot.catalogue.names import PICTURE_SUFFIXES, file_stem, folded, has_control
from packshot.catalogue.problems import Problem
from packshot.catalogue.trees import Tree
from packshot.errors import FileError

Products = Literal["auto", "picture", "folder"]
_ENGLISH = (
    "main front back rear left right side top bottom detail details close closeup alt swatch cover hero packaging "
    "label lifestyle model flat zoom angle thumb"
)
_CHINESE = "主图 正面 背面 反面 侧面 细节 详情 俯视 底部 包装 模特 平铺 白底 场景"
VIEWS = frozenset(f"{_ENGLISH} {_CHINESE}".split())
MOST_VIEWS = 24  # pictures of one product
_VIEW = re.compile(r"^(\d{1,2}|[^\W\d_]+?[ _-]?\d{0,2})$")
_HEAD_BYTES = 4096


def is_picture(tree: Tree, path: str) -> bool:
    """Whether a file is taken for a picture: by its suffix, else by its first bytes."""
    if PurePosixPath(path.lower()).suffix in PICTURE_SUFFIXES:
        return True
    from packshot.imaging.files.sniff import picture_format

    try:
        with tree.open(path) as file:
            picture_format(file.read(_HEAD_BYTES))
    except (OSError, FileError):
        return False
    return True


def _view_word(stem: str) -> str:
    return re.sub(r"[\d _-]+$", "", folded(stem)) if _VIEW.match(folded(stem)) else folded(stem)


def decide(tree: Tree) -> tuple[Products, str]:
    """ "picture" or "folder" by the rule of this module, and the reason in words."""
    counts: Counter[str] = Counter()
    stems: dict[str, Counter[str]] = defaultdict(Counter)
    for path in tree.paths():
        if PurePosixPath(path.lower()).suffix in PICTURE_SUFFIXES:
            folder, _, name = path.rpartition("/")
            counts[folder] += 1
            if counts[folder] <= MOST_VIEWS:
                stems[folder][PurePosixPath(name).stem] += 1
    if not counts:
        return "picture", "no pictures"
    small = sum(n <= MOST_VIEWS for n in counts.values())
    if len(counts) < 2 or "" in counts or small < 0.9 * len(counts) or median(counts.values()) < 2:
        return "picture", "each picture is a product (folders hold one, many, or stand beside loose pictures)"
    shared = Counter(folded(s) for names in stems.values() for s in names if not s.isdecimal())
    total = sum(sum(names.values()) for names in stems.values())
    views = sum(n for names in stems.values() for stem, n in names.items() if _is_view(stem, shared))
    if views < 0.6 * total:
        return "picture", f"each picture is a product (only {views} of {total} are named like views of one)"
    return "folder", f"each folder is a product ({views} of {total} pictures are named like views of one)"


def _is_view(stem: str, shared: Counter[str]) -> bool:
    number = stem.isdecimal() and len(stem) <= 2
    return number or _view_word(stem) in VIEWS or shared[folded(stem)] > 1


def folder_drafts(tree: Tree, products: Literal["picture", "folder"]) -> Iterator[Draft | Problem]:
    """Drafts of a tree of pictures. A file that is no picture is a note; a link that leads out is a problem."""
    for folder, paths in groupby(tree.paths(), key=lambda path: path.rpartition("/")[0]):
        pictures = []
        for path in paths:
            if is_picture(tree, path):
                pictures.append(path)
            else:
                yield Problem(None, "file", "is not a picture; left out", path, serious=False)
        yield from _as_folder(folder, pictures) if products == "folder" and folder else _as_pictures(folder, pictures)
    yield from tree.refused


def _as_folder(folder: str, pictures: list[str]) -> Iterator[Draft]:
    if pictures:
        above = folder.rpartition("/")[0]
        images = [Wanted(path, None, _role(path), exact=True) for path in pictures]
        fields = {"sku": _sku(folder), **({"category": _sku(above)} if above else {})}
        yield Draft(None, fields, images, only_pictures=True)


def _as_pictures(folder: str, pictures: list[str]) -> Iterator[Draft]:
    taken: set[str] = set()
    for path in pictures:
        stem = path[: len(path) - len(PurePosixPath(path).suffix)]
        sku = path if folded(stem) in taken else stem
        taken.add(folded(stem))
        fields = {"sku": _sku(sku), **({"category": _sku(folder)} if folder else {})}
        yield Draft(None, fields, [Wanted(path, exact=True)], only_pictures=True)


def _sku(path: str) -> str:
    """The path as a sku; characters that no sku may hold are written as %XX."""
    clean = " ".join(path.split())
    return file_stem(path) if has_control(path) or clean != path else path


def _role(path: str) -> dict[str, str]:
    word = _view_word(PurePosixPath(path).stem)
    return {"role": word} if word in VIEWS else {}
