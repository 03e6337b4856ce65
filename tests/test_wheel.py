"""The wheel holds all the package needs: `pip install packshot && packshot demo` works without the repository."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_a_wheel_holds_the_whole_package_and_runs_its_demo(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, timeout=240, cwd=tmp_path)
    (wheel,) = tmp_path.glob("packshot-*.whl")
    listed = subprocess.run(["git", "ls-files", "packshot"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout: no list of what the package holds")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
        assert set(listed.stdout.split("\n")) - {""} <= set(archive.namelist())
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "PACKSHOT_HOME": str(tmp_path / "home")}
    told = subprocess.run(
        [sys.executable, "-m", "packshot", "demo", "--out", str(tmp_path / "out")],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert told.returncode == 0, told.stderr
    assert len(list((tmp_path / "out").glob("TS-*.jpg"))) == 16
    assert (tmp_path / "out" / "report.html").is_file()
