"""The processes that train together, as torchrun starts them: their number, our place, one explicit all-reduce.

Gradients are averaged by hand instead of by DistributedDataParallel, because penalties differentiate twice.
"""

from __future__ import annotations

import importlib
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
        """Replace every gradient by its mean over the processes.

        A parameter without gradient in some of them counts as zero there; without gradient in all it keeps none, so
        that an optimiser does not count steps of what does not learn yet.
        """
        if self.world == 1:
            return
        kept = list(parameters)
        grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in kept]
        there = torch.tensor([float(p.grad is not None) for p in kept]).to(grads[0])
        flat = torch.cat([*(g.reshape(-1) for g in grads), there])
        distributed.all_reduce(flat)
        told = flat[-len(kept) :].tolist()
        parts = torch.split(flat[: -len(kept)] / self.world, [g.numel() for g in grads])
        for p, part, any_there in zip(kept, parts, told, strict=True):
            p.grad = part.view_as(p) if any_there else None

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
    # Its functions take the group that stands when it is imported as their default, and optimisers import it. Were
    # the group there already, it would outlive its destruction; its threads then meet the interpreter's end: an abort.
    importlib.import_module("torch.distributed.nn.functional")
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Processes(distributed.get_rank(), distributed.get_world_size())
    finally:
        distributed.destroy_process_group()


def mean_of(x: Tensor) -> Tensor:
    """A tensor's mean over the processes that train; itself where there is one."""
    if not distributed.is_initialized():
        return x
    total = x.detach().clone()
    distributed.all_reduce(total)
    return total / distributed.get_world_size()


def from_first(*tensors: Tensor) -> None:
    """Give every process the first one's values, in place; nothing where there is one process."""
    if distributed.is_initialized():
        for tensor in tensors:
            distributed.broadcast(tensor, src=0)


def gathered(x: Tensor) -> Tensor:
    """Rows of every process `(n, …)` in their order, the same number from each; itself where there is one process."""
    if not distributed.is_initialized():
        return x
    parts = [torch.empty_like(x) for _ in range(distributed.get_world_size())]
    distributed.all_gather(parts, x.contiguous())
    return torch.cat(parts)
