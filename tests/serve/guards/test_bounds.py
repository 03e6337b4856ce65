"""Memory, rates, log lines, headers: each bound by itself."""

import json
import logging
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.errors import Busy, ParameterError, TooLarge
from packshot.serve.guards import headers, logs
from packshot.serve.guards.admission import Memory, available
from packshot.serve.guards.rates import Rates
from packshot.serve.settings import Settings, settings


def test_memory_is_given_out_up_to_the_budget_and_no_further():
    memory = Memory(1000)
    memory.take(600, 0)
    with pytest.raises(Busy) as busy:
        memory.take(600, 0.05)
    assert busy.value.retry_after >= 1
    with pytest.raises(TooLarge, match="--memory-mb"):
        memory.take(1001, 0)
    memory.give_back(600)
    memory.take(1000, 0)
    assert memory.used == 1000


def test_who_waits_for_memory_gets_it_when_it_is_free():
    memory, got = Memory(1000), []
    memory.take(1000, 0)

    def wait():
        with memory.taken(500, 20):
            got.append(memory.used)

    threads = [threading.Thread(target=wait) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    assert got == []
    memory.give_back(1000)
    for thread in threads:
        thread.join()
    assert len(got) == 4
    assert max(got) <= 1000
    assert memory.used == 0


def test_the_machine_s_free_memory_is_known():
    assert available() > 1 << 20


@given(st.lists(st.floats(0, 5), min_size=1, max_size=60), st.integers(1, 30))
def test_a_bucket_never_gives_more_than_it_holds_and_regains(pauses, per_minute):
    rates, now, passed = Rates(), 0.0, 0
    for pause in pauses:
        now += pause
        was_empty = rates.spent("a", per_minute, now)
        try:
            rates.spend("a", per_minute, now)
            passed += 1
        except Busy:
            assert was_empty
    rates.spend("b", per_minute, now)  # another's bucket is another's
    assert passed <= per_minute + now * per_minute / 60 + 1


@given(st.text())
def test_no_name_ends_its_header(name):
    value = headers.attached(name)
    assert value.isascii()
    assert value.isprintable()
    assert value.count('"') == 2
    assert "/" not in value


@given(st.text(), st.text())
def test_no_text_makes_two_lines_of_a_log_line(event, value):
    record = logging.LogRecord("packshot.serve", logging.INFO, "", 0, "%s", (event,), None)
    record.facts = {"value": value}
    line = logs.Lines().format(record)
    assert "\n" not in line
    assert json.loads(line)["value"] == value


def test_logs_hold_nothing_of_the_picture(served, call, photo, caplog):
    with caplog.at_level(logging.INFO, logger="packshot.serve"):
        form = {"parameters": json.dumps({"colour": "papayawhip"})}
        answer = call("POST", "/v1/edit/background", files={"picture": ("secret-product.jpg", photo)}, data=form)
        assert answer.status_code == 200, answer.text
    lines = "\n".join(logs.Lines().format(record) for record in caplog.records if record.name == "packshot.serve")
    assert '"route": "/v1/edit/background"' in lines
    assert answer.headers["x-request-id"] in lines
    assert '"key": "anna"' in lines
    for secret in ("secret-product", "papayawhip", served.keys["anna"], photo[:20].hex()):
        assert secret not in lines


def test_settings_are_refused_by_name():
    for wrong in ({"port": 99999}, {"upload_mb": 0}, {"fetch_networks": "nonsense"}, {"nonsense": 1}):
        with pytest.raises(ParameterError, match=next(iter(wrong))):
            settings(wrong, {})
    with pytest.raises(ParameterError, match="PACKSHOT_SERVE_PROT"):
        settings({}, {"PACKSHOT_SERVE_PROT": "1"})
    found = settings({"port": 9}, {"PACKSHOT_SERVE_PORT": "8", "PACKSHOT_SERVE_HOSTS": "a.example, b.example"})
    assert (found.port, found.hosts) == (9, ("a.example", "b.example"))


def test_every_setting_is_described_and_bounded():
    for name, info in Settings.model_fields.items():
        assert info.description, name
        if info.annotation in (int, float):
            bounds = {k for m in info.metadata for k in ("ge", "le") if getattr(m, k, None) is not None}
            assert bounds == {"ge", "le"}, name
