"""The benchmark of cutting out: nothing is measured twice, what is torn is measured again, what is missing is said."""

import json

from benchmarks import segmentation
from packshot.catalogue.composing.stock import writing
from tests.catalogue.composing.test_composing import disc


def test_a_run_goes_on_where_it_stopped(tmp_path, capsys):
    folder = tmp_path / "stock"
    folder.mkdir()
    with writing(folder) as writer:
        writer.add("cutout", disc(), split="test", licence="MIT")
        writer.add("cutout", disc(), split="train", licence="MIT")
        writer.finish({})
    told = ["--methods", "flood", "nowhere.safetensors", "--stock", str(folder), "--data", str(tmp_path)]
    told += ["--out", str(tmp_path / "out")]
    segmentation.main([*told, "--count", "2"])
    printed = capsys.readouterr().out
    assert "left out: weights 'nowhere.safetensors'" in printed
    assert "no real pairs are scored" in printed
    path = tmp_path / "out" / "scores.jsonl"
    first = path.read_text().splitlines()
    assert [json.loads(line)["name"] for line in first] == ["00000", "00001"]
    with path.open("a") as file:
        file.write('{"set": "compo')
    segmentation.main([*told, "--count", "3"])
    lines = path.read_text().splitlines()
    assert lines[:2] == first
    assert len(lines) == 4  # the torn one, which does not count, and one more
    assert "| composites stock |   3 | flood" in capsys.readouterr().out
