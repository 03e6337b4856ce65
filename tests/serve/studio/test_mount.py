"""What the service serves under /studio/: a fixed table of files, a strict policy, the cookie of a key."""

import hashlib
import json
import re

import pytest

from packshot.serve.studio import mount
from tests.conftest import waited
from tests.serve.studio.words import MODULES, STATIC


@pytest.fixture(scope="module")
def studio():
    """Asks an application that has nothing but the studio."""
    fastapi = pytest.importorskip("fastapi", reason="needs the extra serve")
    from starlette.testclient import TestClient

    from packshot.serve.settings import Settings

    app = fastapi.FastAPI()
    mount.mount(app, Settings())
    return TestClient(app, base_url="http://127.0.0.1", follow_redirects=False)


def test_the_front_leads_to_the_page(studio):
    for address in ("/", "/studio"):
        assert studio.get(address).headers["location"] == "/studio/"
    page = studio.get("/studio/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script" in page.text
    assert "style=" not in page.text
    assert not re.search(r"<script(?![^>]*\ssrc=)|\son\w+=", page.text)  # nothing inline


def test_every_file_has_its_type_and_the_policy(studio):
    for name in mount.static_files():
        answer = studio.get(f"/studio/{name}")
        assert answer.status_code == 200, name
        assert answer.headers["content-security-policy"] == mount.POLICY
        kind = mount.TYPES["." + (name.rpartition(".")[2] or "html")] if "." in name else mount.TYPES[".html"]
        assert answer.headers["content-type"].split(";")[0] == kind.split(";")[0]
    assert "unsafe" not in mount.POLICY
    assert "default-src 'none'" in mount.POLICY


def test_what_is_known_is_not_sent_again(studio):
    first = studio.get("/studio/js/main.js")
    again = studio.get("/studio/js/main.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def status_of(app, path):
    """The status of a path that reaches the application exactly as it is written."""
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http"}
    scope |= {"path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": []}
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    waited(app(scope, receive, send))
    return sent[0]["status"]


@pytest.mark.parametrize(
    "name",
    [
        "../mount.py",
        "/etc/passwd",
        "js/../../mount.py",
        "..\\mount.py",
        "vendor/NOTICE.md",
        "js/",
        "x\0",
        "js/main.js/",
    ],
)
def test_nothing_else_is_served(studio, name):
    assert status_of(studio.app, "/studio/js/main.js") == 200
    assert status_of(studio.app, f"/studio/{name}") == 404


def test_every_import_leads_to_a_file():
    known = mount.static_files()
    for path in MODULES:
        for target in re.findall(r"(?:from|import\()\s*\"(\.[^\"]+)\"", path.read_text(encoding="utf-8")):
            place = (path.parent / target).resolve().relative_to(STATIC.resolve()).as_posix()
            assert place in known, f"{path.name} imports {target}"


def test_modules_are_short():
    long = {path.name: n for path in MODULES if (n := len(path.read_text(encoding="utf-8").splitlines())) > 300}
    assert long == {}


def test_other_peoples_files_are_those_of_the_notice():
    notice = (STATIC / "vendor" / "NOTICE.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\w+\.js) \|.*\b([0-9a-f]{64}) \|$", notice, re.MULTILINE))
    found = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in (STATIC / "vendor").glob("*.js")}
    assert found == rows
    assert {p.name for p in (STATIC / "vendor").glob("LICENSE*")} == {"LICENSE-preact.txt", "LICENSE-htm.txt"}


def test_no_address_of_another_host_is_fetched():
    """Addresses stand in the code only as names of namespaces."""
    for name, read in mount.static_files().items():
        text = read().decode("utf-8")
        hosts = set(re.findall(r"https?://([a-z0-9.-]+)", text))
        assert hosts <= {"www.w3.org"}, name


def test_a_key_becomes_a_cookie_no_script_can_read(studio):
    answer = studio.post("/studio/session", json={"key": "ps_abc"})
    cookie = answer.headers["set-cookie"]
    assert answer.status_code == 204
    assert cookie.startswith("packshot_key=ps_abc;")
    for flag in ("HttpOnly", "SameSite=strict", "Path=/"):
        assert flag in cookie
    gone = studio.delete("/studio/session").headers["set-cookie"]
    assert 'packshot_key="";' in gone
    assert "Max-Age=0" in gone


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"key": 3}', b'{"key": ""}', b'{"key": "a;b"}', b'{"key": "a\\r\\nX: y"}']
)
def test_what_is_no_key_makes_no_cookie(studio, body):
    answer = studio.post("/studio/session", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert "set-cookie" not in answer.headers


def test_over_https_the_cookie_is_for_https_alone():
    fastapi = pytest.importorskip("fastapi", reason="needs the extra serve")
    from starlette.testclient import TestClient

    from packshot.serve.settings import Settings

    app = fastapi.FastAPI()
    mount.mount(app, Settings(https=True))
    answer = TestClient(app, base_url="https://packshot.example").post(
        "/studio/session", content=json.dumps({"key": "k"})
    )
    assert "Secure" in answer.headers["set-cookie"]
