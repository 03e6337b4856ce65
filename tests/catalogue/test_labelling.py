"""label-next: what is doubtful first, twins once, what is corrected already left alone."""

import numpy as np
import pytest
from PIL import Image

from packshot.catalogue.catalogue import Catalogue, write_catalogue
from packshot.catalogue.labelling import Candidate, candidates, looks_of, next_ones
from packshot.catalogue.product import Product
from packshot.errors import ParameterError


def candidate(name, doubt, disagreement=0.0, tone=0.0):
    return Candidate(name, f"{name}.png", doubt, disagreement, np.full(108, tone, np.float32))


def names(picks):
    return [p.candidate.sku for p in picks]


def test_the_most_doubtful_come_first():
    found = [candidate("sure", 0.1), candidate("torn", 0.4, 0.9), candidate("doubtful", 0.6, 0.1)]
    assert names(next_ones(found, 3, diversity=0)) == ["torn", "doubtful", "sure"]


def test_of_twins_one_is_picked_before_something_else():
    found = [candidate("a", 0.9, 0.9, 50), candidate("a twin", 0.88, 0.9, 50), candidate("b", 0.6, 0.5, 90)]
    assert names(next_ones(found, 2)) == ["a", "b"]
    assert names(next_ones(found, 2, diversity=0)) == ["a", "a twin"]


def test_what_looks_like_corrected_photos_is_worth_less():
    found = [candidate("like it", 0.7, 0.7, 50), candidate("new", 0.6, 0.6, 95)]
    assert names(next_ones(found, 1, [np.full(108, 50, np.float32)])) == ["new"]


def test_bounds_are_named():
    with pytest.raises(ParameterError, match="count"):
        next_ones([candidate("a", 1)], 0)
    with pytest.raises(ParameterError, match="diversity"):
        next_ones([candidate("a", 1)], 1, diversity=2)
    assert next_ones([], 3) == []
    assert len(next_ones([candidate("a", 1)], 3)) == 1


@pytest.fixture
def catalogue(tmp_path):
    for i, tone in enumerate((40, 120, 200)):
        Image.new("RGB", (40, 30), (tone, tone, tone)).save(tmp_path / f"{i}.png")
    Image.new("L", (40, 30), 255).save(tmp_path / "m.png")
    rows = [
        Product(sku=f"S{i}", images=[{"path": f"{i}.png"} | ({"matte": "m.png"} if i == 0 else {})]) for i in range(3)
    ]
    rows.append(Product(sku="gone", images=[{"path": "gone.png"}]))
    write_catalogue(tmp_path, rows)
    return Catalogue(tmp_path)


def test_photos_with_a_matte_are_left_alone_and_bad_ones_told(catalogue):
    looked = []

    def look(picture):
        looked.append(looks_of(picture)[0])
        return {"confidence": 0.3, "agreement": 0.8, "line_agreement": 0.6}

    found, done, bad = candidates(catalogue, look)
    assert [c.sku for c in found] == ["S1", "S2"]
    assert (len(looked), len(done), len(bad)) == (2, 1, 1)
    assert "gone" in bad[0]
    assert found[0].disagreement == pytest.approx(0.4)
    assert found[0].doubt == pytest.approx(0.7)


def test_of_a_large_catalogue_some_are_looked_at(catalogue):
    found, done, bad = candidates(catalogue, lambda picture: {"confidence": 1.0}, most=2)
    assert len(found) + len(done) + len(bad) == 2


def test_the_command_lists_and_writes(catalogue, tmp_path):
    from typer.testing import CliRunner

    from packshot.cli.catalogue import app

    out = tmp_path / "next.jsonl"
    done = CliRunner().invoke(
        app, ["label-next", str(tmp_path), "--count", "1", "--method", "classical", "--out", str(out)]
    )
    assert done.exit_code == 1  # one photo is gone
    assert "1 of 2 photos" in done.output
    assert out.read_text().count("\n") == 1
