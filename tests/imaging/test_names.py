"""names.py: every way of writing a colour, and the way back to a shop's word."""

import subprocess
import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageColor

from packshot.errors import ParameterError
from packshot.imaging import colour
from packshot.imaging.names import nearest_name, parse_colour

channel = st.integers(0, 255)


def codes(text: str) -> tuple[int, ...]:
    return tuple(round(255 * v) for v in parse_colour(text))


def test_css_names_are_the_standard_s():
    for name in ImageColor.colormap:
        assert codes(name) == ImageColor.getrgb(name), name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sky Blue", "skyblue"), ("sky-blue", "skyblue"), (" NAVY ", "navy"), ("红", "red"), ("红色", "red"),
        ("天蓝", "skyblue"), ("天蓝色", "skyblue"), ("白色", "white"), ("灰", "gray"), ("#f0a", "#ff00aa"),
        ("＃ＦＦ００ＡＡ", "#ff00aa"), ("rgb(255, 0, 170)", "#ff00aa"), ("rgb(100% 0% 66.6667%)", "#ff00aa"),
        ("lab(0 0 0)", "black"), ("lab(100 0 0)", "white"), ("lab（100，0，0）", "white"), ("oklch(1 0 0)", "white"),
        ("oklch(62.796% 0.25768 29.234)", "red"), ("oklch(0.62796 0.25768 29.234deg)", "red"),
        ("lab(53.241 80.092 67.203)", "red"),
    ],
)  # fmt: skip
def test_spellings_of_one_colour(text, expected):
    assert max(abs(a - b) for a, b in zip(parse_colour(text), parse_colour(expected), strict=True)) < 0.003


@pytest.mark.parametrize(
    "name",
    [
        "藏青",
        "酒红",
        "卡其色",
        "军绿",
        "米白",
        "驼色",
        "咖啡色",
        "玫红",
        "香槟金",
        "雾霾蓝",
        "焦糖色",
        "burgundy",
        "camel",
    ],
)
def test_shop_names_are_known(name):
    assert all(0 <= v <= 1 for v in parse_colour(name))


@pytest.mark.parametrize(
    ("plain", "dark", "light"), [("teal", "dark teal", "light teal"), ("驼色", "深驼色", "浅驼色")]
)
def test_shades_of_a_name(plain, dark, light):
    lightness = [
        float(colour.rgb_to_oklab(torch.tensor(parse_colour(n)).view(1, 3, 1, 1))[0, 0, 0, 0])
        for n in (dark, plain, light)
    ]
    assert lightness == sorted(lightness)
    assert lightness[2] - lightness[0] > 0.2


@pytest.mark.parametrize(
    "text",
    ["", " ", "色", "深", "dark", "blurple", "#12", "#12345", "#gggggg", "ff0000", "rgb(1 2)", "rgb(256 0 0)",
     "rgb(-1 0 0)", "rgb(a b c)", "lab(101 0 0)", "lab(50 nan 0)", "lab(50 inf 0)", "oklch(2 0 0)", "oklch(.5 -1 0)",
     "rgb(0 0 0", "hsl(0 0 0)", "dark" * 5000, "rgb(" + "9" * 400 + " 0 0)"],
)  # fmt: skip
def test_anything_else_is_refused_with_what_is_accepted(text):
    with pytest.raises(ParameterError, match=r"rgb\(r g b\).*lab\(L a b\).*oklch") as caught:
        parse_colour(text)
    assert len(str(caught.value)) < 400


def test_a_number_is_no_colour():
    with pytest.raises(ParameterError):
        parse_colour(255)  # type: ignore[arg-type]


@given(channel, channel, channel)
def test_hex_and_rgb_mean_the_same(r, g, b):
    assert codes(f"#{r:02x}{g:02x}{b:02X}") == (r, g, b) == codes(f"rgb({r} {g} {b})")


@given(channel, channel, channel)
def test_coordinates_agree_with_colour_py(r, g, b):
    rgb = torch.tensor([r, g, b], dtype=torch.float64).view(1, 3, 1, 1) / 255
    L, a, b_ = colour.rgb_to_lab(rgb).flatten().tolist()
    assert codes(f"lab({L:.5f} {a:.5f} {b_:.5f})") == (r, g, b)
    L, C, h = colour.oklab_to_oklch(colour.rgb_to_oklab(rgb)).flatten().tolist()
    assert codes(f"oklch({L:.6f} {C:.6f} {h:.4f})") == (r, g, b)


@given(st.floats(0, 1), st.floats(0, 0.5), st.floats(0, 360))
def test_too_colourful_values_keep_their_hue(L, C, h):
    shown = torch.tensor(parse_colour(f"oklch({L:.6f} {C:.6f} {h:.4f})"), dtype=torch.float64).view(1, 3, 1, 1)
    asked = colour.to_gamut(torch.tensor([L, C, h], dtype=torch.float64).view(1, 3, 1, 1))
    assert (colour.oklab_to_rgb(colour.oklch_to_oklab(asked)) - shown).abs().max() < 0.004


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [("#000000", "black", "黑色"), ("#ffffff", "white", "白色"), ("#d01020", "red", "红色"),
     ("#1b2545", "navy", "藏青"),
     ("#808080", "grey", "灰色"), ("#f5d90a", "yellow", "黄色"),
     ("#2e8b3e", "green", "绿色"), ("#c2b280", "khaki", "卡其色")],
)  # fmt: skip
def test_nearest_name(value, english, chinese):
    assert nearest_name(parse_colour(value)) == english
    assert nearest_name(parse_colour(value), "zh") == chinese


@given(channel, channel, channel, st.sampled_from(["en", "zh"]))
def test_nearest_name_can_be_read_again(r, g, b, language):
    assert all(0 <= v <= 1 for v in parse_colour(nearest_name((r / 255, g / 255, b / 255), language)))


def test_nearest_name_refuses_by_name():
    with pytest.raises(ParameterError, match="language"):
        nearest_name((0, 0, 0), "fr")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="rgb"):
        nearest_name((0, 0, 255))


def test_names_need_no_torch():
    program = (
        "import sys, packshot.imaging.names; sys.exit(any(m in sys.modules for m in ('torch', 'numpy', 'cv2', 'PIL')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
