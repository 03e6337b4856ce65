"""`packshot serve`: keys, flags, and a service that starts, tells its address and stops when asked."""

import json
import re
import signal
import subprocess
import sys
import urllib.request

import pytest
from typer.testing import CliRunner

pytest.importorskip("uvicorn", reason="needs the extra serve")

from packshot.cli import app
from packshot.serve.settings import Settings


def run(*arguments):
    return CliRunner().invoke(app, ["serve", *map(str, arguments)])


def test_keys_are_made_listed_and_revoked(tmp_path):
    path = tmp_path / "keys.json"
    made = run("key", "shop-a", "--scope", "edit", "--days", 90, "--keys", path)
    assert made.exit_code == 0, made.output
    secret = made.stdout.splitlines()[0]
    assert re.fullmatch(r"pk_[\w-]{43}", secret)
    listed = run("keys", "--keys", path)
    assert "shop-a" in listed.stdout
    assert "edit, until 20" in listed.stdout
    assert secret not in listed.stdout
    assert run("revoke", "shop-a", "--keys", path).exit_code == 0
    assert "shop-a" not in run("keys", "--keys", path).stdout


def test_every_setting_is_a_flag_with_its_help():
    plain = re.sub(r"\x1b\[[0-9;]*m|\s+", " ", run("--help").output)
    for name in Settings.model_fields:
        assert f"--{name.replace('_', '-')}" in plain


def test_a_service_open_to_others_does_not_start_without_a_key(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "packshot", "serve", "--host", "0.0.0.0", "--port", "0", "--data", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert "packshot serve key NAME" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_starts_tells_its_address_and_stops(tmp_path):
    command = [sys.executable, "-m", "packshot", "serve", "--port", "0", "--data", str(tmp_path), "--edit-workers", "1"]
    with subprocess.Popen([*command, "--workers", "1"], stderr=subprocess.PIPE, text=True) as process:
        try:
            lines = (json.loads(line) for line in process.stderr)
            address = next(line["address"] for line in lines if line["event"] == "listening")
            list(iter(lambda: next(lines)["event"].startswith("Application startup complete"), True))
            with urllib.request.urlopen(f"{address}healthz", timeout=60) as answer:
                assert json.load(answer)["status"] == "alive"
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=120)
    assert process.returncode in (0, -signal.SIGTERM)
