"""Every attack of the list is refused by a real service, with a problem that says why, and it goes on working."""

import contextlib
import io
import json
import socket
import struct
import threading
import time
import zipfile
import zlib

import pytest


def problem(answer, status, slug=""):
    """The problem in an answer, which must be one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert said["status"] == status
    assert said["detail"]
    assert said["request_id"]
    assert not slug or said["type"] == f"urn:packshot:problem:{slug}"
    return said


def edit(call, data, operation="frame", name="mug.jpg", key="anna", **form):
    return call("POST", f"/v1/edit/{operation}", key=key, files={"picture": (name, data)}, data=form)


# Paths


@pytest.mark.parametrize(
    "place", ["/etc/passwd", "../../../etc/passwd", "file:///etc/passwd", "C:\\boot.ini", "\\\\x\\y"]
)
def test_no_parameter_opens_a_path(call, photo, place):
    parameters = {"kind": "picture", "picture": place}
    said = problem(edit(call, photo, "background", parameters=json.dumps(parameters)), 403, "unsafe-path")
    assert said["field"] == "background.picture"
    assert said["mend"]


@pytest.mark.parametrize("place", ["/etc/passwd", "../weights/x", "..", "a/b.safetensors", "http://x/y.safetensors"])
def test_no_weights_by_path(call, photo, place):
    said = problem(edit(call, photo, "upscale", parameters=json.dumps({"model": place})), 403, "unsafe-path")
    assert said["field"] == "upscale.model"


def test_weights_in_the_working_folder_are_not_found_by_their_name(call, photo, tmp_path, monkeypatch):
    said = problem(edit(call, photo, "upscale", parameters=json.dumps({"model": "pyproject.toml"})), 422)
    assert "/" not in said["detail"].split("GET")[0], "no place of the server is told"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/files/..%2f..%2fkeys.json/content",
        "/v1/files/%2e%2e%2f%2e%2e%2fkeys.json",
        "/v1/jobs/../../keys.json",
        "/v1/jobs/x/results/../../../../etc/passwd",
        "/v1/jobs/x/results/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/studio/..%2f..%2fsettings.py",
    ],
)
def test_no_address_leads_out_of_the_store(served, path):
    said = raw(
        served, f"GET {path} HTTP/1.1\r\nHost: {served.host}\r\nAuthorization: Bearer {served.keys['anna']}\r\n\r\n"
    )
    assert said.startswith(b"HTTP/1.1 404"), said[:200]
    assert b"root:" not in said


def test_a_catalogue_outside_the_roots_is_refused(call):
    for place in ("/etc", "../..", "file:///etc", "http://127.0.0.1/x"):
        wanted = {"kind": "pipeline", "parameters": {"pipeline": "packshot-white"}, "catalogue": place}
        problem(call("POST", "/v1/jobs", json=wanted), 403, "unsafe-path")


@pytest.mark.parametrize("place", ["/etc/passwd", "$picture", "../x.jpg", "http://169.254.169.254/x"])
def test_a_recipe_names_no_path(call, photo, place):
    file = call("POST", "/v1/files", files={"file": ("x.jpg", photo)}).json()["id"]
    recipe = f"steps:\n  - cutout\n  - background: {{kind: picture, picture: '{place}'}}\n"
    wanted = {"kind": "pipeline", "parameters": {"recipe": recipe}, "files": [file]}
    problem(call("POST", "/v1/jobs", json=wanted), 403, "unsafe-path")


def test_a_recipe_is_no_way_to_run_anything(call, photo):
    file = call("POST", "/v1/files", files={"file": ("x.jpg", photo)}).json()["id"]
    for recipe in ("!!python/object/apply:os.system ['id']", "a: &a [x]\nb: [*a, *a]", "steps: [" * 5000):
        wanted = {"kind": "pipeline", "parameters": {"recipe": recipe}, "files": [file]}
        problem(call("POST", "/v1/jobs", json=wanted), 422, "pipeline")


def test_a_file_name_with_folders_and_dots_is_kept_harmless(call, photo):
    answer = call("POST", "/v1/files", files={"file": ("../../../etc/cron.d/x.jpg", photo)})
    assert answer.status_code == 201
    assert answer.json()["name"] == "etc/cron.d/x.jpg"


# Server-side request forgery


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x.jpg",
        "http://localhost:80/x.jpg",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/x.jpg",
        "http://[::ffff:127.0.0.1]/x.jpg",
        "http://[64:ff9b::7f00:1]/x.jpg",
        "http://[2002:7f00:1::]/x.jpg",
        "http://2130706433/x.jpg",
        "http://0x7f.1/x.jpg",
        "http://0.0.0.0/x.jpg",
        "http://10.0.0.1/x.jpg",
        "http://192.168.1.1/x.jpg",
        "http://100.64.0.1/x.jpg",
        "http://[fd00::1]/x.jpg",
        "http://[fe80::1%25eth0]/x.jpg",
        "http://user:word@93.184.215.14/x.jpg",
        "http://93.184.215.14:22/x.jpg",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_x",
        "ftp://127.0.0.1/x",
        "http://127.0.0.1\\@93.184.215.14/x",
        "http://93.184.215.14/x\r\nHost: evil",
    ],
)
def test_no_address_inside_is_fetched(call, url):
    problem(call("POST", "/v1/files", json={"url": url}), 403, "unsafe-path")
    wanted = {"kind": "pipeline", "parameters": {"pipeline": "packshot-white"}, "files": ["file_x"], "webhook": url}
    assert call("POST", "/v1/jobs", json=wanted).status_code in (403, 404)


# Bombs and hostile files


def png(width, height, rows=b""):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_a_decompression_bomb_is_refused_by_its_header(served, call):
    used = served.service.memory.used
    said = problem(edit(call, png(40_000, 40_000, b"\0" * 100), name="bomb.png"), 413, "too-large")
    assert "1,600,000,000 pixels" in said["detail"]
    assert served.service.memory.used == used


def test_a_picture_that_decodes_to_more_than_its_header_says_is_refused(call):
    data = png(64, 64, b"\0" * 50_000_000)  # 48 kB that unpack to 50 MB
    assert edit(call, data, name="x.png").status_code in (200, 415, 422)


def test_a_result_larger_than_allowed_is_refused(call, photo):
    parameters = json.dumps({"width": 20000, "height": 20000})
    assert edit(call, photo, "frame", parameters=parameters).status_code in (413, 422)


def test_a_zip_bomb_is_no_picture_and_no_catalogue(call):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jpg", b"\0" * 20_000_000)
    said = problem(edit(call, packed.getvalue(), name="a.zip"), 415, "unreadable-file")
    assert "zip" in said["detail"]


@pytest.mark.parametrize(
    "data",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><svg>&e;</svg>',
        b"%PDF-1.7",
        b"%!PS-Adobe",
        b"GIF89a",
        b"",
        b"\xff\xd8\xff\xe0",
        b"RIFF\x10\0\0\0WEBPVP8X",
    ],
)
def test_what_is_no_picture_is_refused(call, data):
    said = problem(edit(call, data), 415, "unreadable-file")
    assert "root:" not in said["detail"]


def test_entities_in_xmp_are_not_opened(call, photo):
    packet = (
        b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="&e;"/></rdf:RDF></x:xmpmeta>'
    )
    body = b"http://ns.adobe.com/xap/1.0/\0" + packet
    data = photo[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + photo[2:]
    answer = edit(call, data)
    assert answer.status_code == 200, answer.text
    assert b"root:" not in answer.content


def test_a_corrupted_upload_is_named_as_such(call, photo):
    said = problem(edit(call, photo[: len(photo) // 2]), 415, "unreadable-file")
    assert "cut off" in said["detail"] or "damaged" in said["detail"]


# Sizes


def test_oversized_json_is_refused_before_it_is_read(call):
    said = problem(call("POST", "/v1/jobs", content=b'{"kind":"' + b"x" * 70_000 + b'"}'), 413, "too-large")
    assert said["field"] == "body"


def test_oversized_json_without_a_stated_length_is_refused_while_it_comes(served):
    head = f"POST /v1/jobs HTTP/1.1\r\nHost: {served.host}\r\nTransfer-Encoding: chunked\r\n"
    head += f"Authorization: Bearer {served.keys['anna']}\r\n\r\n"
    chunk = b"2000\r\n" + b"x" * 0x2000 + b"\r\n"
    assert raw(served, head, chunk * 12).startswith(b"HTTP/1.1 413")


def test_an_upload_over_the_limit_is_refused(call, photo):
    problem(edit(call, photo + b"\0" * (2 << 20) + b"\0" * 70_000), 413, "too-large")


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "{" * 10, "NaN", '{"a": NaN}', '{"a": "\\ud800"}', '{"a": "\\u0000"}', "[]"]
)
def test_json_that_nothing_can_keep_is_refused(call, photo, text):
    said = problem(edit(call, photo, parameters=text), 422)
    assert said["field"] == "parameters"
    assert call("POST", "/v1/jobs", content=text.encode()[:60_000]).status_code == 422


def test_too_many_parts_are_refused(call, photo):
    files = [(f"part{i}", ("x.jpg", photo)) for i in range(40)]
    problem(call("POST", "/v1/edit/frame", files=files), 400)


# Heads


def test_no_header_can_be_put_in_by_a_name(call, photo):
    name = 'a"; x=y\r\nSet-Cookie: evil=1\r\n\r\n<script>.jpg'
    answer = call("POST", "/v1/files", files={"file": ("x.jpg", photo)}, data={"name": name})
    assert answer.status_code == 201
    content = call("GET", answer.json()["url"])
    assert "set-cookie" not in content.headers
    assert "evil" not in content.headers["content-disposition"].split(";")[0]
    assert edit(call, photo, name=name).headers.get("set-cookie") is None


def test_a_request_id_is_taken_only_if_it_is_one(call):
    assert call("GET", "/v1/me", headers={"X-Request-ID": "order-4711.a"}).headers["x-request-id"] == "order-4711.a"
    assert call("GET", "/v1/me", headers={"X-Request-ID": "<script>"}).headers["x-request-id"] != "<script>"


def test_a_head_without_end_is_cut_off(served):
    said = raw(served, "GET /v1/me HTTP/1.1\r\n" + "".join(f"X-{i}: {'y' * 1000}\r\n" for i in range(100)))
    assert said.startswith(b"HTTP/1.1 431") or said == b""


def test_two_lengths_are_refused(served):
    head = f"POST /v1/jobs HTTP/1.1\r\nHost: {served.host}\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert raw(served, head, b"0\r\n\r\n").startswith(b"HTTP/1.1 400")


# Tenants


def test_another_tenants_files_are_not_there(call, photo):
    own = call("POST", "/v1/files", files={"file": ("x.jpg", photo)}).json()
    for path in (f"/v1/files/{own['id']}", own["url"], f"/v1/verify?file={own['id']}"):
        assert call("GET", path).status_code == 200
        problem(call("GET", path, key="otto"), 404, "not-found")
    problem(call("DELETE", f"/v1/files/{own['id']}", key="otto"), 404)
    form = {"file": own["id"]}
    assert call("POST", "/v1/edit/frame", data=form, files={"mask": ("m", b"")}, key="otto").status_code == 404
    wanted = {"kind": "pipeline", "parameters": {"pipeline": "packshot-white"}, "files": [own["id"]]}
    problem(call("POST", "/v1/jobs", json=wanted, key="otto"), 404)


def test_another_tenants_jobs_are_not_there(call, photo):
    own = call("POST", "/v1/files", files={"file": ("x.jpg", photo)}).json()
    wanted = {"kind": "pipeline", "parameters": {"pipeline": "packshot-white"}, "files": [own["id"]]}
    job = call("POST", "/v1/jobs", json=wanted)
    assert job.status_code == 201, job.text
    at = f"/v1/jobs/{job.json()['id']}"
    for method, path in (
        ("GET", at),
        ("GET", f"{at}/events"),
        ("GET", f"{at}/results"),
        ("GET", f"{at}/results/x"),
        ("GET", f"{at}/zip"),
        ("POST", f"{at}/cancel"),
        ("DELETE", at),
    ):
        problem(call(method, path, key="otto"), 404, "not-found")
    assert all(row["id"] not in at for row in call("GET", "/v1/jobs", key="otto").json()["jobs"])
    assert call("GET", at, key="chef").status_code == 200, "an administrator sees all"
    assert call("POST", f"{at}/cancel").status_code == 200


# Slowness, and callers that go


def test_a_head_that_never_ends_is_given_up(served):
    began = time.monotonic()
    with socket.create_connection((served.host, served.port), 60) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        said = line.recv(1000)
    assert said.startswith(b"HTTP/1.1 408") or said == b""
    assert time.monotonic() - began < 30


def test_a_body_that_does_not_come_is_given_up(served):
    head = f"POST /v1/jobs HTTP/1.1\r\nHost: {served.host}\r\nContent-Length: 100\r\n"
    said = raw(served, f"{head}Authorization: Bearer {served.keys['anna']}\r\n\r\n", b'{"kind"')
    assert said.startswith(b"HTTP/1.1 408")


def test_slow_callers_do_not_keep_others_waiting(served, call):
    slow = [socket.create_connection((served.host, served.port), 60) for _ in range(40)]
    try:
        for line in slow:
            line.sendall(b"POST /v1/jobs HTTP/1.1\r\nContent-Length: 9\r\n")
        assert call("GET", "/v1/me").status_code == 200
    finally:
        for line in slow:
            line.close()


def test_a_caller_who_goes_in_the_middle_of_an_upload_leaves_nothing(served, call, photo):
    folder = served.service.settings.data / "files"
    before = sorted(folder.rglob("*"))
    for _ in range(3):
        with socket.create_connection((served.host, served.port), 60) as line:
            head = f"POST /v1/files HTTP/1.1\r\nHost: {served.host}\r\nAuthorization: Bearer {served.keys['anna']}\r\n"
            head += "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n"
            body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="half.jpg"\r\n\r\n' + photo[:1000]
            line.sendall(head.encode() + body)
    time.sleep(0.3)
    assert sorted(folder.rglob("*")) == before
    assert call("GET", "/v1/me").status_code == 200


# What callers see of each other


def test_overload_is_told_and_passes(served, call, photo):
    pool = served.service.pool
    queue, pool.queue = pool.queue, 1
    answers = []
    try:
        threads = [threading.Thread(target=lambda: answers.append(edit(call, photo))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        pool.queue = queue
    codes = {answer.status_code for answer in answers}
    assert codes == {200, 429}
    busy = next(answer for answer in answers if answer.status_code == 429)
    assert int(busy.headers["retry-after"]) >= 1
    assert edit(call, photo).status_code == 200


def raw(served, head, body=b""):
    """What comes back for bytes as they are."""
    said = b""
    with socket.create_connection((served.host, served.port), 30) as line, contextlib.suppress(OSError):
        with contextlib.suppress(OSError):
            line.sendall(head.encode() + body)
        while b"\r\n\r\n" not in said and (piece := line.recv(4000)):
            said += piece
    return said
