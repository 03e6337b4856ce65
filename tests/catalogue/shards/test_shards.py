"""Shards: exact truth, sums, damage named with what is lost, and jobs that a kill cannot spoil."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from packshot.catalogue.shards.files import INDEX, Sample, read_index, read_samples, write_shard
from packshot.catalogue.shards.folding import plain_png, unfolded
from packshot.catalogue.shards.layers import bytes_of, decoded, encoded
from packshot.catalogue.shards.making import Job, make
from packshot.catalogue.shards.unpack import to_catalogue, unpack
from packshot.errors import CatalogueError, UnreadableFile
from tests.catalogue.shards import makers

JOB = Job("toys", 10, {"seed": 1, "size": 8}, per_shard=4, facts={"size": 8, "licence": "CC0-1.0"})


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "toys"
    make(folder, JOB, makers.quick, workers=2)
    return folder


@given(st.sampled_from([0, 9]), st.sampled_from(["matte", "layout", "material"]), arrays(np.uint8, (5, 7)))
def test_truth_in_bytes_is_exact(effort, layer, pixels):
    assert np.array_equal(decoded(layer, encoded(layer, pixels, effort=effort)), pixels)


@given(arrays(np.uint16, (4, 6)))
def test_depth_and_master_are_exact(depth):
    assert np.array_equal(decoded("depth", encoded("depth", depth)), depth)
    master = np.stack([depth, depth // 2, depth // 3], 2)
    assert np.array_equal(decoded("master", encoded("master", master)), master)


def test_other_layers_come_back_and_damage_is_refused():
    pixels = np.random.default_rng(0).integers(0, 256, (9, 9, 3), np.uint8)
    assert np.array_equal(decoded("normals", encoded("normals", pixels)), pixels)
    assert bytes_of("linear", np.zeros((3, 4, 3), np.float32)).shape == (3, 3, 4)
    assert bytes_of("depth", np.array([[256, 65535]], np.uint16)).tolist() == [[[1, 255]]]
    with pytest.raises(UnreadableFile, match="matte: cannot be decoded"):
        decoded("matte", encoded("matte", pixels[..., 0])[:40])


def test_shards_are_tar_files_with_the_same_bytes_every_time(made, tmp_path):
    shards, facts = read_index(made)
    assert [(s.name, s.samples, s.first) for s in shards] == [
        ("toys-00000.tar", 4, 0),
        ("toys-00001.tar", 4, 4),
        ("toys-00002.tar", 2, 8),
    ]
    assert facts == {"size": 8, "licence": "CC0-1.0"}
    with tarfile.open(made / "toys-00000.tar") as archive:
        assert archive.getnames()[:4] == ["000000.photo.webp", "000000.matte.png", "000000.layout.png", "000000.json"]
    again, _ = make(tmp_path / "again", JOB, makers.quick, workers=1)
    assert again == shards
    assert sorted(p.name for p in made.iterdir()) == [".lock", INDEX, "settings.json", *(s.name for s in shards)]


@pytest.mark.parametrize("ending", [".tar", ".tar.xz"])
def test_compressed_or_not_the_samples_are_the_same(tmp_path, ending):
    samples = [makers.quick({"seed": 1}, n) for n in range(3)]
    shard = write_shard(tmp_path / f"x-0{ending}", samples)
    problems = []
    for read, sample in zip(read_samples(tmp_path, [shard], problems), samples, strict=True):
        assert (read.key, read.attributes()) == (sample.key, sample.attributes())
        assert read.members["photo.webp"] == sample.members["photo.webp"]
        for layer in ("matte", "layout"):
            one, other = (decoded(layer, s.members[f"{layer}.png"]) for s in (read, sample))
            assert np.array_equal(one, other)
    assert problems == []


def test_a_packed_shard_is_much_smaller(tmp_path):
    flat = np.zeros((64, 64), np.uint8)
    flat[20:40, 20:40] = 3
    sample = makers.quick({"seed": 1}, 0)
    members = {"photo.webp": sample.members["photo.webp"], "matte.png": encoded("matte", flat * 85),
               "layout.png": encoded("layout", flat), "json": sample.members["json"]}  # fmt: skip
    samples = [Sample(f"{n:06}", members) for n in range(50)]
    loose, packed = (write_shard(tmp_path / f"x{ending}", samples).bytes for ending in (".tar", ".tar.xz"))
    assert packed < loose / 10


def test_a_stack_that_does_not_fit_is_refused():
    stack = {"jsonl": b"{}\n{}\n", "matte.png": plain_png(np.zeros((8, 4), np.uint8))}
    assert len(unfolded(["a", "b"], stack)) == 2
    with pytest.raises(UnreadableFile, match="expected 3 rows"):
        unfolded(["a", "b", "c"], stack)
    with pytest.raises(UnreadableFile, match="does not fit 2 pictures"):
        unfolded(["a", "b"], stack | {"matte.png": plain_png(np.zeros((7, 4), np.uint8))})


def test_a_number_is_the_same_whatever_is_made_with_it(made, tmp_path):
    make(tmp_path / "one", Job("toys", 1, JOB.settings, first=7), makers.quick)
    alone = next(read_samples(tmp_path / "one", read_index(tmp_path / "one")[0], []))
    beside = [s for s in read_samples(made, read_index(made)[0], []) if s.key == alone.key]
    assert beside == [alone]


def test_packed_and_as_a_catalogue(made, tmp_path):
    pictures, problems = unpack(made, tmp_path / "pack")
    assert problems == []
    assert len(pictures) == 10
    assert pictures.facts["licence"] == "CC0-1.0"
    sample = makers.quick(JOB.settings, 6)
    for layer, ending in (("photo", "photo.webp"), ("matte", "matte.png"), ("layout", "layout.png")):
        expected = bytes_of(layer, decoded(layer, sample.members[ending]))
        assert np.array_equal(pictures.layers[layer][6].numpy(), expected)
    catalogue, none = to_catalogue(made, tmp_path / "shop")
    assert none == []
    assert len(catalogue) == 10
    product = catalogue.find("S-6")
    assert (product.title, product.colour, product.images[0].attributes["azimuth"]) == ("Toy 6", "red", "6")
    assert (catalogue.pictures / product.images[0].matte).read_bytes() == sample.members["matte.png"]
    assert (catalogue.pictures / product.images[0].layers["layout"]).is_file()


@pytest.mark.parametrize("damage", ["flip", "cut", "remove", "lie"])
def test_a_broken_shard_is_named_with_its_pictures_and_skipped(made, tmp_path, damage):
    folder = tmp_path / "toys"
    subprocess.run(["cp", "-r", made, folder], check=True)
    path = folder / "toys-00001.tar"
    data = bytearray(path.read_bytes())
    if damage == "flip":
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    elif damage == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif damage == "remove":
        path.unlink()
    else:
        told = json.loads((folder / INDEX).read_text())
        told["shards"][1]["samples"] = 7
        (folder / INDEX).write_text(json.dumps(told))
    pictures, problems = unpack(folder, tmp_path / "pack")
    assert len(pictures) == 6
    assert len(problems) == 1
    assert problems[0].file == "toys-00001.tar"
    assert problems[0].serious
    assert "pictures (4 to" in problems[0].reason
    assert "are lost" in problems[0].reason
    assert pictures.facts["lost"] == (7 if damage == "lie" else 4)
    assert [row["sku"] for row in pictures.rows] == [f"S-{i}" for i in (0, 1, 2, 3, 8, 9)]


def test_a_broken_picture_costs_itself(tmp_path):
    samples = [makers.quick({"seed": 1}, n) for n in range(3)]
    samples[1].members["matte.png"] = samples[1].members["matte.png"][:30]
    from packshot.catalogue.shards.files import write_index

    write_index(tmp_path, [write_shard(tmp_path / "x-0.tar", samples)], {"size": 8})
    pictures, problems = unpack(tmp_path, tmp_path / "pack")
    assert [row["key"] for row in pictures.rows] == ["000000", "000002"]
    assert (problems[0].field, problems[0].value) == ("picture", "000001")


def test_folders_without_shards_are_refused(tmp_path):
    with pytest.raises(CatalogueError, match="expected the index of a folder of shards"):
        unpack(tmp_path, tmp_path / "pack")
    (tmp_path / INDEX).write_text(json.dumps({"format": 1, "size": 8, "shards": [
        {"name": "../x.tar", "samples": 1, "first": 0, "bytes": 1, "sha256": ""}]}))  # fmt: skip
    with pytest.raises(CatalogueError, match="expected a plain file name"):
        unpack(tmp_path, tmp_path / "pack")
    (tmp_path / INDEX).write_text(json.dumps({"format": 7, "shards": []}))
    with pytest.raises(CatalogueError, match="expected format 1, got 7"):
        unpack(tmp_path, tmp_path / "pack")


def test_a_failing_picture_is_listed_and_the_rest_goes_on(tmp_path):
    shards, failed = make(tmp_path / "toys", JOB, makers.failing, workers=2)
    assert failed == {4: "ValueError: no such toy"}
    assert [s.samples for s in shards] == [4, 3, 2]
    again, still = make(tmp_path / "toys", JOB, makers.failing)
    assert (again, still) == (shards, failed)


def test_a_picture_that_kills_its_process_is_set_aside(tmp_path):
    shards, failed = make(tmp_path / "toys", JOB, makers.deadly, workers=2)
    assert list(failed) == [3]
    assert "process died" in failed[3]
    assert sum(s.samples for s in shards) == 9


def test_a_job_may_grow_but_not_change(tmp_path):
    small = Job("toys", 6, JOB.settings, per_shard=4, facts=JOB.facts)
    make(tmp_path / "toys", small, makers.quick)
    grown, _ = make(tmp_path / "toys", JOB, makers.quick)
    whole, _ = make(tmp_path / "whole", JOB, makers.quick)
    assert grown == whole
    with pytest.raises(CatalogueError, match=r"holds another job .*seed: there 1, now 2"):
        make(tmp_path / "toys", Job("toys", 10, {"seed": 2, "size": 8}, per_shard=4), makers.quick)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    with pytest.raises(CatalogueError, match="is not empty and holds no job"):
        make(tmp_path / "full", JOB, makers.quick)


def test_a_damaged_shard_is_made_again(made, tmp_path):
    folder = Path(shutil.copytree(made, tmp_path / "toys"))
    victim = sorted(folder.glob("toys-*"))[1]
    whole = victim.read_bytes()
    victim.write_bytes(whole[:700] + bytes([whole[700] ^ 255]) + whole[701:])
    make(folder, JOB, makers.quick)
    assert victim.read_bytes() == whole


def test_progress_counts_to_the_end(tmp_path):
    told = []
    make(tmp_path / "toys", JOB, makers.quick, on_progress=told.append)
    assert [p.done for p in told] == list(range(1, 11))
    assert (told[-1].seconds_left, told[-1].total) == (0, 10)


RUN = """
import sys
from packshot.catalogue.shards.making import Job, make
from tests.catalogue.shards import makers
if __name__ == "__main__":
    job = Job("toys", 60, {"seed": 1, "size": 8}, per_shard=8, facts={"size": 8})
    make(sys.argv[1], job, makers.slow, workers=2, on_progress=lambda p: print(p.made, flush=True))
"""


def test_after_kill_9_the_rest_is_made_and_all_is_as_if_never_stopped(tmp_path):
    script = tmp_path / "run.py"
    script.write_text(RUN)
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    command = [sys.executable, str(script), str(tmp_path / "toys")]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
    for _ in range(20):
        running.stdout.readline()
    second = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert "another run is at work" in second.stderr
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    time.sleep(0.2)
    before = len(list((tmp_path / "toys" / "parts").glob("*.tar"))) + sum(
        s.samples for s in read_index(tmp_path / "toys")[0]
    )
    assert before >= 20
    told = []
    job = Job("toys", 60, {"seed": 1, "size": 8}, per_shard=8, facts={"size": 8})
    shards, failed = make(tmp_path / "toys", job, makers.quick, workers=1, on_progress=told.append)
    assert failed == {}
    assert told[-1].made <= 60 - 20
    whole, _ = make(tmp_path / "whole", job, makers.quick, workers=1)
    assert shards == whole
    assert not (tmp_path / "toys" / "parts").exists()
