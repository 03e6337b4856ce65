"""What a prompt in English or Chinese says, in the words of a network's vocabulary, and what of it is not understood.

The words are those of `phrases`, the values of the vocabulary itself, colours by any name or hex, and views. The
longest phrase counts first; the first colour is the main one; what follows "not", "no", "without" or 不要 is to be
kept away.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from packshot.catalogue.dataset import phrases
from packshot.catalogue.dataset.conditions import VIEWS, Vocabulary
from packshot.errors import ParameterError
from packshot.imaging.names import parse_colour

MOST = 1000  # characters
COLOURS = ("colour", "second colour", "third colour")
STUFF = {
    "wood": ("painted wood", "raw wood"),
    "plastic": ("glossy plastic",),
    "fabric": ("felt",),
}
NOT = re.compile(r"(?:\b(?:not|no|without|except)(?:\s+(?:a|an|any|the|of|made of))?\s*|不要|不是|没有|非)$")
CHINESE = re.compile(r"[\u3400-\u9fff]")
WORD = re.compile(r"[\u3400-\u9fff]|#[0-9a-f]{3,8}\b|[a-z\u00c0-\u024f][\w'-]*|\d+|[^\W\d_]+")
SHADED = re.compile(r"\b(?:dark|deep|light|pale)[ -][a-z]+\b|[深浅淡暗][\u3400-\u9fff]{1,2}?色")
HEX = re.compile(r"#(?:[0-9a-f]{6}|[0-9a-f]{3})\b")
# fmt: off
FILLERS = frozenset("""
a an the of in on at with and or from to by for made it its is that this photo picture image toy toys product thing view
seen style colour color colored coloured please not no without except any one some very
玩 具 的 一 个 只 辆 台 艘 把 架 座 面 枚 列 组 套 和 拼 配 张 照 片 图 色
在 上 从 材 质 款 不 要 是 没 有 非 请 商 品 拍 摄 实
""".split())  # noqa: SIM905
AZIMUTHS = {
    "turned left": -35, "turned right": 35, "front": 0, "three quarter": 35,
}  # fmt: skip
ELEVATIONS = {"high": 28, "low": 8}
MORE_VIEWS = {
    "azimuth": {"side view": 70, "from the side": 70, "side on": 70, "back view": 180, "from behind": 180,
                "侧面": 70, "背面": 180},
    "elevation": {"from above": 30, "top view": 34, "eye level": 8, "俯视": 30, "平视": 8},
}
# fmt: on


@dataclass(frozen=True)
class Understood:
    """wanted, unwanted: attribute → value. words: of the prompt that mean nothing to the vocabulary, in order."""

    prompt: str
    wanted: dict[str, str] = field(default_factory=dict)
    unwanted: dict[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()

    def told(self) -> str:
        """In one line."""
        parts = [f"{name} {value}" for name, value in self.wanted.items()]
        parts += [f"not {name} {value}" for name, value in self.unwanted.items()]
        return ", ".join(parts) or "nothing by name"


def clean(prompt: str) -> str:
    """The prompt in one line and one spelling. Raises ParameterError if it is empty, too long, or no text."""
    if not isinstance(prompt, str) or not prompt.strip():
        raise ParameterError("prompt: expected some words, such as 'a glossy blue robot, three quarter view'; got none")
    if len(prompt) > MOST:
        raise ParameterError(f"prompt: expected at most {MOST:,} characters, got {len(prompt):,}")
    plain = re.sub(r"[\t\r\n]+", " ", unicodedata.normalize("NFKC", prompt))
    for place, character in enumerate(plain):
        if unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn"):
            raise ParameterError(
                f"prompt: expected text, got the control character U+{ord(character):04X} at {place + 1}"
            )
    return " ".join(plain.split())


def understand(prompt: str, vocabulary: Vocabulary) -> Understood:
    """What it says. Raises ParameterError as `clean` does."""
    text = clean(prompt)
    rest = text.casefold()
    wanted: dict[str, str] = {}
    unwanted: dict[str, str] = {}
    found = sorted(_found(rest, vocabulary), key=lambda hit: (hit[0], -hit[1]))
    for start, length, name, value in found:
        against = bool(NOT.search(rest[:start]))
        target = unwanted if against else wanted
        named = _next_colour(name, target, vocabulary) if name in COLOURS else name
        if named and named not in target:
            target[named] = value
        rest = rest[:start] + " " * length + rest[start + length :]
    _stuff(rest, wanted, vocabulary)
    words = tuple(word for word in WORD.findall(_without_stuff(rest)) if word not in FILLERS)
    return Understood(text, wanted, unwanted, words)


Hit = tuple[int, int, str, str]  # start, length, attribute, value


def _found(text: str, vocabulary: Vocabulary) -> list[Hit]:
    """The longest phrases, none over another."""
    table = sorted(set(_table(vocabulary)), key=lambda row: (-len(row[0]), row[1] != "material", row))
    taken, found = [False] * len(text), []

    def take(start: int, end: int, name: str, value: str) -> None:
        if not any(taken[start:end]):
            taken[start:end] = [True] * (end - start)
            found.append((start, end - start, name, value))

    if "colour" in vocabulary.places:
        known = {phrase for phrase, *_ in table}
        for match in (*HEX.finditer(text), *SHADED.finditer(text)):
            if match[0] not in known and _is_colour(match[0]):
                take(*match.span(), "colour", match[0])
    for phrase, name, value in table:
        for start, end in _places(phrase, text):
            take(start, end, name, value)
    if "colour" in vocabulary.places:
        for start, word in _other_colours(text, taken):
            take(start, start + len(word), "colour", word)
    return found


def _places(phrase: str, text: str) -> Iterator[tuple[int, int]]:
    """Where a phrase stands, start and end; words of Latin letters as whole words, perhaps in the plural."""
    edge = r"(?<![\w-])", r"(?:e?s)?(?!\w)"
    pattern = re.escape(phrase) if CHINESE.search(phrase) else f"{edge[0]}{re.escape(phrase)}{edge[1]}"
    return (match.span() for match in re.finditer(pattern, text))


def _table(vocabulary: Vocabulary) -> Iterator[tuple[str, str, str]]:
    """(phrase, attribute, value) of all that can be said."""
    for group in vocabulary.groups:
        if group.name in ("second colour", "third colour"):
            continue
        for value in group.values:
            yield value.casefold(), group.name, value
            if group.name in ("category", "colour", "material", "background"):
                for language in phrases.LANGUAGES:
                    for name in phrases.names_of(group.name, value, language):
                        yield name.casefold(), group.name, value
        for words, degrees in (
            *((phrases.ANGLES, AZIMUTHS), (phrases.VIEWS, AZIMUTHS)) * (group.name == "azimuth"),
            *((phrases.HEIGHTS, ELEVATIONS),) * (group.name == "elevation"),
        ):
            for value, languages in words.items():
                for name in (*languages[0], *languages[1], value if value in VIEWS["azimuth"] else languages[0][0]):
                    yield name.casefold(), group.name, str(degrees[value])
        for name, at in MORE_VIEWS.get(group.name, {}).items():
            yield name, group.name, str(at)


def _other_colours(text: str, taken: list[bool]) -> Iterator[tuple[int, str]]:
    """Colours by any name that no phrase has: two words, or one; in Chinese up to four characters before 色."""
    for pattern in (r"\b[a-z]+[ -][a-z]+\b", r"\b[a-z]+\b", r"[\u3400-\u9fff]{1,4}?色"):
        for match in re.finditer(f"(?=({pattern}))", text):
            word, start = match[1], match.start()
            if not any(taken[start : start + len(word)]) and word not in FILLERS and _is_colour(word):
                yield start, word


def _is_colour(name: str) -> bool:
    try:
        parse_colour(name)
    except ParameterError:
        return False
    return True


def _next_colour(name: str, target: dict[str, str], vocabulary: Vocabulary) -> str:
    """The first, second or third colour, whichever is not told yet and can be; "" if none."""
    return next((c for c in COLOURS if c in vocabulary.places and c not in target), "")


def _stuff(rest: str, wanted: dict[str, str], vocabulary: Vocabulary) -> None:
    """A word for a kind of materials, where none is named: painted wood if a colour is, else raw."""
    if "material" in wanted or "material" not in vocabulary.places:
        return
    known = vocabulary.group("material").values
    for stuff, materials in STUFF.items():
        said = any(True for name in _stuff_names(stuff) for _ in _places(name, rest))
        plain = wanted.get("colour", "natural") == "natural"
        chosen = materials[-1] if stuff == "wood" and plain else materials[0]
        if said and chosen in known:
            wanted["material"] = chosen
            return


def _stuff_names(stuff: str) -> tuple[str, ...]:
    return tuple(name for name in (*phrases.STUFF_EN[stuff], *phrases.STUFF_ZH[stuff]) if name not in ("soft",))


def _without_stuff(rest: str) -> str:
    for stuff in STUFF:
        for name in _stuff_names(stuff):
            for start, end in _places(name, rest):
                rest = rest[:start] + " " * (end - start) + rest[end:]
    return rest
