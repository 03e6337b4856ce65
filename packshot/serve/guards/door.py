"""What every request passes first and every answer last: id, host, origin, size, speed; headers, log, metrics.

Written against ASGI itself and not as middleware of a framework, since bodies are counted while they stream.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from logging import ERROR
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from packshot.errors import PackshotError
from packshot.serve.api import problems
from packshot.serve.guards import headers, logs, origins
from packshot.serve.guards.access import Access
from packshot.serve.guards.metrics import Metrics
from packshot.serve.settings import Settings

GRACE = 15.0  # seconds before the speed of an upload counts
SLACK = 64 << 10  # bytes of a form beside its files
FILES = "/v1/files"
UPLOADS = ("/v1/edit", "/v1/check", "/v1/verify", FILES)


class TooSlowToSend(Exception):
    """The caller does not take the answer."""


@dataclass
class Passing:
    """A request on its way through."""

    scope: Scope
    id: str
    headers: Headers
    began: float = field(default_factory=time.monotonic)
    came: int = 0
    went: int = 0
    status: int = 0
    whole: bool = False  # its body has come


class Door:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, settings: Settings, access: Access, metrics: Metrics) -> None:
        self.app, self.settings, self.access, self.metrics = app, settings, access, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        head = Headers(scope=scope)
        passing = Passing(scope, logs.request_id(head.get("x-request-id", "")), head)
        scope.setdefault("state", {})["request_id"] = passing.id
        outward = self._send(passing, send)
        try:
            await self._passed(passing, self._receive(passing, receive), outward)
        finally:
            for release in scope["state"].get("after", ()):
                release()
            self._told(passing)

    async def _passed(self, passing: Passing, receive: Receive, send: Send) -> None:
        try:
            self._refused_by_head(passing)
            await self.app(passing.scope, receive, send)
        except ClientDisconnect:
            passing.status = passing.status or 499
        except TooSlowToSend:
            passing.status = 499
            raise
        except problems.Problem as problem:
            await self._answer(passing, problem, receive, send)
        except PackshotError as error:
            await self._answer(passing, problems.of_error(error), receive, send)
        except Exception as error:
            logs.note("fault", ERROR, error=error, request_id=passing.id)
            await self._answer(passing, problems.plain(500, "the request met a fault of packshot's own"), receive, send)

    async def _answer(self, passing: Passing, problem: problems.Problem, receive: Receive, send: Send) -> None:
        if passing.status:
            raise RuntimeError("the answer had begun") from problem
        await problem.response(passing.id)(passing.scope, receive, send)

    def _refused_by_head(self, passing: Passing) -> None:
        """What can be refused before a byte of the body is read."""
        scope, head = passing.scope, passing.headers
        if "\0" in scope["path"]:
            raise problems.plain(400, "the address holds NUL")
        if scope["path"] not in ("/healthz", "/readyz"):
            origins.refuse_strangers(self.settings, self.access.open, scope["method"], scope["path"], head)
        length, limit = head.get("content-length", ""), self._limit(scope["path"], head)
        if length.isascii() and length.isdigit() and int(length) > limit:
            raise self._too_large(limit, f"{int(length):,}")

    def _limit(self, path: str, head: Headers) -> int:
        if path.rstrip("/") == FILES:
            return self.settings.file_bytes + SLACK
        is_form = head.get("content-type", "").lower().startswith("multipart/form-data")
        if path.startswith(UPLOADS) and (is_form or "json" not in head.get("content-type", "")):
            return self.settings.upload_bytes + SLACK
        return self.settings.json_bytes

    def _too_large(self, limit: int, got: str) -> problems.Problem:
        return problems.plain(
            413, f"body: expected at most {limit:,} bytes, got {got}", {"Connection": "close"}, field="body"
        )

    def _receive(self, passing: Passing, receive: Receive) -> Receive:
        limit = self._limit(passing.scope["path"], passing.headers)

        async def counted() -> Message:
            if passing.whole:
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), self.settings.body_seconds)
            except TimeoutError:
                raise self._too_slow(f"no byte came for {self.settings.body_seconds:g} s") from None
            if message["type"] == "http.request":
                passing.came += len(message.get("body", b""))
                passing.whole = not message.get("more_body", False)
                if passing.came > limit:
                    raise self._too_large(limit, f"{passing.came:,} and more")
                spent = time.monotonic() - passing.began
                if spent > GRACE and not passing.whole and passing.came < spent * self.settings.body_kb_per_s * 1024:
                    raise self._too_slow(f"{passing.came:,} bytes in {spent:.0f} s")
            return message

        return counted

    def _too_slow(self, what: str) -> problems.Problem:
        return problems.plain(408, f"the body came too slowly: {what}", {"Connection": "close"})

    def _send(self, passing: Passing, send: Send) -> Send:
        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                passing.status = message["status"]
                given = [(bytes(k), bytes(v)) for k, v in message.get("headers", [])]
                message = {**message, "headers": headers.completed(given, passing.id, self.settings.https)}
            else:
                passing.went += len(message.get("body", b""))
            try:
                await asyncio.wait_for(send(message), self.settings.send_seconds)
            except TimeoutError:
                raise TooSlowToSend from None

        return dressed

    def _told(self, passing: Passing) -> None:
        seconds, route = time.monotonic() - passing.began, passing.scope.get("route")
        path = str(getattr(route, "path", "")) or "other"
        method = passing.scope["method"] if passing.scope["method"] in METHODS else "other"
        self.metrics.request(method, path, passing.status, seconds)
        facts: dict[str, Any] = {"request_id": passing.id, "method": method, "route": path, "status": passing.status}
        facts |= {"seconds": round(seconds, 4), "bytes_in": passing.came, "bytes_out": passing.went}
        facts |= passing.scope["state"].get("facts", {})
        logs.note("request", **facts)


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
