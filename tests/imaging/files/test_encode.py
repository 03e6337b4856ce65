"""Encoding: exactness, transparency, budgets, what is embedded, equal bytes."""

import io

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from packshot.errors import ParameterError, TooLarge
from packshot.imaging.files import open_picture, read
from packshot.imaging.files.encode import Encoded, encode, quantise
from packshot.imaging.files.icc import srgb_profile
from packshot.imaging.picture import Picture

LOSSLESS = (("png", {}), ("tiff", {}), ("webp", {"lossless": True}))
FORMATS = ("jpeg", "png", "webp", "avif", "tiff")
XMP = b'<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/">\xe7\xba\xa2</x:xmpmeta><?xpacket end="w"?>'


def picture_of(pixels: np.ndarray) -> Picture:
    """`(h, w, 3 or 4)` uint8 or uint16 → Picture."""
    layers = torch.from_numpy((pixels / np.float32(np.iinfo(pixels.dtype).max)).transpose(2, 0, 1).copy())[None]
    return Picture(layers[:, :3], alpha=layers[:, 3:] if pixels.shape[2] == 4 else None)


def photo(size: int = 256) -> Picture:
    """Waves and grain: something a codec has to work for."""
    y, x = np.mgrid[0:size, 0:size]
    waves = np.stack([np.sin(x / 9 + y / 13), np.sin(x / 5 - y / 7), np.cos(x / 3)], -1)
    grain = np.random.default_rng(0).normal(0, 0.1, waves.shape)
    return picture_of(np.clip(128 + 100 * (waves + grain), 0, 255).astype(np.uint8))


def pixels(dtype, channels=(3, 4)):
    shapes = st.tuples(st.integers(1, 12), st.integers(1, 12), st.sampled_from(channels))
    return shapes.flatmap(lambda shape: arrays.arrays(dtype, shape))


def zeroed(x: np.ndarray) -> np.ndarray:
    """With the colour under alpha 0 set to 0, and without an alpha that hides nothing."""
    if x.shape[2] == 3:
        return x
    x = np.where(x[..., 3:] == 0, 0, x)
    return x[..., :3] if x[..., 3].min() == np.iinfo(x.dtype).max else x


def back(data: bytes, dtype) -> np.ndarray:
    picture = read(data)
    layers = picture.rgb if picture.alpha is None else torch.cat([picture.rgb, picture.alpha], 1)
    return np.rint(layers[0].numpy().transpose(1, 2, 0) * np.iinfo(dtype).max).astype(dtype)


@settings(max_examples=60, deadline=None)
@given(pixels(np.uint8), st.sampled_from(LOSSLESS))
def test_eight_bits_go_out_and_in_exactly(x, way):
    format, options = way
    assert np.array_equal(back(encode(picture_of(x), format, **options).data, np.uint8), zeroed(x))


@settings(max_examples=40, deadline=None)
@given(pixels(np.uint16), st.sampled_from(("png", "tiff")))
def test_sixteen_bits_go_out_and_in_exactly(x, format):
    assert np.array_equal(back(encode(picture_of(x), format, bits=16).data, np.uint16), zeroed(x))


def test_what_is_read_is_what_was_written():
    picture = read(encode(photo(), "png").data)
    assert torch.equal(read(encode(picture, "tiff").data).rgb, picture.rgb)
    assert torch.equal(picture.rgb, photo().rgb)


@pytest.mark.parametrize("format", ["png", "tiff"])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [3, 4])
def test_other_programs_read_our_own_containers(format, bits, channels):
    dtype = np.uint8 if bits == 8 else np.uint16
    x = np.random.default_rng(1).integers(1, np.iinfo(dtype).max, (130, 67, channels), dtype=dtype)
    data = encode(picture_of(x), format, bits=bits).data
    if (format, bits, channels) != ("tiff", 8, 4):  # which OpenCV multiplies by alpha
        seen = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        assert np.array_equal(seen[..., [2, 1, 0, 3][:channels]], x)
    image = Image.open(io.BytesIO(data))
    image.load()
    assert np.array_equal(np.asarray(image), x >> (bits - 8))


def test_values_are_rounded_to_the_nearest_step():
    ramp = torch.linspace(0, 1, 4096).expand(1, 3, 1, 4096)
    for bits, top in ((8, 255), (16, 65535)):
        error = quantise(Picture(ramp.contiguous()), bits)[0].T / top - ramp[0, :, 0].numpy().astype(float)
        assert np.abs(error).max() <= 0.5 / top + 1e-7
    slack = torch.tensor([-1e-4, 1 + 1e-4]).view(1, 1, 1, 2).expand(1, 3, 1, 2)
    assert quantise(Picture(slack))[0, :, 0].tolist() == [0, 255]
    assert quantise(Picture(slack), 16)[0, :, 0].tolist() == [0, 65535]


@pytest.mark.parametrize("format", FORMATS)
def test_profile_and_xmp_are_in_every_format(format):
    encoded = encode(photo(64), format, xmp=XMP)
    source = open_picture(encoded.data).source
    assert source.xmp == XMP
    assert source.profile == "sRGB"
    assert source.notes == ()
    image = Image.open(io.BytesIO(encoded.data))
    assert image.info["icc_profile"] == srgb_profile()
    assert not image.getexif().get_ifd(0x8825)
    without = open_picture(encode(photo(64), format).data).source
    assert without.xmp is None


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("max_bytes", [None, 6000, 60_000])
def test_equal_pictures_give_equal_bytes(format, max_bytes):
    if format in ("png", "tiff") and max_bytes == 6000:
        max_bytes = None
    first, second = (encode(photo(96), format, xmp=XMP, max_bytes=max_bytes) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("format", FORMATS)
def test_lossy_formats_stay_close(format):
    source = photo()
    error = (read(encode(source, format).data).rgb - source.rgb).abs()
    assert error.mean() * 255 < (8 if format == "webp" else 4)  # WebP halves the resolution of colour
    assert encode(source, format).quality == (None if format in ("png", "tiff") else 95)


def edge_of_glass() -> Picture:
    """A bright disc with a soft edge on nothing, magenta hidden around it."""
    y, x = np.mgrid[0:200, 0:200]
    alpha = np.clip(70.5 - np.hypot(x - 100, y - 100), 0, 1)
    rgb = np.stack([200 + 40 * np.sin(x / 9), 180 + 30 * np.cos(y / 13), np.full(x.shape, 60.0)], -1)
    rgb[alpha == 0] = (255, 0, 255)
    return picture_of(np.dstack([rgb, 255 * alpha]).round().astype(np.uint8))


@pytest.mark.parametrize(
    ("format", "options"),
    [("webp", {"quality": 80}), ("avif", {"quality": 80, "subsampling": "4:2:0"}), *LOSSLESS],
)
def test_nothing_hidden_leaves_and_edges_stay_clean(format, options):
    source = edge_of_glass()
    result = read(encode(source, format, **options).data)
    assert torch.equal(result.alpha, source.alpha)
    stored = np.asarray(Image.open(io.BytesIO(encode(source, format, **options).data)).convert("RGBA")).astype(int)
    hidden = source.alpha[0, 0].numpy() == 0
    magenta = np.abs(stored[..., :3] - (255, 0, 255)).max(-1)[hidden]
    assert magenta.min() > 100
    edge = (source.alpha[0, 0] > 0.5) & (source.alpha[0, 0] < 1)
    assert (result.rgb - source.rgb)[0, :, edge].abs().mean() * 255 < 4


def test_an_alpha_that_hides_nothing_is_not_written():
    opaque = photo(16).replace(alpha=torch.ones(1, 1, 16, 16))
    assert open_picture(encode(opaque, "png").data).source.mode == "RGB"


def test_jpeg_flattens_in_linear_light():
    black = Picture(torch.zeros(1, 3, 8, 8), alpha=torch.full((1, 1, 8, 8), 0.5))
    on_white = read(encode(black, quality=100).data).rgb[0, :, 4, 4] * 255
    assert on_white.tolist() == pytest.approx([188] * 3, abs=1)  # 0.5 of the light, sRGB-encoded: 187.5
    on_red = read(encode(black, quality=100, background=(1, 0, 0)).data).rgb[0, :, 4, 4] * 255
    assert on_red.tolist() == pytest.approx([188, 0, 0], abs=3)
    clear = black.replace(alpha=torch.zeros(1, 1, 8, 8))
    assert read(encode(clear).data).rgb.min() * 255 >= 254


@pytest.mark.parametrize("format", ["jpeg", "webp", "avif"])
def test_the_budget_is_met_with_the_best_quality_that_fits(format):
    source = photo(192)
    free = encode(source, format, subsampling="4:2:0")
    budget = len(free.data) // 2
    result = encode(source, format, subsampling="4:2:0", max_bytes=budget, min_quality=10)
    assert len(result.data) <= budget
    assert 10 <= result.quality < 95
    assert result.notes == (f"quality lowered from 95 to {result.quality} to fit {budget:,} bytes",)
    better = result.quality + 1
    with pytest.raises(TooLarge):
        encode(source, format, quality=better, subsampling="4:2:0", max_bytes=budget, min_quality=better)


def test_a_budget_that_is_no_burden_changes_nothing():
    assert encode(photo(64), max_bytes=10**6).quality == 95
    assert encode(photo(64), max_bytes=10**6).notes == ()


def test_coarser_colour_comes_after_quality():
    source = photo(192)
    at_50 = len(encode(source, quality=50, max_bytes=10**9).data)
    result = encode(source, max_bytes=at_50 - 1)
    assert any("subsampled" in note for note in result.notes)
    assert len(result.data) < at_50


@pytest.mark.parametrize("format", FORMATS)
def test_an_impossible_budget_is_refused_with_the_size_reached(format):
    with pytest.raises(TooLarge, match=r"max_bytes: 500 cannot be met.*[0-9,]+ bytes"):
        encode(photo(192), format, max_bytes=500)


@settings(max_examples=25, deadline=None)
@given(st.integers(1500, 60_000))
def test_any_budget_is_kept_or_refused(budget):
    try:
        result = encode(photo(96), max_bytes=budget, min_quality=20)
    except TooLarge:
        assert budget < len(encode(photo(96), quality=20, subsampling="4:2:0", max_bytes=10**9).data)
    else:
        assert len(result.data) <= budget


def test_dpi_is_written():
    for format in ("jpeg", "png", "tiff"):
        image = Image.open(io.BytesIO(encode(photo(16), format, dpi=300).data))
        assert float(image.info["dpi"][0]) == pytest.approx(300, abs=0.02)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"format": "gif"}, "format"),
        ({"quality": 0}, "quality"),
        ({"quality": 101}, "quality"),
        ({"min_quality": 0}, "quality"),
        ({"subsampling": "4:1:1"}, "subsampling"),
        ({"max_bytes": 0}, "max_bytes"),
        ({"bits": 12}, "bits"),
        ({"bits": 16}, "bits"),
        ({"lossless": True}, "lossless"),
        ({"format": "avif", "lossless": True}, "lossless"),
        ({"xmp": b"x" * 66_000}, "xmp"),
        ({"dpi": 0}, "dpi"),
        ({"background": (1, 2, 3)}, "background"),
    ],
)
def test_wrong_options_are_refused_by_name(options, word):
    with pytest.raises(ParameterError, match=f"^{word}"):
        encode(photo(16), **options)


def test_what_a_format_cannot_hold_is_refused():
    wide = Picture(torch.zeros(1, 3, 1, 16_384))
    with pytest.raises(ParameterError, match="webp holds at most"):
        encode(wide, "webp")
    with pytest.raises(ParameterError, match="batch"):
        encode(Picture(torch.zeros(2, 3, 4, 4)))


def test_the_result_says_what_it_is():
    result = encode(photo(32), "png")
    assert isinstance(result, Encoded)
    assert (result.format, result.quality, result.width, result.height, result.notes) == ("png", None, 32, 32, ())
