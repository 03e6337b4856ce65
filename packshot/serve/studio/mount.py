"""The studio under `/studio/`: a fixed table of files, a strict policy for the browser, and the cookie of a key.

No file is served that was not in the table when the service started, so a path cannot lead anywhere else. The policy
allows scripts and styles from this origin alone, none inline; nothing is fetched from elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.responses import Response

    from packshot.serve.settings import Settings

HERE = Path(__file__).parent / "static"
WORDS = Path(__file__).parents[2] / "evaluation" / "report_words.js"  # plain words for what records say
WORDS_NAME = "js/report-words.js"
SHARED = ("NUMBERS", "MARKS", "NAMES", "SIDES", "REASONS")
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
COOKIE = "packshot_key"  # the guards take it where a request has no key in its head
COOKIE_SECONDS = 30 * 24 * 3600
MOST_KEY = 512


def static_files() -> dict[str, Callable[[], bytes]]:
    """Path under `/studio/` → how to read it. The empty path is the page itself."""
    found: dict[str, Callable[[], bytes]] = {
        path.relative_to(HERE).as_posix(): path.read_bytes
        for path in sorted(HERE.rglob("*"))
        if path.suffix in TYPES and path.is_file()
    }
    return {**found, "": found["index.html"], WORDS_NAME: _words}


def _words() -> bytes:
    """The report's table of plain words as a module, so that both say the same."""
    return WORDS.read_bytes() + f"\nexport {{ {', '.join(SHARED)} }};\n".encode()


def mount(app: FastAPI, settings: Settings) -> None:
    """Add the studio to the service: `/` leads to `/studio/`; a session is a cookie that holds the caller's key."""
    from starlette.requests import Request
    from starlette.responses import RedirectResponse, Response

    files = static_files()

    def page(request: Request) -> Response:
        """One file of the studio."""
        name = request.path_params.get("name", "")
        return _answer(name, files.get(name), request.headers.get("if-none-match", ""))

    def front(request: Request) -> Response:
        """The studio's address."""
        return RedirectResponse("/studio/", 307)

    async def enter(request: Request) -> Response:
        """Keep the caller's key in a cookie no script can read; the next request shows whether it is good."""
        key = await _key(request)
        answer = Response(status_code=204 if key else 422)
        if key:
            cookie: dict[str, Any] = {"httponly": True, "samesite": "strict", "secure": settings.https, "path": "/"}
            answer.set_cookie(COOKIE, key, max_age=COOKIE_SECONDS, **cookie)
        return answer

    def leave(request: Request) -> Response:
        """Forget the key."""
        answer = Response(status_code=204)
        answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=settings.https)
        return answer

    hidden: dict[str, Any] = {"include_in_schema": False}
    app.add_route("/", front, ["GET"], **hidden)
    app.add_route("/studio", front, ["GET"], **hidden)
    app.add_route("/studio/session", enter, ["POST"], **hidden)
    app.add_route("/studio/session", leave, ["DELETE"], **hidden)
    app.add_route("/studio/{name:path}", page, ["GET"], **hidden)


async def _key(request: Any) -> str:
    """The key of `{"key": "…"}`, or "" where there is none; what cannot stand in a cookie is none."""
    try:
        told = await request.json()
    except ValueError:
        return ""
    key = told.get("key") if isinstance(told, dict) else None
    fine = isinstance(key, str) and 0 < len(key) <= MOST_KEY and all("!" <= c <= "~" and c not in '",;\\' for c in key)
    return str(key) if fine else ""


def _answer(name: str, read: Callable[[], bytes] | None, known: str) -> Response:
    from starlette.responses import PlainTextResponse, Response

    if read is None:
        return PlainTextResponse("no such page", 404)
    data = read()
    tag = f'"{hashlib.sha256(data).hexdigest()[:24]}"'
    suffix = Path(name).suffix or ".html"
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Content-Security-Policy": POLICY}
    if known == tag:
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=TYPES[suffix], headers=headers)
