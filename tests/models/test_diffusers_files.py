"""Pipelines of diffusers: a tiny random one draws and fills; nothing unsafe is loaded; licences are asked for first."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from packshot import models
from packshot.cli import app
from packshot.errors import BadCheckpoint, LicenceRefused, ModelError, ParameterError, WeightsNotFound
from packshot.imaging.picture import Picture
from packshot.models import diffusers_files
from packshot.operations.operation import Context
from packshot.operations.scene import Scene
from packshot.pipeline import weights
from packshot.pipeline.lock import apply_locked
from packshot.pipeline.recipe import parse
from packshot.provenance.verify import verify

CONTEXT = Context(seed=3, load_model=weights.load)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory) -> Path:
    """A folder of a text-to-picture pipeline with random weights, 16 px a side at least, a quarter of a megabyte."""
    diffusers, transformers = pytest.importorskip("diffusers"), pytest.importorskip("transformers")
    torch.manual_seed(0)
    vocabulary = {chr(c) + end: 0 for end in ("", "</w>") for c in range(33, 127)}
    vocabulary = {word: i for i, word in enumerate([*vocabulary, "<|startoftext|>", "<|endoftext|>"])}
    text = transformers.CLIPTextConfig(
        hidden_size=8, intermediate_size=8, num_attention_heads=2, num_hidden_layers=1, vocab_size=len(vocabulary),
        bos_token_id=len(vocabulary) - 2, eos_token_id=len(vocabulary) - 1,
    )  # fmt: skip
    unet = diffusers.UNet2DConditionModel(
        sample_size=8, layers_per_block=1, block_out_channels=(4, 8), cross_attention_dim=8, norm_num_groups=2,
        attention_head_dim=4, down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
    )  # fmt: skip
    vae = diffusers.AutoencoderKL(
        block_out_channels=(4, 4), norm_num_groups=2, down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
    )  # fmt: skip
    whole = diffusers.StableDiffusionPipeline(
        vae=vae, text_encoder=transformers.CLIPTextModel(text), unet=unet,
        scheduler=diffusers.DDIMScheduler(steps_offset=1, clip_sample=False),
        tokenizer=transformers.CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=77),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("pipelines") / "tiny"
    whole.save_pretrained(folder)
    (folder / "model.licence").write_text("Apache-2.0")
    return folder


def product() -> Picture:
    matte = torch.zeros(1, 1, 50, 70)
    matte[..., 15:35, 20:50] = 1
    matte[..., 14, 20:50] = 0.5
    rgb = torch.full((1, 3, 50, 70), 0.9)
    rgb[..., 15:35, 20:50] = torch.rand(3, 20, 30, generator=torch.Generator().manual_seed(0))
    return Picture(rgb, matte=matte)


def test_it_draws_from_words_and_seed(pipeline: Path) -> None:
    model = models.load(str(pipeline), "cpu", commercial=True)
    assert (model.name, model.card["licence"], model.card["purpose"]) == ("tiny", "Apache-2.0", "draw")
    drawer = diffusers_files.drawer_of(models.find(str(pipeline)))
    first, again, other = (drawer.picture("a red car", s, (32, 48), num_inference_steps=2) for s in (1, 1, 2))
    assert first.shape == (1, 3, 32, 48)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert model.digest == drawer.digest
    with pytest.raises(ModelError, match="draws from words"):
        model.run(first)
    with pytest.raises(ParameterError, match="say what to draw"):
        drawer.picture("  ", 1)
    with pytest.raises(ParameterError, match="say it in the words"):
        drawer.condition({"colour": "red"}, 0)


def test_a_scene_leaves_the_product_to_the_last_bit(pipeline: Path) -> None:
    picture = product()
    operation = Scene(prompt="on a beach", avoid="people", model=str(pipeline), size=64, steps=2)
    locked = apply_locked(operation, picture, CONTEXT)
    after, step = locked.result.picture, locked.step
    assert torch.equal(after.rgb[..., 17:33, 22:48], picture.rgb[..., 17:33, 22:48])
    assert step.fidelity["delta_e_max"] == 0
    assert not torch.allclose(after.rgb[..., :10, :], picture.rgb[..., :10, :], atol=0.02)
    assert step.weights == {"tiny": models.load(str(pipeline)).digest}
    assert step.digital_source_type == "compositeWithTrainedAlgorithmicMedia"
    assert step.numbers["generated_px"] == 64
    assert any("everything but the product is generated" in note for note in locked.result.notes)


def test_other_bytes_make_other_settings(pipeline: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(pipeline, tmp_path / "copy")
    recipe = parse(f"steps: [cutout, scene: {{prompt: a shelf, model: '{folder}'}}]".encode())
    before = weights.named_weights(recipe)[str(folder)]
    (folder / "scheduler" / "scheduler_config.json").write_text("{}")
    assert weights.named_weights(recipe)[str(folder)] != before


def test_generate_draws_from_words_and_marks_every_file(pipeline: Path, tmp_path: Path) -> None:
    words = ["generate", "a red car", "--model", str(pipeline), "-n", "2", "--steps", "1", "--commercial"]
    done = CliRunner().invoke(app, [*words, "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "licence Apache-2.0" in done.output
    lines = [json.loads(line) for line in (tmp_path / "generated.jsonl").read_text().splitlines()]
    assert [line["file"] for line in lines] == ["00000.png", "00001.png"]
    assert lines[0]["text"] == "a red car"
    for name in ("00000.png", "sheet.png"):
        assert verify(tmp_path / name).digital_source_type == "trainedAlgorithmicMedia"
    refused = CliRunner().invoke(app, [*words, "--colour", "red", "--out", str(tmp_path)])
    assert isinstance(refused.exception, ParameterError)
    assert "knows words" in str(refused.exception)


@pytest.mark.parametrize(
    ("readme", "licence"),
    [
        ("---\nlicense: apache-2.0\n---\n", "Apache-2.0"),
        ("---\nlicense: openrail++\n---\n", "openrail++"),
        ("", "unstated"),
    ],
)
def test_licences_are_read_and_asked_for(tmp_path: Path, readme: str, licence: str) -> None:
    path = index(tmp_path, {"unet": ["diffusers", "UNet2DConditionModel"]})
    (tmp_path / "README.md").write_text(readme)
    assert diffusers_files.licence_of(tmp_path) == licence
    if licence == "Apache-2.0":
        assert models.load(str(path), "cpu", commercial=True).card["licence"] == licence
        return
    with pytest.raises(LicenceRefused, match="not known to allow commercial use"):
        models.load(str(path), "cpu", commercial=True)


def index(folder: Path, parts: dict[str, list[str]], kind: str = "StableDiffusionPipeline") -> Path:
    """A folder with nothing but an index."""
    path = folder / diffusers_files.INDEX
    path.write_text(json.dumps({"_class_name": kind, **parts}))
    return path


@pytest.mark.parametrize(
    ("parts", "kind", "told"),
    [
        ({"unet": ["my_code", "Net"]}, "StableDiffusionPipeline", "code that comes with weights is never run"),
        ({"unet": ["diffusers", "UNet2DConditionModel"]}, "StableDiffusionPipeline", "pickles are not read"),
        ({}, "os.system", "is no pipeline"),
    ],
)
def test_what_is_not_safe_is_refused_before_it_is_loaded(tmp_path: Path, parts, kind: str, told: str) -> None:
    path = index(tmp_path, parts, kind)
    (tmp_path / "unet").mkdir()
    (tmp_path / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"\x80\x04")
    with pytest.raises(BadCheckpoint, match=told):
        models.load(str(path), "cpu")


def test_a_damaged_index_is_said() -> None:
    with pytest.raises(BadCheckpoint, match="damaged"):
        diffusers_files.checked(Path("/nowhere/at/all"))


@pytest.mark.parametrize(
    ("parameters", "error", "told"),
    [
        ({"model": "tiny"}, ParameterError, "the new background in words"),
        ({"prompt": "a beach"}, ParameterError, "expected the parameter model"),
        ({"prompt": "a beach", "model": "nobody/nothing"}, WeightsNotFound, "add download to fetch it"),
    ],
)
def test_what_is_missing_is_said(parameters, error, told: str) -> None:
    with pytest.raises(error) as raised:
        Scene(**parameters).apply(product(), CONTEXT)
    assert told in str(raised.value)


@pytest.mark.parametrize("words", ["x" * 10_000, "a\x00b", "a\x1b[2J"])
def test_bad_words_are_refused(words: str) -> None:
    with pytest.raises(ValueError, match="prompt"):
        Scene(prompt=words)
