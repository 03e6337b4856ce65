"""The command line as a person uses it: real processes where start-up counts, the runner elsewhere."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from packshot import operations
from packshot.cli import app, main
from packshot.cli.run import overrides
from packshot.errors import ParameterError
from tests.pipeline import drawn

ROOT = Path(__file__).parents[2]


def packshot(*arguments, cwd=ROOT, **env):
    command = [sys.executable, "-m", "packshot", *map(str, arguments)]
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONPATH": paths, "COLUMNS": "100", **env})  # fmt: skip


def invoke(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)


@pytest.fixture
def photo(tmp_path):
    (tmp_path / "in.jpg").write_bytes(drawn.jpeg(3, 160))
    return tmp_path / "in.jpg"


def test_help_is_quick_and_names_every_verb():
    packshot("--help")  # warm the file cache
    times = []
    for _ in range(3):
        started = time.perf_counter()
        done = packshot("--help")
        times.append(time.perf_counter() - started)
    assert done.returncode == 0
    for verb in ("demo", "catalogue", "run", "edit", "operations", "pipelines", "doctor"):
        assert verb in done.stdout
    bare = min(_seconds([sys.executable, "-c", "import typer, rich, pydantic, yaml"]) for _ in range(3))
    assert min(times) < bare + 0.5  # 0.3 s on an idle machine; tests share theirs


def _seconds(command):
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def test_help_has_a_short_name():
    for words in ([], ["edit"], ["edit", "frame"], ["catalogue", "make"], ["run"]):
        done = invoke(*words, "-h")
        assert done.exit_code == 0
        assert "--help" in done.stdout


def test_version():
    import packshot as package

    assert packshot("--version").stdout.strip() == f"packshot {package.__version__}"


@pytest.mark.parametrize("name", operations.TABLE)
def test_every_parameter_of_every_operation_is_a_flag(name):
    help_text = packshot("edit", name, "--help").stdout
    for key in operations.find(name).model_fields:
        assert "--" + key.replace("_", "-") in help_text
    listed = invoke("operations", name).stdout
    for key in operations.find(name).model_fields:
        assert "--" + key.replace("_", "-") in listed


def test_operations_and_pipelines_are_listed():
    assert all(name in invoke("operations").stdout for name in operations.TABLE)
    schemas = json.loads(invoke("operations", "--json").stdout)
    assert set(schemas) == set(operations.TABLE)
    listed = invoke("pipelines").stdout
    assert all(name in listed for name in ("packshot-white", "packshot-transparent", "studio-shadow", "colourways"))
    assert "steps:" in invoke("pipelines", "packshot-white").stdout


def test_edit_one_photo(photo, tmp_path):
    done = packshot("edit", "background", photo, tmp_path / "out.png", "--colour", "#204060")
    assert done.returncode == 0, done.stderr
    assert "delta_e_p99" in done.stdout
    with Image.open(tmp_path / "out.png") as image:
        assert image.getpixel((0, 0)) == (0x20, 0x40, 0x60)


def test_edit_many_photos_into_a_folder(tmp_path):
    photos = drawn.folder(tmp_path / "p", 3)
    sources = [*photos.rglob("*.jpg")]
    named = [s.rename(s.with_name(f"{i}.jpg")) for i, s in enumerate(sources)]
    done = packshot("edit", "cutout", *named, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["0.png", "1.png", "2.png"]
    with Image.open(tmp_path / "out" / "0.png") as image:
        assert image.mode == "RGBA"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["edit", "background", "{in}", "{out}", "--colour", "wihte"], "colour"),
        (["edit", "frame", "{in}", "{out}", "--fill", "7"], "frame.fill"),
        (["edit", "frame", "{dir}", "{dir}/x"], "is a folder; edit takes photos"),
        (["edit", "frame", "{in}", "{in}", "{dir}/x.png"], "expected a folder to write 2 photos to"),
        (["edit", "frame", "{in}", "{out}", "--width", "5", "--height", "9", "--aspect", "4:3"], "aspect is 4:3, but"),
        (["edit", "retouch", "{in}", "{out}", "--temperature", "3000"], "set white_balance to light"),
        (["edit", "frame", "{in}"], "one photo and one output"),
        (["edit", "frame", "{in}", "{in}"], "replace the photo itself"),
        (["edit", "recolour", "{in}", "{out}"], "recolour.to"),
        (["edit", "nonsense", "{in}", "{out}"], "nonsense"),
        (["run", "packshot-wihte", "{dir}"], "packshot-white"),
        (["run", "packshot-white", "{dir}/nothing"], "nothing"),
        (["run", "packshot-white", "{dir}", "--set", "frame=3"], "STEP.PARAMETER"),
        (["run", "packshot-white", "{dir}", "--set", "frame.fill=9"], "frame.fill"),
        (["run", "packshot-white", "{dir}", "--out", "{dir}/x"], "taken for photos"),
        (["run", "packshot-white", "{in}/nothing", "--out", "{in}/x"], "in.jpg"),
        (["pipelines", "nothing.yaml"], "nothing.yaml"),
        (["operations", "nonsense"], "nonsense"),
    ],
)
def test_what_cannot_run_says_why_in_a_line_and_exits_with_2(photo, tmp_path, arguments, words, monkeypatch, capsys):
    names = {"{in}": str(photo), "{out}": str(tmp_path / "out.jpg"), "{dir}": str(tmp_path)}
    filled = arguments
    for mark, value in names.items():
        filled = [a.replace(mark, value) for a in filled]
    monkeypatch.setattr(sys, "argv", ["packshot", *filled])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    assert words in capsys.readouterr().err


def test_a_mistake_leaves_no_traceback(photo, tmp_path):
    done = packshot("edit", "frame", photo, tmp_path / "out.jpg", "--fill", "7", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("packshot: frame.fill")
    assert "Traceback" not in done.stderr


def test_edit_says_that_it_cut_the_product_out(photo, tmp_path):
    done = packshot("edit", "recolour", photo, tmp_path / "out.jpg", "--to", "navy")
    assert "so it was cut out first (confidence 0." in done.stdout
    assert "a JPEG shows white there" in done.stdout
    done = packshot("edit", "cutout", photo, tmp_path / "out.png")
    assert "cut out first" not in done.stdout


def test_edit_goes_on_after_a_bad_photo_and_exits_with_1(photo, tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"nothing")
    done = packshot("edit", "cutout", tmp_path / "bad.jpg", photo, tmp_path / "out")
    assert done.returncode == 1
    assert "bad.jpg" in done.stderr
    assert (tmp_path / "out" / "in.png").exists()


def test_demo_on_a_folder_writes_pictures_and_a_report(tmp_path):
    photos = drawn.folder(tmp_path / "p", 3)
    done = packshot("demo", photos, "--out", tmp_path / "out", "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "report.html").exists()
    assert str(tmp_path / "out" / "report.html") in done.stdout
    assert len(list((tmp_path / "out").rglob("*.jpg"))) == 3


def test_doctor_says_what_is_there_and_how_to_get_the_rest():
    done = packshot("doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    for word in ("torch", "device", "weights", "PACKSHOT_HOME", "all well"):
        assert word in done.stdout


def test_settings_are_read_as_values():
    assert overrides(["frame.fill=0.9", "background.colour=#eee", "each.colour=red,#1f4e8c", "shadow.kind=drop"]) == {
        "frame.fill": 0.9,
        "background.colour": "#eee",
        "each.colour": ["red", "#1f4e8c"],
        "shadow.kind": "drop",
    }
    with pytest.raises(ParameterError, match=r"STEP\.PARAMETER=VALUE"):
        overrides(["fill=3"])
