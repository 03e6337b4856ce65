"""The benchmark of inversion runs on a small pack with tiny networks and prints both tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import inversion
from packshot.catalogue.dataset.pack import pack
from packshot.imaging import files
from packshot.pipeline.catalogues import open_catalogue
from tests.models.inverting.nets import judge, written
from tests.operations.test_alter import ball


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Three products of the test split in a pack of 16 px."""
    rows = ["sku,title,category,colour,material,split,image"]
    for number, colour in enumerate(("red", "blue", "green")):
        files.write(ball(), tmp_path / "shop" / f"{number}.png")
        rows.append(f"P{number},A ball,ball,{colour},felt,test,{number}.png")
    (tmp_path / "shop" / "products.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    pack(open_catalogue(tmp_path / "shop" / "products.csv", tmp_path / "catalogue"), tmp_path / "pack", 16)
    return tmp_path / "pack"


def test_both_tables_and_the_sheet(pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = tmp_path / "sheet.png"
    models = [str(written(tmp_path, "vae")), "nobody"]
    words = ["--models", *models, "--judge", str(judge(tmp_path)), "--catalogue", str(pictures)]
    inversion.main([*words, "--products", "2", "--steps", "2", "--sheet", str(sheet)])
    told = capsys.readouterr().out
    assert "skipped nobody" in told
    assert "| vae       | code  |        2 |" in told
    for column in ("PSNR rebuilt", "identity to rebuilt", "leak on the photo"):
        assert column in told
    assert told.count("| vae ") == 3  # one row of rebuilding, one for each attribute it is told
    assert files.read(sheet).width > 5 * 32
