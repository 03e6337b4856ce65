"""What other programs read: ExifTool and c2pa's own reader, in every format; and what one changed byte does."""

import io
import json
import shutil
import subprocess

import pytest
import torch
from c2pa import C2paError, Reader
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from packshot.errors import FileError
from packshot.imaging import files
from packshot.provenance import manifest, policies, tc260
from packshot.provenance.export import export
from packshot.provenance.origin import of_file
from packshot.provenance.step import Step
from packshot.provenance.verify import verify
from tests.provenance.marked import DEFAULT, HISTORY, SUFFIXES, picture

EXIFTOOL = shutil.which("exiftool")
needs_exiftool = pytest.mark.skipif(EXIFTOOL is None, reason="no exiftool (apt-get install libimage-exiftool-perl)")
MIMES = dict(zip(SUFFIXES, ("jpeg", "png", "webp", "avif", "tiff"), strict=True))


def exiftool(path):
    done = subprocess.run([EXIFTOOL, "-j", "-G1", "-a", "-struct", str(path)], capture_output=True, check=False)
    (found,) = json.loads(done.stdout)
    return found


@needs_exiftool
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_exiftool_reads_both_xmp_marks_and_the_profile(tmp_path, suffix):
    done = export(picture(), tmp_path / f"a{suffix}", HISTORY, DEFAULT)
    found = exiftool(done.path)
    assert found["XMP-iptcExt:DigitalSourceType"].endswith("/digitalsourcetype/compositeWithTrainedAlgorithmicMedia")
    label = found["XMP-TC260:Aigc"]
    assert tc260.parse(label if isinstance(label, str) else json.dumps(label)).label == "1"
    assert found["XMP-iptcExt:AISystemUsed"] == "packshot scene-net"
    assert "ICC_Profile:ProfileDescription" in found or suffix == ".avif"
    assert not any("Warning" in key or "Error" in key for key in found), found
    if suffix in (".jpg", ".png"):  # this ExifTool reads JUMBF there
        assert any("c2pa" in str(value).lower() for key, value in found.items() if "JUMBF" in key)


@needs_exiftool
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_places_and_camera_do_not_leave_and_the_marks_do(tmp_path, suffix):
    source = tmp_path / "photo.jpg"
    tags = Image.Exif()
    tags[0x010F], tags[0x0110] = "Maker", "Model"
    tags.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    tags.get_ifd(0x8769)[0xA431] = "SERIAL-4711"
    Image.new("RGB", (64, 48), "teal").save(source, exif=tags)
    subprocess.run(
        [EXIFTOOL, "-q", "-overwrite_original", "-XMP-exif:GPSLatitude=52.5", "-XMP-photoshop:City=Kleinstadt",
         "-XMP-iptcExt:PersonInImage=Some One", "-XMP-aux:SerialNumber=SERIAL-4711", "-XMP-dc:Creator=A Shop",
         "-XMP-iptcExt:DigitalSourceType=http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia",
         str(source)], check=True,
    )  # fmt: skip
    loaded = files.open_picture(source)
    done = export(loaded.picture, tmp_path / f"a{suffix}", (), DEFAULT, source=of_file(source))
    data = done.path.read_bytes()
    for secret in (b"SERIAL-4711", b"Kleinstadt", b"Some One", b"GPS"):
        assert secret not in data
    found = exiftool(done.path)
    assert not any("GPS" in key for key in found)
    assert found["XMP-dc:Creator"] in ("A Shop", ["A Shop"])
    assert found["XMP-iptcExt:DigitalSourceType"].endswith("/algorithmicMedia")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_c2pas_own_reader_finds_one_action_for_every_operation(tmp_path, suffix):
    path = export(picture(), tmp_path / f"a{suffix}", HISTORY, DEFAULT).path
    with Reader(str(path)) as reader:
        found = reader.get_active_manifest()
        assert reader.get_validation_state() == "Valid"
    (assertion,) = [a for a in found["assertions"] if a["label"].startswith("c2pa.actions")]
    done = assertion["data"]["actions"]
    assert [a["action"] for a in done] == ["c2pa.created", "c2pa.edited", "c2pa.edited", "c2pa.cropped"]
    assert [a["parameters"]["packshot.operation"] for a in done[1:]] == ["cutout", "scene", "frame"]
    assert done[2]["digitalSourceType"].endswith("/compositeWithTrainedAlgorithmicMedia")
    assert found["claim_generator_info"][0]["name"] == "packshot"
    assert "thumbnail" not in found


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_signature_leaves_every_pixel_and_the_profile_alone(tmp_path, suffix):
    plain = picture(90, 130)
    done = export(plain, tmp_path / f"a{suffix}", HISTORY, DEFAULT)
    unsigned = files.open_picture(files.encode(plain, done.format).data)
    signed = files.open_picture(done.path)
    assert torch.equal(signed.picture.rgb, unsigned.picture.rgb)
    assert signed.source.profile == unsigned.source.profile != ""


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_one_flipped_byte_is_reported_or_changes_nothing_that_is_said(tmp_path, suffix):
    """Everywhere, every 5th byte: padding and labels of the manifest itself are all that C2PA leaves unprotected."""
    path = export(picture(16, 24), tmp_path / f"a{suffix}", HISTORY, DEFAULT).path
    data, mime = bytearray(path.read_bytes()), f"image/{MIMES[suffix]}"
    whole = manifest.read(bytes(data), mime)
    assert whole.state == "valid"
    unseen = []
    for place in range(0, len(data), 5):
        data[place] ^= 1
        found = manifest.read(bytes(data), mime)
        data[place] ^= 1
        assert found.state != "missing"
        if found.state == "valid":
            unseen.append(place)
            assert found == whole
    begin = bytes(data).find(b"jumb") - 40
    end = begin + 5000 if suffix != ".avif" else begin + 5200
    assert all(begin <= place <= end or (suffix == ".avif" and place < 32) for place in unseen)
    assert len(unseen) * 5 < 1600


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_flipped_byte_of_the_picture_and_of_the_packet_is_tampering(tmp_path, suffix):
    path = export(picture(200, 300), tmp_path / f"a{suffix}", HISTORY, DEFAULT).path
    whole = path.read_bytes()
    assert verify(path).ok
    for place in (whole.find(b"ContentProducer") + 3, _in_the_pixels(whole, suffix)):
        data = bytearray(whole)
        data[place] ^= 1
        path.write_bytes(data)
        try:
            found = verify(path)
        except FileError:
            continue  # no picture any more: reported all the more
        assert not found.ok
        assert found.c2pa.state == "tampered"
        assert found.iptc.state in ("tampered", "unreadable")


def _in_the_pixels(data, suffix):
    if suffix == ".tif":
        return 40
    mark = {".jpg": b"\xff\xda", ".png": b"IDAT", ".webp": b"VP8 ", ".avif": b"mdat"}[suffix]
    return (data.rfind(mark) if suffix == ".jpg" else data.find(mark)) + 60


@given(
    st.sampled_from([s for s in SUFFIXES if s != ".avif"]),
    st.sampled_from(["digitalCapture", "print", "composite", "algorithmicMedia", "trainedAlgorithmicMedia"]),
    st.sampled_from([None, "algorithmicallyEnhanced", "compositeWithTrainedAlgorithmicMedia"]),
    st.sampled_from(sorted(policies.TABLE)),
)
def test_marks_only_ever_get_stronger(tmp_path_factory, suffix, first, second, policy):
    from packshot.provenance.terms import STRENGTH

    folder = tmp_path_factory.mktemp("again")
    one = export(picture(160, 160), folder / "one.png", (Step("x", digital_source_type=first),), DEFAULT)
    again = files.open_picture(one.path)
    steps = (Step("y", digital_source_type=second),)
    two = export(again.picture, folder / f"two{suffix}", steps, policies.find(policy), source=of_file(one.path))
    before, after = verify(one.path), verify(two.path)
    assert STRENGTH.index(after.iptc.value) >= STRENGTH.index(before.iptc.value)
    assert after.ok
    assert after.tc260.state == "valid" or before.tc260.state == "missing"
    assert after.c2pa.value.startswith("c2pa.opened")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_re_export_without_any_step_keeps_all_three_marks(tmp_path, suffix):
    one = export(picture(), tmp_path / f"one{suffix}", HISTORY, DEFAULT)
    for other in SUFFIXES:
        loaded = files.open_picture(one.path)
        two = export(loaded.picture, tmp_path / f"two{other}", (Step("frame"),), DEFAULT, source=of_file(one.path))
        found = verify(two.path)
        assert found.ok
        assert found.iptc.value == "compositeWithTrainedAlgorithmicMedia"
        assert found.tc260.value == verify(one.path).tc260.value
        with Reader(str(two.path)) as reader:
            active = reader.get_active_manifest()
            (ingredient,) = active["ingredients"]
            earlier = json.loads(reader.json())["manifests"][ingredient["active_manifest"]]
        assert ingredient["relationship"] == "parentOf"
        (done,) = [a["data"] for a in earlier["assertions"] if a["label"].startswith("c2pa.actions")]
        assert done["actions"][-1]["action"] == "c2pa.cropped"


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".avif", ".tif", ".gif", ".bmp", ".ppm", ".jp2"])
def test_a_picture_of_another_program_has_no_marks_and_no_problems(tmp_path, suffix):
    Image.new("RGB", (40, 30), "red").save(tmp_path / f"a{suffix}")
    found = verify(tmp_path / f"a{suffix}")
    assert {found.iptc.state, found.tc260.state, found.c2pa.state} == {"missing"}
    assert not found.ok
    assert found.problems == of_file(tmp_path / f"a{suffix}").notes == ()


def test_the_c2pa_library_itself_calls_a_flipped_byte_invalid(tmp_path):
    path = export(picture(), tmp_path / "a.jpg", HISTORY, DEFAULT).path
    data = bytearray(path.read_bytes())
    data[-200] ^= 1
    try:
        with Reader("image/jpeg", io.BytesIO(data)) as reader:
            assert reader.get_validation_state() == "Invalid"
    except C2paError:
        pytest.fail("the manifest is whole and has to be read")
