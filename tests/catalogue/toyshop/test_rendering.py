"""Rendered sets: a picture is the same whatever is made with it, and the command makes, resumes and unpacks."""

import importlib.util
import json
import tarfile

import numpy as np
import pytest
from typer.testing import CliRunner

from packshot.catalogue.opening import open_pictures
from packshot.catalogue.shards.files import read_index, read_samples
from packshot.catalogue.shards.layers import decoded
from packshot.catalogue.shards.making import make
from packshot.catalogue.toyshop.paint.palette import encode
from packshot.catalogue.toyshop.sets.job import job, render_sample
from packshot.catalogue.toyshop.world import describe as world_of
from packshot.catalogue.toyshop.world import develop, render
from packshot.cli import app
from packshot.errors import CatalogueError

needs_mitsuba = pytest.mark.skipif(importlib.util.find_spec("mitsuba") is None, reason="the extra synth is not there")


@needs_mitsuba
def test_a_picture_is_the_same_alone_and_in_company(tmp_path):
    make(tmp_path / "many", job(3, 16, seed=5, quality="draft"), render_sample, workers=2)
    make(tmp_path / "one", job(1, 16, seed=5, first=2, quality="draft"), render_sample, workers=1)
    many, one = (list(read_samples(tmp_path / f, read_index(tmp_path / f)[0], [])) for f in ("many", "one"))
    assert [s.key for s in many] == ["000000", "000001", "000002"]
    assert many[2] == one[0]
    assert many[0].members["photo.webp"] != many[1].members["photo.webp"]


@needs_mitsuba
def test_the_command_renders_resumes_and_unpacks(tmp_path, monkeypatch):
    monkeypatch.setenv("PACKSHOT_HOME", str(tmp_path / "home"))
    out, shop = tmp_path / "16", tmp_path / "shop"
    options = ["toyshop", "render", "--size", "16", "--quality", "draft", "--workers", "1", "--out", str(out),
               "--layers", "depth,recoloured", "--master", "--per-shard", "2", "--packed"]  # fmt: skip
    first = CliRunner().invoke(app, [*options, "--count", "1"])
    assert first.exit_code == 0, first.output
    more = CliRunner().invoke(app, [*options, "--count", "2", "--catalogue", str(shop)])
    assert more.exit_code == 0, more.output
    assert "2 pictures in 1 shards" in more.output
    assert len((shop / "products.jsonl").read_text().splitlines()) == 1  # two views of one product
    pictures, problems = open_pictures(out)
    assert problems == []
    assert set(pictures.layers) == {"photo", "matte", "layout", "depth", "recoloured", "master"}
    with tarfile.open(out / "toyshop-16-00000.tar.xz") as archive:
        assert "stack.matte.png" in archive.getnames()
    sample = next(read_samples(out, read_index(out)[0], []))
    matte, layout = (decoded(name, sample.members[f"{name}.png"]) for name in ("matte", "layout"))
    assert (layout[matte == 255] > 0).all()
    assert (layout[matte == 0] == 0).all()
    inside = (decoded("photo", sample.members["photo.webp"]), decoded("recoloured", sample.members["recoloured.webp"]))
    change = np.abs(inside[0].astype(int) - inside[1]).mean(2)
    assert change[matte == 255].mean() > 2 * change[matte == 0].mean()
    light = decoded("linear", sample.members["linear.exr"])
    assert np.array_equal(develop(light, world_of(0, 0)), render(world_of(0, 0), 16, "draft").rgb)  # bit for bit
    clipped = decoded("master", sample.members["master.png"]) / 65535
    assert np.abs(clipped - encode(np.clip(light, 0, 1))).max() <= 0.51 / 65535
    other = CliRunner().invoke(app, [*options, "--count", "2", "--seed", "9"])
    assert isinstance(other.exception, CatalogueError)


def test_describing_needs_no_renderer():
    result = CliRunner().invoke(app, ["toyshop", "describe", "17", "--seed", "3"])
    told = json.loads(result.output)
    assert result.exit_code == 0
    assert told["sku"] == "TOY3-000008"
    assert told["titles"]["zh"]
