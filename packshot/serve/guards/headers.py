"""Headers that every answer carries, and names of files that may stand in one."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

USUAL: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; sandbox",
    "cache-control": "no-store",
}
HTTPS = ("strict-transport-security", "max-age=31536000")


def completed(given: list[tuple[bytes, bytes]], request_id: str, https: bool) -> list[tuple[bytes, bytes]]:
    """The headers of an answer with those it lacks; what a route has set itself stays."""
    known = {name.lower() for name, _ in given}
    wanted = {**USUAL, "x-request-id": request_id, **(dict([HTTPS]) if https else {})}
    return [*given, *((k.encode(), v.encode()) for k, v in wanted.items() if k.encode() not in known)]


def attached(name: str, inline: bool = False) -> str:
    """Content-Disposition for a file name (RFC 6266): nothing in it can end the header or leave a folder.

    >>> attached('a"b\\r\\nX: y/1.jpg')
    "attachment; filename=\\"1.jpg\\"; filename*=UTF-8''1.jpg"
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1] or "file"
    plain = "".join(c if 32 <= ord(c) < 127 and c not in '"\\;%' else "_" for c in last)
    exact = quote(last.encode("utf-8", "replace"), safe="")
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{exact}"
