"""Who calls and what he may: by a key in the head or the studio's cookie, or as the one local person without keys."""

from __future__ import annotations

from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from starlette.requests import Request

from packshot.errors import Busy
from packshot.serve.api import problems
from packshot.serve.guards.keys import SCOPES, Key, Keys, Scope
from packshot.serve.guards.rates import Rates
from packshot.serve.settings import Settings

COOKIE = "packshot_key"
TRIES_PER_MINUTE = 20  # wrong keys of one address
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="packshot"'}


@dataclass(frozen=True)
class Caller:
    """Who calls. tenant: whose files and jobs he sees."""

    name: str
    tenant: str
    scopes: tuple[Scope, ...]
    requests_per_minute: int = 0
    edits_per_day: int = 0

    def may(self, scope: Scope) -> bool:
        """Whether a scope is his."""
        return scope in self.scopes or "admin" in self.scopes

    @property
    def sees(self) -> str | None:
        """The tenant whose jobs he sees; None: everybody's."""
        return None if self.name != LOCAL.name and "admin" in self.scopes else self.tenant


LOCAL = Caller("local", "local", SCOPES)


class Access:
    """Finds out who calls. Without any key, on loopback, everybody is the one local person."""

    def __init__(self, settings: Settings, keys: Keys) -> None:
        self.settings, self.keys, self.rates = settings, keys, Rates()
        self.closed = not settings.is_local

    @property
    def open(self) -> bool:
        """Whether it works without a key. Once there was one it does not, until it is started again without."""
        self.closed = self.closed or bool(self.keys)
        return not self.closed

    def caller(self, request: Request, *scopes: Scope) -> Caller:
        """Who sent a request, if one of `scopes` is his (any key will do for none). Raises Problem or Busy."""
        if self.open:
            return LOCAL
        address = request.client.host if request.client else "?"
        secret = sent(request)
        if not secret:
            raise problems.plain(401, "this service wants an API key, and the request has none", CHALLENGE)
        if self.rates.spent(f"tries {address}", TRIES_PER_MINUTE):
            raise Busy("too many wrong keys from this address", 30.0)
        key = self.keys.find(secret)
        if key is None:
            self.rates.spend(f"tries {address}", TRIES_PER_MINUTE)
            raise problems.plain(401, "this API key is not known here, or it has run out", CHALLENGE)
        caller = self._of(key)
        self.rates.spend(f"key {caller.name}", caller.requests_per_minute)
        if scopes and not any(caller.may(scope) for scope in scopes):
            raise problems.plain(
                403,
                f"key {caller.name} has the scopes {', '.join(caller.scopes)}, and this needs {' or '.join(scopes)}",
                mend=f"make another: packshot serve key NAME --scope {scopes[0]}",
            )
        return caller

    def _of(self, key: Key) -> Caller:
        rate, edits = key.requests_per_minute, key.edits_per_day
        return Caller(
            key.name,
            key.tenant or key.name,
            key.scopes,
            self.settings.requests_per_minute if rate is None else rate,
            self.settings.edits_per_day if edits is None else edits,
        )


def sent(request: Request) -> str:
    """The key a request brings: `Authorization: Bearer`, `X-API-Key`, or the studio's cookie; "" if none."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if "x-api-key" in request.headers:
        return request.headers["x-api-key"].strip()
    return cookie(request.headers.get("cookie", ""))


def cookie(text: str) -> str:
    """The key in a Cookie header, "" if none."""
    try:
        morsel = SimpleCookie(text).get(COOKIE)
    except CookieError:
        return ""
    return "" if morsel is None else morsel.value
