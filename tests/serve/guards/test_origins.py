"""Who may call a service without keys: no page of another site, whatever its name was pointed at."""

import pytest

pytest.importorskip("fastapi", reason="needs the extra serve")


@pytest.fixture(scope="module")
def open_service(tmp_path_factory):
    """Asks a keyless service without starting its processes: `ask(path, **headers)`."""
    from starlette.testclient import TestClient

    from packshot.serve.api.app import create_app
    from packshot.serve.settings import settings

    app = create_app(settings({"data": tmp_path_factory.mktemp("open")}, {}))
    client = TestClient(app, base_url="http://127.0.0.1:8080")

    def ask(path="/v1/me", method="GET", **headers):
        return client.request(method, path, headers=headers, follow_redirects=False)

    return ask


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "[::1]:8080", "LOCALHOST", "127.0.0.1"])
def test_loopback_names_are_answered_to(open_service, host):
    assert open_service(host=host).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "169.254.169.254", "",
        "localhost@evil.example", "evil.example#localhost", "127.0.0.1/x", "[::1",
    ],
)  # fmt: skip
def test_a_name_pointed_at_loopback_is_not_answered_to(open_service, host):
    answer = open_service(host=host)
    assert answer.status_code == 421
    assert answer.json()["field"] == "Host"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:9999", "http://127.0.0.1"])
def test_a_page_of_another_origin_may_not_call(open_service, origin):
    for method, path in (("POST", "/v1/jobs"), ("GET", "/v1/me"), ("DELETE", "/v1/files/x")):
        answer = open_service(path, method, origin=origin)
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers


def test_its_own_pages_may_call(open_service):
    headers = {"origin": "http://127.0.0.1:8080", "sec-fetch-site": "same-origin"}
    assert open_service(**headers).status_code == 200


def test_a_picture_or_a_form_of_another_site_is_refused_without_origin_too(open_service):
    assert open_service(**{"sec-fetch-site": "cross-site"}).status_code == 403
    assert open_service("/v1/jobs", "POST", **{"sec-fetch-site": "same-site"}).status_code == 403


def test_a_link_leads_to_the_studio(open_service):
    assert open_service("/", **{"sec-fetch-site": "cross-site"}).status_code in (200, 307)


def test_cors_is_closed(open_service):
    headers = {"origin": "http://evil.example", "access-control-request-method": "POST"}
    answer = open_service("/v1/jobs", "OPTIONS", **headers)
    assert answer.status_code in (403, 405)
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_every_answer_has_the_headers_that_keep_browsers_from_mischief(open_service):
    for path in ("/v1/me", "/nothing", "/healthz", "/openapi.json"):
        headers = open_service(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers


def test_the_studio_has_a_policy_of_its_own_without_inline_scripts(open_service):
    answer = open_service("/studio/")
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "<script>" not in answer.text
    assert " onclick=" not in answer.text
