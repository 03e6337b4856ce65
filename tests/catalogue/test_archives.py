"""Zips, also those that attack."""

import io
import struct
import warnings
import zipfile

import pytest

from packshot.catalogue.archives import ZipLimits, ZipTree
from packshot.catalogue.ingest import ingest
from packshot.errors import CatalogueError, TooLarge
from tests.catalogue.shop import picture, put, told, zipped


def member(name, mode=0):
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def test_a_zip_of_folders(tmp_path):
    source = zipped(
        tmp_path / "photos.zip",
        {
            "shoes/1.png": 1,
            "shoes/2.png": 2,
            "hats/1.png": 3,
            "__MACOSX/shoes/._1.png": "x",
            "hats/Thumbs.db": "x",
            "readme.txt": "hello",
        },
    )
    done = ingest(source, tmp_path / "out")
    catalogue = done.open()
    assert [(p.sku, p.category) for p in catalogue] == [("hats/1", "hats"), ("shoes/1", "shoes"), ("shoes/2", "shoes")]
    assert [s.path.read_bytes() for s in catalogue.images()] == [picture(3), picture(1), picture(2)]
    assert [(p.value, p.serious) for p in done.problems] == [("readme.txt", False)]


@pytest.mark.parametrize("top", ["", "delivery/"])
def test_a_zip_with_its_table(tmp_path, top):
    csv = "货号,图片\nA,图/1.png\nB,图/none.png\n".encode("gb18030")
    source = zipped(tmp_path / "delivery.zip", {f"{top}商品.csv": csv, f"{top}图/1.png": 1, f"{top}图/2.png": 2})
    done = ingest(source, tmp_path / "out")
    assert done.kind == "csv"
    assert [s.path.read_bytes() for s in done.open().images()] == [picture(1)]
    assert [(p.row, p.reason, p.serious) for p in done.problems] == [
        (3, "there is no such file", True),
        (None, "no row names this picture; left out", False),
    ]


def test_names_written_by_chinese_windows(tmp_path):
    """Without the UTF-8 flag, in GBK, as Windows' own zip does."""
    name = "图片/红色.png"
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("X" * len(name.encode("gbk")), picture(1))
    raw = data.getvalue().replace(b"X" * len(name.encode("gbk")), name.encode("gbk"))
    (tmp_path / "a.zip").write_bytes(raw)
    done = ingest(tmp_path / "a.zip", tmp_path / "out")
    assert [p.sku for p in done.open()] == ["图片/红色"]


@pytest.mark.parametrize(
    "name", ["../evil.png", "a/../../evil.png", "/tmp/evil.png", "C:\\evil.png", "..\\evil.png", "a\x07.png"]
)
def test_a_member_that_leaves_the_folder_is_refused(tmp_path, name):
    source = zipped(tmp_path / "in" / "a.zip", {"good.png": 1, name: 2})
    done = ingest(source, tmp_path / "deep" / "out")
    assert [p.sku for p in done.open()] == ["good"]
    (problem,) = done.problems
    assert (problem.field, problem.serious) == ("member", True)
    assert not list(tmp_path.rglob("*evil*"))
    assert sorted(p.name for p in (tmp_path / "deep" / "out" / "images").iterdir()) == ["good.png"]


def test_links_encrypted_and_repeated_members_are_refused(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python warns of the second good.png
        archive.writestr("good.png", picture(1))
        archive.writestr(member("link.png", 0o120777), "/etc/passwd")
        archive.writestr("secret.png", picture(2))
        archive.writestr("good.png", picture(3))
    raw = path.read_bytes()
    at = raw.rindex(b"PK\x01\x02", 0, raw.rindex(b"secret.png"))
    path.write_bytes(raw[: at + 8] + struct.pack("<H", 1) + raw[at + 10 :])  # the flag of encryption in the directory
    done = ingest(path, tmp_path / "out")
    assert [p.sku for p in done.open()] == ["good"]
    reasons = " ".join(p.reason for p in done.problems)
    assert all(word in reasons for word in ("link", "encrypted", "twice"))
    assert [s.path.read_bytes() for s in done.open().images()] == [picture(1)]


def test_a_member_that_explodes_is_refused_and_the_rest_is_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.png", picture(0)[:33] + bytes(64 * 2**20))
        archive.writestr("good.png", picture(1))
    done = ingest(tmp_path / "a.zip", tmp_path / "out")
    assert [p.sku for p in done.open()] == ["good"]
    (problem,) = done.problems
    assert "zip bomb" in problem.reason
    assert sum(p.stat().st_size for p in (tmp_path / "out").rglob("*") if p.is_file()) < 100_000


def test_a_zip_that_would_unpack_to_too_much_is_refused_whole(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(20):
            archive.writestr(f"{i}.png", bytes(2**20))
    with pytest.raises(TooLarge, match="would unpack to"):
        ZipTree(path, limits=ZipLimits(total_bytes=10 * 2**20))
    with pytest.raises(TooLarge, match="20 members"):
        ZipTree(path, limits=ZipLimits(members=19))


def test_overlapping_members_are_refused(tmp_path):
    """Many directory entries that point at the same compressed bytes."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("kernel0.png", bytes(2**20))
        archive.writestr("kernel1.png", b"x")
    raw = bytearray(path.read_bytes())
    second = raw.rindex(b"PK\x01\x02")
    raw[second + 42 : second + 46] = struct.pack("<I", 0)  # its header offset: the first member's
    raw[second + 20 : second + 28] = raw[raw.index(b"PK\x01\x02") + 20 : raw.index(b"PK\x01\x02") + 28]
    path.write_bytes(raw)
    with pytest.raises(TooLarge, match="overlap"):
        ingest(path, tmp_path / "out")


def test_a_damaged_member_costs_itself(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("bad.png", picture(1, (64, 64)))
        archive.writestr("good.png", picture(2))
    raw = bytearray((tmp_path / "a.zip").read_bytes())
    raw[2000] ^= 0xFF
    (tmp_path / "a.zip").write_bytes(raw)
    done = ingest(tmp_path / "a.zip", tmp_path / "out")
    assert [s.path.read_bytes() for s in done.open().images()] == [picture(2)]
    assert [(p.field, p.serious) for p in done.problems] == [("image", True)]
    assert "cannot be read" in done.problems[0].reason


@pytest.mark.parametrize("cut", [10, 200, -5])
def test_a_torn_zip_says_so(tmp_path, cut):
    path = zipped(tmp_path / "a.zip", {"1.png": 1})
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(CatalogueError, match="expected a zip"):
        ingest(path, tmp_path / "out")


def test_a_zip_in_a_zip_is_not_opened(tmp_path):
    inner = zipped(tmp_path / "inner.zip", {"x.png": 1}).read_bytes()
    done = ingest(zipped(tmp_path / "a.zip", {"inner.zip": inner, "1.png": 1}), tmp_path / "out")
    assert [p.sku for p in done.open()] == ["1"]
    assert told(done.problems) == [(None, "file", "is not a picture; left out")]


def test_a_zip_behind_fsspec(tmp_path):
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe("/zips/a.zip", zipped(tmp_path / "a.zip", {"1.png": 1}).read_bytes())
    try:
        assert ingest("memory://zips/a.zip", tmp_path / "out").pictures == 1
    finally:
        memory.rm("/zips", recursive=True)


def test_a_broken_table_inside_is_named(tmp_path):
    put(tmp_path, {})
    source = zipped(tmp_path / "a.zip", {"t.csv": b"\x00\x00\x00", "1.png": 1})
    with pytest.raises(CatalogueError, match="binary"):
        ingest(source, tmp_path / "out")
