"""One shard as a file: written in one step, read only if it is what the index says."""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import os
import secrets
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from packshot.catalogue.problems import Problem
from packshot.catalogue.shards.folding import STACK, folded, unfolded
from packshot.errors import CatalogueError, UnreadableFile

INDEX, FORMAT = "index.json", 1
MAX_SHARD_BYTES, MAX_MEMBER_BYTES = 4 << 30, 1 << 28
XZ: list[dict[str, int]] = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 4, "lp": 0, "pb": 0}]


@dataclass(frozen=True)
class Sample:
    """One picture with its truth. members: ending (`photo.webp`, `json`) → bytes."""

    key: str
    members: Mapping[str, bytes]

    def attributes(self) -> dict[str, Any]:
        """The sample's JSON. Raises UnreadableFile if there is none."""
        try:
            found = json.loads(self.members["json"])
        except (KeyError, ValueError) as error:
            raise UnreadableFile(f"sample {self.key}: has no readable JSON: {error}") from error
        if not isinstance(found, dict):
            raise UnreadableFile(f"sample {self.key}: expected an object in its JSON")
        return found


@dataclass(frozen=True)
class Shard:
    """One entry of the index. first: number of its first picture."""

    name: str
    samples: int
    first: int
    bytes: int
    sha256: str


def write_shard(path: Path, samples: Iterable[Sample], first: int = 0) -> Shard:
    """Write a shard, by its ending `.tar`, or packed as `.tar.xz` (`folding`); the same samples give the same bytes."""
    kept = [(sample.key, sample.members) for sample in samples]
    count, packed = len(kept), path.suffix == ".xz"
    members = (
        folded(kept) if packed else [(f"{k}.{ending}", data) for k, found in kept for ending, data in found.items()]
    )
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o644
            archive.addfile(member, io.BytesIO(content))
    whole = data.getvalue()
    if packed:
        whole = lzma.compress(whole, format=lzma.FORMAT_XZ, check=lzma.CHECK_CRC32, filters=XZ)
    write_whole(path, whole)
    return Shard(path.name, count, first, len(whole), hashlib.sha256(whole).hexdigest())


def write_whole(path: Path, data: bytes) -> None:
    """Write a file beside its place, sync it, and rename it."""
    temporary = path.with_name(f".{path.name}-{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_index(folder: Path, shards: Iterable[Shard], facts: Mapping[str, Any]) -> None:
    """Replace the index of a folder of shards."""
    told = {"format": FORMAT, **facts, "shards": [asdict(shard) for shard in shards]}
    write_whole(folder / INDEX, (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode())


def read_index(folder: Path) -> tuple[list[Shard], dict[str, Any]]:
    """(shards, further facts). Raises CatalogueError if there is no index of this format."""
    path = folder / INDEX
    if not path.is_file():
        raise CatalogueError(f"{path}: expected the index of a folder of shards, but there is none")
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["format"] != FORMAT:
            raise CatalogueError(f"{path}: expected format {FORMAT}, got {told['format']}")
        shards = [Shard(**entry) for entry in told.pop("shards")]
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, CatalogueError):
            raise
        raise CatalogueError(f"{path}: expected the index of a folder of shards: {error}") from error
    if bad := next((s.name for s in shards if Path(s.name).name != s.name), None):
        raise CatalogueError(f"{path}: shard {bad!r}: expected a plain file name")
    return shards, {name: value for name, value in told.items() if name != "format"}


def read_samples(folder: Path, shards: Iterable[Shard], problems: list[Problem]) -> Iterator[Sample]:
    """Every sample of the shards. A shard that is missing, or not what the index says, is added to `problems` with what
    is lost, and skipped.
    """
    for shard in shards:
        try:
            yield from _samples(_checked(folder / shard.name, shard), shard)
        except (OSError, tarfile.TarError, lzma.LZMAError, EOFError, UnreadableFile) as error:
            last = shard.first + shard.samples - 1
            told = f"{error}; its {shard.samples:,} pictures ({shard.first} to {last}) are lost"
            problems.append(Problem(None, "shard", told, file=shard.name))


def sound(folder: Path, shard: Shard) -> bool:
    """Whether a shard is there and is what the index says."""
    try:
        return bool(_checked(folder / shard.name, shard))
    except (OSError, UnreadableFile):
        return False


def _checked(path: Path, shard: Shard) -> bytes:
    if not path.is_file():
        raise UnreadableFile("is missing")
    size = path.stat().st_size
    if size != shard.bytes or size > MAX_SHARD_BYTES:
        raise UnreadableFile(f"expected {shard.bytes:,} bytes, got {size:,}")
    data = path.read_bytes()
    if (found := hashlib.sha256(data).hexdigest()) != shard.sha256:
        raise UnreadableFile(f"expected SHA-256 {shard.sha256[:12]}…, got {found[:12]}…")
    return data


def _samples(data: bytes, shard: Shard) -> Iterator[Sample]:
    found: list[Sample] = []
    stack: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as archive:
        for member in archive:
            key, _, ending = member.name.partition(".")
            file = archive.extractfile(member)
            if not member.isfile() or file is None or not ending:
                continue
            if member.size > MAX_MEMBER_BYTES:
                raise UnreadableFile(f"{member.name}: expected at most {MAX_MEMBER_BYTES:,} bytes, got {member.size:,}")
            if key == STACK:
                stack[ending] = file.read()
                continue
            if not found or found[-1].key != key:
                found.append(Sample(key, {}))
            found[-1] = Sample(key, {**found[-1].members, ending: file.read()})
    if stack:
        parts = unfolded([sample.key for sample in found], stack)
        found = [Sample(s.key, {**s.members, **part}) for s, part in zip(found, parts, strict=True)]
    if len(found) != shard.samples:
        raise UnreadableFile(f"expected {shard.samples:,} samples, got {len(found):,}")
    yield from found
