"""Edits, checks and marks over HTTP: what the Python door does, with the same numbers; errors that say how to mend."""

import io
import json
import threading
import time

import numpy as np
import pytest
from PIL import Image

import packshot
from tests.serve.conftest import wait_until


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)))


def post(call, operation, photo, parameters=None, key="anna", headers=None, files=None, **form):
    form |= {"parameters": json.dumps(parameters)} if parameters is not None else {}
    parts = {"picture": ("mug.jpg", photo), **(files or {})}
    return call("POST", f"/v1/edit/{operation}", key=key, files=parts, data=form, headers=headers or {})


def test_an_edit_is_what_the_python_door_makes(call, photo, tmp_path):
    (tmp_path / "mug.jpg").write_bytes(photo)
    local = packshot.open(tmp_path / "mug.jpg").edit("background", colour="navy")
    local.save(tmp_path / "own.png")
    answer = post(call, "background", photo, {"colour": "navy"}, output='{"format": "png"}')
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/png"
    assert np.array_equal(pixels(answer.content), pixels((tmp_path / "own.png").read_bytes()))
    report = json.loads(answer.headers["packshot-report"])
    assert [step["operation"] for step in report["steps"]] == ["cutout", "background"]
    assert report["steps"][1]["fidelity"] == pytest.approx(dict(local.steps[1].fidelity))
    assert report["steps"][1]["parameters"] == local.steps[1].parameters


def test_every_picture_leaves_with_its_marks(call, photo, tmp_path):
    answer = post(call, "background", photo)
    assert answer.headers["content-type"] == "image/jpeg", "nothing is transparent"
    assert answer.headers["content-disposition"].startswith('inline; filename="mug.jpg"')
    (tmp_path / "x.jpg").write_bytes(answer.content)
    marks = packshot.verify(tmp_path / "x.jpg")
    assert marks.ok
    assert marks.c2pa.state == "valid"
    said = call("POST", "/v1/verify", files={"picture": ("x.jpg", answer.content)}).json()
    assert said["ok"]
    assert said["c2pa"]["state"] == "valid"


def test_json_gives_numbers_and_a_link(call, photo):
    answer = post(call, "cutout", photo, headers={"Accept": "application/json"})
    said = answer.json()
    assert 0 < said["numbers"]["confidence"] <= 1
    assert said["format"] == "png"
    content = call("GET", f"{said['url']}/content")
    assert content.headers["content-type"] == "image/png"
    assert len(content.content) == said["bytes"]
    assert pixels(content.content).shape[2] == 4
    assert call("GET", f"{said['url']}/content", key="otto").status_code == 404


def test_several_steps_in_one_go_lose_nothing_in_between(call, photo, tmp_path):
    (tmp_path / "mug.jpg").write_bytes(photo)
    steps = ["cutout", {"operation": "background", "parameters": {"colour": "red"}}]
    parts, form = {"picture": ("mug.jpg", photo)}, {"steps": json.dumps(steps), "output": '{"format": "png"}'}
    answer = call("POST", "/v1/edit", files=parts, data=form)
    packshot.open(tmp_path / "mug.jpg").edit("cutout").edit("background", colour="red").save(tmp_path / "own.png")
    assert np.array_equal(pixels(answer.content), pixels((tmp_path / "own.png").read_bytes()))


def test_a_picture_may_be_an_uploaded_one_and_parameters_name_others(call, photo):
    file = call("POST", "/v1/files", files={"file": ("mug.jpg", photo)}).json()["id"]
    form = {"file": file, "parameters": json.dumps({"kind": "picture", "picture": "wood"})}
    answer = call("POST", "/v1/edit/background", data=form, files={"wood": ("wood.jpg", photo)})
    assert answer.status_code == 200, answer.text
    form["parameters"] = json.dumps({"kind": "picture", "picture": file})
    again = call("POST", "/v1/edit/background", data=form, files={"unused": ("x.jpg", photo)})
    assert again.status_code == 422
    assert "unused" in again.json()["detail"]


def test_what_is_drawn_is_edited_and_nothing_else(call, photo):
    size = pixels(photo).shape[:2]
    drawn = np.zeros((*size, 4), np.uint8)
    drawn[2:20, 2:20] = 255
    mask = io.BytesIO()
    Image.fromarray(drawn).save(mask, "PNG")
    parameters = {"method": "classical", "grow": 0}
    answer = post(
        call, "erase", photo, parameters, files={"mask": ("m.png", mask.getvalue())}, output='{"format": "png"}'
    )
    assert answer.status_code == 200, answer.text
    same = (pixels(answer.content)[..., :3] == pixels(photo)).all(-1)
    assert same[22:, 22:].all()
    small = io.BytesIO()
    Image.new("L", (8, 8)).save(small, "PNG")
    refused = post(call, "erase", photo, parameters, files={"mask": ("m.png", small.getvalue())})
    assert refused.status_code == 422
    assert refused.json()["field"] == "mask"


def test_an_error_names_every_parameter_what_came_and_how_to_mend_it(call, photo):
    answer = post(call, "background", photo, {"colour": "nonsense", "angle": 999, "nothing": 1})
    assert answer.status_code == 422
    said = answer.json()
    assert {error["field"] for error in said["errors"]} == {
        "background.colour",
        "background.angle",
        "background.nothing",
    }
    angle = next(error for error in said["errors"] if error["field"] == "background.angle")
    assert angle["got"] == "999"
    assert "≤ 360" in angle["mend"]
    assert "default 90" in angle["mend"]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"seed": "-1"}, "seed"),
        ({"seed": "abc"}, "seed"),
        ({"output": '{"quality": 0}'}, "output.quality"),
        ({"policy": "none"}, "policy"),
        ({"nonsense": "1"}, "nonsense"),
    ],
)
def test_the_rest_of_the_form_is_checked_too(call, photo, form, field):
    answer = post(call, "frame", photo, **form)
    assert answer.status_code == 422
    assert answer.json()["field"] == field


def test_unknown_operations_and_missing_pictures(call, photo):
    assert call("POST", "/v1/edit/nonsense", files={"picture": ("x", photo)}).status_code == 404
    none = call("POST", "/v1/edit/frame", files={"mask": ("x", photo)})
    assert none.status_code == 422
    assert none.json()["field"] == "picture"
    assert call("POST", "/v1/edit/frame", json={}).status_code == 415


def test_a_check_says_rule_source_and_how_to_mend(call, photo):
    answer = call("POST", "/v1/check", files={"picture": ("mug.jpg", photo)}, data={"channel": "amazon_main"})
    said = answer.json()
    assert said["outcome"] == "fail", "160 px are too few"
    least = next(f for f in said["channels"]["amazon_main"]["findings"] if f["rule"] == "minimum")
    assert least["outcome"] == "fail"
    assert least["source"].startswith("https://")
    assert least["mend"]
    file = call("POST", "/v1/files", files={"file": ("mug.jpg", photo)}).json()["id"]
    again = call("GET", f"/v1/check?file={file}&channel=amazon_main").json()
    assert again == said
    wrong = call("POST", "/v1/check", files={"picture": ("mug.jpg", photo)}, data={"channel": "amazon_mian"})
    assert wrong.status_code == 422
    assert "amazon_main" in wrong.json()["detail"]


def test_nobody_notices_a_worker_that_is_killed(served, call, photo):
    wait_until(lambda: served.service.pool._hands)
    next(iter(served.service.pool._hands)).process.kill()
    assert post(call, "frame", photo).status_code == 200
    answers = []
    thread = threading.Thread(target=lambda: answers.append(post(call, "cutout", photo)))
    thread.start()
    while not served.service.pool.busy:
        time.sleep(0.002)
    next(iter(served.service.pool._hands)).process.kill()
    thread.join()
    assert answers[0].status_code == 200, answers[0].text
    assert served.service.memory.used == 0


def test_uploads_in_memory_are_bounded_and_given_back(served, call, photo):
    service = served.service
    wait_until(lambda: service.held == 0)
    service.held = max(2 * service.settings.upload_bytes, service.memory.budget // 4)
    try:
        refused = post(call, "frame", photo)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) >= 1
    finally:
        service.held = 0
    assert post(call, "frame", photo).status_code == 200
    wait_until(lambda: service.held == 0)  # given back once the answer is on its way


def test_a_long_report_is_shortened_and_stays_json(call, photo):
    steps = [{"operation": "frame", "parameters": {"fill": 0.8}}] * 20
    answer = call(
        "POST", "/v1/edit", files={"picture": ("x.jpg", photo)}, data={"steps": json.dumps(["cutout", *steps])}
    )
    assert answer.status_code == 200, answer.text
    report = json.loads(answer.headers["packshot-report"])
    assert "steps" not in report
    assert report["fidelity"]


def test_health_and_metrics(call):
    assert call("GET", "/healthz").json()["status"] == "alive"
    assert call("GET", "/readyz").status_code == 200
    page = call("GET", "/metrics", key="chef").text
    assert 'packshot_requests_total{method="POST",route="/v1/edit/frame",status="200"}' in page
    assert "packshot_direct_memory_budget_bytes" in page
    assert "anna" not in page


def test_tables(call):
    assert {row["name"] for row in call("GET", "/v1/pipelines").json()["pipelines"]} >= {"packshot-white"}
    assert {row["id"] for row in call("GET", "/v1/channels").json()["channels"]} >= {"amazon_main"}
    assert any(row["name"] == "fashion-gan" and row["card"] for row in call("GET", "/v1/models").json()["models"])
    assert call("GET", "/v1/models/fashion-gan").json()["licence"] == "Apache-2.0"
    assert call("GET", "/v1/presets").json()["presets"]
    assert {row["name"] for row in call("GET", "/v1/jobs/kinds").json()["kinds"]} >= {"pipeline", "listing"}
    assert call("GET", "/v1/webhooks/secret").json() != call("GET", "/v1/webhooks/secret", key="otto").json()
