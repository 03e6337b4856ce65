"""Variants of a small catalogue: both ways, measured alike, resumed, marked; sheets; what cannot be asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from packshot.cli import app
from packshot.errors import CatalogueError, ParameterError, RecipeError
from packshot.imaging import files
from packshot.imaging.picture import Picture
from packshot.pipeline.record import read_records
from packshot.pipeline.variants import Asked, recipe_of, run_variants
from packshot.provenance.verify import verify
from tests.models.inverting.nets import written


def photo(hue: tuple[float, float, float], size: int = 72) -> Picture:
    """A shaded ball on light grey."""
    y, x = torch.meshgrid(*(torch.linspace(-1.5, 1.5, size),) * 2, indexing="ij")
    matte = ((1 - (x**2 + y**2).sqrt()) * size / 3).clamp(0, 1)[None, None]
    light = (0.85 - 0.3 * x - 0.2 * y).clamp(0.2, 1)[None, None]
    return Picture((matte * light * torch.tensor(hue).view(1, 3, 1, 1) + (1 - matte) * 0.93).clamp(0, 1))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Two products, one photo each, and their table."""
    folder = tmp_path / "shop"
    for name, hue in (("a", (0.8, 0.2, 0.15)), ("b", (0.2, 0.35, 0.8))):
        files.write(photo(hue), folder / f"{name}.png")
    rows = ["sku,title,category,colour,image", "A1,Red ball,ball,red,a.png", "B2,Blue ball,ball,blue,b.png"]
    (folder / "products.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder / "products.csv"


def test_recoloured_variants_come_near_what_was_asked(shop: Path, tmp_path: Path) -> None:
    out, asked = tmp_path / "out", Asked(colours=("#2f7d4f", "navy"))
    outcome = run_variants(shop, out, asked, workers=1)
    assert (outcome.exit_code, outcome.progress.done) == (0, 4)
    rows = json.loads((out / "variants.json").read_text(encoding="utf-8"))
    assert {(row["sku"], row["colour"]) for row in rows} == {(s, c) for s in ("A1", "B2") for c in asked.colours}
    assert all(row["delta_e_asked"] < 3 for row in rows)
    assert all(row["identity"] > 0.9 for row in rows)
    assert all(row["delta_e_moved"] > 10 for row in rows)
    for row in rows:
        made, source = files.read(out / row["file"]), files.read(Path(row["source"]))
        corner = (slice(None), slice(None), slice(0, 12), slice(0, 12))
        assert float((made.rgb[corner] - source.rgb[corner]).abs().max()) < 0.02  # the photo's own ground
        assert verify(out / row["file"]).digital_source_type == "compositeSynthetic"
    assert {row["sheet"] for row in rows} == {"sheets/A1.png", "sheets/B2.png"}
    sheet = files.read(out / "sheets" / "A1.png")
    assert sheet.size == (192 + 28 + 8, 3 * 196 + 4)
    assert verify(out / "sheets" / "A1.png").digital_source_type == "compositeSynthetic"
    assert run_variants(shop, out, asked, workers=1).progress.skipped == 4
    assert outcome.report is not None


def test_one_product_by_the_learned_way(shop: Path, tmp_path: Path) -> None:
    out, model = tmp_path / "out", str(written(tmp_path, "vae"))
    asked = Asked(colours=("green",), method="learned", model=model, settings={"steps": 2}, ground="cut")
    outcome = run_variants(shop, out, asked, skus=["B2"], workers=1)
    records = list(read_records(out / "edits.jsonl"))
    assert [record.sku for record in records] == ["B2"]
    assert records[0].status in ("done", "flagged"), records[0].reason
    assert records[0].steps[-1]["parameters"]["was"] == "category=ball, colour=blue"
    row = json.loads((out / "variants.json").read_text(encoding="utf-8"))[0]
    assert {"delta_e_asked", "delta_e_moved", "identity", "rebuilt_psnr"} <= set(row)
    assert verify(out / row["file"]).digital_source_type == "compositeWithTrainedAlgorithmicMedia"
    assert outcome.progress.failed == 0


def test_the_command_prints_what_was_asked_and_got(shop: Path, tmp_path: Path) -> None:
    words = ["variants", "A1", "--catalogue", str(shop), "--colours", "rgb(40 120 200)", "--out", str(tmp_path / "o")]
    done = CliRunner().invoke(app, [*words, "--workers", "1"])
    assert done.exit_code == 0, done.output
    assert "rgb(40 120 200)" in done.output
    assert "delta_e_asked" in done.output
    assert "B2" not in done.output


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (Asked(), "expected colours or materials, got neither"),
        (Asked(materials=("felt",)), "recolour changes colours alone"),
        (Asked(colours=("mauvish",)), "mauvish"),
        (Asked(colours=("red",), settings={"sheen": 1}), "sheen: no such parameter"),
        (Asked(colours=tuple(f"#0000{n:02x}" for n in range(80))), "at most 64"),
    ],
)
def test_what_cannot_be_asked_for(asked: Asked, told: str) -> None:
    with pytest.raises((ParameterError, RecipeError)) as error:
        recipe_of(asked)
    assert told in str(error.value)


def test_a_sku_that_is_not_there(shop: Path, tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"'C3': no such product.*begins with A1, B2"):
        run_variants(shop, tmp_path / "out", Asked(colours=("red",)), skus=["C3"])
