"""The database locked, full, gone and back: clear errors, and nothing that was committed is lost."""

import sqlite3

import pytest

from packshot.errors import MissingExtra, ParameterError, Unavailable
from packshot.serve.database.engine import Database, sqlite_path
from packshot.serve.jobs.model import JobRequest
from packshot.serve.jobs.store import JobStore

REQUEST = JobRequest(kind="pipeline")


@pytest.fixture
def sqlite(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'jobs.sqlite'}", create=True, lock_seconds=0.1)
    yield database
    database.close()


def test_locked_and_free_again(sqlite):
    store = JobStore(sqlite)
    other = sqlite3.connect(sqlite.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match=r"jobs.sqlite: locked by another process for over 0.1 s") as error:
        store.submit("shop", REQUEST)
    assert error.value.retry_after > 0
    assert store.jobs("shop") == [], "readers go on"
    other.execute("ROLLBACK")
    store.submit("shop", REQUEST)
    assert len(store.jobs("shop")) == 1
    other.close()


def test_gone_and_back(sqlite):
    store = JobStore(sqlite)
    job, _ = store.submit("shop", REQUEST)
    away = sqlite.path.with_suffix(".away")
    sqlite.path.rename(away)
    for call in (lambda: store.submit("shop", REQUEST), lambda: store.jobs("shop"), sqlite.check):
        with pytest.raises(Unavailable):
            call()
    assert not sqlite.path.exists(), "no empty database appears in its place"
    away.rename(sqlite.path)
    assert [found.id for found in store.jobs("shop")] == [job.id]
    store.submit("shop", REQUEST)


def test_full(sqlite):
    store = JobStore(sqlite)
    job, _ = store.submit("shop", REQUEST)
    sqlite.close()
    with sqlite3.connect(sqlite.path) as raw:
        pages = raw.execute("PRAGMA page_count").fetchone()[0]

    from sqlalchemy import event

    def bounded(raw, record):
        raw.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(sqlite.engine, "connect", bounded)
    large = JobRequest(kind="pipeline", parameters={"recipe": "x" * 100_000})
    with pytest.raises(Unavailable, match="full"):
        store.submit("shop", large)
    assert [found.id for found in store.jobs("shop")] == [job.id]
    event.remove(sqlite.engine, "connect", bounded)
    sqlite.close()
    store.submit("shop", large)


def test_what_was_committed_outlives_a_killed_server_of_postgresql(postgres):
    database = Database(postgres.url, create=True)
    store = JobStore(database)
    job, _ = store.submit("torn", REQUEST)
    postgres.stop()
    with pytest.raises(Unavailable, match="postgresql"):
        store.submit("torn", REQUEST)
    with pytest.raises(Unavailable):
        database.check()
    postgres.start()
    assert [found.id for found in store.jobs("torn")] == [job.id]
    store.submit("torn", REQUEST)
    database.close()


def test_urls_are_checked_and_passwords_never_shown(tmp_path):
    assert sqlite_path("sqlite:////a/b.db").as_posix() == "/a/b.db"
    for url in ("mysql://me:secret@host/db", "sqlite://", "jobs.sqlite"):
        with pytest.raises(ParameterError, match="expected sqlite:///FILE or postgresql://") as error:
            Database(url)
        assert "secret" not in str(error.value)
    with pytest.raises(Unavailable, match=r"cannot|unable"):
        Database(f"sqlite:///{tmp_path / 'nothing.sqlite'}").check()
    pytest.importorskip("psycopg")
    with pytest.raises(Unavailable) as error:
        Database("postgresql://me:secret@127.0.0.1:1/db").check()
    assert "secret" not in str(error.value)


def test_a_missing_driver_says_how_to_get_it(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtra, match=r"pip install 'packshot\[postgres\]'"):
        Database("postgresql://me@host/db")


def test_a_newer_form_is_refused(tmp_path):
    url = f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    Database(url, create=True).close()
    with sqlite3.connect(tmp_path / "jobs.sqlite") as raw:
        raw.execute("UPDATE meta SET value = '99' WHERE name = 'form'")
    with pytest.raises(ParameterError, match="form 99 is of a newer packshot"):
        Database(url, create=True)
