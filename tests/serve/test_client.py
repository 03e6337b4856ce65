"""The client against a real service: edits, uploads, jobs to their zip; errors; patience."""

import json
import subprocess
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import packshot
from packshot import errors


@pytest.fixture
def client(working):
    return packshot.Client(working.url)


def test_an_edit_and_its_numbers(client, photo, tmp_path):
    edited = client.edit("background", photo, colour="white", output={"format": "png"})
    assert edited.media_type == "image/png"
    assert edited.fidelity["delta_e_p99"] <= 0.5
    path = edited.save(tmp_path / "deep" / "mug.png")
    assert packshot.verify(path).ok
    stored = client.upload(photo, "shop/mug.jpg")
    again = client.edit_steps(stored, ["cutout", {"operation": "frame", "parameters": {"fill": 0.8}}])
    assert [step["operation"] for step in again.report["steps"]] == ["cutout", "frame"]


def test_errors_are_those_of_the_python_door(client, photo, tmp_path):
    with pytest.raises(errors.ParameterError, match="colour") as caught:
        client.edit("background", photo, colour="nonsense")
    assert caught.value.problem["field"] == "background.colour"
    with pytest.raises(errors.UnreadableFile):
        client.edit("frame", b"no picture")
    with pytest.raises(errors.NotKnown):
        client.job("job_nothing")
    with pytest.raises(errors.ChannelError):
        client.check(photo, "amazon_mian")
    with pytest.raises(errors.UnsafePath):
        client.fetch("http://127.0.0.1/x.jpg")
    with pytest.raises(errors.FileError):
        client.upload(tmp_path / "nothing.jpg")


def test_a_folder_becomes_a_job_and_a_zip(client, photo, tmp_path):
    for name in ("a.jpg", "shoes/b.jpg"):
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / name).write_bytes(photo)
    (tmp_path / "photos" / ".hidden").write_bytes(b"x")
    told, seen = [], []
    files = client.upload_folder(tmp_path / "photos", on_progress=lambda done, all_: told.append((done, all_)))
    assert [file.name for file in files] == ["a.jpg", "shoes/b.jpg"]
    assert told == [(1, 2), (2, 2)]
    settings = {"pipeline": "packshot-white", "idempotency_key": "order-1"}
    job = client.submit("pipeline", files=files, **settings)
    assert client.submit("pipeline", files=files, **settings).id == job.id
    done = client.wait(job.id, timeout=300, on_progress=lambda now: seen.append(now.state))
    assert done.state == "done", done.error
    assert seen[-1] == "done"
    events = list(client.events(job.id))
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert events[-1].name == "done"
    assert list(client.events(job.id, after=events[-1].number)) == []
    results = list(client.results(job.id))
    pictures = [result for result in results if result.media_type == "image/jpeg"]
    assert len(pictures) >= 2
    path = client.download(job.id, pictures[0].name, tmp_path)
    assert packshot.verify(path).ok
    with zipfile.ZipFile(client.download_zip(job.id, tmp_path / "all.zip")) as archive:
        assert archive.testzip() is None
        assert {result.name for result in results if result.digest} <= set(archive.namelist())
    assert job.id in {row.id for row in client.jobs(states=["done"])}
    client.delete(job.id)
    with pytest.raises(errors.NotKnown):
        client.job(job.id)


def test_a_zip_bomb_makes_no_job_of_a_catalogue(client, tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(3):
            archive.writestr(f"{i}.jpg", b"\0" * 20_000_000)
    job = client.submit("pipeline", files=[client.upload(tmp_path / "bomb.zip")])
    done = client.wait(job.id, timeout=300)
    said = done.error + " ".join(str(result.facts) for result in client.results(job.id))
    said += " ".join(str(event.data) for event in client.events(job.id))
    assert done.state == "failed" or "bomb" in said, (done.state, said)
    assert "bomb" in said


class Shaky:
    """A service that answers as it is told: statuses, or a closed line (0)."""

    def __init__(self, *answers):
        outer = self
        self.answers, self.asked = list(answers), []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                outer.asked.append(
                    (self.headers.get("Idempotency-Key"), self.rfile.read(int(self.headers["Content-Length"])))
                )
                self.reply()

            def do_GET(self):
                outer.asked.append((None, b""))
                self.reply()

            def reply(self):
                status, body = outer.answers.pop(0)
                if not status:
                    self.close_connection = True
                    self.connection.close()
                    return
                self.send_response(status)
                self.send_header("Retry-After", "0")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return packshot.Client(f"http://127.0.0.1:{self.server.server_port}", tries=4)

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def test_a_busy_service_is_asked_again_with_the_same_idempotency_key():
    job = {"id": "job_1", "kind": "pipeline", "state": "queued", "request": {"kind": "pipeline"}}
    job |= {"created": "2026-01-01T00:00:00Z"}
    shaky = Shaky((429, b"{}"), (0, b""), (503, b"{}"), (201, json.dumps(job).encode()))
    with shaky as client:
        assert client.submit("pipeline", files=["file_1"]).id == "job_1"
    assert len(shaky.asked) == 4
    assert len({key for key, _ in shaky.asked}) == 1
    assert shaky.asked[0][0]


def test_patience_ends():
    with Shaky(*[(429, b"{}")] * 4) as client, pytest.raises(errors.Busy):
        client.job("x")
    shaky = Shaky((422, b'{"detail": "no", "type": "urn:packshot:problem:parameter"}'))
    with shaky as client, pytest.raises(errors.ParameterError, match="no"):
        client.job("x")


def test_nobody_there():
    with pytest.raises(errors.Unavailable, match="packshot serve"):
        packshot.Client("http://127.0.0.1:9", tries=1).operations()
    with pytest.raises(errors.ParameterError, match="http"):
        packshot.Client("ftp://x")
    with pytest.raises(errors.ParameterError, match="key"):
        packshot.Client(key="a\r\nX: y")


def test_the_client_needs_the_base_install_only():
    code = (
        "import sys\n"
        "for name in ('fastapi', 'starlette', 'uvicorn', 'sqlalchemy', 'httpx'): sys.modules[name] = None\n"
        "import packshot\n"
        "packshot.Client('http://127.0.0.1:9')\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
