"""The audit: what is planted is found and named, what is clean is said to be clean."""

import json
from collections import Counter

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational
from typer.testing import CliRunner

from packshot.catalogue.audit import audit, balance_of, picture_colours
from packshot.catalogue.audit_page import audit_page
from packshot.catalogue.catalogue import write_catalogue
from packshot.catalogue.privacy import private_data, yunet
from packshot.catalogue.product import Image as Shot
from packshot.catalogue.product import Product
from packshot.cli import app
from packshot.errors import FileError, ParameterError, UnreadableFile


def drawing(seed, side=96):
    """A smooth picture that looks like no other."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    return Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC)


def gps():
    exif = Image.Exif()
    exif[0x013B] = "A. Photographer"
    exif.get_ifd(0x8825)[2] = (IFDRational(48), IFDRational(51), IFDRational(30))
    inner = exif.get_ifd(0x8769)
    inner[0xA431] = "SN-1234"
    inner[0x9003] = "2024:05:06 07:08:09"
    return exif


@pytest.fixture
def shop(tmp_path):
    root = tmp_path / "shop"
    root.mkdir()
    products = []

    def put(sku, image, split, category, **options):
        image.save(root / f"{sku}.jpg", quality=92, **options)
        products.append(Product(sku=sku, title=sku, category=category, split=split, licence="CC0-1.0",
                                images=(Shot(path=f"{sku}.jpg", width=image.width, height=image.height),)))  # fmt: skip

    for i in range(24):
        put(f"car-{i}", drawing(i), "train", "car")
    put("boat-0", drawing(100), "train", "boat")
    put("leak", drawing(3).resize((80, 80)), "test", "car")  # the photo of car-3
    put("twin", drawing(5), "train", "car")
    put("tiny", drawing(200, 40), "train", "car")
    put("phone", drawing(201), "train", "car", exif=gps())
    (root / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0 nothing")
    products.append(Product(sku="bad", images=(Shot(path="bad.jpg"),)))
    products.append(Product(sku="bare"))
    return write_catalogue(root, products)


def test_everything_planted_is_found(shop):
    found = audit(shop)
    named = {finding.what: finding for finding in found.findings}
    assert named["duplicates across splits"].skus == ("car-3", "leak")
    assert named["duplicates"].skus == ("car-5", "twin")
    assert named["unreadable"].skus == ("bad",)
    assert named["small"].skus == ("tiny",)
    assert named["without pictures"].count == 1
    assert named["no licence"].count == 2
    assert named["no split"].count == 2
    assert "'car'" in named["imbalance"].said
    assert "boat" in named["rare classes"].said
    assert found.private == {"the place (GPS)": 1, "a person's name": 1, "a camera's serial number": 1,
                             "the time of the photo": 1}  # fmt: skip
    assert {f.what for f in found.findings if f.serious} == {"duplicates across splits", "unreadable", "private data"}
    assert found.serious == 5
    assert found.colours["pictures measured"] == 29


def test_a_clean_catalogue_has_nothing_to_mend(tmp_path):
    products = []
    for i in range(40):
        drawing(i).save(tmp_path / f"{i}.png")
        products.append(Product(sku=str(i), category="ab"[i % 2], split="train", licence="MIT",
                                images=(Shot(path=f"{i}.png", width=96, height=96),)))  # fmt: skip
    found = audit(write_catalogue(tmp_path, products))
    assert found.findings == []
    assert found.balance["category"]["evenness"] == 1
    assert "Nothing to mend" in audit_page(found, write_catalogue(tmp_path, products), sheet=0)


def test_balance_in_numbers():
    assert balance_of(Counter({"a": 5, "b": 5})) == {
        "classes": 2, "smallest": 5, "largest": 5, "ratio": 1.0, "evenness": 1.0}  # fmt: skip
    skewed = balance_of(Counter({"a": 99, "b": 1, "(none)": 50}))
    assert skewed["ratio"] == 99
    assert skewed["evenness"] == pytest.approx(0.0808, abs=1e-4)  # entropy of 1 % in bits
    assert balance_of(Counter({"(none)": 3})) == {}


def test_colours_in_numbers():
    white = np.full((10, 10, 3), 255, np.uint8)
    assert picture_colours(white).tolist() == [1, 1, 1, 0, 0, 0, 0, 1, 0, 1]
    red = np.zeros((10, 10, 3), np.uint8)
    red[..., 0] = 255
    assert picture_colours(red).tolist() == [1, 0, 0, 0, 0, 0, 1, 0, 0, 0]


def test_private_data_is_told_apart(tmp_path):
    drawing(0).save(tmp_path / "clean.jpg")
    assert private_data(tmp_path / "clean.jpg").kinds() == []
    drawing(0).save(tmp_path / "gps.jpg", exif=gps())
    assert len(private_data(tmp_path / "gps.jpg").kinds()) == 4
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><photoshop:City>Paris</photoshop:City></x:xmpmeta>'
    drawing(0).save(tmp_path / "xmp.webp", xmp=packet)
    assert private_data(tmp_path / "xmp.webp").kinds() == ["the place (GPS)"]
    (tmp_path / "no.jpg").write_text("hello")
    with pytest.raises(UnreadableFile, match=r"no\.jpg"):
        private_data(tmp_path / "no.jpg")


def test_faces_are_counted_by_a_detector_that_is_given(shop, tmp_path):
    found = audit(shop, duplicates=False, find_faces=lambda rgb: [(0, 0, 9, 9)] if rgb.mean() > 128 else [])
    told = [finding for finding in found.findings if finding.what == "faces"]
    assert found.faces == told[0].count > 0
    assert audit(shop, duplicates=False).faces is None
    with pytest.raises(ParameterError, match="expected the ONNX file of a YuNet"):
        yunet(tmp_path / "no.onnx")
    (tmp_path / "bad.onnx").write_bytes(b"not a network")
    with pytest.raises(FileError, match="no face detector that OpenCV can use"):
        yunet(tmp_path / "bad.onnx")


def test_the_page_and_the_command(shop, tmp_path):
    result = CliRunner().invoke(app, ["catalogue", "audit", str(shop.folder), "--out", str(tmp_path / "audit")])
    assert result.exit_code == 1
    assert "SERIOUS  duplicates across splits" in result.output
    told = json.loads((tmp_path / "audit" / "audit.json").read_text())
    assert told["pictures"] == 30
    assert told["splits"]["train"] == 28
    page = (tmp_path / "audit" / "audit.html").read_text()
    assert "car-3, leak" in page
    assert "data:image/webp;base64," in page
    assert "<script" not in page
    as_json = CliRunner().invoke(app, ["catalogue", "audit", str(shop.folder), "--json", "--no-duplicates"])
    assert json.loads(as_json.output)["unreadable"] == 1


def test_names_in_a_catalogue_are_no_markup(tmp_path):
    drawing(0).save(tmp_path / "x.png")
    evil = "<script>alert(1)</script>"
    shop = write_catalogue(tmp_path, [Product(sku=evil, category=evil, images=(Shot(path="x.png"),))])
    page = audit_page(audit(shop), shop)
    assert "<script" not in page


def test_packing_and_known_sets_by_command(shop, tmp_path):
    packed = CliRunner().invoke(app, ["catalogue", "pack", str(shop.folder), str(tmp_path / "pack"), "--size", "16"])
    assert packed.exit_code == 1
    assert "29 pictures of 16 px" in packed.output
    assert "bad.jpg" in packed.output
    neither = CliRunner().invoke(app, ["catalogue", "known", "mnist", str(tmp_path / "mnist")])
    assert isinstance(neither.exception, ParameterError)
