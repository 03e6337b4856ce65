"""Where a job's files are: uploads laid out as photos, the output folder, and both again after the machine is gone.

WORK/TENANT/JOB/input/   uploads under their own names (links to the store where that can be)
WORK/TENANT/JOB/named/   uploads that parameters name, under their ids
WORK/TENANT/JOB/out/     what the job makes
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from packshot.catalogue.catalogue import FACTS
from packshot.catalogue.names import PICTURE_SUFFIXES
from packshot.errors import ParameterError
from packshot.serve.files.blobs import Blobs
from packshot.serve.files.roots import inside
from packshot.serve.files.uploads import Upload, Uploads
from packshot.serve.jobs.leases import Lease
from packshot.serve.jobs.model import Job

UPLOAD = re.compile(r"file_[0-9a-f]{24}")


class Place:
    """The folder of a job."""

    def __init__(self, work: Path, job: Job, uploads: Uploads, roots: Sequence[Path]) -> None:
        self.job, self.uploads, self.roots = job, uploads, roots
        self.folder = folder_of(work, job.tenant, job.id)
        self.out = self.folder / "out"

    def prepare(self) -> Path | None:
        """Lay out what the job works on; the photos, table or catalogue to read, None if it was given nothing.

        Raises NotKnown for an upload that is gone, UnsafePath for a catalogue outside the roots, Unavailable.
        """
        self.out.mkdir(parents=True, exist_ok=True)
        request = self.job.request
        if request.catalogue:
            return inside(request.catalogue, self.roots)
        if not request.files:
            return None
        return self._laid_out(self.uploads.find_all(self.job.tenant, request.files))

    def named(self, upload: str) -> Path:
        """The local file of an upload that a parameter names by id. Raises ParameterError, NotKnown."""
        if not UPLOAD.fullmatch(upload):
            raise ParameterError(f"expected the id of an uploaded file (file_…), got {upload[:80]!r}")
        found = self.uploads.find(self.job.tenant, upload)
        path = self.folder / "named" / (upload + PurePosixPath(found.name).suffix.lower())
        if not path.exists():
            self.uploads.blobs.fetch(self.job.tenant, found.digest, path)
        return path

    def _laid_out(self, found: list[Upload]) -> Path:
        folder, names = self.folder / "input", set[str]()
        first = folder
        for upload in found:
            if upload.name == FACTS:  # it may say that pictures lie anywhere on this machine
                continue
            path = folder / unique(upload.name, names)
            if not path.exists():
                self.uploads.blobs.fetch(self.job.tenant, upload.digest, path)
            first = path
        return first if len(names) == 1 and first.suffix.lower() not in PICTURE_SUFFIXES else folder


def restore(lease: Lease, blobs: Blobs, out: Path, records: str) -> None:
    """Bring back the results of a job whose folder is gone (another machine, a new disk), with their record lines.

    records: name of the file that holds those lines, "" if there is none.
    """
    unfinished = out / ".restoring"
    if not unfinished.exists() and any(out.iterdir()):
        return
    unfinished.touch()
    lines: list[str] = []
    for result, line in lease.records():
        if result.digest:
            path = out / result.name
            if not path.exists():
                blobs.fetch(lease.job.tenant, result.digest, path)
        if line:
            lines.append(line)
    if lines and records:
        (out / records).write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    unfinished.unlink()


def folder_of(work: Path, tenant: str, job: str) -> Path:
    """The folder of a job under way."""
    return work / tenant / job


def remove(work: Path, jobs: Iterable[tuple[str, str]]) -> None:
    """Delete the folders of `(tenant, job)` that are not needed any more."""
    for tenant, job in jobs:
        shutil.rmtree(folder_of(work, tenant, job), ignore_errors=True)


def unique(name: str, taken: set[str]) -> str:
    """The name, or `name-2`, `name-3`, … before its suffix where it is taken; capitals do not tell names apart.

    >>> taken = set()
    >>> [unique("a/1.jpg", taken) for _ in range(2)]
    ['a/1.jpg', 'a/1-2.jpg']
    """
    path, found, number = PurePosixPath(name), name, 1
    while found.casefold() in taken:
        number += 1
        found = str(path.with_name(f"{path.stem}-{number}{path.suffix}"))
    taken.add(found.casefold())
    return found
