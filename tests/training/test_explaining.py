"""`packshot explain` on tiny networks: every kind, what it writes, and what it refuses."""

import json
import re
from dataclasses import dataclass

import pytest
import torch
from typer.testing import CliRunner

from packshot import checkpoint
from packshot.cli import app
from packshot.errors import ParameterError
from packshot.imaging import files
from packshot.imaging.picture import Picture
from packshot.provenance.verify import verify
from packshot.training.explaining import words
from packshot.training.explaining.codecs import Codes, arithmetic
from packshot.training.explaining.explain import explain
from packshot.training.explaining.material import Shown, shown_of
from packshot.training.explaining.page import verdict
from packshot.training.explaining.subject import Subject, open_subject
from tests.networks.members import make, off_zero

KINDS = {"category": ["bag", "shoe"], "colour": ["blue", "green", "red"]}
SIDE = 14


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """A folder of 24 little pictures in two categories, as folders are read: category = folder."""
    folder = tmp_path_factory.mktemp("photos")
    generator = torch.Generator().manual_seed(0)
    for number in range(24):
        rgb = torch.ones(1, 3, 20, 16)
        rgb[..., 4:16, 3:13] = torch.rand(1, 3, 1, 1, generator=generator)
        if number % 2:
            rgb[..., :10, :8] = 0.2
        files.write(Picture(rgb), folder / ("shoe" if number % 2 else "bag") / f"{number:02d}.png")
    return folder


def stored(folder, name, role, attributes=None, **entries):
    """A checkpoint of a tiny network."""
    network = off_zero(make(name, **entries))
    path = folder / f"{role}.safetensors"
    checkpoint.write(path, network, name, {"attributes": attributes or {}, "preset": "none"})
    return path


@dataclass
class Looked:
    found: object
    told: dict
    page: str
    folder: object


def looked_into(path, out, **options):
    found = explain(path, out, count=6, **options)
    page = (out / "explain.html").read_text(encoding="utf-8")
    return Looked(found, json.loads((out / "explain.json").read_text(encoding="utf-8")), page, out)


def keys(looked):
    return [section["section"] for section in looked.told["sections"]]


def test_generator_and_critic(tmp_path, photos):
    attributes = {"category": KINDS["category"]}
    path = stored(tmp_path, "cgan-generator", "generator", attributes, condition_dim=2, channels=3)
    stored(tmp_path, "cgan-critic", "critic", attributes, condition_dim=2, channels=3)
    looked = looked_into(path, tmp_path / "out", pictures=photos)
    assert keys(looked) == [
        "layers_generator", "walks_noise", "walks_random", "attribute",
        "looks_critic", "faithful_critic", "sanity_critic", "layers_judge",
    ]  # fmt: skip
    rows = [row for section in looked.told["sections"] for row in section["rows"] if "deletion" in row]
    assert {row["pictures"] for row in rows} == {"real", "generated"}
    assert all(row["n"] == 6 for row in rows)
    assert len(looked.told["networks"]) == 2
    check_page(looked)
    for figure in figures_of(looked):
        marks = verify(tmp_path / "out" / f"{figure.name}.png")
        assert marks.iptc.value == ("trainedAlgorithmicMedia" if figure.generated else "dataDrivenMedia")
        assert marks.c2pa.state == "valid"
    made = {figure.name for figure in figures_of(looked) if figure.generated}
    assert made == {
        "layers-generator", "walks-principal", "walks-random", "attribute-category", "looks-critic-generated",
    }  # fmt: skip


def figures_of(looked):
    return [figure for section in looked.found.sections for figure in section.figures]


def check_page(looked):
    """Nothing from outside; both languages everywhere; every figure's picture is in it and on disk."""
    page = looked.page
    assert not re.search(r"""(?:src|href)=["'](?!data:)""", page)
    assert "style=" not in page
    assert page.count('<span lang="en">') == page.count('<span lang="zh">') > 5
    assert page.count("<img ") == sum(len(figure.pictures) for figure in figures_of(looked))
    for figure in figures_of(looked):
        picture = files.read(looked.folder / f"{figure.name}.png")
        assert picture.size == tuple(figure.sheet().shape[1:])
    assert "{" not in re.sub(r"<style>.*?</style>|<script>.*?</script>", "", page, flags=re.DOTALL)


@pytest.mark.parametrize("name", ["stylegan2", "progan"])
def test_a_critic_is_shown_what_the_generator_beside_it_draws(name, tmp_path):
    stored(tmp_path, f"{name}-generator", "generator", condition_dim=0)
    path = stored(tmp_path, f"{name}-critic", "critic", condition_dim=0)
    looked = looked_into(path, tmp_path / "out")
    assert keys(looked) == ["looks_critic", "faithful_critic", "sanity_critic", "layers_judge"]
    assert {row["pictures"] for row in looked.told["sections"][1]["rows"]} == {"generated"}


def test_style_codes_are_walked_where_there_are_any(tmp_path):
    looked = looked_into(stored(tmp_path, "stylegan2-generator", "g", condition_dim=0), tmp_path / "out")
    assert keys(looked) == ["layers_generator", "walks_styles", "walks_random"]
    explained = looked.told["sections"][1]["numbers"]["explained"]
    assert explained == sorted(explained, reverse=True)
    assert 0 < sum(explained) <= 1.0001


def test_product_networks_are_told_texts(tmp_path, photos):
    attributes = {"category": ["bag", "shoe", "top"]}
    for role in ("generator", "critic"):
        network = off_zero(make(f"product-{role}", channels=3))
        card = {"attributes": attributes, "words": ["a", "b"], "texts": ["title"]}
        checkpoint.write(tmp_path / f"{role}.safetensors", network, f"product-{role}", card)
    looked = looked_into(tmp_path / "generator.safetensors", tmp_path / "out", pictures=photos)
    assert "faithful_critic" in keys(looked)


def test_classifier(tmp_path, photos):
    network = off_zero(make("features", classes=[2, 3], channels=1))
    checkpoint.write(
        tmp_path / "c.safetensors", network, "features", {"attributes": KINDS, "preset": "fashion-features"}
    )
    looked = looked_into(tmp_path / "c.safetensors", tmp_path / "out", pictures=photos)
    one = ["looks_classifier", "faithful_classifier", "sanity_classifier"]
    assert keys(looked) == [*one, *one, "layers_judge"]
    shown = figures_of(looked)[0]
    assert all(re.match(r"(bag|shoe) [01]\.\d\d", note) for note in shown.notes if note)
    assert not shown.generated
    check_page(looked)


def test_a_classifier_is_shown_what_a_generator_draws(tmp_path, photos):
    attributes = {"category": KINDS["category"]}
    path = stored(tmp_path, "dcgan-generator", "g", attributes, condition_dim=2, channels=3)
    judge = off_zero(make("features", classes=[2]))
    checkpoint.write(tmp_path / "judge.safetensors", judge, "features", {"attributes": attributes, "preset": "none"})
    looked = looked_into(path, tmp_path / "out", critic=tmp_path / "judge.safetensors", pictures=photos)
    rows = [row for section in looked.told["sections"] for row in section["rows"] if "deletion" in row]
    assert {row["pictures"] for row in rows} == {"real", "generated"}
    generated = next(figure for figure in figures_of(looked) if figure.name == "looks-category-generated")
    assert generated.pictures.shape[2] == SIDE
    assert any("≠" in note for note in generated.notes)  # asked for another than an untrained judge sees
    assert "too few pictures to say: 6" in looked.page


@pytest.mark.parametrize(
    ("gap", "error", "n", "bare", "word"),
    [
        (-0.3, 0.1, 32, 0.2, "holds"),
        (-0.3, 0.2, 32, 0.2, "fails"),
        (0.3, 0.01, 32, 0.2, "fails"),
        (-0.3, 0.01, 9, 0.2, "few"),
        (-0.3, 0.01, 32, 0.9, "bare"),
    ],
)
def test_a_map_is_believed_only_beyond_two_standard_errors(gap, error, n, bare, word):
    assert verdict({"gap": gap, "gap_error": error, "n": n, "whole": 0.9, "bare": bare}) == word


@pytest.mark.parametrize("name", ["vae", "vqvae", "fsq"])
def test_autoencoders_with_pictures(name, tmp_path, photos):
    told = {"category": KINDS["category"]} if name == "vae" else None
    entries = {"size": SIDE if name == "vae" else 16, "channels": 3} | ({"condition_dim": 2} if told else {})
    looked = looked_into(stored(tmp_path, name, "a", told, **entries), tmp_path / "out", pictures=photos)
    assert keys(looked) == ["layers_codec", "walks_codes", "swapped" if told else "arithmetic"]
    check_page(looked)
    if not told:
        rows = looked.told["sections"][2]["rows"]
        assert {row["value"] for row in rows} == {"→ bag", "→ shoe"}
        assert all(0 <= row[share] <= 1 for row in rows for share in ("before", "random", "after"))


class Components(torch.nn.Module):
    """Principal components as an autoencoder: exact, and nothing to train."""

    def __init__(self, pictures):
        super().__init__()
        self.mean = pictures.flatten(1).mean(0)
        self.axes = torch.linalg.svd(pictures.flatten(1) - self.mean, full_matrices=False).Vh[:8]
        self.shape = pictures.shape[1:]

    def encode(self, x):
        return (x.flatten(1) - self.mean) @ self.axes.T

    def decode(self, code):
        return torch.nn.Unflatten(1, self.shape)(torch.nn.Identity()(code @ self.axes + self.mean))


def test_arithmetic_gives_the_colour_that_was_added_and_keeps_the_shape():
    """Squares and bars in red and blue: what is red and becomes blue stays the square or bar it was."""
    generator = torch.Generator().manual_seed(0)
    image, colours, shapes = torch.ones(48, 3, 8, 8), [], []
    for number, picture in enumerate(image):
        colour = torch.tensor([[0.8, -0.8, -0.8], [-0.8, -0.8, 0.8]][number % 2])
        part = picture[:, 2:6, 2:6] if number // 2 % 2 else picture[:, :, 3:5]
        part.copy_((colour + 0.1 * torch.randn(3, generator=generator)).clamp(-1, 1)[:, None, None].expand_as(part))
        colours.append(("red", "blue")[number % 2])
        shapes.append(("bar", "square")[number // 2 % 2])
    shown = Shown(image, None, {"colour": colours, "shape": shapes})
    card = checkpoint.Checkpoint(None, "components", {"size": 8}, {}, "", {})
    subject = Subject(card, "autoencoder", Components(image), "cpu")
    section = arithmetic(Codes.of(subject, shown), "colour", 0)
    rows = {row["value"]: row for row in section.rows}
    assert set(rows) == {"→ red", "→ blue"}
    assert all(row["before"] == 0 and row["after"] == 1 and row["random"] < 0.9 for row in rows.values())
    figure = section.figures[0]
    for row, told in enumerate(figure.down):
        picture, decoded, _, whole, _ = figure.pictures[row * 5 : row * 5 + 5]
        assert (picture - decoded).abs().max() < 0.1
        where = picture.mean(0) < 0.9
        inside = whole[:, where].mean(1)
        assert inside.argmax() == {"→ red": 0, "→ blue": 2}["→ " + told.split(" → ")[1]]
        assert whole[:, ~where].min() > 0.55  # codes that are linear carry half of it to where the other shape lies


def test_a_vae_without_pictures_is_drawn_from_its_prior(tmp_path):
    looked = looked_into(stored(tmp_path, "vae", "a", condition_dim=0), tmp_path / "out")
    assert keys(looked) == ["layers_generator", "walks_noise", "walks_random"]


@pytest.mark.parametrize("second", ["mixture", "latent-flow"])
def test_two_stages_are_walked_through_both(second, tmp_path):
    latent = {"latent_dim": 3}
    first = stored(tmp_path, "vae", "autoencoder", condition_dim=0, **latent)
    card = {"decoder": {"file": first.name, "digest": checkpoint.read(first).digest}}
    entries = {"condition_dim": 0} if second == "latent-flow" else {}
    checkpoint.write(tmp_path / "second.safetensors", make(second, **latent, **entries), second, card)
    looked = looked_into(tmp_path / "second.safetensors", tmp_path / "out")
    assert keys(looked) == ["layers_generator", "walks_noise", "walks_random"]
    assert figures_of(looked)[0].across[1:]  # the decoder's maps


def test_the_same_seed_gives_the_same_numbers_and_another_one_others(tmp_path):
    stored(tmp_path, "dcgan-generator", "generator", condition_dim=0)
    path = stored(tmp_path, "dcgan-critic", "critic", condition_dim=0)
    one, again, other = (looked_into(path, tmp_path / f"o{i}", seed=seed) for i, seed in enumerate((0, 0, 1)))
    assert one.told["sections"] == again.told["sections"]
    assert one.told["sections"] != other.told["sections"]


def test_what_is_refused_and_how(tmp_path, photos):
    unet, vqvae = stored(tmp_path, "unet", "unet"), stored(tmp_path, "vqvae", "vqvae")
    with pytest.raises(ParameterError, match=r"a unet makes no pictures .* nothing to explain"):
        explain(unet, tmp_path / "out")
    with pytest.raises(ParameterError, match=r"pictures: vqvae has no prior .*--pictures"):
        explain(vqvae, tmp_path / "out")
    with pytest.raises(ParameterError, match=r"pictures: lone is a critic; name pictures .*--pictures"):
        explain(stored(tmp_path, "dcgan-critic", "lone", condition_dim=0), tmp_path / "out")
    critic = stored(tmp_path, "dcgan-critic", "told", {"season": ["summer", "winter"]}, condition_dim=2, channels=3)
    with pytest.raises(ParameterError, match=r"told has to be told season \(summer, winter"):
        explain(critic, tmp_path / "out", pictures=photos)
    with pytest.raises(ParameterError, match=r"there is no .*nowhere"):
        explain(critic, tmp_path / "out", pictures=tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ParameterError, match="empty: no pictures could be read"):
        explain(critic, tmp_path / "out", pictures=tmp_path / "empty")
    generator = stored(tmp_path, "dcgan-generator", "g", condition_dim=0, size=28)
    with pytest.raises(ParameterError, match=r"lone and g do not belong together: .*14 px.*28 px"):
        explain(generator, tmp_path / "out", critic=tmp_path / "lone.safetensors")
    with pytest.raises(ParameterError, match="expected a critic or classifier in unet"):
        explain(generator, tmp_path / "out", critic=stored(tmp_path, "vae", "unet"))
    with pytest.raises(ParameterError, match="leave --critic out"):
        explain(critic, tmp_path / "out", critic=critic)
    with pytest.raises(ParameterError, match="count"):
        explain(generator, tmp_path / "out", count=1)
    assert not (tmp_path / "out").exists()


def test_pictures_of_another_size_say_what_fits(tmp_path, photos):
    from packshot.catalogue.dataset.pack import pack
    from packshot.catalogue.ingest import ingest

    pack(ingest(photos, tmp_path / "shop").open(), tmp_path / "pack", 20, layers=("photo",))
    subject = open_subject(checkpoint.read(stored(tmp_path, "dcgan-critic", "c", condition_dim=0)), "cpu")
    with pytest.raises(ParameterError, match=r"c takes 14 px with 1 channels: size: .* 20 px, not 14"):
        shown_of(tmp_path / "pack", subject, 0)


def test_the_command_prints_a_table_and_where_things_are(tmp_path):
    path = stored(tmp_path, "dcgan-generator", "generator", condition_dim=0)
    stored(tmp_path, "dcgan-critic", "critic", condition_dim=0)
    done = CliRunner().invoke(app, ["explain", str(path), "--out", str(tmp_path / "out"), "-n", "4"])
    assert done.exit_code == 0, done.output
    assert "| generated | grad-cam" in done.output
    assert "explain.html" in done.output


def test_every_text_is_there_in_both_languages():
    for key in words.sections():
        for english, chinese in words.section(key):
            assert english
            assert re.search("[一-鿿]", chinese)
            assert set(re.findall(r"{(\w+)", english)) >= set(re.findall(r"{(\w+)", chinese))
