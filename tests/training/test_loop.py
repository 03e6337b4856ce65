"""The loop: budget, exact resume, several processes, interruption, trouble."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch

from packshot.errors import BadCheckpoint, TrainingTrouble
from packshot.training import progress
from packshot.training.loop import Outcome, train
from packshot.training.settings import Settings
from tests.training.toys import ToyGan, source

SETTINGS = Settings(total_images=480, batch=8, log_images=80, sample_images=160, samples=9, average_images=100)


def run(folder: Path, images: int, objective: ToyGan | None = None, **changes: object) -> Outcome:
    settings = SETTINGS.model_copy(update={"total_images": images, **changes})
    return train(objective or ToyGan(), source(), settings, folder, watch_diversity=False)


def weights(objective: ToyGan) -> torch.Tensor:
    return torch.cat([p.detach().reshape(-1) for net in objective.networks.values() for p in net.parameters()])


def test_a_stopped_run_that_goes_on_is_the_unbroken_run_bit_for_bit(tmp_path: Path) -> None:
    unbroken, broken = ToyGan(), ToyGan()
    a = run(tmp_path / "a", 480, unbroken)
    run(tmp_path / "b", 200, broken)
    resumed = ToyGan(seed=99)  # other weights at first: all must come from the state
    b = run(tmp_path / "b", 480, resumed)
    assert torch.equal(weights(unbroken), weights(resumed))
    for key, value in a.averages["generator"].state_dict().items():
        assert torch.equal(value, b.averages["generator"].state_dict()[key])
    assert not torch.equal(weights(unbroken), weights(ToyGan()))
    assert (a.images, a.verdict) == (b.images, b.verdict) == (480, "finished")


def test_log_has_losses_norms_samples_and_a_verdict(tmp_path: Path) -> None:
    run(tmp_path, 480)
    lines = progress.read(tmp_path / "log.jsonl")
    assert [line.images for line in lines] == [80, 160, 240, 320, 400, 480]
    assert set(lines[0].losses) == {"critic", "r1", "generator"}
    assert lines[0].numbers["gradient_critic"] > 0
    assert [bool(line.sample) for line in lines] == [False, True, False, True, False, True]
    assert (tmp_path / lines[1].sample).is_file()
    assert lines[-1].verdict == "finished"


def test_resumed_log_has_each_line_once_and_one_verdict(tmp_path: Path) -> None:
    run(tmp_path, 240)
    run(tmp_path, 480)
    lines = progress.read(tmp_path / "log.jsonl")
    assert [line.images for line in lines] == [80, 160, 320, 400, 480]  # 240 bore the verdict of the first run
    assert [line.verdict for line in lines if line.verdict] == ["finished"]


def test_a_torn_last_line_of_the_log_is_left_out(tmp_path: Path) -> None:
    run(tmp_path, 240)
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('{"images": 320, "seco')
    assert [line.images for line in progress.read(tmp_path / "log.jsonl")] == [80, 160, 240]


def test_not_a_number_stops_with_a_message_and_keeps_the_last_good_state(tmp_path: Path) -> None:
    run(tmp_path, 160)
    good = (tmp_path / "state.safetensors").read_bytes()
    with pytest.raises(TrainingTrouble, match=r"diverged after 320 images: loss critic is nan.*last saved state"):
        run(tmp_path, 480, ToyGan(spoil=lambda batch: batch.images_seen >= 248))
    assert (tmp_path / "state.safetensors").read_bytes() == good
    assert run(tmp_path, 480).verdict == "finished"


def test_a_generator_that_draws_one_picture_only_is_noticed(tmp_path: Path) -> None:
    class Stuck(ToyGan):
        def sample(self, networks, batch):
            return super().sample(networks, batch)[:1].expand(batch.count, -1, -1, -1)

    settings = SETTINGS.model_copy(update={"sample_images": 80, "watch_images": 40})
    with pytest.raises(TrainingTrouble, match=r"collapsed after 160 images: samples differ .* by 0\.0%"):
        train(Stuck(), source(), settings, tmp_path)


def test_the_budget_in_minutes_ends_the_run(tmp_path: Path) -> None:
    outcome = run(tmp_path, 10**9, minutes=0.01)
    assert outcome.verdict == "time is up"
    assert 0.5 < outcome.seconds < 5


def test_the_time_left_minds_both_budgets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert progress.Progress(200, 1000, 100.0, rate=2.0).seconds_left == 400
    assert progress.Progress(200, 1000, 100.0, rate=2.0, limit_seconds=160).seconds_left == 60
    assert progress.Progress(200, 1000, 100.0, rate=2.0, limit_seconds=6000).seconds_left == 400
    assert progress.Progress(200, 1000, 170.0, rate=2.0, limit_seconds=160).seconds_left == 0
    lines: list[progress.Progress] = []
    settings = SETTINGS.model_copy(update={"total_images": 10**9, "minutes": 0.01})
    train(ToyGan(), source(), settings, tmp_path, readers=(lines.append, progress.terminal), watch_diversity=False)
    assert all(line.seconds_left <= 0.6 for line in lines)
    assert "0 min left" in capsys.readouterr().out


def test_the_budget_is_counted_by_the_clock_that_is_given(tmp_path: Path) -> None:
    ticks = itertools.count()
    settings = SETTINGS.model_copy(update={"total_images": 10**9, "minutes": 0.5})
    outcome = train(ToyGan(), source(), settings, tmp_path, watch_diversity=False, clock=lambda: float(next(ticks)))
    assert (outcome.images, outcome.seconds) == (8 * 30, 30)  # one tick a step


def test_ctrl_c_saves_and_the_run_goes_on_later(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    timer = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    outcome = run(tmp_path, 10**9)
    assert outcome.verdict == "stopped"
    assert outcome.images > 0
    again = run(tmp_path, outcome.images + 80)
    assert again.images == outcome.images + 80
    assert signal.getsignal(signal.SIGINT) is before


def test_a_foreign_a_damaged_and_another_networks_state_are_refused_by_name(tmp_path: Path) -> None:
    state = tmp_path / "state.safetensors"
    run(tmp_path, 80)
    good = state.read_bytes()
    state.write_bytes(good[: len(good) // 2])
    with pytest.raises(BadCheckpoint, match="not a readable safetensors file"):
        run(tmp_path, 160)
    state.write_bytes(b"\x80\x04\x95pickle")
    with pytest.raises(BadCheckpoint, match="not a readable safetensors file"):
        run(tmp_path, 160)
    state.write_bytes(good)
    other = ToyGan()
    other.networks["critic"] = torch.nn.Linear(3, 3)
    with pytest.raises(BadCheckpoint, match="its critic is another network"):
        run(tmp_path, 160, other)


SCRIPT = """
import sys, torch
sys.path.insert(0, {root!r})
from pathlib import Path
from tests.training.toys import ToyGan, source
from packshot.training.loop import train
from packshot.training.settings import Settings
torch.set_num_threads(1)
settings = Settings(total_images=240, batch=8, log_images=80, sample_images=160, samples=4)
toy = ToyGan()
train(toy, source(), settings, Path({folder!r}), watch_diversity=False)
"""


def test_two_processes_learn_what_one_learns(tmp_path: Path, turn: None) -> None:
    root = str(Path(__file__).parents[2])
    for world, folder in ((1, tmp_path / "one"), (2, tmp_path / "two")):
        script = tmp_path / f"{world}.py"
        script.write_text(SCRIPT.format(root=root, folder=str(folder)))
        launch = [sys.executable, "-m", "torch.distributed.run", f"--nproc-per-node={world}", "--standalone"]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        done = subprocess.run([*launch, str(script)], timeout=200, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr[-3000:]
    from safetensors.torch import load_file

    one, two = (load_file(tmp_path / name / "state.safetensors") for name in ("one", "two"))
    assert one.keys() == two.keys()
    for name, value in one.items():
        assert torch.allclose(value, two[name], atol=2e-5), name
    assert len(progress.read(tmp_path / "two" / "log.jsonl")) == 3  # only the first process writes
