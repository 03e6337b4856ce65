"""Addresses of callers': resolved once and pinned; redirects checked anew; against real servers on loopback."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from packshot.errors import FileError, TooLarge, UnsafePath
from packshot.serve.guards import ssrf
from packshot.serve.guards.ssrf import Reach

PUBLIC = "93.184.215.14"


@contextmanager
def server(answers):
    """A server on loopback; `answers`: path → (status, headers, body). Gives its port, and what it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers["Host"]))
            status, headers, body = answers[self.path]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            asked.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    found = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=found.serve_forever, daemon=True).start()
    try:
        yield found.server_port, asked
    finally:
        found.shutdown()
        found.server_close()


def own(names=None, seconds=10.0):
    """A reach that allows 127.0.0.1 as an own network, and resolves names by a table."""
    names = names or {}
    return Reach(("127.0.0.1/32",), seconds, lambda host, port: names.get(host, [host]))


def got(url, reach, limit=1 << 20):
    return b"".join(ssrf.pieces(url, reach, limit))


def test_a_file_is_fetched_by_the_name_s_one_address():
    with server({"/a.jpg": (200, {}, b"picture")}) as (port, asked):
        assert got(f"http://shop.test:{port}/a.jpg", own({"shop.test": ["127.0.0.1"]})) == b"picture"
        assert asked == [("/a.jpg", f"shop.test:{port}")], "asked under its name, at the address that was checked"


def test_a_second_answer_of_the_name_server_changes_nothing():
    """DNS rebinding: public when it is checked, loopback when it is called."""
    answers = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])
    place = ssrf.resolved("http://rebind.test/x", Reach(resolver=lambda host, port: next(answers)))
    assert place.address == PUBLIC, "the connection goes there and nowhere else"
    with pytest.raises(UnsafePath, match="not public"):
        ssrf.resolved("http://rebind.test/x", Reach(resolver=lambda host, port: next(answers)))


def test_one_inner_address_among_public_ones_is_enough_to_refuse():
    for hidden in ("127.0.0.1", "169.254.169.254", "10.1.2.3", "::1", "fd00::1"):
        with pytest.raises(UnsafePath, match="not public"):
            ssrf.resolved("http://two.test/x", Reach(resolver=lambda host, port, h=hidden: [PUBLIC, h]))


@pytest.mark.parametrize(
    "location", ["http://169.254.169.254/latest", "http://[::1]/", "file:///etc/passwd", "//10.0.0.1/x"]
)
def test_a_redirect_inside_is_not_followed(location):
    with (
        server({"/a": (302, {"Location": location}, b"")}) as (port, _),
        pytest.raises(UnsafePath),
    ):
        got(f"http://127.0.0.1:{port}/a", own())


def test_a_redirect_to_where_it_may_go_is_followed_and_never_for_ever():
    answers = {"/a": (302, {"Location": "/b"}, b""), "/b": (200, {}, b"there"), "/c": (302, {"Location": "/c"}, b"")}
    with server(answers) as (port, asked):
        assert got(f"http://127.0.0.1:{port}/a", own()) == b"there"
        with pytest.raises(FileError, match="redirects"):
            got(f"http://127.0.0.1:{port}/c", own())
        assert len(asked) == 2 + 1 + ssrf.REDIRECTS


def test_what_is_too_large_is_broken_off():
    answers = {"/said": (200, {"Content-Length": "9000"}, b"x"), "/unsaid": (200, {}, b"x" * 9000)}
    with server(answers) as (port, _):
        for path in answers:
            with pytest.raises(TooLarge):
                got(f"http://127.0.0.1:{port}{path}", own(), limit=1000)


def test_what_breaks_off_is_no_file():
    with (
        server({"/cut": (200, {"Content-Length": "9000"}, b"half")}) as (port, _),
        pytest.raises(FileError, match="broke off"),
    ):
        got(f"http://127.0.0.1:{port}/cut", own())


def test_errors_say_who_answered_what():
    with server({"/gone": (404, {}, b"")}) as (port, _), pytest.raises(FileError, match="answered 404"):
        got(f"http://127.0.0.1:{port}/gone", own())
    with pytest.raises(FileError, match="cannot be resolved"):
        got("http://nowhere.invalid/x", Reach(seconds=2))


def test_other_ports_are_for_own_networks_only():
    with pytest.raises(UnsafePath, match="port 80"):
        ssrf.resolved("http://x.test:6379/", Reach(resolver=lambda host, port: [PUBLIC]))


def test_post_follows_no_redirect():
    with server({}) as (port, asked):
        assert ssrf.post(f"http://127.0.0.1:{port}/hook", own(), b"{}", {"X": "y"}) == 204
        assert asked == [("/hook", b"{}")]
    with pytest.raises(UnsafePath):
        ssrf.post("http://127.0.0.1/hook", Reach(), b"{}", {})


def test_no_line_break_gets_into_a_request():
    with pytest.raises(UnsafePath):
        ssrf.resolved("http://x.test/a\r\nX-Evil: 1", Reach(resolver=lambda host, port: [PUBLIC]))
    with server({}) as (port, _), pytest.raises(FileError):
        ssrf.post(f"http://127.0.0.1:{port}/hook", own(), b"{}", {"X": "y\r\nX-Evil: 1"})
