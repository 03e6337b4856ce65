"""Database, files and jobs of a service, opened together: what the API, the workers and the collection share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from packshot.serve.database.counters import Counters
from packshot.serve.database.engine import Database
from packshot.serve.files.blobs import Blobs
from packshot.serve.files.uploads import Uploads
from packshot.serve.jobs.store import Bounds, JobStore
from packshot.serve.settings import MIB, Settings


@dataclass(frozen=True)
class Backend:
    """What a service keeps. bounds: how much the queue takes on. work: folder of jobs under way."""

    settings: Settings
    database: Database
    blobs: Blobs
    uploads: Uploads
    jobs: JobStore
    counters: Counters

    @classmethod
    def open(cls, settings: Settings, *, create: bool = True) -> Backend:
        """Open what the settings name; create: make what is not there yet (the server does, workers do not).

        Raises ParameterError, MissingExtra, Unavailable.
        """
        database = Database(settings.store or f"sqlite:///{settings.data.absolute() / 'jobs.sqlite'}", create=create)
        blobs = Blobs(settings.files or settings.data / "files", free_bytes=settings.free_mb * MIB)
        uploads = Uploads(database, blobs, settings.storage_mb * MIB)
        return cls(settings, database, blobs, uploads, JobStore(database), Counters(database))

    @property
    def bounds(self) -> Bounds:
        """How much is taken on."""
        s = self.settings
        return Bounds(s.max_queued, s.max_open_per_key, s.jobs_per_day)

    @property
    def work(self) -> Path:
        """Folder of jobs under way, on a disk of this machine."""
        return self.settings.data.absolute() / "work"

    def check(self) -> None:
        """Raise Unavailable if the database or the file store cannot be used now (`/readyz`)."""
        self.database.check()
        self.blobs.check()

    def close(self) -> None:
        """Close the connections to the database."""
        self.database.close()
