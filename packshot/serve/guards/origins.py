"""Which host names are answered to, and from which pages: against DNS rebinding and forged requests of other sites.

A service that trusts everyone on loopback is called by every page the person opens. A page cannot set the Host header:
where its name was pointed at 127.0.0.1 (DNS rebinding) the header still has that name, so only loopback names are
answered to. A page of another origin says so in Origin or Sec-Fetch-Site, which scripts cannot set either (Fetch
standard §2.2.2), and is refused; a link that leads to the studio is not.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers

from packshot.serve.api import problems
from packshot.serve.settings import Settings, is_loopback

SAFE = ("GET", "HEAD", "OPTIONS")
PAGES = ("/", "/studio", "/studio/")


def refuse_strangers(settings: Settings, is_open: bool, method: str, path: str, headers: Headers) -> None:
    """Raise Problem for a host that is not this service's, or a page that is not."""
    host = headers.get("host", "")
    if not _is_ours(settings, is_open, host):
        raise problems.plain(
            421, f"Host {problems.shown(host)} is not a name of this service", field="Host", got=problems.shown(host)
        )
    origin = headers.get("origin")
    if origin is not None and not _same(origin, host):
        raise problems.plain(
            403, f"a page of {problems.shown(origin)} may not call this service; only its own pages may", field="Origin"
        )
    site = headers.get("sec-fetch-site", "none")
    if site in ("cross-site", "same-site") and not (path in PAGES and method in SAFE):
        raise problems.plain(403, "a page of another site may not call this service", field="Sec-Fetch-Site")


def _is_ours(settings: Settings, is_open: bool, host: str) -> bool:
    name = name_of(host)
    if settings.hosts:
        return name in {known.lower() for known in settings.hosts}
    return is_loopback(name) if is_open else bool(name)


def name_of(host: str) -> str:
    """A Host header without its port, in small letters; "" if it is malformed."""
    try:
        parts = urlsplit(f"//{host}")
        known = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return ""
    plain = not parts.path and not parts.query and not parts.fragment and parts.username is None
    return known.lower() if plain and all(c.isalnum() or c in "-._:%" for c in known) else ""


def _same(origin: str, host: str) -> bool:
    """Whether an origin is this host's; its scheme may be a proxy's."""
    parts = urlsplit(origin)
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()
