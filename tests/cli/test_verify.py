"""`packshot verify`, and the flags of run and edit that say how files are marked."""

import json
import subprocess
import sys

import pytest
from PIL import Image
from typer.testing import CliRunner

from packshot.cli import app, main, marking
from packshot.errors import ParameterError
from packshot.pipeline.record import read_records
from packshot.provenance import policies, tc260
from packshot.provenance.verify import verify
from tests.pipeline import drawn
from tests.provenance.test_credentials import issued

CODE = "001191110102MACQD9K64010000"


def invoke(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)


@pytest.fixture
def marked(tmp_path):
    (tmp_path / "in.jpg").write_bytes(drawn.jpeg(3, 160))
    assert invoke("edit", "frame", tmp_path / "in.jpg", tmp_path / "out.jpg").exit_code == 0
    return tmp_path / "out.jpg"


def test_marks_that_hold_are_shown_and_the_exit_code_is_0(marked, tmp_path):
    """A network found the product; without one nothing is said of networks."""
    photo, plain = tmp_path / "in.jpg", tmp_path / "plain.png"
    assert invoke("edit", "cutout", photo, plain, "--method", "classical").exit_code == 0
    shown = ("ok", "IPTC DigitalSourceType", "TC260 AIGC", "C2PA manifest", "valid", "on no trust list")
    for path, own in ((marked, ("algorithmicallyEnhanced",)), (plain, ("digitalCapture", "missing"))):
        done = invoke("verify", path)
        assert done.exit_code == 0
        for word in (*shown, *own):
            assert word in done.stdout


def test_json_holds_every_mark_of_every_file(marked, tmp_path):
    (tmp_path / "text.jpg").write_text("no picture")
    done = invoke("verify", marked, tmp_path / "in.jpg", tmp_path / "text.jpg", "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert found[str(marked)]["ok"]
    assert found[str(marked)]["c2pa"]["state"] == "valid"
    assert found[str(tmp_path / "in.jpg")]["iptc"]["state"] == "missing"
    assert "text" in found[str(tmp_path / "text.jpg")]["error"]


def test_a_folder_stands_for_every_picture_in_it(marked, tmp_path):
    (tmp_path / "sub").mkdir()
    marked.rename(tmp_path / "sub" / "a.jpg")
    (tmp_path / "sub" / "notes.txt").write_text("no picture")
    done = invoke("verify", tmp_path)
    assert done.exit_code == 1
    assert "1 ok, 1 to look at" in done.stdout  # the second is the unmarked photo
    assert invoke("verify", tmp_path / "sub", tmp_path / "sub" / "a.jpg").stdout.endswith("1 ok, 0 to look at\n")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ParameterError, match="no picture"):
        invoke("verify", tmp_path / "empty")


def test_a_changed_byte_is_tampering_and_the_exit_code_is_1(marked):
    data = bytearray(marked.read_bytes())
    data[-100] ^= 1
    marked.write_bytes(data)
    done = invoke("verify", marked)
    assert done.exit_code == 1
    assert "tampered" in done.stdout
    assert "assertion.dataHash.mismatch" in done.stdout


def test_what_a_file_says_cannot_write_to_the_terminal(tmp_path):
    label = tc260.Label("1", "\x1b[31mred\x07", "x" * 4000)
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmlns:TC260="{tc260.NAMESPACE}"><TC260:AIGC>{label.text()}</TC260:AIGC>'
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", xmp=xmp.encode())
    done = invoke("verify", tmp_path / "a.jpg")
    assert "\x1b[31mred" not in done.stdout
    assert len(done.stdout) < 3000


def test_own_certificates_sign_and_are_trusted_on_request(tmp_path):
    (tmp_path / "in.jpg").write_bytes(drawn.jpeg(3, 160))
    chain, key, root, _ = issued(tmp_path)
    flags = ["--c2pa-cert", chain, "--c2pa-key", key]
    assert invoke("edit", "frame", tmp_path / "in.jpg", tmp_path / "out.png", *flags).exit_code == 0
    done = invoke("verify", tmp_path / "out.png", "--trust", root)
    assert done.exit_code == 0
    assert "trusted" in done.stdout
    assert "A Shop" in done.stdout


def test_a_run_takes_policy_producer_and_certificate(tmp_path):
    photos = drawn.folder(tmp_path / "photos", 2)
    chain, key, root, _ = issued(tmp_path)
    (tmp_path / "recolour.yaml").write_text("steps: [cutout, {recolour: {to: '#1f4e8c'}}]\npolicy: eu\n")
    done = invoke(
        "run", tmp_path / "recolour.yaml", photos, "--out", tmp_path / "out", "--workers", "1", "--no-report",
        "--policy", "cn-art9", "--producer", CODE, "--c2pa-cert", chain, "--c2pa-key", key,
    )  # fmt: skip
    assert done.exit_code == 0, done.stdout
    for record in read_records(tmp_path / "out" / "edits.jsonl"):
        found = verify(tmp_path / "out" / record.output, trust=root)
        assert found.c2pa.state == "trusted"
        assert record.marks["c2pa_signer"] == "A Shop"
        assert tc260.parse(found.tc260.value).producer == CODE
    again = invoke("run", tmp_path / "recolour.yaml", photos, "--out", tmp_path / "out", "--workers", "1",
                   "--no-report", "--policy", "cn-art9", "--producer", CODE)  # fmt: skip
    assert "kept from before" not in again.stdout  # another signer: other files


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--policy", "china"], "expected one of default, google, eu, cn-visible, cn-art9, all"),
        (["--producer", "某公司"], "provider code"),
        (["--c2pa-cert", "nowhere.pem"], "--c2pa-key"),
        (["--c2pa-key", "nowhere.pem"], "--c2pa-cert"),
        (["--c2pa-cert", "nowhere.pem", "--c2pa-key", "nowhere.pem"], "nowhere.pem"),
    ],
)
@pytest.mark.parametrize("verb", ["run", "edit"])
def test_flags_that_cannot_be_met_stop_before_the_first_picture(tmp_path, flags, words, verb, monkeypatch, capsys):
    photos = drawn.folder(tmp_path / "photos", 1)
    photo = next(photos.rglob("*.jpg"))
    start = ["run", "packshot-white", photos, "--out"] if verb == "run" else ["edit", "frame", photo]
    monkeypatch.setattr("sys.argv", ["packshot", *map(str, start), str(tmp_path / "out.jpg"), *flags])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out.jpg").is_file()


def test_a_time_stamp_that_cannot_be_had_is_named_and_nothing_is_written_without_it(tmp_path):
    (tmp_path / "in.jpg").write_bytes(drawn.jpeg(3, 160))
    flags = ["--c2pa-timestamp", "http://127.0.0.1:9/none"]
    done = invoke("edit", "frame", tmp_path / "in.jpg", tmp_path / "out.jpg", *flags)
    assert done.exit_code == 1
    assert "C2PA manifest cannot be signed" in done.stderr
    assert not (tmp_path / "out.jpg").exists()


def test_the_help_names_every_policy():
    (option,) = marking.POLICY.__metadata__
    assert all(name in option.help for name in policies.TABLE)


def test_help_and_import_do_not_load_the_signing_library():
    code = "import sys, packshot, packshot.cli, packshot.provenance.policies, packshot.pipeline.recipe; " \
           "print(sorted({m.split('.')[0] for m in sys.modules} & {'c2pa', 'cryptography', 'torch'}))"  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
