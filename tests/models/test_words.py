"""Encoders of texts and pictures: our own, those of transformers by folder and by name, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from packshot import checkpoint, networks
from packshot.catalogue.dataset.tokens import Tokens
from packshot.errors import BadCheckpoint, LicenceRefused, ParameterError, WeightsNotFound
from packshot.models import words

TINY = {"dim": 8, "width": 4, "maps": 2, "vocabulary": 300, "length": 12, "text_width": 8, "heads": 2, "blocks": 1}


def own(folder: Path, licence: str = "Apache-2.0", **card: Any) -> Path:
    torch.manual_seed(0)
    tokens = Tokens.found_in(["red wooden car", "红色小汽车"] * 2, 300)
    network = networks.build("clip", {**TINY, "vocabulary": len(tokens)})
    told = {"licence": licence, "words": list(tokens.names), "input_px": 16, "preset": "catalogue-clip", **card}
    path = folder / "encoder.safetensors"
    checkpoint.write(path, network, "clip", told, torch.float16)
    return path


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> words.Encoder:
    return words.load(str(own(tmp_path_factory.mktemp("own"), role="encoder")))


def test_texts_and_pictures_are_unit_vectors_whatever_stands_beside_them(encoder: words.Encoder) -> None:
    texts = ["red car", "红色", "", "🙂" * 9000, "ждать\n двa"]
    found = encoder.texts(texts)
    assert found.shape == (5, encoder.dim)
    torch.testing.assert_close(found.norm(dim=1), torch.ones(5))
    torch.testing.assert_close(encoder.texts(["红色"])[0], found[1], rtol=1e-4, atol=1e-5)
    x = torch.rand(3, 3, 16, 16)
    torch.testing.assert_close(encoder.pictures(x)[1:2], encoder.pictures(x[1:2]), rtol=1e-4, atol=1e-5)
    assert encoder.texts([]).shape == encoder.pictures(x[:0]).shape == (0, 8)
    assert encoder.name == "catalogue-clip"


def test_another_shape_is_put_on_a_white_square(encoder: words.Encoder) -> None:
    tall = torch.rand(1, 3, 32, 8)
    square = torch.ones(1, 3, 32, 32)
    square[:, :, :, 12:20] = tall
    torch.testing.assert_close(encoder.pictures(tall), encoder.pictures(square))
    assert words.squared(tall, 16).shape == (1, 3, 16, 16)


def test_it_says_what_is_cut_and_refuses_what_nobody_can_mean(encoder: words.Encoder) -> None:
    assert encoder.cut("car " * 12)
    assert not encoder.cut("red car")
    for text, told in (("x" * 10_001, "10,000"), ("a\x07b", r"U\+0007")):
        with pytest.raises(ParameterError, match=told):
            encoder.texts(["red", text])
    with pytest.raises(ParameterError, match=r"\(n, 3, h, w\)"):
        encoder.pictures(torch.rand(1, 1, 16, 16))


def test_the_licence_and_the_kind_of_file_are_looked_at(tmp_path: Path) -> None:
    path = own(tmp_path, licence="unstated")
    with pytest.raises(LicenceRefused):
        words.load(str(path), commercial=True)
    checkpoint.write(tmp_path / "f.safetensors", networks.build("features", {"width": 4}), "features", {})
    with pytest.raises(BadCheckpoint, match="features"):
        words.load(str(tmp_path / "f.safetensors"))
    bad = own(tmp_path, words=["a"])
    with pytest.raises(BadCheckpoint, match="256 single bytes"):
        words.load(str(bad))
    with pytest.raises(WeightsNotFound, match="no-such"):
        words.load("no-such")


def foreign(folder: Path, *, sees: bool) -> Path:
    """A tiny CLIP, or a tiny BERT, with a tokeniser of words, as transformers writes them."""
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"[PAD]": 0, "[UNK]": 1, "red": 2, "car": 3, "[EOS]": 4}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    kept = {"pad_token": "[PAD]", "unk_token": "[UNK]", "eos_token": "[EOS]", "model_max_length": 8}
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, **kept).save_pretrained(folder)
    small = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    torch.manual_seed(0)
    if sees:
        text = {
            **small,
            "vocab_size": 5,
            "max_position_embeddings": 8,
            "pad_token_id": 0,
            "eos_token_id": 4,
            "bos_token_id": 1,
        }
        config = transformers.CLIPConfig(
            text_config=text, vision_config={**small, "image_size": 16, "patch_size": 8}, projection_dim=6
        )
        transformers.CLIPModel(config).save_pretrained(folder)
        (folder / "preprocessor_config.json").write_text(json.dumps({"image_mean": [0.5] * 3, "image_std": [0.5] * 3}))
    else:
        config = transformers.BertConfig(vocab_size=5, max_position_embeddings=8, **small)
        transformers.BertModel(config).save_pretrained(folder)
    return folder


def test_a_folder_of_transformers_is_an_encoder_as_well(tmp_path: Path) -> None:
    folder = foreign(tmp_path / "tiny-clip", sees=True)
    encoder = words.load(str(folder), "cpu")
    assert (encoder.name, encoder.dim, encoder.side, encoder.licence) == ("tiny-clip", 6, 16, "unstated")
    texts = encoder.texts(["red car", "red " * 50])
    torch.testing.assert_close(encoder.texts(["red car"]), texts[:1], rtol=1e-4, atol=1e-5)
    assert encoder.cut("red " * 50)
    torch.testing.assert_close(encoder.pictures(torch.rand(2, 3, 20, 10)).norm(dim=1), torch.ones(2))
    with pytest.raises(LicenceRefused):
        words.load(str(folder), commercial=True)
    (folder / "model.licence").write_text("MIT\n")
    assert words.load(str(folder), "cpu", commercial=True).licence == "MIT"


def test_a_network_of_texts_alone_reads_texts_alone(tmp_path: Path) -> None:
    encoder = words.load(str(foreign(tmp_path / "tiny-bert", sees=False)), "cpu")
    found = encoder.texts(["red car", "red"])
    torch.testing.assert_close(encoder.texts(["red"]), found[1:], rtol=1e-4, atol=1e-5)
    with pytest.raises(ParameterError, match="texts alone"):
        encoder.pictures(torch.rand(1, 3, 16, 16))


def test_a_name_of_the_hub_is_not_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(WeightsNotFound, match="nothing is fetched unless asked"):
        words.load("nobody/no-such-encoder-here")


def test_a_folder_that_transformers_does_not_know_is_refused(tmp_path: Path) -> None:
    folder = foreign(tmp_path / "odd", sees=False)
    (folder / "config.json").write_text(json.dumps({"architectures": ["Odd"], "model_type": "odd"}))
    with pytest.raises(BadCheckpoint, match="odd"):
        words.load(str(folder))
