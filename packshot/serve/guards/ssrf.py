"""Addresses of callers' that the service calls: public ones only, pinned after they were resolved once.

A name is resolved, every address it has must be public, and the connection goes to one of those very addresses, so
that a second answer of the name server (DNS rebinding) changes nothing. Each redirect is checked anew, and none leads
from https to http. Addresses that carry another one inside (IPv4-mapped, NAT64, 6to4, Teredo) are judged by that too.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from packshot.errors import FileError, TooLarge, UnsafePath

PORTS = {"http": 80, "https": 443}
REDIRECTS = 3
MOVED = (301, 302, 303, 307, 308)
PIECE = 64 << 10
LONGEST = 2048
NAT64 = ipaddress.ip_network("64:ff9b::/96")
NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?\.?")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Sequence[str]]


def looked_up(host: str, port: int) -> list[str]:
    """The addresses of a name, as the operating system finds them."""
    return [str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True)
class Reach:
    """What may be called. networks: own ones besides public addresses; there any port may be called.

    seconds: most time of one call altogether. resolver: name and port → addresses.
    """

    networks: tuple[str, ...] = ()
    seconds: float = 20.0
    resolver: Resolver = looked_up

    def allows(self, address: Address) -> bool:
        """Whether an address is public, or of an own network."""
        return self.own(address) or all(_is_public(one) for one in (address, *_inside(address)))

    def own(self, address: Address) -> bool:
        """Whether an address is of a network that was allowed by name."""
        return any(address in ipaddress.ip_network(network) for network in self.networks)


@dataclass(frozen=True)
class Place:
    """An address resolved and checked: what is connected to, whatever the name stands for later."""

    scheme: str
    host: str
    port: int
    address: str
    path: str


def resolved(url: str, reach: Reach) -> Place:
    """Where a URL leads, if that may be called. Raises UnsafePath or FileError."""
    scheme, host, port, path = _parts(url)
    try:
        found = [ipaddress.ip_address(text.split("%")[0]) for text in reach.resolver(host, port)]
    except (OSError, UnicodeError, ValueError) as error:
        raise FileError(f"url: the name {host!r} cannot be resolved ({error})") from None
    if not found:
        raise FileError(f"url: the name {host!r} has no address")
    for address in found:
        if not reach.allows(address):
            raise UnsafePath(
                f"url: {host!r} leads to an address that is not public; upload the file, or have the network allowed "
                "(--fetch-networks)"
            )
    first = found[0]
    if port != PORTS[scheme] and not reach.own(first):
        raise UnsafePath(f"url: expected port {PORTS[scheme]}, got {port}; other ports are for own networks only")
    return Place(scheme, host, port, str(first), path)


def _parts(url: str) -> tuple[str, str, int, str]:
    if len(url) > LONGEST or any(ord(c) <= 32 or ord(c) > 126 for c in url):
        raise UnsafePath("url: expected plain ASCII without spaces, of at most 2,048 characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UnsafePath(f"url: malformed ({error})") from None
    host = parts.hostname or ""
    if parts.scheme not in PORTS:
        raise UnsafePath(f"url: expected http:// or https://, got {parts.scheme[:20]!r}")
    if parts.username is not None or parts.password is not None or "\\" in url or "%" in host:
        raise UnsafePath("url: a user's name, a password, a zone or a backslash in it is not allowed")
    if not (NAME.fullmatch(host) or _is_address(host)):
        raise UnsafePath(f"url: expected a host name, got {host[:80]!r}")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, host, port or PORTS[parts.scheme], path


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_public(address: Address) -> bool:
    odd = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback
    return address.is_global and not (odd or address.is_link_local or address.is_private)


def _inside(address: Address) -> list[Address]:
    """Addresses that an IPv6 address carries, and to which a router may translate it."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found: list[Address | None] = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in NAT64:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in found if one is not None]


class _Pinned(http.client.HTTPConnection):
    """A connection to the very address that was checked; TLS still proves the name."""

    def __init__(self, place: Place, seconds: float) -> None:
        super().__init__(place.host, place.port, timeout=seconds)
        self.place = place

    def connect(self) -> None:
        self.sock: Any = socket.create_connection((self.place.address, self.place.port), self.timeout)
        if self.place.scheme == "https":
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.place.host)


def pieces(url: str, reach: Reach, limit: int) -> Iterator[bytes]:
    """The bytes behind a URL, at most `limit`. Raises UnsafePath, TooLarge, or FileError with what went wrong."""
    until = time.monotonic() + reach.seconds
    for _ in range(REDIRECTS + 1):
        place = resolved(url, reach)
        with closing(_Pinned(place, min(10.0, reach.seconds))) as connection:
            answer = _asked(connection, "GET", place, None, {})
            if answer.status in MOVED:
                url = _onward(url, answer.headers.get("Location", ""))
                continue
            if answer.status != 200:
                raise FileError(f"url: {place.host} answered {answer.status}, expected 200")
            yield from _body(answer, place.host, limit, until)
            return
    raise FileError(f"url: more than {REDIRECTS} redirects")


def post(url: str, reach: Reach, body: bytes, headers: Mapping[str, str]) -> int:
    """Send `body` to a URL; gives the status of the answer. No redirect is followed. Raises UnsafePath or FileError."""
    place = resolved(url, reach)
    with closing(_Pinned(place, reach.seconds)) as connection:
        return _asked(connection, "POST", place, body, headers).status


def _asked(
    connection: _Pinned, method: str, place: Place, body: bytes | None, headers: Mapping[str, str]
) -> http.client.HTTPResponse:
    usual = {"Accept": "*/*", "User-Agent": "packshot", "Accept-Encoding": "identity", "Connection": "close"}
    try:
        connection.request(method, place.path, body, {**usual, **headers})
        return connection.getresponse()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise FileError(f"url: {place.host} cannot be reached ({type(error).__name__}: {error})") from None


def _onward(url: str, location: str) -> str:
    onward = urljoin(url, location)
    if not location or (url.startswith("https:") and not onward.startswith("https:")):
        raise UnsafePath("url: a redirect from https to something else is not followed")
    return onward


def _body(answer: http.client.HTTPResponse, host: str, limit: int, until: float) -> Iterator[bytes]:
    total, stated = 0, answer.headers.get("Content-Length", "")
    if stated.isdigit() and int(stated) > limit:
        raise TooLarge(f"url: {int(stated):,} bytes, over the limit of {limit:,}")
    try:
        while piece := answer.read1(PIECE):
            total += len(piece)
            if total > limit:
                raise TooLarge(f"url: more than {limit:,} bytes, which is the limit")
            if time.monotonic() > until:
                raise FileError(f"url: {host} sends too slowly, {total:,} bytes came in time")
            yield piece
    except (OSError, http.client.HTTPException) as error:
        raise FileError(f"url: {host} broke off after {total:,} bytes ({error})") from None
    if stated.isdigit() and total != int(stated):
        raise FileError(f"url: {host} broke off after {total:,} of {int(stated):,} bytes")


def name_of(url: str) -> str:
    """What a file at a URL is called."""
    return unquote(urlsplit(url).path).rsplit("/", 1)[-1] or "file"
