"""Whole catalogues: what is refused is not opened but listed, and a report speaks of its own run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from packshot.errors import CatalogueError, RecipeError
from packshot.pipeline.catalogues import Outcome, run_catalogue
from packshot.pipeline.record import Record, read_records
from tests.pipeline.drawn import photo

RECIPE = "name: plain\nsteps:\n  - retouch: {{exposure: {exposure}}}\noutput: {{format: png}}\n"


def recipe(folder: Path, exposure: float = 0.0) -> Path:
    path = folder / "plain.yaml"
    path.write_text(RECIPE.format(exposure=exposure))
    return path


def shop(folder: Path, rows: str, names: tuple[str, ...] = ("a.png", "b.png")) -> Path:
    folder.mkdir()
    for number, name in enumerate(names):
        photo(number, 48).save(folder / name)
    (folder / "products.csv").write_text("sku,title,image\n" + rows)
    return folder / "products.csv"


def run(source: Path, out: Path, exposure: float = 0.0) -> tuple[Outcome, dict[str, Record]]:
    outcome = run_catalogue(recipe(out.parent, exposure), source, out, workers=1)
    return outcome, {record.image: record for record in read_records(out / "edits.jsonl")}


def test_a_picture_outside_the_folder_is_listed_under_its_sku_and_never_opened(tmp_path: Path) -> None:
    photo(9, 48).save(tmp_path / "secret.png")
    source = shop(tmp_path / "shop", "A,one,a.png\nB,two,../secret.png\nC,three,/etc/passwd\n")
    outcome, records = run(source, tmp_path / "out")
    assert outcome.exit_code == 1
    assert (outcome.progress.done + outcome.progress.flagged, outcome.progress.failed) == (1, 2)
    for image, sku in (("../secret.png", "B"), ("/etc/passwd", "C")):
        assert (records[image].sku, records[image].status, records[image].source_sha256) == (sku, "failed", "")
        assert "folder" in records[image].reason
    assert not [path for path in (tmp_path / "out").rglob("*secret*") if path.suffix == ".png"]


def test_urls_and_products_without_pictures_are_listed(tmp_path: Path) -> None:
    source = shop(tmp_path / "shop", "A,one,a.png\nB,two,https://example.com/b.jpg\nC,three,\n")
    outcome, records = run(source, tmp_path / "out")
    assert outcome.exit_code == 1
    assert "fetches nothing" in records["https://example.com/b.jpg"].reason
    assert any("product C has no picture" in str(problem) for problem in outcome.problems)


def test_a_catalogue_without_any_picture_could_not_be_run(tmp_path: Path) -> None:
    source = shop(tmp_path / "shop", "A,one,\nB,two,\n")
    with pytest.raises(CatalogueError, match="2 products and no picture"):
        run(source, tmp_path / "out")


def test_the_report_leaves_out_other_settings_and_photos_that_are_gone(tmp_path: Path) -> None:
    source = shop(tmp_path / "shop", "A,one,a.png\nB,two,b.png\n")
    run(source, tmp_path / "out", exposure=0.5)
    source.write_text("sku,title,image\nA,one,a.png\n")
    outcome, _ = run(source, tmp_path / "out", exposure=0.0)
    assert outcome.report is not None
    told = json.loads(outcome.report.with_suffix(".json").read_text())
    assert [entry["sku"] for entry in told["entries"]] == ["A"]


def test_kept_results_are_said_to_be_flagged_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    photo(1, 48).save(tmp_path / "shop" / "a.png")
    strict = tmp_path / "strict.yaml"
    strict.write_text("name: strict\nsteps:\n  - cutout: {flag_below: 1.0}\noutput: {format: png}\n")
    first = run_catalogue(strict, tmp_path / "shop", tmp_path / "out", workers=1)
    again = run_catalogue(strict, tmp_path / "shop", tmp_path / "out", workers=1)
    assert (first.progress.flagged, again.progress.skipped, again.progress.skipped_flagged) == (1, 1, 1)


def test_a_name_that_no_product_has_is_refused_before_the_run(tmp_path: Path) -> None:
    source = shop(tmp_path / "shop", "A,one,a.png\n")
    named = tmp_path / "named.yaml"
    named.write_text("name: named\nsteps:\n  - cutout\n  - recolour: {to: $shade}\noutput: {format: png}\n")
    with pytest.raises(RecipeError, match=r"named: \$shade is an attribute of no product; add a column shade"):
        run_catalogue(named, source, tmp_path / "out", workers=1)
    (tmp_path / "shop" / "products.csv").write_text("sku,image,shade\nA,a.png,red\nB,b.png,\n")
    outcome = run_catalogue(named, source, tmp_path / "other", workers=1)
    assert outcome.progress.failed == 1


SCRIPT = """
import packshot
outcome = packshot.run({recipe!r}, {shop!r}, {out!r}, workers=2)
print("STARTED", outcome.progress.failed, outcome.progress.finished)
"""


def test_a_script_without_main_guard_may_use_several_workers(tmp_path: Path) -> None:
    shop(tmp_path / "shop", "A,one,a.png\nB,two,b.png\n")
    script = tmp_path / "script.py"
    names = {"recipe": str(recipe(tmp_path)), "shop": str(tmp_path / "shop"), "out": str(tmp_path / "out")}
    script.write_text(SCRIPT.format(**names))
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["STARTED", "0", "2"], done.stderr
