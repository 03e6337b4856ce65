"""What several processes tell each other: gradients, means, rows, and the first one's values."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import torch

from packshot.training.processes import from_first, gathered, mean_of

SCRIPT = """
from pathlib import Path

import torch
from torch import nn
from packshot.training.objectives.adaptive import Adaptive
from packshot.training.processes import from_first, gathered, joined, mean_of

with joined(torch.device("cpu")) as processes:
    own = float(processes.rank + 1)
    both, one, none = (nn.Parameter(torch.zeros(2)) for _ in range(3))
    both.grad = torch.full((2,), own)
    one.grad = torch.ones(2) if processes.first else None
    processes.average([both, one, none])
    assert both.grad.tolist() == [1.5, 1.5], both.grad
    assert one.grad.tolist() == [0.5, 0.5], one.grad
    assert none.grad is None
    assert float(mean_of(torch.tensor(own))) == 1.5
    assert gathered(torch.tensor([own])).tolist() == [1.0, 2.0]
    values = torch.tensor([own])
    from_first(values)
    assert values.tolist() == [1.0]
    augment = Adaptive(target=0.5, images=64)
    for _ in range(4):  # one process' critic is sure, the other's is not: p follows all of them, and is the same
        augment.observe(torch.full((4,), 1.0 if processes.first else -1.0))
        augment.settle()
    assert augment.p == 0.0 and gathered(augment.state).unique().numel() == 1
    torch.optim.AdamW([both], fused=True).step()
tasks = Path("/proc/self/task")  # where there is one: no thread of the group is left to meet the interpreter's end
names = [(task / "comm").read_text() for task in tasks.iterdir()] if tasks.is_dir() else []
assert not [name for name in names if "gloo" in name], names
print("done")
"""


def test_two_processes_agree(tmp_path: Path, turn: None) -> None:
    script = tmp_path / "two.py"
    script.write_text(SCRIPT)
    words = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(script)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("done") == 2


def test_one_process_keeps_its_own() -> None:
    x = torch.arange(3.0)
    from_first(x)
    assert mean_of(x) is x
    assert gathered(x) is x
