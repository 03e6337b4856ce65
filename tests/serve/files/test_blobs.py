"""Bytes under their digest: on a local disk, on another fsspec file system, and on a real S3 protocol server."""

import errno
import hashlib
import io
import os
import resource
import subprocess
import threading
import zipfile
from contextlib import suppress

import pytest

pytest.importorskip("sqlalchemy", reason="needs the extra serve")

from packshot.errors import NotKnown, ParameterError, TooLarge, Unavailable, UnsafePath
from packshot.serve.database.engine import Database
from packshot.serve.files.blobs import Blobs
from packshot.serve.files.roots import inside
from packshot.serve.files.uploads import Uploads, clean_name
from packshot.serve.files.zips import Entry, zipped
from tests.serve.objects import s3_server


@pytest.fixture(scope="module")
def s3():
    with s3_server("shop-files") as url:
        yield {"key": "test", "secret": "test", "client_kwargs": {"endpoint_url": url}}


@pytest.fixture(params=["disk", "memory", "s3"])
def blobs(request, tmp_path):
    if request.param == "disk":
        return Blobs(tmp_path / "files")
    if request.param == "memory":
        return Blobs(f"memory://{tmp_path.name}")
    return Blobs(f"s3://shop-files/{tmp_path.name}", options=request.getfixturevalue("s3"))


def test_what_is_put_comes_back_whole_and_in_pieces(blobs, tmp_path):
    data = os.urandom(2_500_000)
    blob = blobs.put("shop", io.BytesIO(data))
    assert (blob.digest, blob.size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert blobs.put("shop", io.BytesIO(data)) == blob, "kept once, however often it is put"
    assert [found[:2] for found in blobs.all()] == [("shop", blob.digest)]
    assert b"".join(blobs.pieces("shop", blob.digest)) == data
    assert b"".join(blobs.pieces("shop", blob.digest, 1_000_000, 2_200_000)) == data[1_000_000:2_200_000]
    blobs.fetch("shop", blob.digest, tmp_path / "a" / "copy")
    assert (tmp_path / "a" / "copy").read_bytes() == data
    for missing in (lambda: blobs.open("other", blob.digest), lambda: blobs.open("shop", "0" * 64)):
        with pytest.raises(NotKnown):
            missing()
    blobs.delete("shop", blob.digest)
    blobs.delete("shop", blob.digest)
    assert list(blobs.all()) == []
    assert (tmp_path / "a" / "copy").read_bytes() == data


def test_nothing_is_kept_of_what_is_too_large_or_broken_off(blobs):
    with blobs.writer("shop", limit=10) as writer:
        writer.write(b"1234567890")
        with pytest.raises(TooLarge, match="more than 10 bytes"):
            writer.write(b"1")
    with suppress(ConnectionError), blobs.writer("shop") as writer:
        writer.write(b"12345")
        raise ConnectionError("client gone")
    assert list(blobs.all()) == []
    assert not writer.path.exists()


def test_names_of_tenants_and_digests_lead_nowhere_else(blobs):
    for tenant in ("..", "a/b", "", ".hidden", "x" * 65):
        with pytest.raises(ParameterError, match="tenant"):
            blobs.put(tenant, io.BytesIO(b"1"))
    with pytest.raises(ParameterError, match="digest"):
        blobs.open("shop", "../../etc/passwd")


def test_a_file_of_the_same_disk_is_linked_only_where_that_is_asked_for(tmp_path):
    blobs, path = Blobs(tmp_path / "files"), tmp_path / "1.jpg"
    path.write_bytes(b"picture")
    kept = blobs.adopt("shop", path)
    assert path.stat().st_nlink == 1
    assert blobs.adopt("shop", path, link=True) == kept
    other = tmp_path / "2.jpg"
    other.write_bytes(b"another")
    blobs.adopt("shop", other, link=True)
    assert other.stat().st_nlink == 2


def test_what_a_killed_writer_left_is_swept(tmp_path):
    blobs = Blobs(tmp_path / "files")
    writer = blobs.writer("shop")
    writer.write(b"half")
    writer.file.flush()
    assert blobs.sweep_parts(3600) == 0
    assert blobs.sweep_parts(0) == 1
    assert list(blobs.all()) == []


def test_a_full_disk_is_said_so_and_leaves_nothing(tmp_path):
    """A file system of 1 MiB where one may be mounted, else a bound on the size of files."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True
        ).returncode
    )
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    if not mounted:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, before[1]))
    try:
        blobs = Blobs(place / "files")
        small = blobs.put("shop", io.BytesIO(b"small"))
        with pytest.raises(Unavailable, match="the disk of the service is full; nothing was kept") as error:
            blobs.put("shop", io.BytesIO(bytes(2 << 20)))
        assert error.value.retry_after > 0
        assert not list(place.glob("**/*.part"))
        assert b"".join(blobs.pieces("shop", small.digest)) == b"small"
        assert blobs.put("shop", io.BytesIO(b"after")).size == 5, "there is room again"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        if mounted:
            subprocess.run(["umount", place], check=True)


def test_with_too_little_room_nothing_is_taken_in(tmp_path):
    with pytest.raises(Unavailable, match=r"disk: [\d,]+ MiB are free, [\d,]+ are kept free"):
        Blobs(tmp_path, free_bytes=1 << 60).writer("shop")


def test_a_store_that_cannot_be_reached_is_trouble_of_the_service():
    pytest.importorskip("s3fs")
    options = {"key": "test", "secret": "test", "client_kwargs": {"endpoint_url": "http://127.0.0.1:9"}}
    options["config_kwargs"] = {"retries": {"max_attempts": 0}, "connect_timeout": 1}
    with pytest.raises(Unavailable, match="file store s3"):
        Blobs("s3://shop-files/x", options=options).put("shop", io.BytesIO(b"1"))


def test_uploads_are_a_tenants_own_and_bounded(tmp_path):
    from packshot.errors import Busy

    database = Database(f"sqlite:///{tmp_path / 'jobs.sqlite'}", create=True)
    uploads = Uploads(database, Blobs(tmp_path / "files"), storage=1000)

    def add(size, name="1.jpg"):
        return uploads.add("shop", name, uploads.blobs.put("shop", io.BytesIO(os.urandom(size))))

    first, second = add(300, "a/1.JPG"), add(300)
    assert (first.media_type, first.name, uploads.stored("shop")) == ("image/jpeg", "a/1.JPG", 600)
    assert uploads.find_all("shop", [second.id, first.id]) == [second, first]
    with pytest.raises(Busy, match="quota"):
        add(500)
    with pytest.raises(NotKnown):
        uploads.find("other", first.id)
    with pytest.raises(NotKnown):
        uploads.delete("other", first.id)
    uploads.delete("shop", first.id)
    with pytest.raises(NotKnown, match="upload it with POST /v1/files"):
        uploads.find("shop", first.id)
    add(500)
    database.close()


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a/./b//c.jpg", "a/b/c.jpg"),
        ("nul.jpg", "_nul.jpg"),
        ("a\r\nX: 1.jpg", "a__X_ 1.jpg"),
        ("", "file"),
        ("鞋/红.jpg", "鞋/红.jpg"),
    ],
)
def test_names_of_uploads_stay_inside(name, clean):
    assert clean_name(name) == clean


def test_only_what_lies_under_a_root_may_be_named(tmp_path):
    root, secret = tmp_path / "shop", tmp_path / "secret"
    for folder in (root / "photos", secret):
        folder.mkdir(parents=True)
    (root / "link").symlink_to(secret)
    assert inside("photos", [root]) == inside(str(root / "photos"), [root]) == (root / "photos").resolve()
    for path in ("../secret", str(secret), "link", "nothing", "/", "s3://bucket/x", "photos\0", "../shop-2"):
        with pytest.raises(UnsafePath):
            inside(path, [root])
    with pytest.raises(UnsafePath, match="this service reads no folders"):
        inside("photos", [])


def test_a_zip_is_made_while_it_is_sent_with_flat_memory():
    import tracemalloc

    data = os.urandom(1 << 20)
    entries = (Entry(f"鞋/{n}.jpg", len(data), lambda: io.BytesIO(data)) for n in range(60))
    tracemalloc.start()
    total = sum(len(piece) for piece in zipped(entries))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total > 60 << 20
    assert peak < 4 << 20
    small = b"".join(zipped([Entry("a/鞋.txt", 2, lambda: io.BytesIO(b"hi")), Entry("b", 0, io.BytesIO)]))
    with zipfile.ZipFile(io.BytesIO(small)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["a/鞋.txt", "b"]
        assert archive.read("a/鞋.txt") == b"hi"


def test_many_writers_of_the_same_bytes_at_once(tmp_path):
    blobs, data, errors = Blobs(tmp_path / "files"), os.urandom(300_000), []

    def put():
        try:
            blobs.put("shop", io.BytesIO(data))
        except OSError as error:
            errors.append(errno.errorcode[error.errno])

    threads = [threading.Thread(target=put) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(list(blobs.all())) == 1
