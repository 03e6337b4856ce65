"""Masters keep every bit, are read by another program, and damage is named."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from packshot.catalogue.shards import exr
from packshot.errors import TooLarge, UnreadableFile

SHAPES = st.tuples(st.integers(1, 40), st.integers(1, 9), st.just(3))


@given(arrays(np.uint32, SHAPES))
def test_every_bit_comes_back(bits):
    light = bits.view(np.float32)
    assert np.array_equal(exr.read(exr.write(light)).view(np.uint32), bits)


def test_smooth_light_takes_fewer_bytes():
    light = np.full((64, 64, 3), 0.5, np.float32)
    assert len(exr.write(light)) < light.nbytes / 20


def test_another_program_reads_the_same_light(tmp_path):
    mitsuba = pytest.importorskip("mitsuba", reason="mitsuba is not installed (extra synth)")
    mitsuba.set_variant("scalar_rgb")
    light = np.random.default_rng(0).random((33, 17, 3), np.float32) * 3
    light[:20] = np.round(light[:20] * 4) / 4  # some chunks shrink, others are stored
    (tmp_path / "a.exr").write_bytes(exr.write(light))
    assert np.array_equal(np.array(mitsuba.Bitmap(str(tmp_path / "a.exr"))), light)


def test_damage_is_named():
    light = np.random.default_rng(0).random((20, 8, 3), np.float32)
    whole = exr.write(np.round(light * 2))
    with pytest.raises(UnreadableFile, match="exr"):
        exr.read(whole[:-9])
    with pytest.raises(UnreadableFile, match="single-part"):
        exr.read(b"\x89PNG\r\n\x1a\n" + whole[8:])
    with pytest.raises(TooLarge, match="16,384 px"):
        exr.read(whole.replace(bytes([7, 0, 0, 0, 19, 0, 0, 0]), b"\xff\xff\xff\x00" * 2))
    with pytest.raises(UnreadableFile, match="number 4"):
        exr.read(whole.replace(b"compression\0compression\0\1\0\0\0\3", b"compression\0compression\0\1\0\0\0\4"))
