"""The door in and out: every file of the corpus, every kind of source, limits, and writing that never does half."""

import dataclasses
import errno
import hashlib
import io
import os
import re
import signal
import stat
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from packshot.errors import FileError, MissingExtra, ParameterError, TooLarge, UnreadableFile
from packshot.imaging import files
from packshot.imaging.files import Loaded, open_picture, read, write, write_atomic
from packshot.imaging.picture import Picture
from tests.imaging.files import corpus, raw_files


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("corpus")
    corpus.make(path)
    return path


CASES = [case for case, _ in corpus.all_files()]


def fields(picture: Picture) -> np.ndarray:
    """The colours in the middle of the four fields, `(4, 3)` in 0..255."""
    _, h, w = picture.rgb[0].shape
    places = [(h // 4, w // 4), (h // 4, 3 * w // 4), (3 * h // 4, w // 4), (3 * h // 4, 3 * w // 4)]
    return np.array([255 * picture.rgb[0, :, y, x].numpy() for y, x in places])


def expected_fields(case: corpus.Case) -> np.ndarray:
    colours = corpus.grey_fields().repeat(3, 1) if "grey" in case.looks else corpus.FIELDS.copy()
    if "clear" in case.looks:
        colours[3] = 0
    return colours


def test_the_corpus_is_large_and_the_same_each_time(folder, tmp_path):
    assert len(CASES) >= 60
    again = corpus.make(tmp_path)
    assert {case.name for case in again} == {case.name for case in CASES} | {"folder.jpg"}
    dated = {"moving.avif"}  # an animated AVIF holds the time at which it was made
    for case in CASES:
        same = (folder / case.name).read_bytes() == (tmp_path / case.name).read_bytes()
        assert same or case.name in dated, case.name


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_file_of_the_corpus_has_its_stated_outcome(case, folder):
    path = folder / case.name
    if case.error is not None:
        with pytest.raises(case.error, match=re.escape(case.word)) as caught:
            open_picture(path)
        assert type(caught.value) is case.error
        assert str(caught.value).startswith(f"{case.name}: ")
        return
    loaded = open_picture(path)
    picture, source = loaded.picture, loaded.source
    assert (source.width, source.height) == case.size == picture.size[::-1]
    assert case.note in " | ".join(source.notes)
    assert bool(source.notes) == bool(case.note)
    assert (picture.alpha is not None) == source.alpha == ("clear" in case.looks)
    if case.looks != "any":
        assert np.abs(fields(picture) - expected_fields(case)).max() <= case.tolerance


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("case", [c for c in CASES if c.error is None], ids=lambda case: case.name)
def test_thumbnails_show_the_same(case, folder):
    thumbnail = open_picture(folder / case.name, max_side_px=24)
    width, height = case.size
    assert max(thumbnail.picture.size) == min(24, max(case.size))
    assert (thumbnail.source.width, thumbnail.source.height) == case.size
    corner = thumbnail.picture.to_source @ torch.tensor([*thumbnail.picture.size[::-1], 1], dtype=torch.float64)
    assert corner.tolist() == pytest.approx([width, height, 1])
    if case.looks != "any":
        assert np.abs(fields(thumbnail.picture) - expected_fields(case)).max() <= case.tolerance + 3


def test_a_file_path_bytes_and_an_open_file_give_the_same(folder):
    path = folder / "rgba.png"
    with open(path, "rb") as file:
        given_ways = [path, str(path), path.read_bytes(), io.BytesIO(path.read_bytes()), file]
        loaded = [open_picture(way, name="x.png") for way in given_ways]
    for other in loaded[1:]:
        assert other.source == loaded[0].source
        assert torch.equal(other.picture.rgb, loaded[0].picture.rgb)
    assert open_picture(path).source.name == "rgba.png"
    assert open_picture(path.read_bytes()).source.name == "picture"
    assert torch.equal(read(path).rgb, loaded[0].picture.rgb)


def test_the_source_is_described(folder):
    data = (folder / "c2pa.jpg").read_bytes()
    source = open_picture(folder / "c2pa.jpg").source
    assert source.sha256 == hashlib.sha256(data).hexdigest()
    assert source.bytes == len(data)
    assert (source.format, source.mode, source.bits, source.frames) == ("JPEG", "RGB", 8, 1)
    assert source.has_c2pa
    assert not open_picture(folder / "with_xmp.jpg").source.has_c2pa
    assert open_picture(folder / "with_xmp.jpg").source.xmp == corpus.XMP
    assert open_picture(folder / "with_xmp.png").source.xmp == corpus.XMP
    assert b"ENTITY" in (open_picture(folder / "xmp_entities.jpg").source.xmp or b"")
    assert open_picture(folder / "long_xmp.png").source.xmp is None
    assert open_picture(folder / "turned_6.jpg").source.orientation == 6
    assert open_picture(folder / "p3.jpg").source.profile == "Display P3"
    assert open_picture(folder / "rgb_16.png").source.bits == 16
    with pytest.raises(dataclasses.FrozenInstanceError):
        source.name = "another"


def test_eight_bit_files_come_in_exactly(folder):
    for name in ("rgb.png", "srgb.jpg", "subsampled.jpeg", "plain.bmp", "lossless.webp", "palette.png", "turned_1.jpg"):
        plain = np.asarray(Image.open(folder / name).convert("RGB")).transpose(2, 0, 1) / np.float32(255)
        assert np.array_equal(read(folder / name).rgb[0].numpy(), plain), name


def test_sixteen_bits_come_in_exactly():
    pixels = np.random.default_rng(3).integers(0, 65536, (9, 7, 4), dtype=np.uint16)
    pixels[0, 0, 3] = 0
    for data in (raw_files.png(pixels), raw_files.tiff(pixels, 2, extra_sample=2)):
        picture = read(data)
        seen = pixels[..., 3] > 0
        rgb = picture.rgb[0].numpy().transpose(1, 2, 0)
        assert np.array_equal(rgb[seen], (pixels[..., :3] / np.float32(65535))[seen])
        assert np.array_equal(picture.alpha[0, 0].numpy(), pixels[..., 3] / np.float32(65535))
    grey = pixels[..., :1]
    for data in (raw_files.png(grey), raw_files.tiff(grey, 1)):
        assert np.array_equal(read(data).rgb[0].numpy(), np.repeat(grey.transpose(2, 0, 1), 3, 0) / np.float32(65535))


@pytest.mark.parametrize("orientation", range(2, 9))
def test_sixteen_bits_and_alpha_turn_with_the_picture(orientation):
    upright = np.random.default_rng(4).integers(1, 65536, (5, 9, 4), dtype=np.uint16)
    turn = {2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}[orientation]  # the way back
    lying = np.asarray([_turned(upright[..., k], turn) for k in range(4)]).transpose(1, 2, 0)
    exif = raw_files.chunk(b"eXIf", corpus.turn_exif(orientation)[6:])
    picture = read(raw_files.png(lying, extra=exif))
    assert np.array_equal(picture.rgb[0].numpy().transpose(1, 2, 0), upright[..., :3] / np.float32(65535))
    assert np.array_equal(picture.alpha[0, 0].numpy(), upright[..., 3] / np.float32(65535))


def _turned(plane, orientation):
    """By the definition in Exif 2.3: where row 0 and column 0 of the stored picture lie when it is shown."""
    shown = {
        2: plane[:, ::-1], 3: plane[::-1, ::-1], 4: plane[::-1], 5: plane.T,
        6: np.rot90(plane, -1), 7: plane[::-1, ::-1].T, 8: np.rot90(plane),
    }  # fmt: skip
    return shown[orientation]


def test_hidden_colours_do_not_bleed_into_thumbnails():
    pixels = np.full((64, 64, 4), 255, np.uint8)
    pixels[:, 32:] = (255, 0, 0, 0)  # red under nothing, white beside it
    thumbnail = open_picture(raw_files.png(pixels), max_side_px=16).picture
    seen = thumbnail.alpha[0, 0] > 0.01
    assert thumbnail.rgb[0, 1][seen].min() > 0.98
    assert thumbnail.rgb[0][:, thumbnail.alpha[0, 0] == 0].max() == 0


def test_a_file_alpha_is_alpha_and_matte(folder):
    picture = read(folder / "rgba.png")
    assert torch.equal(picture.alpha, picture.matte)
    assert picture.alpha.data_ptr() != picture.matte.data_ptr()
    assert read(folder / "rgba_opaque.png").matte is None


def test_limits_are_checked_before_decoding(folder, monkeypatch):
    path = folder / "rgb.png"
    assert read(path, max_pixels=corpus.W * corpus.H).size == (corpus.H, corpus.W)
    monkeypatch.setattr(files, "to_srgb", None)  # nothing may get that far
    with pytest.raises(TooLarge, match="pixels"):
        open_picture(path, max_pixels=corpus.W * corpus.H - 1)
    with pytest.raises(TooLarge, match="side"):
        open_picture(path, longest_side_px=corpus.W - 1)
    size = path.stat().st_size
    for source in (path, path.read_bytes(), io.BytesIO(path.read_bytes())):
        with pytest.raises(TooLarge, match="bytes"):
            open_picture(source, max_file_bytes=size - 1)


def test_bombs_cost_no_time(folder):
    start = time.perf_counter()
    for path in folder.glob("bomb*"):
        with pytest.raises(TooLarge):
            read(path)
    assert time.perf_counter() - start < 2


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(UnreadableFile, match=r"none\.jpg: cannot be opened"):
        read(tmp_path / "none.jpg")
    (tmp_path / "folder.jpg").mkdir()
    with pytest.raises(UnreadableFile, match="folder"):
        read(tmp_path / "folder.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(UnreadableFile, match="pipe"):
        read(tmp_path / "pipe.jpg")
    with pytest.raises(UnreadableFile, match="cannot be opened"):
        read("a\0b.jpg")
    with pytest.raises(ParameterError, match="max_side_px"):
        open_picture(b"", max_side_px=0)


def test_heic_is_read_or_its_extra_is_named(monkeypatch):
    heif = pytest.importorskip("pillow_heif", reason="pillow-heif is not installed")
    image = heif.from_pillow(Image.fromarray(corpus.scene(width=128, height=96)))
    buffer = io.BytesIO()
    image.save(buffer, quality=95, chroma=444)
    loaded = open_picture(buffer.getvalue())
    assert (loaded.source.format, loaded.picture.size) == ("HEIF", (96, 128))
    assert np.abs(fields(loaded.picture) - corpus.FIELDS).max() < 4
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(MissingExtra, match=r"packshot\[heif\]"):
        read(buffer.getvalue())


SOURCES = [(case.name, data) for case, data in corpus.all_files() if 40 < len(data) < 20_000]


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(SOURCES),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=20),
    st.floats(0, 1),
)
def test_damage_gives_a_picture_or_a_file_error(source, changes, keep):
    name, data = source
    damaged = bytearray(data)
    for place, value in changes:
        damaged[int(place**2 * len(data))] = value
    damaged = damaged[: max(1, int((1 - keep**4) * len(data)))]
    try:
        outcome: object = open_picture(bytes(damaged), name=name)
    except FileError as error:
        outcome = str(error)
    assert isinstance(outcome, Loaded) or outcome.startswith(f"{name}: ")


def small_picture() -> Picture:
    return read(raw_files.png(corpus.scene()))


def test_writing_goes_by_the_ending(tmp_path):
    for ending, format in files.SUFFIX_FORMATS.items():
        path = tmp_path / "deep" / "er" / f"x{ending}"
        encoded = write(small_picture(), path)
        assert encoded.format == format
        assert path.read_bytes() == encoded.data
        assert open_picture(path).source.notes == ()
    with pytest.raises(ParameterError, match="ending"):
        write(small_picture(), tmp_path / "x.gif")
    assert sorted(p.name for p in (tmp_path / "deep" / "er").iterdir()) == sorted(f"x{e}" for e in files.SUFFIX_FORMATS)


def test_mode_bits_are_the_usual_or_kept(tmp_path):
    path = tmp_path / "x.bin"
    before = os.umask(0o027)
    try:
        write_atomic(path, b"new")
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        path.chmod(0o604)
        write_atomic(path, b"newer")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o604
    assert path.read_bytes() == b"newer"


@pytest.mark.parametrize("broken", ["fsync", "replace"])
@pytest.mark.parametrize("old", [b"old", None])
def test_a_failed_write_leaves_the_old_file_alone(broken, old, tmp_path, monkeypatch):
    path = tmp_path / "x.bin"
    if old is not None:
        path.write_bytes(old)

    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, broken, fail)
    with pytest.raises(FileError, match="No space left"):
        write_atomic(path, b"new" * 1000)
    assert list(tmp_path.iterdir()) == ([path] if old else [])
    assert old is None or path.read_bytes() == old


def test_an_interrupted_write_leaves_no_trace(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "x.bin", b"new")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileError, match="cannot be written"):
        write_atomic(tmp_path / "file" / "x.jpg", b"new")
    (tmp_path / "folder.jpg").mkdir()
    with pytest.raises(FileError, match="cannot be written"):
        write_atomic(tmp_path / "folder.jpg", b"new")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder.jpg"]


@pytest.mark.slow
def test_killed_while_writing_the_file_is_old_or_new(tmp_path):
    path = tmp_path / "x.bin"
    program = (
        "import sys; from packshot.imaging.files import write_atomic\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    for letter in b'ab': write_atomic(sys.argv[1], bytes([letter]) * 8_000_000)\n"
    )
    for wait in (0.05, 0.1, 0.17):
        process = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE)
        assert process.stdout.readline() == b"ready\n"
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        if path.exists():
            data = path.read_bytes()
            assert len(data) == 8_000_000
            assert set(data) in ({ord("a")}, {ord("b")})
