"""Stores of jobs on SQLite and on PostgreSQL."""

import pytest

pytest.importorskip("sqlalchemy", reason="needs the extra serve")

from packshot.serve.database.engine import Database
from packshot.serve.database.schema import metadata
from packshot.serve.settings import Settings
from tests.serve import databases


@pytest.fixture(scope="session")
def postgres():
    pytest.importorskip("psycopg", reason="needs the extra postgres")
    server = databases.Postgres()
    yield server
    server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    server = request.getfixturevalue("postgres")
    old = Database(server.url, create=True)
    metadata.drop_all(old.engine)
    old.close()
    return server.url


@pytest.fixture
def database(url):
    made = Database(url, create=True)
    yield made
    made.close()


@pytest.fixture
def settings(tmp_path):
    return Settings(data=tmp_path / "serve", workers=1, free_mb=0)
