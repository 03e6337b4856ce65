"""Runs over catalogues: nothing lost, resumable, bounded, and a bad picture stops nothing."""

import dataclasses
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from packshot.errors import FileError, RecipeError
from packshot.pipeline import recipe as recipes
from packshot.pipeline.catalogues import run_catalogue
from packshot.pipeline.record import Index, read_records
from packshot.pipeline.run import Item, output_name, run
from tests.pipeline import drawn

RECIPE = recipes.parse(b"steps: [cutout, {background: {colour: white}}, {frame: {fill: 0.8, width: 96, height: 96}}]")
ROOT = Path(__file__).parents[2]


def results(out):
    """Everything a run leaves behind that matters: pixels, and records without times and signatures.

    A C2PA signature is salted and so never the same twice; the mark `unsigned_sha256` is that of all other bytes.
    """
    pictures = {p.relative_to(out).as_posix(): Image.open(p).tobytes() for p in out.rglob("*.jpg")}
    records = {r.key: dataclasses.replace(r, seconds=0, output_sha256="") for r in read_records(out / "edits.jsonl")}
    return pictures, records


def test_a_folder_becomes_pictures_records_and_a_report(tmp_path):
    photos = drawn.folder(tmp_path / "photos", 7)
    (photos / "notes.txt").write_text("no photo")
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not much of a picture")
    outcome = run_catalogue(RECIPE, photos, tmp_path / "out", workers=1)
    last = outcome.progress
    assert (last.done + last.flagged, last.failed, last.finished, last.total) == (7, 1, 8, 8)
    assert outcome.exit_code == 1
    pictures, records = results(tmp_path / "out")
    assert sorted(pictures) == sorted(
        p.relative_to(photos).as_posix() for p in photos.rglob("*.jpg") if p.name != "broken.jpg"
    )
    broken = next(r for r in records.values() if r.image == "broken.jpg")
    assert broken.status == "failed"
    assert broken.reason
    for record in records.values():
        if record.status != "failed":
            assert record.fidelity["delta_e_p99"] <= 0.5
            assert record.fidelity["encoded_delta_e_p99"] < 12
            assert record.marks["iptc_digital_source_type"] == "algorithmicallyEnhanced"  # a network may cut out
            assert [s["operation"] for s in record.steps] == ["cutout", "background", "frame"]
            assert len(record.source_sha256) == len(record.marks["unsigned_sha256"]) == 64
            assert record.marks["c2pa"] == "valid"
    for record in read_records(tmp_path / "out" / "edits.jsonl"):
        if record.output:
            output = (tmp_path / "out" / record.output).read_bytes()
            assert record.output_sha256 == hashlib.sha256(output).hexdigest()
    assert "broken.jpg" in outcome.report.read_text(encoding="utf-8")
    for path in (tmp_path / "out").rglob("*.jpg"):
        with Image.open(path) as image:
            assert image.getpixel((0, 0)) == (255, 255, 255)


def test_one_process_and_two_give_the_same_and_a_second_run_does_nothing(tmp_path):
    photos = drawn.folder(tmp_path / "photos", 9)
    one = run_catalogue(RECIPE, photos, tmp_path / "one", workers=1, report=False)
    two = run_catalogue(RECIPE, photos, tmp_path / "two", workers=2, report=False)
    assert one.progress.finished == two.progress.finished == 9
    assert results(tmp_path / "one") == results(tmp_path / "two")
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "one").rglob("*.jpg")}
    again = run_catalogue(RECIPE, photos, tmp_path / "one", workers=1, report=False)
    assert (again.progress.skipped, again.progress.done) == (9, 0)
    assert before == {p: p.stat().st_mtime_ns for p in (tmp_path / "one").rglob("*.jpg")}


def test_what_changed_is_done_again_and_nothing_else(tmp_path):
    photos = drawn.folder(tmp_path / "photos", 5)
    out = tmp_path / "out"
    run_catalogue(RECIPE, photos, out, workers=1, report=False)
    (photos / "red" / "000.jpg").write_bytes(drawn.jpeg(77))  # another photo under the same name
    (out / "blue" / "000.jpg").write_bytes(b"scribbled over")
    (out / "green" / "000.jpg").unlink()
    again = run_catalogue(RECIPE, photos, out, workers=1, report=False).progress
    assert (again.done + again.flagged, again.skipped) == (3, 2)
    other = recipes.parse(
        b"steps: [cutout, {background: {colour: '#eee'}}, {frame: {fill: 0.8, width: 96, height: 96}}]"
    )
    assert run_catalogue(other, photos, out, workers=1, report=False).progress.skipped == 0


def test_another_background_file_makes_other_settings(tmp_path):
    photos = drawn.folder(tmp_path / "photos", 2)
    drawn.photo(5).save(tmp_path / "wall.png")
    text = f"steps: [cutout, {{background: {{kind: picture, picture: '{tmp_path / 'wall.png'}'}}}}]"
    recipe = recipes.parse(text.encode())
    run_catalogue(recipe, photos, tmp_path / "out", workers=1, report=False)
    assert run_catalogue(recipe, photos, tmp_path / "out", workers=1, report=False).progress.skipped == 2
    drawn.photo(6).save(tmp_path / "wall.png")
    assert run_catalogue(recipe, photos, tmp_path / "out", workers=1, report=False).progress.skipped == 0


def test_a_photo_without_a_product_makes_no_blank_listing(tmp_path):
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (96, 96), (235, 235, 235)).save(tmp_path / "photos" / "wall.png")
    (tmp_path / "photos" / "toy.jpg").write_bytes(drawn.jpeg(3))
    outcome = run_catalogue(RECIPE, tmp_path / "photos", tmp_path / "out", workers=1)
    records = {record.sku: record for record in read_records(tmp_path / "out" / "edits.jsonl")}
    assert records["wall"].status == "failed"
    assert records["wall"].reason.startswith("no product found")
    assert [path.name for path in (tmp_path / "out").rglob("*.jpg")] == ["toy.jpg"]
    assert outcome.exit_code == 1


def test_variants_have_their_own_files_and_records(tmp_path):
    photos = drawn.folder(tmp_path / "photos", 2)
    text = (
        b"each: {colour: [red, '#1f4e8c']}\nsteps: [cutout, {recolour: {to: $colour}}, {background: {colour: white}}]"
    )
    outcome = run_catalogue(recipes.parse(text), photos, tmp_path / "out", workers=1)
    assert outcome.progress.total == outcome.progress.finished == 4
    names = sorted(p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.jpg"))
    assert names == ["blue/000-1f4e8c.jpg", "blue/000-red.jpg", "red/000-1f4e8c.jpg", "red/000-red.jpg"]


def test_attributes_of_the_catalogue_reach_the_steps(tmp_path):
    photos = drawn.folder(tmp_path / "photos", 2)
    table = tmp_path / "products.csv"
    table.write_text("sku,title,image,backdrop\na,One,red/000.jpg,#102030\nb,Two,blue/000.jpg,\n", encoding="utf-8")
    shutil.copytree(photos, tmp_path, dirs_exist_ok=True)
    recipe = recipes.parse(b"steps: [cutout, {background: {colour: $backdrop}}]\noutput: {format: png}")
    run_catalogue(recipe, table, tmp_path / "out", workers=1, report=False)
    found = {r.sku: r for r in read_records(tmp_path / "out" / "edits.jsonl")}
    with Image.open(tmp_path / "out" / found["a"].output) as image:
        assert image.getpixel((0, 0)) == (0x10, 0x20, 0x30)
    assert found["b"].status == "failed"
    assert "$backdrop" in found["b"].reason


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_kill_9_in_the_middle_then_the_same_command_gives_what_an_unbroken_run_gives(tmp_path):
    photos = drawn.folder(tmp_path / "photos", 200, side=64)
    (tmp_path / "small.yaml").write_bytes(
        b"steps: [cutout, {background: {colour: white}}, {frame: {fill: 0.8, width: 64, height: 64}}]"
    )
    command = [sys.executable, "-m", "packshot", "run", str(tmp_path / "small.yaml"), str(photos), "--no-report"]
    unbroken = subprocess.run([*command, "--out", str(tmp_path / "a")], cwd=ROOT, capture_output=True, check=False)
    assert unbroken.returncode == 0, unbroken.stderr
    kills = 0
    for share in (0.2, 0.6):
        process = subprocess.Popen([*command, "--out", str(tmp_path / "b")], cwd=ROOT, stderr=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
        wait_for_lines(tmp_path / "b" / "edits.jsonl", int(200 * share), process)
        if process.poll() is None:
            kills += 1
        os.killpg(process.pid, signal.SIGKILL)  # parent and workers at once, as a power cut would
        process.wait()
    assert kills == 2
    last = subprocess.run([*command, "--out", str(tmp_path / "b")], cwd=ROOT, capture_output=True, check=False)
    assert last.returncode == 0, last.stderr
    assert b"kept from before" in last.stdout
    assert results(tmp_path / "a") == results(tmp_path / "b")
    assert not list((tmp_path / "b").rglob("*.part"))


def wait_for_lines(path, count, process, seconds=120):
    deadline = time.time() + seconds
    while time.time() < deadline and process.poll() is None:
        if path.exists() and path.read_bytes().count(b"\n") >= count:
            return
        time.sleep(0.01)


def test_two_runs_into_one_folder_are_refused(tmp_path):
    items = [Item("a", "a.jpg", str(tmp_path / "a.jpg"), "a"), Item("b", "b.jpg", str(tmp_path / "b.jpg"), "b")]
    (tmp_path / "a.jpg").write_bytes(drawn.jpeg(1))
    first = run(RECIPE, items, tmp_path / "out", workers=1)
    next(first)
    with pytest.raises(FileError, match="another run"):
        next(run(RECIPE, items, tmp_path / "out", workers=1))
    first.close()
    assert len(list(run(RECIPE, items, tmp_path / "out", workers=1))) == 2  # b.jpg fails again, and the end


def test_results_among_the_photos_are_refused(tmp_path):
    photos = drawn.folder(tmp_path / "photos", 1)
    with pytest.raises(FileError, match="taken for photos"):
        run_catalogue(RECIPE, photos, photos / "out", workers=1)


def test_a_full_disk_fails_the_picture_and_not_the_run(tmp_path, monkeypatch):
    photos = drawn.folder(tmp_path / "photos", 3)
    from packshot.imaging import files

    real = files.write_atomic

    def full(path, data):
        if "blue" in str(path):
            raise OSError(28, "No space left on device", str(path))
        real(path, data)

    monkeypatch.setattr(files, "write_atomic", full)
    outcome = run_catalogue(RECIPE, photos, tmp_path / "out", workers=1, report=False)
    assert (outcome.progress.failed, outcome.progress.done + outcome.progress.flagged) == (1, 2)
    failed = next(r for r in read_records(tmp_path / "out" / "edits.jsonl") if r.status == "failed")
    assert "No space left on device" in failed.reason


def test_faults_of_our_own_are_recorded_with_their_place(tmp_path, monkeypatch):
    photos = drawn.folder(tmp_path / "photos", 1)
    from packshot.operations.cutout import Cutout

    monkeypatch.setattr(Cutout, "apply", lambda self, picture, context: 1 / 0)
    run_catalogue(RECIPE, photos, tmp_path / "out", workers=1, report=False)
    (record,) = read_records(tmp_path / "out" / "edits.jsonl")
    assert "unexpected ZeroDivisionError" in record.reason
    assert ".py:" in record.reason


def test_an_unknown_pipeline_and_an_unknown_catalogue_cannot_run(tmp_path):
    with pytest.raises(RecipeError, match="packshot-white"):
        run_catalogue("no-such-pipeline", tmp_path, tmp_path / "out")
    with pytest.raises(ValueError, match="nothing-here"):
        run_catalogue(RECIPE, tmp_path / "nothing-here", tmp_path / "out")


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "a/../../b", "C:\\x\\y", "con", "a" * 400, "", ".", "..", "a\0b", 'q"<>|?*:'],
)
def test_no_name_leads_out_of_the_folder(tmp_path, name):
    found = output_name(name, "", ".jpg", Index(tmp_path / "none").claim)
    target = (tmp_path / "out" / found).resolve()
    assert target.is_relative_to((tmp_path / "out").resolve())
    assert not Path(found).is_absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(b"x")


def test_names_never_collide(tmp_path):
    index = Index(tmp_path / "none")
    names = [output_name(n, "", ".jpg", index.claim) for n in ("a/1", "a/1", "A/1", "a/1-2", "b/1")]
    assert len({n.casefold() for n in names}) == 5
    assert names[0] == "a/1.jpg"
