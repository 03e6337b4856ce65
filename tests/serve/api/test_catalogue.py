"""Folders under the roots: listed, never left; a picture of one becomes an upload."""

import shutil

import pytest

from packshot.errors import UnsafePath
from packshot.serve.api.catalogue import listing


@pytest.fixture
def roots(tmp_path):
    """A root with a folder, pictures, and what must not be seen; another folder beside it."""
    root = tmp_path / "photos"
    (root / "shoes").mkdir(parents=True)
    for name in ("b.jpg", "A.PNG", "notes.txt", ".hidden.jpg", "shoes/1.webp"):
        (root / name).write_bytes(b"x" * 10)
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "secret.jpg").write_bytes(b"x")
    (root / "link").symlink_to(tmp_path / "private")
    (root / "link.jpg").symlink_to(tmp_path / "private" / "secret.jpg")
    return (root,)


def test_a_folder_shows_folders_and_pictures_alone(roots):
    told = listing(roots, "")
    assert [one["name"] for one in told["folders"]] == ["shoes"]
    assert told["pictures"] == [
        {"name": "A.PNG", "path": "A.PNG", "bytes": 10},
        {"name": "b.jpg", "path": "b.jpg", "bytes": 10},
    ]
    assert [one["path"] for one in listing(roots, "shoes")["pictures"]] == ["shoes/1.webp"]
    assert listing((), "") == {"path": "", "folders": [], "pictures": [], "more": False, "catalogue": False}


@pytest.mark.parametrize(
    "path", ["..", "../private", "shoes/../../private", "link", "/etc", "b.jpg", "nothing", "x" * 300]
)
def test_what_is_no_folder_under_a_root_is_refused(roots, path):
    with pytest.raises(UnsafePath):
        listing(roots, path)


def test_over_http_nothing_is_read_without_roots(call):
    assert call("GET", "/v1/catalogue").json()["pictures"] == []
    answer = call("POST", "/v1/catalogue/file", json={"path": "/etc/passwd"})
    assert answer.status_code == 403
    assert "--roots" in answer.json()["detail"]
    assert call("POST", "/v1/catalogue/file", json={}).status_code == 422


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A service that may read a folder with a catalogue of the samples in it, and how to ask it."""
    import httpx

    import packshot
    from tests.serve.conftest import ROOT, running

    folder = tmp_path_factory.mktemp("shop")
    shutil.copytree(ROOT / "packshot" / "samples", folder / "goods" / "photos")
    packshot.open_catalogue(folder / "goods" / "photos" / "products.csv", into=folder / "goods" / "toys")
    with (
        running(data=tmp_path_factory.mktemp("data"), studio=False, roots=(folder / "goods",)) as found,
        httpx.Client(base_url=found.url, timeout=300) as client,
    ):
        yield client


def test_products_are_found_by_words_and_by_a_picture(shop):
    asked = {"path": "toys", "text": "a mug", "count": 5}
    told = shop.get("/v1/catalogue/find", params=asked).json()
    assert (len(told["products"]), told["unread"], told["problems"]) == (5, 0, [])
    scores = [one["score"] for one in told["products"]]
    assert scores == sorted(scores, reverse=True)
    again = shop.get("/v1/catalogue/find", params=asked).json()
    assert (again["new"], again["products"]) == (0, told["products"])
    last = told["products"][-1]
    taken = shop.post("/v1/catalogue/file", json={"path": last["path"]}).json()
    alike = shop.get("/v1/catalogue/find", params={"path": "toys", "file": taken["id"]}).json()
    assert alike["products"][0]["sku"] == last["sku"]
    assert set(alike["products"][0]["cosines"]) == {"picture"}
    assert shop.get("/v1/catalogue", params={"path": "toys"}).json()["catalogue"]


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ({"path": "toys"}, 422, "say what to look for"),
        ({"path": "toys", "text": " "}, 422, "text"),
        ({"path": "toys", "text": "mug", "count": 0}, 422, "count"),
        ({"path": "..", "text": "mug"}, 403, "may read"),
        ({"path": "toys", "text": "mug", "file": "file_nothing"}, 404, "file_nothing"),
        ({"path": "toys/images", "text": "mug"}, 403, "may read"),
    ],
)
def test_what_cannot_be_searched_is_said(shop, asked, status, words):
    answer = shop.get("/v1/catalogue/find", params=asked)
    assert (answer.status_code, words in answer.text) == (status, True), answer.text


def test_the_client_searches_too(shop):
    from packshot import Client

    found = Client(str(shop.base_url)).find("toys", "a mug", without=["red"], count=2)
    assert len(found["products"]) == 2
