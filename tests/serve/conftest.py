"""A real service on a real port, once for all tests: uvicorn in a thread, worker processes, a database in a folder."""

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="needs the extra serve")
pytest.importorskip("uvicorn", reason="needs the extra serve")

ROOT = Path(__file__).parents[2]


@dataclass
class Running:
    """A service that runs: where, and what it consists of. keys: name → key."""

    url: str
    host: str
    port: int
    app: object
    service: object
    keys: dict


@contextmanager
def running(workers=False, **given):
    """Serve until the block ends, on a free port of loopback, with one process of each kind and the settings given."""
    from packshot.serve import server
    from packshot.serve.api.app import create_app
    from packshot.serve.settings import settings

    wanted = settings({"port": 0, "edit_workers": 1, "workers": 1, **given}, {})
    app = create_app(wanted, workers=workers)
    listening = server.listen(wanted)
    opened = threading.Event()
    running = server.Server(server.config(app, wanted), opened.set, app.state.service)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    assert opened.wait(120), "the service did not start"
    port = listening.getsockname()[1]
    try:
        yield Running(f"http://127.0.0.1:{port}", "127.0.0.1", port, app, app.state.service, {})
    finally:
        running.should_exit = True
        thread.join(60)
        listening.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """A service with keys: anna and otto (tenants of their own), look (edits only), chef (admin)."""
    from packshot.serve.guards import keys

    folder = tmp_path_factory.mktemp("serve")
    made = {
        name: keys.make(folder / "keys.json", name, scopes)
        for name, scopes in {
            "anna": ("edit", "jobs"),
            "otto": ("edit", "jobs"),
            "look": ("edit",),
            "chef": ("admin",),
        }.items()
    }
    with running(
        data=folder, studio=False, upload_mb=2, json_kb=64, megapixels=4, header_seconds=1.5, body_seconds=4
    ) as found:
        found.keys = made
        yield found


@pytest.fixture(scope="session")
def call(served):
    """Call the service as one of the keys: `call("POST", path, key="anna", …)` as httpx has it."""
    import httpx

    with httpx.Client(base_url=served.url, timeout=300) as client:

        def asked(method, path, key="anna", **how):
            headers = {"Authorization": f"Bearer {served.keys[key]}"} if key else {}
            return client.request(method, path, headers={**headers, **how.pop("headers", {})}, **how)

        yield asked


@pytest.fixture(scope="session")
def working(tmp_path_factory):
    """A service without keys, as `packshot serve` starts it, with a worker for jobs."""
    folder = tmp_path_factory.mktemp("working")
    with running(workers=True, data=folder, studio=False) as found:
        yield found


@pytest.fixture(scope="session")
def photo():
    """A small photo: a sample shrunk to 160 px, so that edits are quick."""
    from packshot.imaging import files, geometry

    picture = files.read(sorted((ROOT / "packshot" / "samples").glob("*.jpg"))[0])
    return files.encode(geometry.resize(picture, (160, 160)), "jpeg", quality=92).data


def wait_until(true, seconds=60):
    """Wait until something is so, or fail."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.05)
