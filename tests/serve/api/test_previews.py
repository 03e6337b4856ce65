"""Small pictures for pages: sizes, bounds, whose they are, what is not sent again."""

import io

import pytest
from PIL import Image


@pytest.fixture(scope="module")
def upload(call, photo):
    return call("POST", "/v1/files", files={"file": ("a.jpg", photo, "image/jpeg")}).json()["id"]


@pytest.mark.parametrize(("px", "expected"), [(16, 16), (100, 100), (2048, 160)])
def test_a_preview_is_as_large_as_asked_and_never_larger_than_the_picture(call, upload, px, expected):
    answer = call("GET", f"/v1/files/{upload}/preview", params={"px": px})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/webp"
    assert Image.open(io.BytesIO(answer.content)).size == (expected, expected)


def test_what_is_known_is_not_made_again(call, upload):
    first = call("GET", f"/v1/files/{upload}/preview")
    again = call("GET", f"/v1/files/{upload}/preview", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = call("GET", f"/v1/files/{upload}/preview", params={"px": 99})
    assert other.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize("px", ["0", "15", "2049", "-1", "1e3", "x"])
def test_other_sizes_are_refused(call, upload, px):
    answer = call("GET", f"/v1/files/{upload}/preview", params={"px": px})
    assert answer.status_code == 422
    assert answer.json()["field"] == "px"


def test_another_tenant_sees_nothing(call, upload):
    assert call("GET", f"/v1/files/{upload}/preview", key="otto").status_code == 404
    assert call("GET", f"/v1/files/{upload}/preview", key=None).status_code == 401


def test_what_is_no_picture_says_so(call):
    text = call("POST", "/v1/files", files={"file": ("a.jpg", b"no picture at all", "image/jpeg")}).json()["id"]
    answer = call("GET", f"/v1/files/{text}/preview")
    assert answer.status_code in (415, 422)
    assert "not a picture" in answer.json()["detail"]


def test_of_a_job_that_is_not_there(call):
    assert call("GET", "/v1/jobs/job_0/previews/a.jpg").status_code == 404
