"""What the page says, in English and in Chinese: `words.yaml`, read once."""

from __future__ import annotations

from functools import cache
from importlib.resources import files as resources
from typing import Any

import yaml

Both = tuple[str, str]  # English, Chinese


@cache
def _all() -> dict[str, dict[str, Any]]:
    text = resources("packshot.training.explaining").joinpath("words.yaml").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return found


def section(key: str) -> tuple[Both, Both]:
    """Title and explanation of a section."""
    told = _all()["sections"][key]
    return _both(told["title"]), _both(told["text"])


def label(name: str) -> Both | None:
    """A name in both languages; None for one that belongs to the pictures and not to the page."""
    told = _all()["labels"].get(name)
    return None if told is None else (told[0], told[1])


def said(key: str) -> Both:
    """A sentence of the page itself."""
    told = _all()["page"][key]
    return told[0], told[1]


def _both(told: dict[str, str]) -> Both:
    return told["en"], told["zh"]


def sections() -> tuple[str, ...]:
    """Every section there are words for."""
    return tuple(_all()["sections"])
