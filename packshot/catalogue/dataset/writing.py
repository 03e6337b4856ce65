"""Writing a pack: pictures appended one after another, then the facts, all in a folder that appears in one step."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from packshot.catalogue.dataset.cache import settle
from packshot.catalogue.dataset.pictures import FORMAT, PACK, ROWS, Pictures
from packshot.errors import CatalogueError

Bytes = NDArray[np.uint8]


class PackWriter:
    """Writes a pack; it is there whole when the `with` block ends without an error, else not at all.

    size: (h, w). layers: name → channels. facts: what else `pack.json` should say. replace: an older pack may go.
    Raises CatalogueError if `folder` holds something else.
    """

    def __init__(
        self, folder: str | Path, size: tuple[int, int], layers: Mapping[str, int], *,
        facts: Mapping[str, Any] | None = None, replace: bool = False,
    ) -> None:  # fmt: skip
        self.folder, self.size, self.layers = Path(folder), size, dict(layers)
        self.facts = dict(facts or {})
        self.count = 0
        self._replace = replace
        self._files: dict[str, IO[bytes]] = {}
        self._sums: dict[str, Any] = {}
        self._temporary = self.folder

    def __enter__(self) -> PackWriter:
        if self.folder.exists() and any(self.folder.iterdir()):
            if not self._replace:
                raise CatalogueError(f"{self.folder}: is there already; choose another folder, or replace it")
            if not (self.folder / PACK).is_file():
                raise CatalogueError(f"{self.folder}: holds something that is no pack; choose another folder")
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self._temporary = self.folder.with_name(f".{self.folder.name}-{os.getpid()}-{secrets.token_hex(4)}.part")
        self._temporary.mkdir()
        for name in (*(f"{layer}.u8" for layer in self.layers), ROWS):
            self._files[name] = (self._temporary / name).open("wb", buffering=1 << 20)
            self._sums[name] = hashlib.sha256()
        return self

    def add(self, row: Mapping[str, Any], pixels: Mapping[str, Bytes]) -> None:
        """One picture. pixels: layer → (c, h, w) bytes; a layer left out is 0 and listed in the row as `missing`."""
        missing = [name for name in self.layers if name not in pixels]
        for name, channels in self.layers.items():
            found = pixels.get(name)
            block = np.zeros((channels, *self.size), np.uint8) if found is None else found
            assert (block.dtype, *block.shape) == (np.uint8, channels, *self.size), (name, block.shape, block.dtype)
            self._put(f"{name}.u8", block.tobytes())
        told = {**row, "missing": missing} if missing else dict(row)
        self._put(ROWS, json.dumps(told, ensure_ascii=False).encode() + b"\n")
        self.count += 1

    def _put(self, name: str, data: bytes) -> None:
        self._files[name].write(data)
        self._sums[name].update(data)

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        for file in self._files.values():
            if kind is None:
                file.flush()
                os.fsync(file.fileno())
            file.close()
        try:
            if kind is None:
                self._finish()
        finally:
            shutil.rmtree(self._temporary, ignore_errors=True)

    def _finish(self) -> None:
        own = {"format": FORMAT, "count": self.count, "size": list(self.size), "layers": self.layers}
        facts = own | self.facts | own
        facts["sha256"] = {name: total.hexdigest() for name, total in self._sums.items()}
        (self._temporary / PACK).write_text(json.dumps(facts, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        if self._replace and self.folder.exists():
            shutil.rmtree(self.folder)
        elif self.folder.exists():
            self.folder.rmdir()
        settle(self._temporary, self.folder, PACK)

    def open(self) -> Pictures:
        """The pack that was written."""
        return Pictures(self.folder)
