"""The one export path: marks survive in every format, nothing half-written, nothing weakened."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from packshot.errors import MarkError, ParameterError, TooLarge
from packshot.imaging import files
from packshot.imaging.picture import Picture
from packshot.provenance import marks, policies
from packshot.provenance.encoding import Encoding
from packshot.provenance.export import export
from packshot.provenance.step import Step
from packshot.provenance.verify import verify

POLICY = policies.find("default")
SUFFIXES = (".jpg", ".png", ".webp", ".avif", ".tif")


@pytest.fixture
def picture():
    x = torch.linspace(0, 1, 48).expand(1, 3, 32, 48).clone()
    matte = torch.zeros(1, 1, 32, 48)
    matte[..., 8:24, 12:36] = 1
    return Picture(x, matte=matte)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_marks_survive_in_every_format(picture, tmp_path, suffix):
    step = Step("scene", digital_source_type="compositeWithTrainedAlgorithmicMedia")
    done = export(picture, tmp_path / f"a{suffix}", (Step("frame"), step), POLICY)
    assert done.marks["iptc_digital_source_type"] == "compositeWithTrainedAlgorithmicMedia"
    assert verify(done.path).digital_source_type == "compositeWithTrainedAlgorithmicMedia"
    assert done.bytes == done.path.stat().st_size


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_icc_profile_is_embedded(picture, tmp_path, suffix):
    done = export(picture, tmp_path / f"a{suffix}", (), POLICY)
    with Image.open(done.path) as image:
        assert len(image.info["icc_profile"]) > 100


def test_an_unmarked_photo_that_was_only_edited_stays_a_photo(picture, tmp_path):
    done = export(picture, tmp_path / "a.jpg", (Step("frame"),), POLICY)
    assert done.marks["iptc_digital_source_type"] == "digitalCapture"


def test_marks_of_the_input_are_never_weakened(picture, tmp_path):
    strong = marks.packet("trainedAlgorithmicMedia")
    done = export(picture, tmp_path / "a.jpg", (Step("frame"),), POLICY, input_xmp=strong)
    assert done.marks["iptc_digital_source_type"] == "trainedAlgorithmicMedia"
    again = files.open_picture(done.path)
    step = Step("recolour", digital_source_type="algorithmicallyEnhanced")
    done = export(again.picture, tmp_path / "b.png", (step,), POLICY, input_xmp=again.source.xmp)
    assert done.marks["iptc_digital_source_type"] == "trainedAlgorithmicMedia"


def test_a_drawing_that_was_only_framed_is_not_called_a_photo(picture, tmp_path):
    drawn = marks.packet("digitalCreation")
    done = export(picture, tmp_path / "a.jpg", (Step("frame"),), POLICY, input_xmp=drawn)
    assert done.marks["iptc_digital_source_type"] == "digitalCreation"


def test_a_scan_that_was_only_framed_stays_a_scan(picture, tmp_path):
    done = export(picture, tmp_path / "a.jpg", (), POLICY, input_xmp=marks.packet("print"))
    assert done.marks["iptc_digital_source_type"] == "print"


def test_broken_xmp_of_the_input_is_named_and_does_not_stop_the_export(picture, tmp_path):
    done = export(picture, tmp_path / "a.jpg", (), POLICY, input_xmp=b"<!DOCTYPE x><x/>")
    assert "document type" in done.notes[0]
    assert done.path.exists()


def test_nothing_is_written_if_the_marks_do_not_survive(picture, tmp_path, monkeypatch):
    target = tmp_path / "a.jpg"
    target.write_bytes(b"old")
    real = files.encode
    monkeypatch.setattr(files, "encode", lambda picture, xmp=None, **options: real(picture, **options))
    with pytest.raises(MarkError, match="read back None"):
        export(picture, target, (), POLICY)
    assert target.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.jpg"]


def test_unknown_extension_and_impossible_budget(picture, tmp_path):
    with pytest.raises(ParameterError, match=r"\.jpg"):
        export(picture, tmp_path / "a.bmp", (), POLICY)
    noise = Picture(torch.rand(1, 3, 400, 400))
    with pytest.raises(TooLarge, match="bytes"):
        export(noise, tmp_path / "a.jpg", (), POLICY, encoding=Encoding(format="jpeg", max_bytes=1024))
    assert list(tmp_path.iterdir()) == []


def test_a_lossless_export_reads_back_to_the_bit(picture, tmp_path):
    done = export(picture, tmp_path / "a.png", (), POLICY)
    expected = (picture.rgb * 255).round()
    assert torch.equal((done.picture.rgb * 255).round(), expected)
    assert np.array_equal(np.asarray(Image.open(done.path)), expected[0].permute(1, 2, 0).byte().numpy())


def test_provenance_vocabulary_needs_no_torch():
    code = "import sys, packshot.provenance.policies, packshot.provenance.encoding; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
