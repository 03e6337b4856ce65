"""Training of styles: every kind learns, goes on exactly, and its file restyles a photo."""

from pathlib import Path

import pytest
import torch

from packshot import checkpoint, networks
from packshot.catalogue.dataset.albums import build
from packshot.errors import FileError, ParameterError
from packshot.imaging import files
from packshot.imaging.picture import Picture
from packshot.imaging.styling import patterns
from packshot.models import features, load
from packshot.operations.operation import Context
from packshot.operations.restyle import Restyle
from packshot.training import presets
from packshot.training.objective import Batch
from packshot.training.objectives.style import AnyStyle, OneStyle, StyleRules
from packshot.training.preset import Preset, flat
from packshot.training.run import run
from packshot.training.styling import styles_of

BRIEF = {"batch": 2, "total_images": 4, "learning_rate": flat(1e-3), "samples": 2, "sample_images": 4}
RULES = {"styles": "pattern:weave", "style_px": 32, "features": "filters", "edges": 0.1}
NETWORKS = {
    "style": {"restyler": ("fast-style", {"width": 4, "residuals": 1})},
    "style-any": {"restyler": ("adain", {"width": 4, "blocks": 1})},
    "style-exemplar": {
        "restyler": ("exemplar", {"width": 4, "blocks": 1, "code": 4}),
        "critic": ("patch-discriminator", {"width": 4, "depth": 1}),
        "style_critic": ("patch-discriminator", {"width": 4, "depth": 1}),
    },
}


def preset(objective="style", **rules):
    return Preset("a tiny one", objective, NETWORKS[objective], 32, rules={**RULES, **rules}, settings=BRIEF)


@pytest.fixture(scope="module")
def album(tmp_path_factory):
    folder = tmp_path_factory.mktemp("leaves") / "album"
    build(["leaves:1"], folder)
    return folder


@pytest.mark.parametrize(
    ("objective", "method"), [("style", "fast"), ("style-any", "adain"), ("style-exemplar", "exemplar-gan")]
)
def test_a_run_makes_a_file_that_restyles(objective, method, album: Path, tmp_path: Path) -> None:
    done = run(preset(objective), album, tmp_path / "a", device="cpu")
    stored = checkpoint.read(done.networks["restyler"])
    assert (stored.card["licence"], stored.card["data_licences"]) == ("Apache-2.0", ["Apache-2.0", "CC0-1.0"])
    context = Context(load_model=lambda name, commercial: load(name, device="cpu", commercial=commercial))
    operation = Restyle(method=method, style="pattern:weave", model=str(stored.path), commercial=True)
    out = operation.apply(Picture(torch.rand(1, 3, 40, 40)), context).picture
    assert out.size == (40, 40)


def test_going_on_is_the_unbroken_run(album: Path, tmp_path: Path) -> None:
    own = preset("style-any", styles="patterns:3", pgd=0.02, pgd_steps=1, agreement=0.1, similarity=0.1)
    whole = run(own, album, tmp_path / "a", device="cpu")
    run(own, album, tmp_path / "b", changes={"total_images": 2}, device="cpu")
    broken = run(own, album, tmp_path / "b", device="cpu")
    first, second = (checkpoint.read(done.networks["restyler"]) for done in (whole, broken))
    assert all(torch.equal(first.tensors[name], second.tensors[name]) for name in first.tensors)


def test_an_adapter_is_a_few_kilobytes_and_changes_the_style(album: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = networks.build("fast-style", {"width": 4, "residuals": 1})
    checkpoint.write(tmp_path / "net.safetensors", network, "fast-style", {"licence": "Apache-2.0"})
    entries = {"width": 4, "residuals": 1}
    rules = {**RULES, "frozen": str(tmp_path / "net.safetensors")}
    own = Preset("adapter", "style-adapter", {"adapter": ("style-adapter", entries)}, 32, rules=rules, settings=BRIEF)
    done = run(own, album, tmp_path / "a", device="cpu")
    assert list(done.networks) == ["adapter"]
    assert done.networks["adapter"].stat().st_size < 4096
    told = checkpoint.read(done.networks["adapter"]).tensors["style"].float()
    assert not torch.equal(told, network.style)
    context = Context(load_model=lambda name, commercial: load(name, device="cpu"))
    photo = Picture(torch.rand(1, 3, 40, 40))
    plain, adapted = (
        Restyle(method="fast", model=str(tmp_path / "net.safetensors"), adapter=name).apply(photo, context).picture.rgb
        for name in ("", str(done.networks["adapter"]))
    )
    assert not torch.equal(plain, adapted)
    with pytest.raises(ParameterError, match="frozen"):
        run(Preset("a", "style-adapter", own.networks, 32, rules=RULES, settings=BRIEF), album, tmp_path / "c")


@pytest.mark.parametrize("kind", [OneStyle, AnyStyle])
def test_one_batch_is_learned(kind) -> None:
    torch.manual_seed(0)
    name, entries = NETWORKS["style" if kind is OneStyle else "style-any"]["restyler"]
    rules = StyleRules(**{**RULES, "edges": 0.0, "variation": 0.0, "distance": "moments", "jitter": 0})
    styles = styles_of("pattern:mosaic", 32)[0]
    objective = kind({"restyler": networks.build(name, entries)}, styles, features.find("filters"), rules)
    image = 2 * torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0)) - 1
    (phase,) = objective.phases()
    optimiser = torch.optim.Adam(phase.parameters, 5e-3)
    losses = []
    for _ in range(40):
        found = phase.losses(Batch(image, generator=torch.Generator().manual_seed(0)))["style"]
        losses.append(found.item())
        optimiser.zero_grad()
        found.backward()
        optimiser.step()
    assert losses[-1] < (0.6 if kind is OneStyle else 0.9) * losses[0]  # the latter begins with the style's colours


def test_every_loss_can_be_asked_for() -> None:
    weights = (
        "features_content",
        "pixels",
        "cross_entropy",
        "similarity",
        "edges",
        "variation",
        "constraint_l1",
        "constraint_l2",
    )
    torch.manual_seed(0)
    name, entries = NETWORKS["style"]["restyler"]
    network = networks.build(name, entries)
    styles = styles_of("pattern:mosaic", 32)[0]
    batch = Batch(torch.rand(1, 3, 32, 32) * 2 - 1, generator=torch.Generator().manual_seed(0))
    for distance in ("moments", "gram", "gaussian", "sliced", "histogram"):
        rules = StyleRules(**{**RULES, **dict.fromkeys(weights, 0.5), "distance": distance})
        found = OneStyle({"restyler": network}, styles, features.find("filters"), rules).losses(batch)
        assert all(value.isfinite() for value in found.values())
        assert len(found) == len(weights) + 2


def test_styles_come_from_files_folders_and_code(tmp_path: Path) -> None:
    for i in range(2):
        files.write(Picture(patterns.pattern("weave", 40 + 30 * i, i)), tmp_path / f"{i}.png")
    assert styles_of(str(tmp_path / "1.png"), 32)[0].shape == (1, 3, 32, 32)
    assert styles_of(str(tmp_path), 48)[0].shape == (2, 3, 48, 48)
    drawn, licence = styles_of("patterns:3", 32)
    assert (len(drawn), licence) == (3, "CC0-1.0")
    for wrong, error, why in (
        ("", ParameterError, "name the picture"),
        ("nowhere", FileError, "neither a picture nor a folder"),
        ("patterns:x", ParameterError, "patterns:COUNT"),
        ("pattern:tartan", ParameterError, "expected one of"),
    ):
        with pytest.raises(error, match=why):
            styles_of(wrong, 32)


def test_presets_of_style_are_complete() -> None:
    for name in ("style", "style-adapter", "style-adain", "style-transformer", "style-exemplar"):
        row = presets.find(name)
        StyleRules(**row.rules)
        for network, entries in row.networks.values():
            networks.build(network, dict(entries))
