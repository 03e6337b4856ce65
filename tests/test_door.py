"""`import packshot`: about fifteen names, lazily, and the three lines of the README."""

import subprocess
import sys

import pytest
from PIL import Image

import packshot
from packshot.errors import ParameterError
from tests.pipeline import drawn


@pytest.fixture
def mug(tmp_path):
    (tmp_path / "mug.jpg").write_bytes(drawn.jpeg(4, 160))
    return tmp_path / "mug.jpg"


def test_the_public_names_are_an_inventory():
    assert sorted(packshot.__all__) == [
        "Catalogue", "Client", "Context", "Operation", "PackshotError", "Photo", "Picture", "Recipe", "Result",
        "__version__", "fit", "listing", "load_model", "load_pipeline", "open", "open_catalogue", "run", "verify",
    ]  # fmt: skip
    for name in packshot.__all__:
        assert getattr(packshot, name) is not None
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = packshot.no_such_name


def test_importing_costs_nothing():
    code = (
        "import sys, packshot; print(sorted({m.split('.')[0] for m in sys.modules} & {'torch', 'numpy', 'pydantic'}))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_three_lines_cut_a_photo_out(mug):
    photo = packshot.open(mug)
    photo.edit("cutout").save(mug.with_suffix(".png"))
    with Image.open(mug.with_suffix(".png")) as image:
        assert image.mode == "RGBA"
        assert image.getpixel((0, 0))[3] == 0


def test_edits_chain_keep_history_and_run_cutout_when_it_is_needed(mug):
    photo = packshot.open(mug).edit("background", colour="white").edit("frame", fill=0.8)
    assert [step.operation for step in photo.steps] == ["cutout", "background", "frame"]
    assert all(step.fidelity["delta_e_p99"] <= 0.5 for step in photo.steps)
    done = photo.save(mug.with_name("out.jpg"), quality=90)
    assert done.quality == 90
    assert packshot.verify(done.path).digital_source_type == "algorithmicallyEnhanced"  # a network may cut out
    assert photo.encoded_fidelity(done)["ssim"] > 0.9


def test_a_pipeline_applies_to_one_photo(mug):
    photo = packshot.open(mug).apply(packshot.load_pipeline("packshot-white"))
    assert photo.picture.height == photo.picture.width


def test_bad_parameters_are_named(mug):
    photo = packshot.open(mug)
    with pytest.raises(ParameterError, match=r"frame\.fill"):
        photo.edit("frame", fill=7)
    with pytest.raises(ParameterError, match="nonsense"):
        photo.edit("nonsense")
    with pytest.raises(ParameterError, match=r"save\.quality"):
        photo.save(mug.with_name("out.jpg"), quality=700)
    with pytest.raises(ParameterError, match=r"\.jpg"):
        photo.save(mug.with_name("out.docx"))
    with pytest.raises(ParameterError, match=r"load_pipeline"):
        photo.apply("packshot-white")
    with pytest.raises(ParameterError, match="got None"):
        packshot.open(None)


def test_marks_of_a_photo_are_carried_through_the_door_and_a_callback_signs(mug, tmp_path):
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    from packshot.provenance.credentials import Signing
    from tests.provenance.test_credentials import issued

    chain, _, root, key = issued(tmp_path)

    def sign(data):
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    first = packshot.open(mug).edit("recolour", to="#1f4e8c").save(mug.with_name("blue.png"), policy="cn-visible")
    again = packshot.open(first.path).edit("frame", fill=0.8)
    with open(first.path, "rb") as file:
        assert packshot.open(file).origin.label == again.origin.label
    second = again.save(mug.with_name("again.jpg"), signing=Signing(chain, callback=sign))
    assert second.marks["tc260_aigc"] == first.marks["tc260_aigc"]
    assert second.marks["iptc_digital_source_type"] == first.marks["iptc_digital_source_type"] == "compositeSynthetic"
    found = packshot.verify(second.path, trust=root)
    assert found.c2pa.state == "trusted"
    assert found.c2pa.value.startswith("c2pa.opened")
