"""Findings in Chinese: everything that the rules of all channels say of pictures of many kinds."""

import re

import numpy as np
import pytest
from PIL import Image, ImageDraw

from packshot.publish import channels
from packshot.publish.check import check_picture
from packshot.publish.looking.photo import read
from tests.serve.conftest import ROOT

# commands, numbers, formats and endings need no words
SAME = re.compile(r"packshot .*|[\d.,:%=x\s]+(px)?( \([\d.]+ MP\))?|\.?[A-Za-z0-9]+")


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """A good photo, and some with much to be said of them."""
    folder, duck = tmp_path_factory.mktemp("rules"), Image.open(ROOT / "packshot" / "samples" / "TS-DUCK.jpg")
    noise = np.random.default_rng(0).integers(0, 255, (300, 900, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "noise.png")
    Image.new("RGB", (64, 64), "white").save(folder / "blank.png")
    clear = duck.convert("RGBA")
    clear.putalpha(Image.new("L", duck.size, 128))
    clear.save(folder / "clear.png")
    duck.convert("CMYK").save(folder / "print.tif")
    duck.resize((220, 220)).resize((2200, 2200)).save(folder / "soft.jpg")
    page = Image.new("RGB", (800, 800), "white")
    pen = ImageDraw.Draw(page)
    pen.rectangle((250, 0, 550, 420), fill="navy")
    pen.text((40, 700), "SALE 50 % off today", fill="black", font_size=60)
    page.save(folder / "cut.png")
    pen.rectangle((0, 0, 799, 799), outline="red", width=14)
    page.save(folder / "framed (or and).jpeg")
    page.save(folder / "wrong.png", "JPEG")
    page.save(folder / "moves.gif", save_all=True, append_images=[page.rotate(90)])
    (folder / "empty.jpg").write_bytes(b"")
    return [ROOT / "packshot" / "samples" / "TS-DUCK.jpg", *sorted(folder.iterdir())]


def test_what_rules_say_has_chinese_words(shop, window, photos):
    said = set()
    for path in photos:
        photo = path if path.stat().st_size == 0 else read(path, path.name)
        for channel in channels.load().values():
            for one in check_picture(photo, channel, name=path.name):
                told = (
                    (one.expected, one.mend)
                    if one.rule in ("names", "file")
                    else (one.measured, one.expected, one.mend)
                )
                said |= {text for text in told if text}
    assert len(said) > 150
    page = window(shop, "listing", locale="zh-CN")
    words = page.evaluate(
        "async (all) => { const { ruled } = await import('/studio/js/parts/rule-words.js'); return all.map(ruled); }",
        sorted(said),
    )
    silent = [
        (text, told)
        for text, told in zip(sorted(said), words, strict=True)
        if not SAME.fullmatch(text) and not re.search(r"[\u4e00-\u9fff]", told)
    ]
    assert silent == []
    english = {
        word for told in words for word in re.findall(r"(?<![\w-])[a-z]{4,}(?![\w-])", re.sub(r"packshot .*", "", told))
    }
    assert english <= {"packshot", "asin", "gtin", "jpeg", "webp", "product", "today"}, english
