"""The service as a process: the application under uvicorn, with time limits that uvicorn itself has not."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from packshot.errors import Unavailable
from packshot.serve.api.app import create_app
from packshot.serve.api.service import Service
from packshot.serve.guards import logs
from packshot.serve.guards.keys import Keys, refuse_open
from packshot.serve.settings import Settings

HEAD_BYTES = 64 << 10  # most bytes of a request's head
GRACE = 20  # seconds that answers under way have when the service is stopped


def run(settings: Settings, opened: Callable[[str], None] | None = None) -> None:
    """Serve until stopped. opened: called with the address once it listens.

    Raises ParameterError if it would be open to others without keys, Unavailable if the port is taken.
    """
    refuse_open(settings)
    logs.to_stderr()
    app = create_app(settings, workers=True)
    listening = listen(settings)
    address = address_of(settings, listening.getsockname()[1])
    server = Server(config(app, settings), lambda: opened(address) if opened else None, app.state.service)
    logs.note("listening", address=address, keys=bool(Keys(settings.keys_file)))
    server.run(sockets=[listening])


def listen(settings: Settings) -> socket.socket:
    """A socket that listens where the settings say. Raises Unavailable."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((settings.host, settings.port))
        found.listen(1024)
    except OSError as error:
        found.close()
        raise Unavailable(
            f"{settings.host}:{settings.port}: cannot be listened on ({error.strerror or error}); choose another --port"
        ) from None
    return found


def address_of(settings: Settings, port: int) -> str:
    """The address to open in a browser."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


class Server(uvicorn.Server):
    """uvicorn's server that tells when it listens, and ends streams before it waits for answers under way."""

    def __init__(self, config: uvicorn.Config, opened: Callable[[], None], service: Service) -> None:
        super().__init__(config)
        self.opened, self.service = opened, service

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        if self.started:
            self.opened()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End streams, then all else."""
        self.service.closing = True
        await super().shutdown(sockets)


def config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """How uvicorn runs it: one process, one loop, no header of its own, its limits from the settings."""
    return uvicorn.Config(
        app,
        http=protocol(settings),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=list(settings.proxies),
        timeout_keep_alive=max(1, round(settings.idle_seconds)),
        timeout_graceful_shutdown=GRACE,
    )


def protocol(settings: Settings) -> type[asyncio.Protocol]:
    """uvicorn's protocol with a time limit on the head of a request, a limit of its size, and one of connections."""

    class Guarded(HttpToolsProtocol):
        open = 0
        late: asyncio.TimerHandle | None = None  # until a request's head is there
        head_bytes = 0

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            Guarded.open += 1
            if Guarded.open > settings.connections:
                transport.abort()
            else:
                self._expect_head()

        def connection_lost(self, exc: Exception | None) -> None:
            Guarded.open -= 1
            self._head_came()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self.late is not None:
                self.head_bytes += len(data)
            super().data_received(data)
            if self.late is not None and self.head_bytes > HEAD_BYTES:
                self._end(b"431 Request Header Fields Too Large")

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self._expect_head()

        def on_headers_complete(self) -> None:
            self._head_came()
            super().on_headers_complete()

        def _expect_head(self) -> None:
            if self.late is None:
                self.late = self.loop.call_later(settings.header_seconds, self._end, b"408 Request Timeout")

        def _head_came(self) -> None:
            if self.late is not None:
                self.late.cancel()
            self.late, self.head_bytes = None, 0

        def _end(self, status: bytes) -> None:
            if not self.transport.is_closing():
                self.transport.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                self.transport.close()

    return Guarded
