"""Webhooks against a real receiver: signed, sent again until taken, never played again."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from sqlalchemy import select, update

from packshot.errors import ParameterError
from packshot.serve.backend import Backend
from packshot.serve.database.schema import deliveries
from packshot.serve.jobs.leases import Leases
from packshot.serve.jobs.model import JobRequest
from packshot.serve.webhooks import Sender, pause_after, secret_of, signed, verify


@pytest.fixture
def receiver():
    """Answers with the statuses in `answers`, then 200; keeps what it got."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.got.append(({key.lower(): value for key, value in self.headers.items()}, body))
            self.send_response(server.answers.pop(0) if server.answers else 200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.got, server.answers = [], []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def backend(settings):
    made = Backend.open(settings.model_copy(update={"fetch_networks": ("127.0.0.0/8",), "webhook_tries": 3}))
    yield made
    made.close()


def finished(backend, url):
    backend.jobs.submit("shop", JobRequest(kind="pipeline", webhook=url))
    Leases(backend.database, "w").claim().end("done", progress={"finished": 2})


def now_due(backend):
    with backend.database.writing() as c:
        c.execute(update(deliveries).values(next_at=0.0))


def kept(backend):
    with backend.database.reading() as c:
        return dict(c.execute(select(deliveries)).mappings().one())


def test_it_is_sent_again_until_it_is_taken_and_is_signed(backend, receiver):
    receiver.answers += [500]
    finished(backend, f"http://127.0.0.1:{receiver.server_port}/hook?shop=1")
    sender = Sender(backend)
    assert sender.send_due() == 1
    assert sender.send_due() == 0, "not before its pause is over"
    assert (kept(backend)["state"], kept(backend)["answer"]) == ("waiting", "answered 500")
    now_due(backend)
    assert Sender(backend).send_due() == 1
    assert (kept(backend)["state"], kept(backend)["tries"]) == ("delivered", 2)
    now_due(backend)
    assert sender.send_due() == 0
    secret = secret_of(backend.database, "shop")
    ids = {verify(secret, headers, body) for headers, body in receiver.got}
    assert len(receiver.got) == 2
    assert ids == {kept(backend)["id"]}, "the same id in every try, so that a receiver can drop the second"
    told = json.loads(receiver.got[0][1])
    assert (told["event"], told["job"]["state"], told["job"]["progress"]) == ("job.done", "done", {"finished": 2})
    assert "tenant" not in told["job"]


def test_it_is_given_up_in_the_end_and_at_once_where_it_is_not_wanted(backend, receiver):
    receiver.answers += [503] * 3
    finished(backend, f"http://127.0.0.1:{receiver.server_port}/")
    for _ in range(5):
        now_due(backend)
        Sender(backend).send_due()
    assert (kept(backend)["state"], len(receiver.got)) == ("given-up", 3)
    with backend.database.writing() as c:
        c.execute(deliveries.delete())
    receiver.answers += [410]
    finished(backend, f"http://127.0.0.1:{receiver.server_port}/")
    Sender(backend).send_due()
    assert kept(backend)["state"] == "given-up"


def test_addresses_that_are_not_public_are_not_called(settings, receiver):
    backend = Backend.open(settings)
    finished(backend, f"http://127.0.0.1:{receiver.server_port}/")
    Sender(backend).send_due()
    assert "not public" in kept(backend)["answer"]
    assert receiver.got == []
    backend.close()


def test_what_was_changed_or_is_old_is_refused(backend):
    secret, other = secret_of(backend.database, "shop"), secret_of(backend.database, "other")
    assert secret != other
    assert secret == secret_of(backend.database, "shop")
    now = time.time()
    headers = signed(secret, "hook_1", b'{"a":1}', now)
    assert verify(secret, headers, b'{"a":1}') == "hook_1"
    rotated = {**headers, "webhook-signature": f"v1,AAAA {headers['webhook-signature']}"}
    assert verify(secret, rotated, b'{"a":1}') == "hook_1"
    for bad, body, words in (
        (headers, b'{"a":2}', "does not fit"),
        ({**headers, "webhook-id": "hook_2"}, b'{"a":1}', "does not fit"),
        ({**headers, "webhook-timestamp": str(int(now) + 1)}, b'{"a":1}', "does not fit"),
        ({key: value for key, value in headers.items() if key != "webhook-id"}, b'{"a":1}', "expected a header"),
    ):
        with pytest.raises(ParameterError, match=words):
            verify(secret, bad, body)
    with pytest.raises(ParameterError, match="does not fit"):
        verify(other, headers, b'{"a":1}')
    for late in (301, -302):
        with pytest.raises(ParameterError, match="expected within 300 s of now"):
            verify(secret, headers, b'{"a":1}', now + late)


def test_the_signature_is_that_of_the_standard():
    """The example of the specification of Standard Webhooks."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = signed(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', 1614265330)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_pauses_grow():
    assert 4 < pause_after(1) < 6 < pause_after(2) < 40
    assert pause_after(99) > 50_000
