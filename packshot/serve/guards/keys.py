"""API keys: what a caller may do, kept as hashes only.

A key is 32 random bytes, so one SHA-256 is enough to keep it by: there is no word list to try. Keys lie in a JSON file
that its owner alone may read, or in the variable PACKSHOT_KEYS as `name:sha256:scope+scope`, commas between. The file
is read again when it changes, so that a revoked key stops working at once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from packshot.errors import FileError, NotKnown, ParameterError
from packshot.serve.settings import Settings

Scope = Literal["edit", "jobs", "train", "metrics", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
USUAL: tuple[Scope, ...] = ("edit", "jobs")
MEANING: Mapping[Scope, str] = {
    "edit": "edit, check and verify one picture at once",
    "jobs": "upload files, hand in jobs, read their results",
    "train": "jobs that train networks",
    "metrics": "read /metrics",
    "admin": "everything, of every tenant",
}
VARIABLE = "PACKSHOT_KEYS"
PREFIX = "pk_"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
LONGEST = 256
LIMIT_BYTES = 8 << 20


class Key(BaseModel):
    """A key as it is kept. tenant: whose files and jobs it sees; keys of one tenant share them.

    requests_per_minute, edits_per_day: None = the service's own. expires: None = never.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=rf"^{NAME.pattern}$")
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    scopes: tuple[Scope, ...] = USUAL
    tenant: str = Field("", pattern=rf"^({NAME.pattern})?$")
    requests_per_minute: int | None = Field(None, ge=0)
    edits_per_day: int | None = Field(None, ge=0)
    made: dt.date | None = None
    expires: dt.date | None = None


class Keys:
    """The keys of a file and of the environment."""

    def __init__(self, path: Path, environment: Mapping[str, str] | None = None) -> None:
        self.path = path
        self.fixed = _of_environment((os.environ if environment is None else environment).get(VARIABLE, ""))
        self.seen: tuple[int, int] | None = None
        self.kept: dict[str, Key] = {}
        self._refresh()

    def __bool__(self) -> bool:
        self._refresh()
        return bool(self.kept or self.fixed)

    def all(self) -> list[Key]:
        """Every key, by name."""
        self._refresh()
        return sorted([*self.kept.values(), *self.fixed.values()], key=lambda key: key.name)

    def find(self, secret: str, today: dt.date | None = None) -> Key | None:
        """The key behind what a caller sent, None if there is none or it has run out."""
        self._refresh()
        if not 0 < len(secret) <= LONGEST:
            return None
        digest = digest_of(secret)
        key = self.kept.get(digest) or self.fixed.get(digest)
        if key is None or (key.expires is not None and (today or dt.datetime.now(dt.UTC).date()) > key.expires):
            return None
        return key

    def _refresh(self) -> None:
        try:
            state = os.stat(self.path)
        except OSError:
            self.seen, self.kept = None, {}
            return
        now = (state.st_mtime_ns, state.st_size)
        if now != self.seen:
            self.kept = {key.digest: key for key in read(self.path)}
            self.seen = now


def digest_of(secret: str) -> str:
    """What a key is kept as: SHA-256 in hexadecimal."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def read(path: Path) -> list[Key]:
    """The keys in a file, none where there is no file. Raises FileError if it cannot be read or is malformed."""
    try:
        with path.open("rb") as file:
            rows = json.loads(file.read(LIMIT_BYTES))["keys"]
        return [Key.model_validate(row) for row in rows]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = f"{error.error_count()} entries are wrong" if isinstance(error, ValidationError) else str(error)
        raise FileError(f"{path}: expected a file of API keys as `packshot serve key NAME` writes it ({why})") from None


def make(
    path: Path,
    name: str,
    scopes: Sequence[str] = USUAL,
    *,
    tenant: str = "",
    days: int = 0,
    requests_per_minute: int | None = None,
    edits_per_day: int | None = None,
) -> str:
    """A new key of that name, written to the file; gives the key itself, which is nowhere kept.

    days: how long it is good, 0 = for ever. Raises ParameterError for a name that is taken or malformed.
    """
    if not NAME.fullmatch(name):
        raise ParameterError(f"key: expected a name of letters, digits and - _ . (at most 64), got {name!r}")
    strange = [scope for scope in scopes if scope not in SCOPES]
    if strange or not scopes:
        raise ParameterError(f"scope: expected some of {', '.join(SCOPES)}; got {', '.join(strange) or 'none'}")
    kept = read(path)
    if any(key.name == name for key in kept):
        raise ParameterError(f"key: {name!r} exists; `packshot serve revoke {name}` takes it back first")
    secret, today = PREFIX + secrets.token_urlsafe(32), dt.datetime.now(dt.UTC).date()
    row: dict[str, Any] = {"name": name, "digest": digest_of(secret), "scopes": tuple(scopes), "tenant": tenant or name}
    row |= {"requests_per_minute": requests_per_minute, "edits_per_day": edits_per_day, "made": today}
    try:
        key = Key(**row, expires=today + dt.timedelta(days=days) if days else None)
    except (ValidationError, OverflowError) as error:
        raise ParameterError(f"key {name}: {error}") from None
    _write(path, [*kept, key])
    return secret


def revoke(path: Path, name: str) -> None:
    """Take a key back; it stops working at once. Raises NotKnown if there is none of that name."""
    kept = read(path)
    left = [key for key in kept if key.name != name]
    if len(left) == len(kept):
        raise NotKnown(f"key {name!r}: there is none of that name in {path}")
    _write(path, left)


def refuse_open(settings: Settings) -> None:
    """Raise ParameterError for a service that others can reach and that has no key."""
    if not settings.is_local and not Keys(settings.keys_file):
        raise ParameterError(
            f"host {settings.host}: others can reach this service, and there is no API key in {settings.keys_file}; "
            "make one with `packshot serve key NAME`, or listen on 127.0.0.1 without --https, --proxies and --hosts"
        )


def _write(path: Path, keys: Sequence[Key]) -> None:
    """Whole or not at all, for its owner only."""
    aside = path.parent / f".{path.name}-{secrets.token_hex(8)}.part"
    text = json.dumps({"keys": [key.model_dump(mode="json", exclude_none=True) for key in keys]}, indent=1)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise FileError(f"{path}: cannot be written ({error.strerror or error})") from None


def _of_environment(text: str) -> dict[str, Key]:
    found = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, rest = part.partition(":")
        digest, _, scopes = rest.partition(":")
        wanted = tuple(scopes.split("+")) if scopes else USUAL
        try:
            key = Key(name=name, digest=digest, scopes=wanted, tenant=name)
        except ValidationError:
            raise ParameterError(
                f"{VARIABLE}: expected name:sha256:scope+scope, got an entry {name!r} that is not"
            ) from None
        found[digest] = key
    return found
