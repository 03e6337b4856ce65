"""The report page as text: its template, and data as inert blocks that no HTML parser can leave."""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.resources import files as resources
from typing import Any

from packshot.evaluation.thumbnails import Thumbnail

Json = dict[str, Any]

TEXT_LIMIT = 400  # characters of a title or a reason on the page


def template() -> tuple[bytes, bytes]:
    """The page before and after its entries, with style, script and the policy that admits only these two."""
    style = _resource("report.css")
    script = _resource("report_words.js") + _resource("report.js")
    policy = "; ".join(
        (
            "default-src 'none'",
            "img-src data:",
            f"style-src {_digest(style)}",
            f"script-src {_digest(script)}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    page = _resource("report.html")
    for name, text in {"policy": policy, "style": style, "script": script}.items():
        page = page.replace("{{%s}}" % name, text)  # noqa: UP031
    head, tail = page.split("{{entries}}")
    return head.encode(), tail.encode()


def _resource(name: str) -> str:
    return resources("packshot.evaluation").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """The source expression of Content Security Policy level 2 for one inline block."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def entry(index: int, facts: Json, before: Thumbnail | None, afters: tuple[Thumbnail | None, ...]) -> bytes:
    """One entry's blocks: its facts as JSON, and one of base64 text per thumbnail."""
    names = [f"p{index}-{number}" for number in range(len(afters) + 1)]
    shown = {name: value for name, value in facts.items() if name != "outputs"}
    shown |= {"title": _short(facts["title"]), "reasons": [_short(text) for text in facts["reasons"]]}
    shown["titles"] = {language: _short(text) for language, text in facts["titles"].items()}
    shown["before"] = _about(names[0], before)
    outputs = zip(facts["outputs"], names[1:], afters, strict=True)
    shown["afters"] = [output | (_about(name, small) or {}) for output, name, small in outputs]
    blocks = [_inert('class="entry"', shown)]
    blocks += [_thumbnail(name, small) for name, small in zip(names, (before, *afters), strict=True) if small]
    return b"".join(blocks)


def summary(said: Json) -> bytes:
    """The closing block: the run as a whole."""
    return _inert('id="summary"', said)


def _about(name: str, small: Thumbnail | None) -> Json | None:
    return None if small is None else {"id": name, "w": small.width, "h": small.height, "clear": small.clear}


def _thumbnail(name: str, small: Thumbnail) -> bytes:
    return b'<script type="text/plain" id="%s">%s</script>\n' % (name.encode(), base64.b64encode(small.webp))


def _inert(attribute: str, value: Json) -> bytes:
    """A block of JSON: ASCII only, with `<`, `>` and `&` written as escapes."""
    text = json.dumps(value, allow_nan=False, default=str, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return f'<script type="application/json" {attribute}>{text}</script>\n'.encode("ascii")


def _short(text: str) -> str:
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 1] + "…"
