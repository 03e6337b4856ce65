"""HTTP as the client speaks it, with the standard library alone: one open connection a thread, forms sent from disk."""

from __future__ import annotations

import http.client
import json
import mimetypes
import os
import secrets
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from packshot.errors import FileError, ParameterError, Unavailable
from packshot.version import __version__

Source = str | Path | bytes
PIECE = 1 << 18


@dataclass(frozen=True)
class Part:
    """A part of a form: a text, or a file from disk or memory."""

    name: str
    value: str | bytes | Path
    file_name: str = ""

    @classmethod
    def of_source(cls, name: str, source: Source) -> Part:
        """A file to send. Raises FileError if there is none."""
        if isinstance(source, bytes):
            return cls(name, source, name)
        path = Path(source)
        if not path.is_file():
            raise FileError(f"{path}: there is no such file to send")
        return cls(name, path, path.name)

    def head(self, boundary: str) -> bytes:
        """What stands before its bytes."""
        lines = [f"--{boundary}", f'Content-Disposition: form-data; name="{_quoted(self.name)}"']
        if self.file_name:
            kind = mimetypes.guess_type(self.file_name)[0] or "application/octet-stream"
            lines[1] += f'; filename="{_quoted(self.file_name)}"'
            lines.append(f"Content-Type: {kind}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def size(self) -> int:
        """How many bytes it has."""
        return self.value.stat().st_size if isinstance(self.value, Path) else len(_bytes(self.value))

    def pieces(self) -> Iterator[bytes]:
        """Its bytes."""
        if not isinstance(self.value, Path):
            yield _bytes(self.value)
            return
        with self.value.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


def _quoted(text: str) -> str:
    """A name as forms have it (WHATWG HTML §4.10.22.8): no quote or line break ends it."""
    return text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


@dataclass(frozen=True)
class Answer:
    """An answer; its body is read from the line when asked for."""

    status: int
    headers: http.client.HTTPMessage
    response: http.client.HTTPResponse
    line: Line

    def read(self) -> bytes:
        """The whole body. Raises Unavailable if the line breaks."""
        return b"".join(self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """The body, piece by piece. Raises Unavailable if the line breaks."""
        stated, came = self.headers.get("Content-Length"), 0
        try:
            while piece := self.response.read1(PIECE):
                came += len(piece)
                yield piece
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.line.close()
            raise Unavailable(f"{self.line.name}: the connection broke off ({error})") from None
        if stated is not None and stated.isdigit() and came < int(stated):
            self.line.close()
            raise Unavailable(f"{self.line.name}: the connection broke off after {came:,} of {int(stated):,} bytes")


class Line:
    """The way to a service. Each thread has its own connection, kept open."""

    def __init__(self, url: str, key: str, timeout: float) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ParameterError(f"url: expected an address such as http://127.0.0.1:8080, got {url!r}")
        if any(not 32 < ord(c) < 127 for c in key):
            raise ParameterError("key: expected the text that `packshot serve key` printed, got other characters")
        self.scheme, self.host, self.port = parts.scheme, parts.hostname, parts.port
        self.base, self.key, self.timeout = parts.path.rstrip("/"), key, timeout
        self.name = f"{parts.scheme}://{parts.netloc.rsplit('@', 1)[-1]}"
        self.own = threading.local()

    def ask(self, method: str, path: str, said: Any, parts: Sequence[Part], headers: Mapping[str, str]) -> Answer:
        """Send a request, give its answer. Raises Unavailable if the service cannot be reached."""
        sent = {"Accept": "application/json", "User-Agent": f"packshot/{__version__}", **headers}
        sent |= {"Authorization": f"Bearer {self.key}"} if self.key else {}
        for fresh in (False, True):
            is_old = getattr(self.own, "connection", None) is not None
            try:
                response = self._sent(method, self.base + path, said, parts, dict(sent))
                return Answer(response.status, response.headers, response, self)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if is_old and not fresh:
                    continue  # the service closed a connection that lay idle
                raise Unavailable(
                    f"{self.name}: cannot be reached ({type(error).__name__}: {error}); is `packshot serve` running?"
                ) from None
        raise AssertionError("the second way raises or returns")

    def close(self) -> None:
        """Close this thread's connection."""
        connection = getattr(self.own, "connection", None)
        self.own.connection = None
        if connection is not None:
            connection.close()

    def _sent(
        self, method: str, path: str, said: Any, parts: Sequence[Part], headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        connection = getattr(self.own, "connection", None)
        last = getattr(self.own, "last", None)
        if connection is not None and last is not None and not last.isclosed():
            self.close()  # an answer was not read to its end
            connection = None
        if connection is None:
            kind = http.client.HTTPSConnection if self.scheme == "https" else http.client.HTTPConnection
            connection = self.own.connection = kind(self.host, self.port, timeout=self.timeout)
        body: Any = None
        if parts:
            boundary = secrets.token_hex(16)
            headers["Content-Type"] = f"multipart/form-data; boundary={boundary}"
            headers["Content-Length"] = str(_length(parts, boundary))
            body = _form(parts, boundary)
        elif said is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(said).encode()
        try:
            connection.request(method, path, body, headers)
        except (BrokenPipeError, ConnectionResetError):
            if connection.sock is None:
                raise  # else the service refused in the middle of the body, and its answer may lie there
        self.own.last = connection.getresponse()
        found: http.client.HTTPResponse = self.own.last
        return found


def _form(parts: Sequence[Part], boundary: str) -> Iterator[bytes]:
    for part in parts:
        yield part.head(boundary)
        yield from part.pieces()
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def _length(parts: Sequence[Part], boundary: str) -> int:
    inside = sum(len(part.head(boundary)) + part.size() + 2 for part in parts)
    return inside + len(boundary) + 6


def events(answer: Answer) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """`(number, name, data)` of every whole event in a stream (WHATWG HTML §9.2.6)."""
    rest, fields = b"", dict[str, str]()
    for piece in answer.pieces():
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            name, _, value = line.decode("utf-8", "replace").rstrip("\r").partition(":")
            if name:
                fields[name] = value.removeprefix(" ")
                continue
            if not line.strip() and "data" in fields and "id" in fields:
                yield int(fields["id"]), fields.get("event", "message"), json.loads(fields["data"])
            if not line.strip():
                fields = {}


def written(path: Path, pieces: Iterable[bytes]) -> Path:
    """Write bytes beside `path`, then rename: what is there is whole. Raises FileError."""
    partial = path.parent / f".packshot-{secrets.token_hex(8)}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(partial, "xb") as file:
            for piece in pieces:
                file.write(piece)
        os.replace(partial, path)
    except OSError as error:
        raise FileError(f"{path}: cannot be written ({error.strerror or error})") from None
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    return path
