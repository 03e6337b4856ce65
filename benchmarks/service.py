"""Load on the service over loopback: many clients, small edits; then more at once than it takes on.

    python -m benchmarks.service [--clients 50] [--edits 2000] [--side 96] [--edit-workers 0] [--burst 400]

Every edit has a photo of its own kind and an id of its own; its answer must carry that id and be a picture of the size
asked for. What is refused for the moment (429, 503) is sent again when the answer says so. Nothing may be lost, and the
service's own count of finished work must be the number of edits, so that nothing was done twice. Memory is that of the
server and its processes together (what they share counted once), looked at twice a second. The burst is sent at once
without a second try: each is answered, with a picture or with 429 and Retry-After, and afterwards the service is well.
"""

from __future__ import annotations

import argparse
import http.client
import io
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from benchmarks.faults import _free_port, photo
from packshot.evaluation.tables import markdown_table

OPERATION = "retouch"
BOUNDARY = "packshot-benchmark"
AGAIN = (429, 503)


@dataclass
class Seen:
    """What the clients saw. seconds: of every edit from its first try to its picture; statuses: of all answers."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Memory(threading.Thread):
    """Memory in MB of a process and all below it, over time, until stopped."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.root, self.mb, self.stopped = root, list[float](), threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(0.5):
            self.mb.append(sum(_resident(pid) for pid in below(self.root)))

    def peak(self, first: float, last: float) -> float:
        """The highest in a part of the time, given as shares of it."""
        part = self.mb[int(first * len(self.mb)) : max(1, int(last * len(self.mb)))]
        return max(part, default=0.0)


def below(root: int) -> list[int]:
    """A process and everything below it."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents.setdefault(int(stat.read_text().rsplit(")", 1)[1].split()[1]), []).append(int(stat.parent.name))
    found = [root]
    for pid in found:
        found += parents.get(pid, [])
    return found


def _resident(pid: int) -> float:
    """Memory of a process in MB, what it shares divided among those that share it."""
    with suppress(OSError):
        found = re.search(r"^Pss: +(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
        return int(found[1]) / 1000 if found else 0.0
    return 0.0


def _form(data: bytes) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="picture"; filename="p.jpg"\r\n'
    return f"{head}Content-Type: image/jpeg\r\n\r\n".encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()


def _ask(line: http.client.HTTPConnection, body: bytes, name: str) -> tuple[int, bytes, str, float]:
    """Status, body, id and Retry-After of one try."""
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "X-Request-ID": name}
    line.request("POST", f"/v1/edit/{OPERATION}", body, headers)
    answer = line.getresponse()
    wait = float(answer.headers.get("Retry-After") or 0)
    return answer.status, answer.read(), answer.headers.get("X-Request-ID", ""), wait


def load(port: int, clients: int, edits: int, bodies: list[bytes], side: int) -> tuple[Seen, float]:
    """`edits` edits by `clients` clients, each on one connection; and the seconds all of it took."""
    seen, lock = Seen(), threading.Lock()
    numbers = iter(range(edits))

    def client() -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            name, began = f"benchmark-{number:08}", time.perf_counter()
            status, data, told, wait = _ask(line, bodies[number % len(bodies)], name)
            while status in AGAIN:
                with lock:
                    seen.statuses[str(status)] += 1
                time.sleep(wait)
                status, data, told, wait = _ask(line, bodies[number % len(bodies)], name)
            with lock:
                seen.statuses[str(status)] += 1
                seen.seconds.append(time.perf_counter() - began)
                if status != 200 or told != name or Image.open(io.BytesIO(data)).size != (side, side):
                    seen.wrong.append(f"{name}: {status}, {told}, {data[:60]!r}")

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        for done in [pool.submit(client) for _ in range(clients)]:
            done.result()
    return seen, time.perf_counter() - began


def burst(port: int, count: int, body: bytes) -> Counter[str]:
    """`count` edits at the same moment, each tried once: how they were answered."""
    answers: Counter[str] = Counter()
    together, lock = threading.Barrier(count), threading.Lock()

    def one(number: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        together.wait()
        try:
            status, _, _, wait = _ask(line, body, f"burst-{number:08}")
            told = f"{status}" + (" with Retry-After" if wait else "")
        except OSError as error:
            told = type(error).__name__
        with lock:
            answers[told] += 1

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _get(port: int, path: str) -> tuple[int, str]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    line.request("GET", path)
    answer = line.getresponse()
    return answer.status, answer.read().decode()


def _finished(port: int) -> int:
    """How many pieces of direct work the service counts as done."""
    rows = re.findall(r'packshot_direct_work_total\{outcome="done",task="\w+"\} ([\d.e+]+)', _get(port, "/metrics")[1])
    return int(sum(map(float, rows)))


def _ready(port: int) -> None:
    for _ in range(3000):
        with suppress(OSError):
            if _get(port, "/readyz")[0] == 200:
                return
        time.sleep(0.1)
    raise TimeoutError("the service did not start")


def main(options: list[str]) -> None:
    """Load the service and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.service")
    given = (("clients", 50), ("edits", 2000), ("side", 96), ("edit-workers", 0), ("burst", 400))
    for name, default in given:
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args(options)
    bodies = [_form(photo(number, asked.side)) for number in range(64)]
    with tempfile.TemporaryDirectory(prefix="packshot-load-", ignore_cleanup_errors=True) as folder:
        port = _free_port()
        flags = [f"--port={port}", f"--data={folder}", "--no-studio", "--workers=1", "--requests-per-minute=0"]
        command = [sys.executable, "-m", "packshot", "serve", *flags, f"--edit-workers={asked.edit_workers}"]
        with (Path(folder) / "log").open("wb") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _ready(port)
            load(port, 4, 20, bodies, asked.side)  # the processes have imported what they need
            before = _finished(port)
            memory = Memory(server.pid)
            memory.start()
            seen, seconds = load(port, asked.clients, asked.edits, bodies, asked.side)
            memory.stopped.set()
            done = _finished(port) - before
            answers = burst(port, asked.burst, bodies[0])
            well = server.poll() is None and _get(port, "/readyz")[0] == 200
        finally:
            server.terminate()
            server.wait(60)
    _tell(asked, seen, seconds, done, memory, answers, well)


def _tell(
    asked: argparse.Namespace, seen: Seen, seconds: float, done: int, memory: Memory, answers: Counter[str], well: bool
) -> None:
    cuts = statistics.quantiles(seen.seconds, n=100)
    row = {
        "clients": asked.clients,
        "edits": asked.edits,
        "lost or wrong": asked.edits - seen.statuses["200"] + len(seen.wrong),
        "done twice": done - asked.edits,
        "told to come back": sum(seen.statuses[str(status)] for status in AGAIN),
        "a second": round(asked.edits / seconds, 1),
        "p50 ms": round(1000 * cuts[49]),
        "p99 ms": round(1000 * cuts[98]),
        "MB, first fifth": round(memory.peak(0, 0.2)),
        "MB, last fifth": round(memory.peak(0.8, 1)),
    }
    print(markdown_table([row], list(row), {}))
    told = ", ".join(f"{count} times {status}" for status, count in answers.most_common())
    print(f"\n{asked.burst} at once: {told}; afterwards {'ready' if well else 'NOT READY'}")
    for wrong in seen.wrong[:10]:
        print(wrong)
    if row["lost or wrong"] or row["done twice"] or not well:
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
