"""The channels packshot knows, and a user's own rows over them. Torch-free.

The table is `channels.yaml` beside this file. A user's file has the same form:

    as_of: 2026-12-01                 # optional; else the file's own date
    channels:
      - id: amazon_main               # a known row: the fields named here are changed, the others stay
        fill: {least: 0.8, source: mail from the account manager}
        whole: null                   # this rule is dropped
      - id: our_shop                  # a new row; `like` starts from another one
        like: shopify_product
        platform: our shop
        width: 1200
        height: 1500

A rule the user states counts as confidence A unless the file says otherwise: who writes it knows the shop.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from packshot.errors import ChannelError
from packshot.publish.channel import RULE_MODELS, Channel

LIMIT_BYTES = 1 << 20
SECTIONS = ("as_of", "sources", "every", "channels")
Row = dict[str, Any]


def load(overrides: Path | str | None = None) -> dict[str, Channel]:
    """Id → channel, in the table's order; `overrides` is a user's file. Raises ChannelError (file, row, field)."""
    known = _builtin()
    if overrides is None:
        return dict(known)
    path = Path(overrides)
    document = _read(path)
    today = dt.date.fromtimestamp(path.stat().st_mtime)
    return _Table(path.name, document, today).over({name: row.model_dump() for name, row in known.items()})


def find(name: str, overrides: Path | str | None = None) -> Channel:
    """One channel by its id. Raises ChannelError with the nearest names."""
    table = load(overrides)
    if name not in table:
        raise ChannelError(unknown(name, table))
    return table[name]


def unknown(name: str, table: Mapping[str, Channel]) -> str:
    """What to say about a channel that is not there."""
    near = difflib.get_close_matches(name, table, n=3, cutoff=0.4) or [k for k in table if name and name in k][:3]
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    return f"channel {name!r}: no such channel{hint} (all: packshot channels)"


@cache
def _builtin() -> dict[str, Channel]:
    path = Path(str(files("packshot.publish"))) / "channels.yaml"
    return _Table(path.name, _read(path), None).over({})


def _read(path: Path) -> Any:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ChannelError(f"channels file {str(path)!r}: cannot be read ({error.strerror or error})") from None
    if len(data) > LIMIT_BYTES:
        raise ChannelError(f"{path.name}: {len(data)} bytes; a file of channels has at most {LIMIT_BYTES}")
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(data, Loader=loader)):
            raise ChannelError(f"{path.name}: anchors and aliases are not allowed; write the values out")
        return yaml.load(data, Loader=loader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        if isinstance(error, ChannelError):
            raise
        mark: Any = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or str(error) or type(error).__name__
        raise ChannelError(f"{path.name}{where}: not valid YAML: {problem}") from None


class _Table:
    """Rows of one file laid over the rows known so far. `day` is set for a user's file: its default date."""

    def __init__(self, name: str, document: Any, day: dt.date | None) -> None:
        if not isinstance(document, dict) or not isinstance(document.get("channels"), list):
            raise ChannelError(f"{name}: expected `channels:` with a list of rows, got {type(document).__name__}")
        odd = sorted(str(key) for key in document if key not in SECTIONS)
        if odd:
            raise ChannelError(f"{name}: {odd[0]}: no such section; expected {', '.join(SECTIONS)}")
        self.name, self.rows, self.own = name, document["channels"], day is not None
        self.every = self._every(document.get("every") or {})
        self.sources = self._texts(document.get("sources") or {})
        self.as_of = self._day(document.get("as_of")) or day

    def over(self, known: dict[str, Row]) -> dict[str, Channel]:
        """All channels: the known ones with this file's rows over them."""
        rows, seen = dict(known), set()
        for number, raw in enumerate(self.rows, 1):
            if not isinstance(raw, dict) or not isinstance(raw.get("id"), str):
                raise ChannelError(f"{self.name}, row {number}: expected a channel with an id, got {raw!r:.80}")
            name = raw["id"]
            if name in seen:
                raise ChannelError(f"{self.name}, row {number} ({name}): id: stands twice in this file")
            seen.add(name)
            where = f"{self.name}, row {number} ({name})"
            rows[name] = self._merged(where, self._base(where, raw, rows), raw)
            rows[name] = self._checked(where, rows[name]).model_dump()
        return {name: Channel.model_validate(row) for name, row in rows.items()}

    def _base(self, where: str, raw: Row, rows: dict[str, Row]) -> Row:
        like = raw.get("like", raw["id"])
        if "like" in raw and like not in rows:
            raise ChannelError(f"{where}: like: no channel {like!r} to start from")
        return rows.get(str(like), {})

    def _merged(self, where: str, base: Row, raw: Row) -> Row:
        row = dict(base)
        for key, value in {**self.every, **raw}.items():
            if key == "like":
                continue
            if key in RULE_MODELS and value is not None:
                value = self._rule(where, key, value, base.get(key) or {})
            row[key] = value
        if self.own:
            row = {"confidence": "A", "source": self.name, "as_of": self.as_of, **row}
        row["source"] = self._source(row.get("source"))
        row.setdefault("as_of", self.as_of)
        for key in RULE_MODELS:  # evidence a rule does not state is its row's
            if isinstance(row.get(key), dict):
                evidence = {name: row.get(name) for name in ("confidence", "source", "as_of")}
                row[key] = {**evidence, **row[key]}
                row[key]["source"] = self._source(row[key]["source"])
        return row

    def _rule(self, where: str, key: str, value: Any, base: Row) -> Row:
        if not isinstance(value, dict):
            raise ChannelError(f"{where}: {key}: expected fields such as {{{_fields(key)}}}, got {value!r:.80}")
        mine = {"confidence": "A", "source": self.name, "as_of": self.as_of} if self.own else {}
        return {**base, **mine, **value}

    def _checked(self, where: str, row: Row) -> Channel:
        try:
            return Channel.model_validate(row)
        except ValidationError as error:
            raise ChannelError("; ".join(_complaint(where, item) for item in error.errors()[:3])) from None

    def _source(self, text: Any) -> Any:
        return self.sources.get(text, text) if isinstance(text, str) else text

    def _every(self, value: Any) -> Row:
        if not isinstance(value, dict) or not set(value) <= set(RULE_MODELS):
            raise ChannelError(f"{self.name}: every: expected rules such as colour or upscale, got {value!r:.80}")
        return value

    def _texts(self, value: Any) -> dict[str, str]:
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            raise ChannelError(f"{self.name}: sources: expected texts by name, got {value!r:.80}")
        return value

    def _day(self, value: Any) -> dt.date | None:
        if value is None or (isinstance(value, dt.date) and not isinstance(value, dt.datetime)):
            return value
        raise ChannelError(f"{self.name}: as_of: expected a day such as 2026-11-21, got {value!r:.40}")


def _complaint(where: str, item: Any) -> str:
    place = ".".join(str(part) for part in item["loc"]) or "row"
    if item["type"] == "extra_forbidden":
        return f"{where}: {place}: no such field; expected {_fields(place.split('.')[0], deep='.' in place)}"
    if item["type"] == "missing":
        return f"{where}: {place}: required, but not given"
    return f"{where}: {place}: {item['msg'].removeprefix('Value error, ')}, got {item['input']!r:.80}"


def _fields(key: str, deep: bool = True) -> str:
    model = RULE_MODELS[key] if deep and key in RULE_MODELS else Channel
    return ", ".join(model.model_fields)
