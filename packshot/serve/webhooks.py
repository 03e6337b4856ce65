"""Webhooks: a caller is told that a job has ended. Signed, sent again until taken, none lost with a killed server.

The form is that of standardwebhooks.com, which receivers have libraries for: headers `webhook-id` (the same in every
try, so that a receiver can drop what it has seen), `webhook-timestamp` (Unix seconds of the try) and
`webhook-signature` (`v1,` and the base64 of the HMAC-SHA256 of `id.timestamp.body`). The key is the tenant's own.
`verify` refuses what was signed over five minutes ago, so that a recorded message cannot be played again later.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
import secrets
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy import RowMapping, select, update
from sqlalchemy.dialects import postgresql, sqlite

from packshot.errors import FileError, ParameterError, UnsafePath
from packshot.serve.backend import Backend
from packshot.serve.database.engine import Database
from packshot.serve.database.schema import deliveries, meta
from packshot.serve.guards.ssrf import Reach, post

PREFIX = "whsec_"
WINDOW_SECONDS = 300.0
PAUSES = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200, 57600)  # seconds between tries: about 44 hours
AT_ONCE = 8
HELD_SECONDS = 120.0  # a delivery being sent is nobody else's for so long
GONE = 410  # the receiver wants no more of it


@dataclass(frozen=True)
class Sender:
    """Sends what is due; several servers may do so at the same time."""

    backend: Backend

    def send_due(self) -> int:
        """Try every delivery whose time has come; how many were tried."""
        tried = 0
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while rows := self._taken():
                tried += len(list(pool.map(self._send, rows)))
        return tried

    def _taken(self) -> list[RowMapping]:
        """Some that are due, held for a while so that no other server sends them too."""
        database = self.backend.database
        with database.reading() as c:
            due = deliveries.c.state == "waiting", deliveries.c.next_at <= database.now(c)
            if c.execute(select(deliveries.c.id).where(*due).limit(1)).first() is None:
                return []
        with database.writing() as c:
            now = database.now(c)
            due = deliveries.c.state == "waiting", deliveries.c.next_at <= now
            some = select(deliveries.c.id).where(*due).order_by(deliveries.c.next_at).limit(AT_ONCE)
            ids = list(c.execute(some.with_for_update(skip_locked=True)).scalars())
            held = update(deliveries).where(deliveries.c.id.in_(ids)).values(next_at=now + HELD_SECONDS)
            return list(c.execute(held.returning(deliveries)).mappings())

    def _send(self, row: RowMapping) -> None:
        body = row["body"].encode()
        headers = {
            "Content-Type": "application/json",
            **signed(secret_of(self.backend.database, row["tenant"]), row["id"], body),
        }
        settings = self.backend.settings
        try:
            status = post(row["url"], Reach(settings.fetch_networks, settings.fetch_seconds), body, headers)
            answer, taken = f"answered {status}", 200 <= status < 300
        except (FileError, UnsafePath) as error:
            status, answer, taken = 0, str(error), False
        tries = row["tries"] + 1
        over = status == GONE or tries >= settings.webhook_tries
        state = "delivered" if taken else "given-up" if over else "waiting"
        with self.backend.database.writing() as c:
            next_at = self.backend.database.now(c) + pause_after(tries)
            values = {"state": state, "tries": tries, "next_at": next_at, "answer": answer[:500]}
            c.execute(update(deliveries).where(deliveries.c.id == row["id"]).values(**values))


def pause_after(tries: int) -> float:
    """Seconds until the next try, a tenth more or less, so that many do not come back at the same moment."""
    return PAUSES[min(tries, len(PAUSES)) - 1] * random.uniform(0.9, 1.1)


def secret_of(database: Database, tenant: str) -> str:
    """The key of a tenant's signatures, `whsec_…`; the same on every server of one database."""
    key = hmac.digest(_master(database), f"webhooks of {tenant}".encode(), "sha256")
    return PREFIX + base64.b64encode(key).decode()


def signed(secret: str, message: str, body: bytes, now: float | None = None) -> dict[str, str]:
    """The three headers of a message. secret: as `secret_of` gives it."""
    at = str(int(time.time() if now is None else now))
    return {"webhook-id": message, "webhook-timestamp": at, "webhook-signature": _signature(secret, message, at, body)}


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: float | None = None) -> str:
    """The id of a message that is genuine and fresh, for receivers; each is to be acted on once.

    headers: names in small letters. Raises ParameterError that says what is wrong.
    """
    missing = [name for name in ("webhook-id", "webhook-timestamp", "webhook-signature") if not headers.get(name)]
    if missing:
        raise ParameterError(f"webhook: expected a header {missing[0]}, got none")
    message, at, given = (headers[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
    expected = _signature(secret, message, at, body)
    if not any(hmac.compare_digest(one.encode(), expected.encode()) for one in given.split(" ")):
        raise ParameterError("webhook-signature: does not fit the message; another key, or the body was changed")
    now = time.time() if now is None else now
    if not at.isdigit() or abs(now - int(at)) > WINDOW_SECONDS:
        raise ParameterError(f"webhook-timestamp: expected within {WINDOW_SECONDS:g} s of now, got {at[:20]!r}")
    return message


def _signature(secret: str, message: str, at: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.digest(key, b".".join((message.encode(), at.encode(), body)), hashlib.sha256)
    return "v1," + base64.b64encode(digest).decode()


def _master(database: Database) -> bytes:
    """The key all others come from: random, made once for a database."""
    with database.reading() as c:
        known = c.execute(select(meta.c.value).where(meta.c.name == "webhooks")).scalar()
    if known is None:
        with database.writing() as c:
            insert = (sqlite if c.dialect.name == "sqlite" else postgresql).insert(meta)
            c.execute(insert.values(name="webhooks", value=secrets.token_hex(32)).on_conflict_do_nothing())
            known = c.execute(select(meta.c.value).where(meta.c.name == "webhooks")).scalar_one()
    return bytes.fromhex(str(known))
