"""Requests made from the OpenAPI document: whatever comes, no 5xx, and every error is a problem."""

import pytest
from hypothesis import HealthCheck, Phase, settings

schemathesis = pytest.importorskip("schemathesis", reason="a development dependency")

SLOW = 200
QUICK = 4
USUAL = {
    "deadline": None,
    "derandomize": True,
    "phases": [Phase.explicit, Phase.generate],
    "suppress_health_check": list(HealthCheck),
}


@pytest.fixture(scope="session")
def document(served):
    """The document of a running service."""
    found = schemathesis.openapi.from_url(f"{served.url}/openapi.json", headers=head(served, "chef"))
    return found


def head(served, key):
    return {"Authorization": f"Bearer {served.keys[key]}"}


schema = schemathesis.pytest.from_fixture("document")


def answered(case, served):
    answer = case.call(headers=head(served, "chef"), timeout=120)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        said = answer.json()
        assert {"type", "title", "status", "detail", "request_id"} <= set(said)


@schema.parametrize()
@settings(max_examples=QUICK, **USUAL)
def test_no_server_error(case, served):
    answered(case, served)


@pytest.mark.slow
@schema.parametrize()
@settings(max_examples=SLOW, **USUAL)
def test_no_server_error_at_length(case, served):
    answered(case, served)
