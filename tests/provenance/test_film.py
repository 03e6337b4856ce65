"""Films leave with their marks in a box of their own, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from packshot.errors import MarkError, ParameterError
from packshot.imaging.files.clips import film_xmp
from packshot.provenance import film, manifest, policies
from packshot.provenance.film import MIME, export_film
from packshot.provenance.marks import source_type
from packshot.provenance.step import Step
from tests.provenance.marked import DEFAULT, picture

MADE = (Step("generate", digital_source_type="trainedAlgorithmicMedia", weights={"shop-gan": "ab" * 32}),)
FRAMES = [picture(seed=seed) for seed in range(3)]


def test_a_film_carries_all_marks_and_a_changed_byte_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "turn.mp4"
    found = export_film(FRAMES, path, MADE, policies.find("cn-visible"))
    data = path.read_bytes()
    assert found["iptc_digital_source_type"] == source_type(film_xmp(data)) == "trainedAlgorithmicMedia"
    assert "AI生成" in found["visible_label"]
    assert "tc260_aigc" in found
    assert manifest.read(data, MIME).state == found["c2pa"] == "valid"
    bad = bytearray(data)
    bad[len(bad) // 2] ^= 1
    assert manifest.read(bytes(bad), MIME).state not in ("valid", "trusted")


def test_nothing_is_written_if_the_marks_do_not_read_back(tmp_path: Path, monkeypatch) -> None:
    real = film.encode_film
    monkeypatch.setattr(film, "encode_film", lambda frames, xmp, **options: real(frames, xmp=b"<x/>", **options))
    with pytest.raises(MarkError):
        export_film(FRAMES, tmp_path / "turn.mp4", MADE, DEFAULT)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_film_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"written as \.mp4, got \.gif"):
        export_film(FRAMES, tmp_path / "turn.gif", MADE, DEFAULT)
    with pytest.raises(ParameterError, match="got none"):
        export_film([], tmp_path / "turn.mp4", MADE, DEFAULT)
