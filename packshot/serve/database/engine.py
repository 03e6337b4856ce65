"""One door to the database: SQLite (WAL, synchronous) or PostgreSQL, by URL.

A transaction that writes takes SQLite's write lock from its first statement, so that what it read cannot change before
it writes; on PostgreSQL rows are locked, and where a decision rests on many rows (`alone`), one lock for all such
decisions. What the database cannot do now becomes `Unavailable`: it is locked, full, gone, or another file is in its
place.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, insert, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from packshot.errors import MissingExtra, ParameterError, Unavailable
from packshot.serve.database.schema import FORM, meta, metadata

LOCK_SECONDS = 10.0  # how long a statement waits for another process's lock
ALONE = 7_405_661_201  # number of PostgreSQL's advisory lock for decisions that rest on many rows
CONNECTIONS = 16


class Database:
    """Transactions that read and transactions that write. `create`: make the tables where there are none.

    Raises ParameterError for a URL that is neither SQLite nor PostgreSQL or of a newer form, MissingExtra without
    psycopg, Unavailable if it cannot be reached.
    """

    def __init__(self, url: str, *, create: bool = False, lock_seconds: float = LOCK_SECONDS) -> None:
        self.path = sqlite_path(url)
        self.name = self.path.name if self.path else shown(url)
        self.lock_seconds = lock_seconds
        self.engine = self._sqlite(create) if self.path else _postgres(url)
        if create:
            self._create()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that reads one state of everything."""
        with self._guarded(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, *, alone: bool = False) -> Iterator[Connection]:
        """A transaction that is committed at the end, or not at all. alone: no other such one at the same time."""
        with (
            self._guarded(),
            self.engine.connect().execution_options(packshot_writes=True) as connection,
            connection.begin(),
        ):
            if alone and not self.path:
                connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": ALONE})
            yield connection

    def now(self, connection: Connection) -> float:
        """Unix seconds by the database's clock, which several machines share."""
        if self.path:
            return time.time()
        return float(connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())

    def check(self) -> None:
        """Raise Unavailable unless it answers."""
        with self.reading() as connection:
            connection.execute(select(meta.c.value)).first()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, InterfaceError, PoolTimeout) as error:
            raise Unavailable(f"database {self.name}: {self._why(error)}; it is tried again", 5.0) from None
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            raise Unavailable(f"database {self.name}: the connection was lost; it is tried again", 5.0) from None

    def _why(self, error: Exception) -> str:
        words = str(getattr(error, "orig", None) or error).splitlines()[0]
        return f"locked by another process for over {self.lock_seconds:g} s" if "locked" in words else words

    def _sqlite(self, create: bool) -> Engine:
        path = self.path
        assert path is not None

        def connect() -> sqlite3.Connection:
            uri = f"file:{quote(str(path))}?mode={'rwc' if create and not self._made else 'rw'}"
            return sqlite3.connect(
                uri, uri=True, timeout=self.lock_seconds, isolation_level=None, check_same_thread=False
            )

        self._made = path.exists()
        if create:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise Unavailable(f"database folder {path.parent}: {error.strerror}") from None
        engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=CONNECTIONS)
        event.listen(engine, "connect", self._opened)
        event.listen(engine, "checkout", self._still_there)
        event.listen(engine, "begin", _begin)
        return engine

    def _opened(self, raw: Any, record: Any) -> None:
        """Write-ahead log, so that readers and the writer do not wait for each other; commits reach the disk."""
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "cache_size = -8000", "foreign_keys = ON"):
            raw.execute(f"PRAGMA {pragma}").close()
        self._made = True
        record.info["file"] = _file(self.path)

    def _still_there(self, raw: Any, record: Any, proxy: Any) -> None:
        """A connection to a file that was moved away would write into nowhere."""
        if record.info.get("file") != _file(self.path):
            raise DisconnectionError("the database file is gone or was replaced")

    def _create(self) -> None:
        with self.writing(alone=True) as connection:
            metadata.create_all(connection)
            form = connection.execute(select(meta.c.value).where(meta.c.name == "form")).scalar()
            if form is None:
                connection.execute(insert(meta).values(name="form", value=str(FORM)))
            elif int(form) > FORM:
                raise ParameterError(f"database {self.name}: form {form} is of a newer packshot; this one knows {FORM}")


def sqlite_path(url: str) -> Path | None:
    """The file of an SQLite URL, None for PostgreSQL.

    >>> sqlite_path("sqlite:////srv/jobs.db").as_posix()
    '/srv/jobs.db'
    """
    if url.startswith("sqlite:///") and len(url) > len("sqlite:///"):
        return Path(url.removeprefix("sqlite:///")).absolute()
    if url.startswith(("postgresql://", "postgresql+psycopg://")):
        return None
    raise ParameterError(f"store: expected sqlite:///FILE or postgresql://USER@HOST/NAME, got {shown(url)!r}")


def shown(url: str) -> str:
    """A database URL without its password, for messages."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return url.split("@")[-1]


def _postgres(url: str) -> Engine:
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise MissingExtra("psycopg", "postgres", "a PostgreSQL store") from None
    place = make_url(url).set(drivername="postgresql+psycopg")
    arguments: dict[str, Any] = {"connect_timeout": 5}
    if "options" not in place.query:
        arguments["options"] = f"-c lock_timeout={int(LOCK_SECONDS * 1000)}"
    return create_engine(place, pool_pre_ping=True, pool_size=CONNECTIONS, pool_timeout=10, connect_args=arguments)


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("packshot_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _file(path: Path | None) -> tuple[int, int] | None:
    assert path is not None
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
