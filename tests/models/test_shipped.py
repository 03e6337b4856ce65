"""The weights that ship: each draws or runs, its card says where it comes from, all together stay small."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from packshot import checkpoint
from packshot.cli import app
from packshot.models import places
from packshot.models.sampling import Sampler, seeds_of

ROOT = Path(__file__).parents[2]
FILES = sorted(places()[-1].glob("*.safetensors"))
FREE = {"MIT", "Apache-2.0", "BSD-3-Clause", "CC0-1.0", "CC-BY-4.0"}
MOST_MB = 40


def test_all_together_stay_small() -> None:
    assert FILES
    assert sum(file.stat().st_size for file in FILES) <= MOST_MB * 1e6


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_card_says_what_a_person_has_to_know(file: Path) -> None:
    stored = checkpoint.read(file)
    card = stored.card
    assert card["licence"] == "Apache-2.0"
    assert set(card["data_licences"]) <= FREE
    missing = [key for key in ("trained_on", "preset", "what", "images_seen", "metrics") if not card.get(key)]
    assert not missing
    assert card["data_source"].startswith(("https://", "packshot "))
    assert all(t.dtype == torch.float16 for t in stored.tensors.values() if t.is_floating_point())


def test_fashion_gan_draws_every_class() -> None:
    sampler = Sampler(checkpoint.read(next(file for file in FILES if file.stem == "fashion-gan")))
    for name in sampler.attributes["category"]:
        (picture,) = sampler.pictures(seeds_of(1, 1), {"category": name})
        assert tuple(picture.rgb.shape) == (1, 3, 28, 28)
        assert 0.02 < float(picture.rgb.mean()) < 0.8  # a garment on black


def test_the_page_is_made_from_the_cards() -> None:
    done = subprocess.run([sys.executable, "scripts/ship_weights.py", "--check"], cwd=ROOT, check=False)
    assert done.returncode == 0, "docs/weights.md is old: python scripts/ship_weights.py --page"


def test_the_command_line_shows_a_card() -> None:
    done = CliRunner().invoke(app, ["models", "show", "upscale-x2"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["network"], told["licence"], told["config"]["scale"]) == ("span", "Apache-2.0", 2)
