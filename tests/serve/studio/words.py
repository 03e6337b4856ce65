"""Reads the studio's modules: which messages they ask for, and which words stand in their templates."""

import json
import re
from pathlib import Path

import packshot

STATIC = Path(packshot.__file__).parent / "serve" / "studio" / "static"
MODULES = sorted((STATIC / "js").rglob("*.js"))
SPOKEN = ("title", "alt", "placeholder", "aria-label", "aria-valuetext", "aria-roledescription", "label", "text")
LETTERS = re.compile(r"[A-Za-z\u4e00-\u9fff]{2,}")


def messages(name):
    """The messages of one file, by key."""
    return json.loads((STATIC / "messages" / f"{name}.json").read_text(encoding="utf-8"))


def without_comments(text):
    """JavaScript without its comments; strings keep theirs."""
    return re.sub(r"(?m)(?:^|(?<=\s))(?:/\*.*?\*/|//\s[^\n]*)", "", text, flags=re.DOTALL)


def templates(text):
    """The markup of every html`…`, each hole ${…} left as a mark; templates inside holes come apart."""
    found, place = [], 0
    while (start := text.find("html`", place)) >= 0:
        markup, place = _template(text, start + 5, found)
        found.append(markup)
    return found


def _template(text, place, found):
    """From behind the opening ` to behind the closing one: the markup, and where it ends."""
    markup = []
    while text[place] != "`":
        if text.startswith("${", place):
            place = _hole(text, place + 2, found)
            markup.append("\0")
        else:
            markup.append(text[place])
            place += 1
    return "".join(markup), place + 1


def _hole(text, place, found):
    """From behind ${ to behind its }."""
    depth = 1
    while depth:
        if text.startswith("html`", place):
            markup, place = _template(text, place + 5, found)
            found.append(markup)
            continue
        character = text[place]
        if character == "`":
            _, place = _template(text, place + 1, found)
            continue
        if character in "\"'":
            place = text.index(character, place + 1)
            character = ""
        depth += {"{": 1, "}": -1}.get(character, 0)
        place += 1
    return place


def hard_coded(markup):
    """Words of a template that a person would read: text between tags, and attributes that are read out."""
    bare = re.sub(r"<[^>]*>", "\1", re.sub(r"=>", "", markup))
    words = [piece.strip(" \n,.·") for piece in re.split(r"[\0\1]", bare) if LETTERS.search(piece)]
    for name in SPOKEN:
        words += [value for value in re.findall(rf'\s{name}="([^"]*)"', markup) if LETTERS.search(value)]
    return words


def asked(text):
    """Keys a module asks for by name, keys it may ask for (every string in it), and beginnings of keys it makes."""
    called = set(re.findall(r'\bt\("([^"]+)"', text))
    plural = set(re.findall(r'\btn\("([^"]+)"', text))
    strings = set(re.findall(r'"([^"\n]+)"', text))
    begun = set(re.findall(r"`([a-z_]+(?:\.[a-z_]+)*\.)\$\{", text))
    return called, plural, strings, begun
