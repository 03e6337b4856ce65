"""Large results in memory-mapped files: their pages belong to the file, and can be let go while the work goes on.

A mapped tensor is an ordinary one; the file is already unlinked, so nothing is left behind however the process ends.
"""

from __future__ import annotations

import mmap
import tempfile
from typing import Any

import torch
from torch import Tensor

LARGE_BYTES = 400_000_000  # results from this size on are mapped


def empty(*shape: int) -> Tensor:
    """A float32 tensor of zeros, `shape`; in a temporary file if it takes more than `LARGE_BYTES`.

    The file lies where `tempfile` puts it (`$TMPDIR`) and is as large as the tensor.
    """
    size = 4 * torch.Size(shape).numel()
    if size < LARGE_BYTES:
        return torch.zeros(shape)
    with tempfile.TemporaryFile(prefix="packshot-") as file:
        file.truncate(size)
        mapping = mmap.mmap(file.fileno(), size)
    tensor: Any = torch.frombuffer(mapping, dtype=torch.float32).view(shape)
    tensor.mapping = mapping
    return tensor  # type: ignore[no-any-return]


def release(tensor: Tensor) -> None:
    """Let go of the memory of a mapped tensor; its values stay in the file. Nothing happens to any other tensor."""
    mapping = getattr(tensor, "mapping", None)
    if mapping is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapping.madvise(mmap.MADV_DONTNEED)


def is_mapped(tensor: Tensor) -> bool:
    """Whether it was made by `empty` in a file."""
    return hasattr(tensor, "mapping")
