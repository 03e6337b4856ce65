"""The log of article 9 under many writers."""

import subprocess
import sys

from packshot.provenance import log


def test_lines_of_many_processes_do_not_mix(tmp_path, monkeypatch):
    monkeypatch.setenv("PACKSHOT_HOME", str(tmp_path))
    code = (
        "import sys; from pathlib import Path; from packshot.provenance import log\n"
        "for n in range(50): log.add('cn-art9', sys.argv[1], Path(f'{n}.jpg'), filler='x' * 2000)"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, f"writer {n}"]) for n in range(4)]
    assert [writer.wait() for writer in writers] == [0] * 4
    lines = list(log.entries())
    assert len(lines) == 200
    assert {(line["recipient"], line["file"]) for line in lines} == {
        (f"writer {w}", f"{n}.jpg") for w in range(4) for n in range(50)
    }
