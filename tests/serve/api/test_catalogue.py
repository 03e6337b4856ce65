"""Folders under the roots: listed, never left; a picture of one becomes an upload."""

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
    assert listing((), "") == {"path": "", "folders": [], "pictures": [], "more": False}


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
