"""Keys: hashes only, scopes, quotas, revocation at once; the service refuses to be open to others."""

import datetime as dt
import hashlib
import stat

import pytest

from packshot.errors import FileError, NotKnown, ParameterError
from packshot.serve.guards import keys
from packshot.serve.guards.keys import Keys, refuse_open
from packshot.serve.settings import settings


def test_only_the_hash_is_kept_and_only_its_owner_reads_it(tmp_path):
    path = tmp_path / "deep" / "keys.json"
    secret = keys.make(path, "shop-a")
    assert secret not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = Keys(path, {}).find(secret)
    assert (found.name, found.tenant, found.scopes) == ("shop-a", "shop-a", ("edit", "jobs"))
    assert Keys(path, {}).find(secret + "x") is None
    assert Keys(path, {}).find("") is None
    assert Keys(path, {}).find(found.digest) is None, "the hash itself is no key"


def test_a_revoked_key_stops_working_in_a_running_service(tmp_path):
    path = tmp_path / "keys.json"
    secret, other = keys.make(path, "a"), keys.make(path, "b")
    running = Keys(path, {})
    assert running.find(secret)
    keys.revoke(path, "a")
    assert running.find(secret) is None
    assert running.find(other)
    with pytest.raises(NotKnown, match="'a'"):
        keys.revoke(path, "a")


def test_keys_run_out(tmp_path):
    path = tmp_path / "keys.json"
    secret = keys.make(path, "a", days=3)
    today = dt.datetime.now(dt.UTC).date()
    assert Keys(path, {}).find(secret, today + dt.timedelta(days=3))
    assert Keys(path, {}).find(secret, today + dt.timedelta(days=4)) is None


@pytest.mark.parametrize(("name", "scopes"), [("a b", ()), ("", ("edit",)), ("../x", ("edit",)), ("ok", ("root",))])
def test_malformed_names_and_scopes_are_refused(tmp_path, name, scopes):
    with pytest.raises(ParameterError, match="expected"):
        keys.make(tmp_path / "keys.json", name, scopes)


def test_a_name_is_taken_once(tmp_path):
    keys.make(tmp_path / "keys.json", "a")
    with pytest.raises(ParameterError, match="revoke a"):
        keys.make(tmp_path / "keys.json", "a")


def test_keys_of_the_environment(tmp_path):
    digest = hashlib.sha256(b"secret").hexdigest()
    found = Keys(tmp_path / "none.json", {keys.VARIABLE: f"ci:{digest}:edit+metrics"}).find("secret")
    assert found.scopes == ("edit", "metrics")
    with pytest.raises(ParameterError, match="PACKSHOT_KEYS"):
        Keys(tmp_path / "none.json", {keys.VARIABLE: "ci:abc"})


def test_a_damaged_file_of_keys_locks_nobody_in_silently(tmp_path):
    (tmp_path / "keys.json").write_text('{"keys": [{"name": "a"}]}')
    with pytest.raises(FileError, match="packshot serve key"):
        Keys(tmp_path / "keys.json", {})


@pytest.mark.parametrize(
    "given",
    [
        {"host": "0.0.0.0"},
        {"host": "::"},
        {"host": "192.168.1.4"},
        {"https": True},
        {"hosts": "pictures.example.com"},
        {"proxies": "10.0.0.0/8"},
    ],
)
def test_a_service_others_can_reach_needs_a_key(tmp_path, given):
    wanted = settings({"data": tmp_path, **given}, {})
    with pytest.raises(ParameterError, match="packshot serve key NAME"):
        refuse_open(wanted)
    keys.make(wanted.keys_file, "a")
    refuse_open(wanted)


def test_on_loopback_it_works_at_once(tmp_path):
    for host in ("127.0.0.1", "::1", "localhost"):
        refuse_open(settings({"data": tmp_path, "host": host}, {}))


def test_without_a_key_nothing_is_told(call):
    for path in ("/v1/operations", "/v1/jobs", "/v1/limits", "/metrics", "/v1/models", "/v1/files/x"):
        answer = call("GET", path, key=None)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert "packshot serve key" in answer.json()["mend"]
    assert call("GET", "/healthz", key=None).status_code == 200


def test_the_key_may_come_as_header_or_cookie(served, call):
    secret = served.keys["anna"]
    for headers in (
        {"X-API-Key": secret},
        {"Cookie": f"a=b; packshot_key={secret}"},
        {"Authorization": f"bearer {secret}"},
    ):
        assert call("GET", "/v1/me", key=None, headers=headers).json()["name"] == "anna"
    assert call("GET", "/v1/me", key=None, headers={"Authorization": f"Basic {secret}"}).status_code == 401


def test_scopes(call):
    assert call("GET", "/v1/jobs", key="look").status_code == 403
    assert "jobs" in call("GET", "/v1/jobs", key="look").json()["mend"]
    assert call("GET", "/metrics", key="anna").status_code == 403
    assert call("GET", "/metrics", key="chef").status_code == 200
    train = {"kind": "train", "parameters": {}}
    answer = call("POST", "/v1/jobs", json=train)
    assert answer.status_code == 403
    assert "train" in answer.json()["detail"]


def test_rates_and_days_of_a_key(served, call, photo):
    path = served.service.settings.keys_file
    slow = keys.make(path, "slow", requests_per_minute=3)
    few = keys.make(path, "few", edits_per_day=1)
    try:
        codes = [call("GET", "/v1/me", key=None, headers={"X-API-Key": slow}) for _ in range(5)]
        assert [c.status_code for c in codes].count(429) >= 1
        assert int(codes[-1].headers["retry-after"]) >= 1
        said = [
            call("POST", "/v1/verify", key=None, headers={"X-API-Key": few}, files={"picture": ("x.jpg", photo)})
            for _ in range(2)
        ]
        assert [c.status_code for c in said] == [200, 429]
        assert "quota" in said[1].json()["detail"]
    finally:
        keys.revoke(path, "slow")
        keys.revoke(path, "few")


def test_trying_keys_is_slowed_down(served, call):
    codes = {call("GET", "/v1/me", key=None, headers={"X-API-Key": f"pk_{i}"}).status_code for i in range(30)}
    assert codes == {401, 429}
    served.service.access.rates.buckets.clear()
    assert call("GET", "/v1/me").status_code == 200
