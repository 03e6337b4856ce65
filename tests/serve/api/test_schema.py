"""Requests made from the OpenAPI document: whatever comes, no 5xx, and every error is a problem."""

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, given, settings

schemathesis = pytest.importorskip("schemathesis", reason="a development dependency")

QUICK, LONG = 3, 150  # requests to every address
USUAL = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "verbosity": Verbosity.quiet,
    "phases": [Phase.explicit, Phase.generate],
    "suppress_health_check": list(HealthCheck),
}


def ask_everything(served, count):
    """Send `count` requests made up for every address, right and wrong ones; gives the addresses."""
    head = {"Authorization": f"Bearer {served.keys['chef']}"}
    document = schemathesis.openapi.from_url(f"{served.url}/openapi.json", headers=head)
    asked, statuses = set(), set()
    for found in document.get_all_operations():
        operation = found.ok()
        sent = given(case=operation.as_strategy())(lambda case: statuses.add(answered(case, head)))
        settings(max_examples=count, **USUAL)(sent)()
        asked.add(operation.label)
    return asked, statuses


def answered(case, head):
    """The status of the answer to a request, which is not the server's fault and tells what is wrong."""
    answer = case.call(headers=head, timeout=300)
    assert answer.status_code < 500, f"{case.method} {case.path}: {answer.text}"
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == ["application/problem+json"], case.path
        assert {"type", "title", "status", "detail", "request_id"} <= set(answer.json()), case.path
    return answer.status_code


def test_no_server_error(served):
    asked, statuses = ask_everything(served, QUICK)
    assert len(asked) > 30
    assert {200, 404, 415, 422} <= statuses


@pytest.mark.slow
def test_no_server_error_at_length(served):
    ask_everything(served, LONG)
