"""Flow matching: it learns what it is told, what is left out is left out, regions, the stream, one run end to end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

import packshot
from packshot import checkpoint, networks
from packshot.catalogue.dataset.conditions import PICTURE, TEXT, Group, Vocabulary
from packshot.catalogue.dataset.tokens import Tokens
from packshot.errors import BadCheckpoint, ParameterError
from packshot.imaging.picture import Picture
from packshot.models.sampling import Sampler
from packshot.models.wishing import Wish, granted
from packshot.training.flowing import siblings, telling
from packshot.training.objective import Batch
from packshot.training.objectives.matching import Matching, MatchingSettings, regions
from packshot.training.preset import Preset
from packshot.training.run import run


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("matching") / "shop"
    packshot.open_catalogue(Path(packshot.__file__).parent / "samples" / "products.csv", into=folder)
    return folder


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("PACKSHOT_HOME", str(tmp_path_factory.getbasetemp() / "home"))


TINY = {"size": 16, "patch": 4, "known": True, "width": 32, "code": 16, "depth": 2, "heads": 2, "refine": 4}


def batch(n=8, seed=0, **columns):
    return Batch(whole=n, generator=torch.Generator().manual_seed(seed), **columns)


def test_learns_to_draw_what_it_is_told():
    torch.manual_seed(0)
    network = networks.build("dit", {**TINY, "told": [2, 3]})
    image = torch.full((8, 3, 16, 16), -0.8)
    image[4:] = 0.6
    told = torch.zeros(8, 5)
    told[:4, 0], told[4:, 1] = 1, 1
    objective = Matching(network, MatchingSettings(masks=0.2), (2, 3))
    adam = torch.optim.Adam(network.parameters(), 3e-3)
    losses = []
    for step in range(400):
        loss = objective.losses(batch(seed=step, image=image, condition=told))["velocity"]
        adam.zero_grad()
        loss.backward()
        adam.step()
        losses.append(loss.item())
    assert sum(losses[-20:]) < 0.25 * sum(losses[:20])
    with torch.no_grad():
        drawn = objective.sample({"flow": network}, batch(seed=5, image=image, condition=told))
    means = drawn.mean((1, 2, 3))
    assert float(means[:4].mean()) < -0.3
    assert float(means[4:].mean()) > 0.1


@pytest.mark.parametrize("predicts", ["picture", "velocity"])
def test_the_loss_is_that_of_the_velocity(predicts):
    class Perfect(torch.nn.Module):
        config = networks.find("dit")[0](**{**TINY, "predicts": predicts, "known": False})

        def forward(self, point, time, condition, known):
            t = time[:, None, None, None]
            noise = (point - t * 0.5) / (1 - t)
            return torch.full_like(point, 0.5) if predicts == "picture" else 0.5 - noise

    loss = Matching(Perfect(), MatchingSettings()).losses(batch(image=torch.full((8, 3, 16, 16), 0.5)))
    assert float(loss["velocity"]) < 1e-6


def test_groups_are_left_out_whole_and_all_together():
    network = networks.build("dit", {**TINY, "told": [2, 3, 4]})
    objective = Matching(network, MatchingSettings(drop=0.2, alone=0.3), (2, 3, 4), vectors=1)
    told = objective._told(batch(2000, image=torch.zeros(2000, 3, 16, 16), condition=torch.ones(2000, 9)))
    parts = torch.stack([part.mean(1) for part in torch.split(told, [2, 3, 4], dim=1)], dim=1)
    assert set(parts.unique().tolist()) == {0.0, 1.0}
    shares = {
        tuple(row): float((parts == torch.tensor(row)).all(1).float().mean()) for row in parts.unique(dim=0).tolist()
    }
    assert len(shares) == 8  # every subset occurs
    assert 0.2 < shares[0.0, 0.0, 0.0] < 0.4
    assert shares[0.0, 0.0, 1.0] > 0.12  # a text alone


def test_regions_are_of_three_kinds():
    matte = torch.zeros(600, 1, 16, 16, dtype=torch.uint8)
    matte[..., 4:12, 4:12] = 255
    found = regions(batch(600, image=torch.zeros(600, 3, 16, 16), truth=matte), 16)
    assert set(found.unique().tolist()) == {0.0, 1.0}
    product = (found == (matte > 0).float()).all((1, 2, 3)).float().mean()
    assert 0.25 < float(product) < 0.42
    shares = found.mean((1, 2, 3))
    assert float(shares.min()) < 0.3
    assert float(shares.max()) > 0.8


def test_mirrored_pictures_are_told_mirrored_and_sided_texts_are_dropped():
    vocabulary = Vocabulary(
        (Group("azimuth", "angle"), Group(TEXT, "vector", length=2), Group(PICTURE, "vector", length=2))
    )
    n = 400
    told = vocabulary.encode({"azimuth": "30"}).expand(n, -1)
    image = torch.arange(4, dtype=torch.uint8).expand(n, 1, 4, 4).clone()
    captions = torch.tensor([[1.0, 0], [0, 1.0]]).expand(n, 2, 2)
    given = {"image": image, "condition": told, "captions": captions, "likes": captions,
             "sided": torch.tensor([True, False]).expand(n, 2)}  # fmt: skip
    out = telling(vocabulary, True)(given, torch.Generator().manual_seed(0))
    flipped = out["image"][:, 0, 0, 0] == 3
    assert 0.4 < float(flipped.float().mean()) < 0.6
    assert torch.equal(out["condition"][:, 1] < 0, flipped)
    text = out["condition"][:, vocabulary.places[TEXT]]
    assert not text[flipped, 1].any()  # the sided text is the first one
    assert text[~flipped, 1].any()
    assert set(out) == {"image", "condition"}
    assert torch.allclose(out["condition"][:, vocabulary.places[PICTURE]].norm(dim=1), torch.tensor(3.0).sqrt())


def test_siblings_are_other_pictures_of_the_product():
    class Pictures(list):
        def column(self, name):
            return list(self)

    assert siblings(Pictures(["a", "b", "a", ""])).tolist() == [2, 1, 0, 3]


PRESET = Preset(
    what="tiny", objective="matching", networks={"flow": ("dit", {"patch": 4, "width": 16, "depth": 1, "heads": 2})},
    size=16, told=("category", "colour", "no such thing"), rules={"masks": 0.3, "steps": 2}, augment=("mirror",),
    settings={"batch": 4, "total_images": 8, "samples": 4},
)  # fmt: skip


def test_a_run_writes_a_flow_that_draws_by_name(tmp_path, shop):
    done = run(PRESET, shop, tmp_path / "run", device="cpu")
    stored = checkpoint.read(done.networks["flow"])
    assert [group["name"] for group in stored.card["conditions"]] == ["category", "colour"]
    sampler = Sampler(stored)
    value = sampler.attributes["category"][0]
    drawn = next(sampler.drawn([1], {"category": value, "colour": "#123456"}))
    assert drawn.attributes == {"category": value, "colour": "#123456"}
    again = run(PRESET, shop, tmp_path / "run", device="cpu", changes={"total_images": 12})
    assert again.outcome.images == 12


def test_columns_asked_for_must_be_there(tmp_path, shop):
    with pytest.raises(ParameterError, match="flavour"):
        run(PRESET, shop, tmp_path / "run", columns=["flavour"], device="cpu")


def test_codes_of_a_trained_autoencoder(tmp_path, shop):
    first = networks.build(
        "fsq", {"channels": 3, "size": 16, "width": 4, "max_width": 8, "halvings": 1, "levels": [4, 3]}
    )
    checkpoint.write(tmp_path / "fsq.safetensors", first, "fsq", {})
    changes = {"autoencoder": str(tmp_path / "fsq.safetensors"), "steps": 1}
    done = run(PRESET, shop, tmp_path / "run", changes=changes, device="cpu")
    assert next(Sampler(checkpoint.read(done.networks["flow"])).drawn([1])).pixels.shape == (3, 16, 16)


def test_texts_and_likenesses_are_told_by_an_encoder(tmp_path, shop):
    tokens = Tokens.found_in(["red wooden car", "红色小汽车"] * 2, 300)
    tiny = {"dim": 8, "width": 4, "maps": 2, "length": 12, "text_width": 8, "heads": 2, "blocks": 1}
    clip = networks.build("clip", {**tiny, "vocabulary": len(tokens)})
    card = {"licence": "CC0-1.0", "words": list(tokens.names), "input_px": 16}
    checkpoint.write(tmp_path / "clip.safetensors", clip, "clip", card)
    done = run(PRESET, shop, tmp_path / "run", device="cpu", changes={"words": str(tmp_path / "clip.safetensors")})
    (tmp_path / "clip.safetensors").unlink()  # a copy lies beside the flow
    sampler = Sampler(checkpoint.read(done.networks["flow"]))
    assert sampler.vocabulary.vectors == {TEXT: 8, PICTURE: 8}
    got = granted(sampler, Wish("xyzzy", like=Picture(torch.rand(1, 3, 16, 16)), against=["plugh"]))
    assert got.text == "xyzzy"
    drawn = next(got.sampler.drawn([1], got.wanted, text=got.text))
    assert drawn.text == "xyzzy"
    told = got.sampler._with_texts(got.sampler.condition({}, 1), [got.text])
    assert torch.allclose(told[0, sampler.vocabulary.places[TEXT]].norm(), torch.tensor(3.0))  # 1 + its length, 8
    assert bool(told[0, sampler.vocabulary.places[PICTURE]].any())
    again = checkpoint.read(done.folder / "words.safetensors")
    card = {**again.card, "note": "a completed card makes another file"}
    checkpoint.write(done.folder / "words.safetensors", again.build(), "clip", card, torch.float16)
    assert Sampler(checkpoint.read(done.networks["flow"])).vector("car").shape == (8,)
    (done.folder / "words.safetensors").unlink()
    with pytest.raises(BadCheckpoint, match=r"not beside|not the encoder"):
        Sampler(checkpoint.read(done.networks["flow"])).vector("car")


CODES = replace(
    PRESET,
    objective="codes",
    networks={"prior": ("code-transformer", {"width": 16, "heads": 2, "blocks": 1})},
    rules={},
)


def test_the_discrete_sibling_is_told_in_the_same_words(tmp_path, shop):
    first = networks.build(
        "fsq", {"channels": 3, "size": 16, "width": 4, "max_width": 8, "halvings": 2, "levels": [4, 3]}
    )
    checkpoint.write(tmp_path / "fsq.safetensors", first, "fsq", {})
    done = run(CODES, shop, tmp_path / "run", changes={"autoencoder": str(tmp_path / "fsq.safetensors")}, device="cpu")
    sampler = Sampler(checkpoint.read(done.networks["prior"]))
    assert sampler.open
    drawn = next(sampler.drawn([1], {"colour": "#123456"}))
    assert drawn.attributes == {"colour": "#123456"}
    assert drawn.pixels.shape == (3, 16, 16)


def test_guidance_of_codes_goes_on_from_open_through_told():
    torch.manual_seed(0)
    network = networks.build("code-transformer", {"codes": 6, "side": 3, "condition_dim": 2, "width": 8, "heads": 2})
    noise, told = torch.randn(5, 9), torch.ones(5, 2)
    network.told.weight.data *= 40  # a fresh network hardly listens
    with torch.no_grad():
        plain, guided, zero = (network.draw(noise, told, g) for g in (1.0, 4.0, 0.0))
        assert torch.equal(zero, network.draw(noise, torch.zeros_like(told)))
        assert not torch.equal(plain, guided)


def test_large_pictures_want_an_autoencoder(tmp_path, shop):
    large = replace(PRESET, networks={"flow": ("dit", {"patch": 1, "width": 16, "depth": 1, "heads": 2})}, size=96)
    with pytest.raises(ParameterError, match="autoencoder: 9,216 patches are too many"):
        run(large, shop, tmp_path / "run", device="cpu")
