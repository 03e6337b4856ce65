"""Colours in: against colour-science, against LittleCMS itself, and against the definitions."""

import io
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from packshot.imaging.files import icc, open_picture, profiles, read
from tests.imaging.files import corpus, raw_files

CUBE = np.stack(np.meshgrid(*[np.arange(0, 256, 15, dtype=np.uint8)] * 3, indexing="ij"), -1).reshape(1, -1, 3)
KNOWN = {
    "Display P3": raw_files.rgb_icc(raw_files.P3_XY, raw_files.srgb_sampled(), "Display P3"),
    "Adobe RGB (1998)": raw_files.rgb_icc(raw_files.ADOBE_XY, raw_files.gamma(563 / 256), "Adobe RGB"),
}


def png_with(pixels: np.ndarray, profile: bytes) -> bytes:
    return raw_files.png(pixels, extra=raw_files.chunk(b"iCCP", b"p\0\0" + zlib.compress(profile)))


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("bits", [8, 16])
def test_wide_gamuts_agree_with_colour_science(name, bits):
    colour = pytest.importorskip("colour")
    pixels = CUBE if bits == 8 else CUBE.astype(np.uint16) * 257
    ours = read(png_with(pixels, KNOWN[name])).rgb[0, :, 0].numpy().T
    theirs = colour.RGB_to_RGB(CUBE[0] / 255, name, "sRGB", None, True, True)
    assert np.abs(ours - np.clip(theirs, 0, 1)).max() * 255 < 0.6


@pytest.mark.parametrize("name", KNOWN)
def test_wide_gamuts_agree_with_littlecms(name):
    ours = read(png_with(CUBE, KNOWN[name])).rgb[0].numpy().transpose(1, 2, 0) * 255
    theirs = np.asarray(by_littlecms(Image.fromarray(CUBE), KNOWN[name]))
    assert np.abs(ours - theirs).max() < 1.1  # theirs is rounded to 8 bits, twice


def by_littlecms(image: Image.Image, profile: bytes) -> Image.Image:
    """The same conversion by LittleCMS, unoptimised, to its own sRGB."""
    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION | ImageCms.Flags.NOOPTIMIZE
    opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    srgb = ImageCms.createProfile("sRGB")
    return ImageCms.profileToProfile(image, opened, srgb, ImageCms.Intent.RELATIVE_COLORIMETRIC, "RGB", flags=flags)


def test_sixteen_bits_keep_their_precision_through_a_profile():
    ramp = np.repeat(np.arange(20000, 20256, dtype=np.uint16)[None, :, None], 3, 2)
    rgb = read(png_with(ramp, KNOWN["Display P3"])).rgb[0].numpy()
    assert np.abs(rgb - ramp.transpose(2, 0, 1) / 65535).max() < 2e-5  # greys of P3 are greys of sRGB
    assert len(np.unique(rgb[1])) == 256


@pytest.mark.parametrize(
    ("curve", "meaning"),
    [
        (b"curv\0\0\0\0\0\0\0\0", lambda x: x),
        (raw_files.gamma(1.75), lambda x: x**1.75),
        (raw_files.sampled(np.linspace(0, 1, 256) ** 2), lambda x: x**2),
        (b"para\0\0\0\0\0\0\0\0" + raw_files.fixed(1.5), lambda x: x**1.5),
        (b"para\0\0\0\0\0\1\0\0" + raw_files.fixed(2, 0.9, 0.1), lambda x: (0.9 * x + 0.1) ** 2),
        (b"para\0\0\0\0\0\2\0\0" + raw_files.fixed(2, 0.8, 0.1, 0.1), lambda x: (0.8 * x + 0.1) ** 2 + 0.1),
        (b"para\0\0\0\0\0\3\0\0" + raw_files.fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045),
         lambda x: profiles.srgb_curve(x)),
        (b"para\0\0\0\0\0\4\0\0" + raw_files.fixed(2, 0.9, 0, 0.5, 0.25, 0.05, 0.02),
         lambda x: np.where(x >= 0.25, (0.9 * x) ** 2 + 0.05, 0.5 * x + 0.02)),
    ],
)  # fmt: skip
def test_every_kind_of_curve_means_what_the_standard_says(curve, meaning):
    profile = profiles.parse(raw_files.rgb_icc(raw_files.SRGB_XY, curve, "curve"))
    x = np.linspace(0, 1, 1001)
    assert np.abs(profile.curves[0](x) - meaning(x)).max() < 1e-3


@pytest.mark.parametrize("gamma", [1.0, 1.8, 2.2])
def test_grey_profiles(gamma):
    profile = raw_files.icc(b"GRAY", {b"kTRC": raw_files.gamma(gamma)}, name="grey")
    ramp = np.arange(256, dtype=np.uint8)[None]
    rgb = read(png_with(ramp, profile)).rgb[0].numpy()
    linear = (ramp / 255) ** (round(gamma * 256) / 256)
    assert np.abs(rgb - corpus.srgb_encode(linear)).max() < 1e-4


def test_srgb_by_any_name_changes_nothing():
    for curve in (raw_files.srgb_sampled(), b"para\0\0\0\0\0\3\0\0" + raw_files.fixed(*icc.SRGB_CURVE)):
        profile = raw_files.rgb_icc(raw_files.SRGB_XY, curve, "a camera's sRGB")
        loaded = open_picture(png_with(CUBE, profile))
        assert loaded.source.notes == ()
        assert np.array_equal(loaded.picture.rgb[0].numpy(), CUBE.transpose(2, 0, 1) / np.float32(255))
    own = open_picture(png_with(CUBE, ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()))
    assert own.source.notes == ()


def test_our_srgb_profile_is_littlecms_srgb():
    assert len(icc.srgb_profile()) < 600
    converted = np.asarray(by_littlecms(Image.fromarray(CUBE), icc.srgb_profile())).astype(int)
    assert np.abs(converted - CUBE).max() <= 1
    parsed = ImageCms.ImageCmsProfile(io.BytesIO(icc.srgb_profile())).profile
    assert parsed.profile_description == "sRGB"
    columns = np.array([parsed.red_colorant[0], parsed.green_colorant[0], parsed.blue_colorant[0]])
    assert columns.sum(0) == pytest.approx([0.9642, 1.0, 0.8249], abs=1e-4)


def test_colours_that_srgb_cannot_show_are_counted():
    red = np.zeros((10, 10, 3), np.uint8)
    red[:5] = (255, 0, 0)
    notes = open_picture(png_with(red, KNOWN["Display P3"])).source.notes
    assert notes == ("colours converted from Display P3; 50.0% of the pixels lay outside sRGB",)


def test_cmyk_goes_through_its_profile_with_black_point_compensation():
    grey_black = raw_files.table_icc(b"CMYK", 4, weak_inks, name="weak inks")
    steps = np.arange(0, 256, 51, dtype=np.uint8)
    inks = np.stack(np.meshgrid(steps, steps, steps, steps, indexing="ij"), -1).reshape(1, -1, 4)
    image = Image.frombytes("CMYK", (inks.shape[1], 1), inks.tobytes())
    buffer = io.BytesIO()
    image.save(buffer, "TIFF", icc_profile=grey_black)
    ours = read(buffer.getvalue()).rgb[0].numpy().transpose(1, 2, 0) * 255
    theirs = np.asarray(by_littlecms(image, grey_black)).astype(float)
    assert np.abs(ours - theirs).mean() < 0.5
    assert np.percentile(np.abs(ours - theirs), 99) < 6


def weak_inks(cmyk):
    """Ink that never covers quite."""
    return corpus.to_lab((1 - 0.9 * cmyk[:, :3]) * (1 - 0.8 * cmyk[:, 3:]))


def test_cmyk_without_a_profile_is_a_believable_press():
    inks = np.array(
        [[[0, 0, 0, 0], [255, 0, 0, 0], [0, 255, 0, 0], [0, 0, 255, 0], [0, 0, 0, 255], [255] * 4]], np.uint8
    )
    buffer = io.BytesIO()
    Image.frombytes("CMYK", (6, 1), inks.tobytes()).save(buffer, "TIFF")
    white, cyan, magenta, yellow, black, all_inks = read(buffer.getvalue()).rgb[0, :, 0].T.numpy() * 255
    assert white.min() >= 254
    assert all_inks.max() <= 2
    assert black.max() < 60
    assert cyan[0] < 60 < 140 < cyan[1] < cyan[2]  # process cyan, not the screen's (0, 255, 255)
    assert magenta[1] < 60 < 100 < magenta[2] < 160 < magenta[0]
    assert yellow[2] < 80 < 220 < min(yellow[:2])


def test_lab_is_exact():
    steps = np.stack(np.meshgrid(np.arange(30, 230, 10), np.arange(-40, 41, 8), np.arange(-40, 41, 8)), -1).reshape(
        1, -1, 3
    )
    codes = steps.astype(np.int16).astype(np.uint8)
    rgb = read(raw_files.tiff(codes, 8)).rgb[0, :, 0].numpy().T
    lab = corpus.to_lab(rgb)
    inside = (rgb > 0.001).all(1) & (rgb < 0.999).all(1)
    assert inside.sum() > 1000
    wanted = steps[0] * [100 / 255, 1, 1]
    assert np.abs(lab - wanted)[inside].max() < 0.02


@pytest.mark.parametrize("cut", [0, 4, 100, 127, 128, 131, 140, 200, 400])
def test_cut_profiles_raise_value_error(cut):
    with pytest.raises(ValueError, match="damaged"):
        profiles.parse(KNOWN["Display P3"][:cut])


@pytest.mark.parametrize("exponent", [-20_000, 20_000, -500])
def test_a_curve_to_infinity_is_damage_and_the_picture_is_read_without_it(exponent):
    """As one changed byte makes it: `para` type 3 with an exponent that overflows."""
    profile = bytearray(icc.rgb_profile("x", icc.DISPLAY_P3))
    at = profile.find(b"para")
    while at >= 0:
        profile[at + 12 : at + 16] = (exponent << 16).to_bytes(4, "big", signed=True)
        profile[at + 16 : at + 20] = (3 << 16).to_bytes(4, "big", signed=True)
        at = profile.find(b"para", at + 4)
    with pytest.raises(ValueError, match="impossible"):
        profiles.parse(bytes(profile))
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(buffer, "PNG", icc_profile=bytes(profile))
    loaded = open_picture(buffer.getvalue())
    assert any("impossible" in note for note in loaded.source.notes)
    assert np.allclose(loaded.picture.rgb[0, :, 0, 0], np.array([0, 128, 128]) / 255)
