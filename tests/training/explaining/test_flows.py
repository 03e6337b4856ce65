"""What `packshot explain` shows of a flow."""

from __future__ import annotations

import json

from packshot import checkpoint, networks
from packshot.catalogue.dataset.conditions import Group, Vocabulary
from packshot.training.explaining.explain import explain


def test_a_flow_is_shown_as_it_draws_and_where_it_looks(tmp_path):
    told = Vocabulary((Group("category", "choice", ("car", "robot")), Group("azimuth", "angle")))
    network = networks.build(
        "dit", {"size": 16, "patch": 4, "told": told.sizes, "width": 16, "code": 8, "depth": 1, "heads": 2}
    )
    card = {"conditions": told.facts(), "attributes": {"category": ["car", "robot"]}}
    checkpoint.write(tmp_path / "flow.safetensors", network, "dit", card)
    found = explain(tmp_path / "flow.safetensors", tmp_path / "out", device="cpu")
    assert [section.key for section in found.sections] == ["foreseen", "attention", "attribute"]
    numbers = json.loads((tmp_path / "out" / "explain.json").read_text())["sections"][1]["numbers"]
    assert set(numbers) == {"category", "azimuth"}
    assert all(0 < share < 0.2 for share in numbers.values())  # of 18 tokens, a fresh network looks at all alike
    assert (tmp_path / "out" / "attention.png").is_file()
