"""`POST /v1/generate`: one picture at once, the same as a job or the command line draws, with its marks."""

import json

import pytest

from packshot.imaging import files
from packshot.provenance.verify import verify

ASKED = {"checkpoint": "fashion-gan", "seed": 3, "number": 5, "attributes": {"category": "bag"}}


def report(answer):
    return json.loads(answer.headers["Packshot-Report"])


def test_a_picture_of_a_seed_is_always_the_same_and_marked(call, tmp_path):
    answers = [call("POST", "/v1/generate", json=ASKED) for _ in range(2)]
    assert [a.status_code for a in answers] == [200, 200]
    first, again = (files.read(a.content).rgb for a in answers)
    assert bool((first == again).all())
    assert first.shape == (1, 3, 28, 28)
    told = report(answers[0])
    assert told["attributes"] == {"category": "bag"}
    (tmp_path / "a.png").write_bytes(answers[0].content)
    assert verify(tmp_path / "a.png").to_json()["ok"]


def test_it_is_what_the_sampler_draws(call):
    from packshot import checkpoint, models
    from packshot.models.sampling import Sampler, seed_of

    sampler = Sampler(checkpoint.read(models.find("fashion-gan")))
    (drawn,) = sampler.drawn([seed_of(3, 5)], {"category": "bag"})
    sent = files.read(call("POST", "/v1/generate", json=ASKED).content).rgb
    assert float((sent - drawn.picture.rgb).abs().max()) <= 0.5 / 255 + 1e-6


def test_a_way_begins_and_ends_with_the_pictures(call):
    to = {"seed": 4, "number": 0, "attributes": {"category": "coat"}}
    ends = [files.read(call("POST", "/v1/generate", json=a).content).rgb for a in (ASKED, {**ASKED, **to})]
    for at, end in ((0, ends[0]), (1, ends[1])):
        answer = call("POST", "/v1/generate", json={**ASKED, "between": {**to, "at": at}})
        assert float((files.read(answer.content).rgb - end).abs().max()) <= 1 / 255
    moving = call("POST", "/v1/generate", json={**ASKED, "between": {**to, "steps": 4}})
    assert moving.headers["content-type"] == "image/gif"
    assert report(moving)["frames"] == 6  # there and back


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"checkpoint": "no-such"}, 422, ""),
        ({"checkpoint": "../../etc/passwd"}, 422, "checkpoint"),
        ({"attributes": {"category": "unicorn"}}, 422, "category"),
        ({"truncation": 2}, 422, "truncation"),
        ({"text": "a red mug"}, 422, "text"),
        ({"seed": -1}, 422, "seed"),
        ({"colour": "red"}, 422, "colour"),
    ],
)
def test_what_cannot_be_drawn_is_said(call, change, status, field):
    answer = call("POST", "/v1/generate", json={**ASKED, **change})
    assert answer.status_code == status
    assert answer.json().get("field", "") == field or not field
    assert answer.json()["detail"]
