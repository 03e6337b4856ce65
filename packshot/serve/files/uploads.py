"""What callers brought: a row with name and size for every upload, the bytes in the blobs."""

from __future__ import annotations

import datetime as dt
import mimetypes
import secrets
from collections.abc import Sequence
from pathlib import PurePosixPath

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from packshot.errors import Busy, NotKnown, ParameterError
from packshot.pipeline.run import safe_name
from packshot.serve.database.engine import Database
from packshot.serve.database.schema import results, uploads
from packshot.serve.files.blobs import Blob, Blobs

LONGEST_NAME = 1000
TYPES = {".jsonl": "application/jsonl", ".webp": "image/webp", ".avif": "image/avif", ".yaml": "application/yaml"}
TYPES |= {
    ".safetensors": "application/octet-stream",
    ".parquet": "application/vnd.apache.parquet",
    ".md": "text/markdown",
}


class Upload(BaseModel):
    """A file that a caller brought. name: as it was called, with its folders; digest: SHA-256 of the bytes."""

    model_config = ConfigDict(frozen=True)

    id: str
    tenant: str = Field(exclude=True)
    name: str
    digest: str
    size: int
    media_type: str
    made: dt.datetime


class Uploads:
    """Uploads of all tenants; one tenant never sees another's. storage: most bytes of one tenant, 0 = any."""

    def __init__(self, database: Database, blobs: Blobs, storage: int = 0) -> None:
        self.database, self.blobs, self.storage = database, blobs, storage

    def add(self, tenant: str, name: str, blob: Blob, media_type: str = "") -> Upload:
        """Keep bytes that were written to the blobs as an upload. Raises Busy if the tenant's storage is full.

        `with uploads.blobs.writer(tenant, limit) as w: … upload = uploads.add(tenant, name, w.finish())`
        """
        with self.database.writing() as c:
            now = self.database.now(c)
            self._check_room(c, tenant, blob.size)
            values = {"id": "file_" + secrets.token_hex(12), "tenant": tenant, "name": clean_name(name)}
            values |= {"digest": blob.digest, "media_type": media_type or type_of(name)}
            row = c.execute(insert(uploads).values(**values, size=blob.size, made=now, used=now).returning(uploads))
            return _upload_of(row.mappings().one())

    def find(self, tenant: str | None, upload: str) -> Upload:
        """An upload by id. Raises NotKnown; another tenant's is not told apart."""
        return self.find_all(tenant, [upload])[0]

    def find_all(self, tenant: str | None, ids: Sequence[str]) -> list[Upload]:
        """Uploads in the order asked for; they count as used now. Raises NotKnown for the first there is not."""
        found: dict[str, Upload] = {}
        with self.database.writing() as c:
            now = self.database.now(c)
            for start in range(0, len(ids), 500):
                part = ids[start : start + 500]
                query = update(uploads).where(uploads.c.id.in_(part)).values(used=now).returning(uploads)
                query = query if tenant is None else query.where(uploads.c.tenant == tenant)
                found |= {row["id"]: _upload_of(row) for row in c.execute(query).mappings()}
        missing = next((name for name in ids if name not in found), None)
        if missing is not None:
            raise NotKnown(f"file {missing[:80]!r}: there is none of that id; upload it with POST /v1/files")
        return [found[name] for name in ids]

    def delete(self, tenant: str | None, upload: str) -> None:
        """Forget an upload; its bytes go with the next collection. Raises NotKnown."""
        query = delete(uploads).where(uploads.c.id == upload)
        with self.database.writing() as c:
            if not c.execute(query if tenant is None else query.where(uploads.c.tenant == tenant)).rowcount:
                raise NotKnown(f"file {upload[:80]!r}: there is none of that id")

    def stored(self, tenant: str) -> int:
        """Bytes of a tenant's uploads and results."""
        with self.database.reading() as c:
            return stored(c, tenant)

    def _check_room(self, c: Connection, tenant: str, size: int) -> None:
        if not self.storage:
            return
        kept = stored(c, tenant)
        if kept + size > self.storage:
            raise Busy(
                f"quota: {kept >> 20:,} MiB are stored, at most {self.storage >> 20:,}; delete jobs and files first",
                3600.0,
            )


def stored(c: Connection, tenant: str) -> int:
    """Bytes of a tenant's uploads and results, inside a transaction."""
    sums = [c.execute(select(func.sum(t.c.size)).where(t.c.tenant == tenant)).scalar() for t in (uploads, results)]
    return sum(int(found or 0) for found in sums)


def clean_name(name: str) -> str:
    """The name of an upload with its folders, none of which leads anywhere else.

    >>> clean_name("../../etc/shoes/1.jpg"), clean_name("C:\\\\photos\\\\1.jpg")
    ('etc/shoes/1.jpg', 'C_/photos/1.jpg')
    """
    parts = [part for part in PurePosixPath(name.replace("\\", "/")).parts if part not in ("/", "..", ".")]
    clean = "/".join(safe_name(part) for part in parts) or "file"
    if len(clean) > LONGEST_NAME:
        raise ParameterError(f"file name: expected at most {LONGEST_NAME} characters, got {len(clean)}")
    return clean


def type_of(name: str) -> str:
    """The media type of a file by its name, application/octet-stream if unknown."""
    return TYPES.get(PurePosixPath(name).suffix.lower()) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def _upload_of(row: RowMapping) -> Upload:
    plain = {name: row[name] for name in ("id", "tenant", "name", "digest", "size", "media_type")}
    return Upload(**plain, made=dt.datetime.fromtimestamp(row["made"], dt.UTC))
