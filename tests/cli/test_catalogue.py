"""`packshot catalogue` as a person uses it."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from packshot.cli.catalogue import app
from packshot.errors import CatalogueError, ParameterError
from tests.catalogue.shop import picture, put, table


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture
def source(tmp_path):
    put(tmp_path / "in", {f"{i}.png": i for i in range(6)})
    rows = [[f"S{i}", f"Product [bold]{i}", f"{i}.png", ["red", "blue"][i % 2], "shoes"] for i in range(6)]
    return table(tmp_path / "in" / "t.csv", ["sku", "title", "image", "colour", "category"], *rows)


@pytest.fixture
def catalogue(source, tmp_path):
    assert run("make", source, tmp_path / "c").exit_code == 0
    return tmp_path / "c"


def test_make_says_what_it_found(source, tmp_path):
    done = run("make", source, tmp_path / "c")
    assert done.exit_code == 0
    assert "a table with 5 columns (utf-8, commas)" in done.output
    assert "6 products, 6 pictures" in done.output
    assert len((tmp_path / "c" / "products.jsonl").read_text().splitlines()) == 6


def test_make_lists_what_is_wrong_and_exits_with_1(source, tmp_path):
    with source.open("a") as file:
        file.write("S9,[red]x,gone.png,red,shoes\n,orphan,0.png,,\n")
    done = run("make", source, tmp_path / "c")
    assert done.exit_code == 1
    assert "2 problems, 0 notes" in done.output
    assert "there is no such file" in done.output
    assert "gone.png" in done.output
    assert len((tmp_path / "c" / "problems.jsonl").read_text().splitlines()) == 2


def test_notes_alone_are_no_failure(tmp_path):
    put(tmp_path / "in", {"1.png": 1, "readme.txt": "x"})
    done = run("make", tmp_path / "in", tmp_path / "c")
    assert done.exit_code == 0
    assert "0 problems, 1 notes" in done.output


def test_what_cannot_run_exits_with_2(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    for arguments, words in (
        (("make", tmp_path / "nowhere", tmp_path / "c"), "there is nothing there"),
        (("show", tmp_path), "packshot catalogue make"),
        (("split", tmp_path), "packshot catalogue make"),
    ):
        command = [sys.executable, "-m", "packshot", "catalogue", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=tmp_path)
        assert done.returncode == 2
        assert words in done.stderr
        assert "Traceback" not in done.stderr


def test_wrong_words_are_refused_by_name(source, tmp_path):
    for option in ("--kind", "--pictures", "--products"):
        with pytest.raises(ParameterError, match="got 'wrong'"):
            run("make", source, tmp_path / "c", option, "wrong")
    assert not (tmp_path / "c").exists()


def test_another_source_needs_replace(catalogue, tmp_path):
    put(tmp_path / "other", {"1.png": 1})
    with pytest.raises(CatalogueError, match="--replace"):
        run("make", tmp_path / "other", catalogue)
    assert run("make", tmp_path / "other", catalogue, "--replace").exit_code == 0


def test_show_counts_and_draws(catalogue, tmp_path):
    done = run("show", catalogue, "--sheet", tmp_path / "sheet.png")
    assert done.exit_code == 0
    assert "shoes" in done.output
    assert "1-256 px" in done.output
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.format == "PNG"
        assert sheet.width > 600
    numbers = json.loads(run("show", catalogue, "--json").output)
    assert (numbers["products"], numbers["colours"]) == (6, {"red": 3, "blue": 3})


def test_show_says_which_pictures_cannot_be_read(catalogue, tmp_path):
    (catalogue / "images" / "3.png").write_bytes(picture(3)[:60])
    done = run("show", catalogue, "--sheet", tmp_path / "sheet.png")
    assert done.exit_code == 1
    assert "images/3.png" in done.output


def test_check(catalogue):
    assert run("check", catalogue).exit_code == 0
    (catalogue / "images" / "3.png").unlink()
    (catalogue / "images" / "4.png").write_bytes(picture(4)[:-300])
    done = run("check", catalogue)
    assert done.exit_code == 1
    assert "1 problems" in done.output
    lines = run("check", catalogue, "--decode", "--json").output.splitlines()
    assert [json.loads(line)["row"] for line in lines] == [4, 5]


def test_split(catalogue):
    (catalogue / "images" / "5.png").write_bytes(picture(0))  # S0 and S5 now share a photo
    for seed in range(6):
        done = run("split", catalogue, "--ratios", "50/50", "--seed", seed)
        assert done.exit_code == 0
        assert "1 groups of products share a photo" in done.output
        splits = {
            p["sku"]: p["split"] for p in map(json.loads, (catalogue / "products.jsonl").read_text().splitlines())
        }
        assert splits["S0"] == splits["S5"]
    assert run("split", catalogue, "--by", "colour", "--no-duplicates").exit_code == 0
    with pytest.raises(ParameterError, match="ratios"):
        run("split", catalogue, "--ratios", "some")


def test_duplicates(catalogue, tmp_path):
    (catalogue / "images" / "5.png").write_bytes(picture(0))
    done = run("duplicates", catalogue, "--out", tmp_path / "d.jsonl")
    assert done.exit_code == 0
    assert "1 groups of one photo, 1 of them across products" in done.output
    (group,) = map(json.loads, (tmp_path / "d.jsonl").read_text().splitlines())
    assert [member["sku"] for member in group] == ["S0", "S5"]


def test_help_needs_no_heavy_import():
    code = (
        "import sys, packshot.cli.catalogue; "
        "print(sorted({'torch', 'numpy', 'pydantic', 'PIL', 'rich.table', 'fsspec'} & set(sys.modules)))"
    )
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert time.perf_counter() - start < 5


def test_album_gathers_photographs_and_says_under_which_licences(source, tmp_path):
    put(tmp_path / "photos", {f"{i}.png": i for i in range(2)})
    done = run("album", tmp_path / "photos", "leaves:1", "--out", tmp_path / "a", "--shrink", "1")
    assert done.exit_code == 0, done.output
    assert "licences: CC0-1.0" in done.output
