"""`packshot catalogue find` as a person uses it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from packshot.cli.catalogue import app
from packshot.errors import ParameterError, WeightsNotFound
from tests.models.test_searching import shop
from tests.models.test_words import own


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["find", *(str(a) for a in arguments)], catch_exceptions=False)


@pytest.fixture
def asked(tmp_path: Path) -> list[object]:
    catalogue = shop(tmp_path / "c", {"<b>A": "red", "B": "blue", "C": "green"})
    return ["--catalogue", catalogue.folder, "--model", own(tmp_path)]


def test_it_lists_products_writes_sheet_and_page_and_says_what_was_new(asked: list[object], tmp_path: Path) -> None:
    done = run("red car", *asked, "-n", 2, "--sheet", tmp_path / "s.png", "--html", tmp_path / "p.html")
    assert done.exit_code == 0
    assert "3 pictures searched by encoder, 3 of them new" in done.output
    assert len([line for line in done.stdout.splitlines() if " thing " in line]) == 2
    with Image.open(tmp_path / "s.png") as sheet:
        assert sheet.width > 300
    page = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert page.count("data:image/webp") == 2
    assert "<b>A" not in page


def test_json_is_one_product_a_line(asked: list[object], tmp_path: Path) -> None:
    done = run("红色", "--like", tmp_path / "c" / "B.png", "--not", "blue", "--json", *asked)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted(row["sku"] for row in rows) == ["<b>A", "B", "C"]
    assert set(rows[0]["cosines"]) == {"红色", "blue", str(tmp_path / "c" / "B.png")}
    assert rows[0]["score"] >= rows[1]["score"] >= rows[2]["score"]


def test_an_unreadable_picture_is_named_and_the_exit_code_tells(asked: list[object], tmp_path: Path) -> None:
    (tmp_path / "c" / "B.png").write_bytes(b"x")
    done = run("red", *asked)
    assert done.exit_code == 1
    assert "B.png" in done.output


def test_bad_questions_and_missing_weights_are_told(asked: list[object], tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="say what to look for"):
        run(*asked)
    with pytest.raises(ParameterError, match="10,000 characters"):
        run("x" * 10_001, *asked)
    with pytest.raises(WeightsNotFound, match="no-such"):
        run("red", *asked[:2], "--model", "no-such")
