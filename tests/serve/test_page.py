"""The examples of docs/service.md are run as they stand, against a real service."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "service.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8080"


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def folder(tmp_path, photo):
    (tmp_path / "photos").mkdir()
    (tmp_path / "mug.jpg").write_bytes(photo)
    (tmp_path / "photos" / "mug.jpg").write_bytes(photo)
    return tmp_path


@pytest.mark.skipif(shutil.which("curl") is None or shutil.which("bash") is None, reason="needs curl and bash")
def test_curl(working, folder):
    script = 'set -euo pipefail\ncurl() { command curl -sS --fail-with-body "$@"; }\n' + "\n".join(blocks("bash"))
    done = subprocess.run(
        ["bash", "-c", script.replace(ADDRESS, working.url)], cwd=folder, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    for name in ("cut.png", "grey.jpg", "white.jpg", "results.zip"):
        assert (folder / name).stat().st_size > 1000, name
    assert "event: done" in done.stdout


def test_python(working, folder):
    script, *others = blocks("py")
    script = script.replace(ADDRESS, working.url)
    for other in others:
        compile(other, "service.md", "exec")
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    assert (folder / "out" / "results.zip").stat().st_size > 1000
