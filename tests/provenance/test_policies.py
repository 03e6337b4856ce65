"""Policies: what each marks, what may be changed of one, and that none leaves a mark out."""

import pytest
import torch

from packshot.errors import ParameterError
from packshot.imaging.picture import Picture
from packshot.provenance import log, policies, tc260
from packshot.provenance.export import export
from packshot.provenance.step import Step
from packshot.provenance.verify import verify

SCENE = Step("scene", digital_source_type="compositeWithTrainedAlgorithmicMedia", weights={"scene-net": "ab" * 32})


@pytest.fixture
def picture():
    torch.manual_seed(0)
    matte = torch.zeros(1, 1, 160, 200)
    matte[..., 40:120, 40:160] = 1
    return Picture(torch.rand(1, 3, 160, 200), matte=matte)


@pytest.mark.parametrize("name", policies.TABLE)
def test_every_policy_writes_all_three_marks_on_a_generated_picture(picture, tmp_path, name):
    done = export(picture, tmp_path / "a.jpg", (SCENE,), policies.find(name))
    found = verify(done.path)
    assert found.ok
    assert found.iptc.value in ("compositeWithTrainedAlgorithmicMedia", "trainedAlgorithmicMedia")
    assert tc260.parse(found.tc260.value).label == "1"
    assert found.c2pa.state == "valid"
    assert ("visible_label" in done.marks) == (name in ("cn-visible", "all"))
    assert (found.iptc.value == "trainedAlgorithmicMedia") == (name in ("google", "all"))


@pytest.mark.parametrize("name", policies.TABLE)
def test_no_policy_calls_a_photo_that_was_only_framed_generated(picture, tmp_path, name):
    done = export(picture, tmp_path / "a.png", (Step("cutout"), Step("frame")), policies.find(name))
    found = verify(done.path)
    assert found.ok
    assert (found.iptc.value, found.tc260.state) == ("digitalCapture", "missing")
    assert "visible_label" not in done.marks


def test_help_of_a_network_that_made_no_pixels_is_labelled_in_the_metadata_only(picture, tmp_path):
    step = Step("cutout", digital_source_type="algorithmicallyEnhanced", weights={"matte-net": "cd" * 32})
    done = export(picture, tmp_path / "a.jpg", (step,), policies.find("cn-visible"))
    assert verify(done.path).tc260.state == "valid"
    assert "visible_label" not in done.marks


def test_the_log_of_article_9_has_a_line_for_every_file_without_visible_label(picture, tmp_path, monkeypatch):
    monkeypatch.setenv("PACKSHOT_HOME", str(tmp_path / "home"))
    policy = policies.find({"name": "cn-art9", "recipient": "customer 7"})
    done = export(picture, tmp_path / "a.jpg", (SCENE,), policy)
    export(picture, tmp_path / "photo.jpg", (Step("frame"),), policy)  # not generated: no label is due
    export(picture, tmp_path / "b.jpg", (SCENE,), policies.find("all"))  # labelled visibly
    (line,) = log.entries()
    assert (line["recipient"], line["file"], line["sha256"]) == ("customer 7", "a.jpg", done.sha256)
    assert line["content"] == tc260.parse(done.marks["tc260_aigc"]).produce_id
    (file,) = (tmp_path / "home" / "log").iterdir()
    assert file.stat().st_mode & 0o077 == 0


def test_no_file_is_handed_out_without_its_line_in_the_log(picture, tmp_path, monkeypatch):
    monkeypatch.setenv("PACKSHOT_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "log").write_text("in the way")
    with pytest.raises(ValueError, match="article 9"):
        export(picture, tmp_path / "a.jpg", (SCENE,), policies.find("cn-art9"))
    assert not (tmp_path / "a.jpg").exists()


def test_a_torn_line_of_the_log_is_skipped(tmp_path, monkeypatch):
    monkeypatch.setenv("PACKSHOT_HOME", str(tmp_path))
    file = log.add("cn-art9", "", tmp_path / "a.jpg", sha256="0")
    file.write_bytes(file.read_bytes() + b'{"time": "20')
    assert [line["file"] for line in log.entries()] == ["a.jpg"]


def test_the_provider_code_reaches_the_label(picture, tmp_path):
    policy = policies.find({"name": "default", "producer": "001191110102MACQD9K64010000", "wrapped": False})
    done = export(picture, tmp_path / "a.jpg", (SCENE,), policy)
    label = tc260.parse(done.marks["tc260_aigc"])
    assert label.producer == label.propagator == "001191110102MACQD9K64010000"
    assert "AIGC" not in done.marks["tc260_aigc"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("cn", "expected one of default, google, eu, cn-visible, cn-art9, all"),
        ({"name": "all", "visible": "none"}, "policy.visible: cannot be changed"),
        ({"name": "cn-art9", "log": False}, "policy.log: cannot be changed"),
        ({"producer": "某公司"}, "provider code"),
        ({"producer": ""}, "policy.producer"),
        ({"corner": "middle"}, "policy.corner"),
        ({"unmarked_input": "photo"}, "expected one of digitalCapture"),
    ],
)
def test_a_policy_can_be_worded_but_not_weakened(given, words):
    with pytest.raises(ParameterError) as caught:
        policies.find(given)
    assert words in str(caught.value)
