"""The processes that train together, as torchrun starts them: their number, our place, one explicit all-reduce.

Gradients are averaged by hand instead of by DistributedDataParallel, because penalties differentiate twice.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn


@dataclass(frozen=True)
class Processes:
    """rank: our place, 0 writes files; world: how many."""

    rank: int = 0
    world: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes log, samples and states."""
        return self.rank == 0

    def average(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace every gradient by its mean over the processes; a parameter without gradient counts as zero."""
        if self.world == 1:
            return
        kept = list(parameters)
        grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in kept]
        flat = torch.cat([g.reshape(-1) for g in grads])
        distributed.all_reduce(flat)
        flat /= self.world
        for p, part in zip(kept, torch.split(flat, [g.numel() for g in grads]), strict=True):
            p.grad = part.view_as(p)

    def any(self, flag: bool, device: torch.device) -> bool:
        """Whether any process says so: all stop together or none does."""
        if self.world == 1:
            return flag
        told = torch.tensor([float(flag)], device=device)
        distributed.all_reduce(told, op=distributed.ReduceOp.MAX)
        return bool(told.item())

    def same_weights(self, tensors: Iterable[Tensor]) -> None:
        """Give every process the first one's values."""
        if self.world > 1:
            for tensor in tensors:
                distributed.broadcast(tensor, src=0)


@contextmanager
def joined(device: torch.device) -> Iterator[Processes]:
    """The group torchrun announced in the environment (gloo on CPU, nccl on CUDA), or this process alone."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        yield Processes()
        return
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Processes(distributed.get_rank(), distributed.get_world_size())
    finally:
        distributed.destroy_process_group()
