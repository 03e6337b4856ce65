"""The interface of the invisible watermark, with a small one of the tests' own; when it is left out, and why."""

import importlib.util

import pytest
import torch

from packshot.errors import MissingExtra
from packshot.imaging import files
from packshot.imaging.picture import Picture
from packshot.provenance import policies, watermark
from packshot.provenance.export import export
from packshot.provenance.verify import verify
from tests.provenance.marked import DEFAULT, HISTORY, picture


class LowestBits:
    """The bits in the lowest bit of the first pixels' blue: lossless files keep it, nothing else does."""

    name = "lowest-bits"

    def embed(self, picture, bits):
        blue = (picture.rgb[0, 2].flatten() * 255).round().int()
        for place, bit in enumerate(bits):
            blue[place] = blue[place] & ~1 | int(bit)
        rgb = picture.rgb.clone()
        rgb[0, 2] = (blue / 255).view(picture.size)
        return picture.replace(rgb=rgb)

    def detect(self, picture):
        blue = (picture.rgb[0, 2].flatten() * 255).round().int()
        return "".join(str(int(value) & 1) for value in blue[: watermark.PAYLOAD_BITS])


@pytest.fixture
def scene():
    return Picture(torch.rand(1, 3, 200, 300, generator=torch.Generator().manual_seed(3)) * 0.8)


def test_a_watermark_goes_into_the_pixels_before_encoding_and_is_said(scene, tmp_path):
    done = export(scene, tmp_path / "a.png", HISTORY, DEFAULT, invisible=LowestBits())
    found = LowestBits().detect(files.open_picture(done.path).picture)
    assert done.marks["watermark"] == "lowest-bits"
    label = verify(done.path).tc260.value
    content = label.split('"ProduceID":"')[1].split('"')[0]
    assert found == watermark.payload(content)
    assert "c2pa.watermarked.unbound" in verify(done.path).c2pa.value


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (lambda: picture(200, 300), "white background"),
        (lambda: Picture(torch.rand(1, 3, 200, 401)), "2 : 1"),
        (lambda: Picture(torch.rand(1, 3, 401, 200)), "2 : 1"),
        (lambda: Picture(torch.rand(1, 3, 100, 120)), "150 px"),
        (lambda: Picture(torch.rand(1, 3, 200, 200), alpha=torch.zeros(1, 1, 200, 200)), "transparent"),
    ],
)
def test_it_is_left_out_with_the_reason(made, reason, tmp_path):
    plain = made()
    done = export(plain, tmp_path / "a.png", (), DEFAULT, invisible=LowestBits())
    assert done.marks["watermark"].startswith("none: ")
    assert reason in done.marks["watermark"]
    assert torch.equal(done.shown.rgb, plain.rgb)


@pytest.mark.skipif(importlib.util.find_spec("trustmark") is not None, reason="trustmark is installed")
def test_without_the_extra_the_policy_says_how_to_get_it(scene, tmp_path):
    with pytest.raises(MissingExtra, match=r"packshot\[watermark\]"):
        watermark.trustmark()
    done = export(scene, tmp_path / "a.jpg", HISTORY, policies.find("eu"))
    assert "packshot[watermark]" in done.marks["watermark"]
    assert verify(done.path).ok


def test_none_is_the_default(scene, tmp_path):
    assert "watermark" not in export(scene, tmp_path / "a.jpg", HISTORY, DEFAULT).marks


def test_the_payload_is_as_long_as_promised():
    bits = {watermark.payload(f"ps-{n}") for n in range(200)}
    assert len(bits) == 200
    assert {len(b) for b in bits} == {watermark.PAYLOAD_BITS}
