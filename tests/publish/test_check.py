"""One picture against one channel: planted violations are found, sound pictures pass, nothing crashes."""

import dataclasses
import datetime as dt
import io
import re
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from benchmarks import _check_plants
from benchmarks import check as bench
from packshot.imaging.writing import reader
from packshot.publish import channels
from packshot.publish.check import check_picture
from packshot.publish.findings import Finding, worst
from packshot.publish.looking import photo
from packshot.publish.looking.frame_lines import border_of
from packshot.publish.looking.sharpness import enlargement

TODAY = dt.date(2026, 11, 21)
STRICT = bench.channel()
BASES = {base.name: base for base in (*_check_plants.sample_bases(bench.SAMPLES), *_check_plants.drawn_bases())}


def found(data, channel=STRICT, name="B012345678.MAIN.jpg", text="strokes"):
    return {f.rule: f for f in check_picture(data, channel, name=name, text=text, today=TODAY)}


def drawn(kind="JPEG", size=(1000, 1000), ground="white", **options):
    """A dark disc with a lighter one inside, on a plain ground."""
    picture = Image.new("RGB", size, ground)
    pen = ImageDraw.Draw(picture)
    w, h = size
    r = 0.45 * min(size)
    pen.ellipse((w / 2 - r, h / 2 - r, w / 2 + r, h / 2 + r), "#303a60")
    pen.rectangle((w / 2 - r / 3, h / 2 - r / 3, w / 2 + r / 3, h / 2 + r / 3), "#d0a040")
    return _check_plants.encoded(picture, kind, **options)


@pytest.mark.parametrize("name", ["drawn-bottle", pytest.param("TS-BOAT", marks=pytest.mark.slow)])
def test_planted_violations_are_found_and_sound_pictures_pass(name):
    """Every rule at least three ways; docs/evaluation.md says what was measured."""
    rows = bench.judge(BASES[name], "strokes")
    wrong = [f"{rule} on {way}: {words}" for _, way, rule, planted, raised, words, _ in rows if planted != raised]
    counts = {row["rule"]: row for row in bench.table(rows)}
    assert all(row["ways"] >= 3 or row["rule"] == "names" for row in counts.values()), counts
    assert len(wrong) <= 2, wrong
    for rule in ("minimum", "aspect", "bytes", "formats", "extension", "animation", "colour", "names", "fill", "whole"):
        assert counts[rule]["precision"] == counts[rule]["recall"] == 1, rule


def test_findings_carry_evidence_and_a_way_to_mend():
    findings = check_picture(drawn(ground="#e0e8ff", size=(800, 600)), channels.find("amazon_main"), today=TODAY)
    for finding in findings:
        assert finding.source
        assert finding.as_of == "2026-11-21"
        assert finding.confidence in "ABCD"
        assert finding.expected
        assert bool(finding.mend) == finding.bad
    assert worst(findings) == "fail"
    assert {f.rule for f in findings if f.outcome == "fail"} == {"background"}


def test_severity_follows_confidence_and_an_unsure_measurement_never_fails():
    data = drawn(size=(400, 400))
    assert found(data, channels.find("amazon_main"))["minimum"].outcome == "fail"  # B, hard
    assert found(data, channels.find("taobao_white"))["minimum"].outcome == "warn"  # C, hard
    assert found(data, channels.find("shopee"))["minimum"].outcome == "hint"  # D
    small = Image.open(io.BytesIO(drawn(size=(300, 300)))).resize((1200, 1200), Image.Resampling.BICUBIC)
    assert found(_check_plants.encoded(small))["upscale"].outcome == "warn"  # hard, A, but blur looks alike


def test_a_dated_rule_warns_before_its_day_and_fails_after():
    google, data = channels.find("gmc_image_link"), drawn(size=(400, 400))
    before = {f.rule: f for f in check_picture(data, google, today=dt.date(2026, 12, 1), text="strokes")}
    after = {f.rule: f for f in check_picture(data, google, today=dt.date(2027, 2, 1), text="strokes")}
    assert (before["minimum"].outcome, before["minimum_next"].outcome) == ("pass", "warn")
    assert "from 2027-01-31" in before["minimum_next"].note
    assert after["minimum_next"].outcome == "fail"


def test_white_is_judged_by_where_the_file_stands():
    """A master has to be white to the last pixel, a JPEG may ring around its product."""
    off = np.asarray(Image.open(io.BytesIO(drawn("PNG")))).copy()
    off[500, 12] = 254
    png, jpeg = (_check_plants.encoded(Image.fromarray(off), kind) for kind in ("PNG", "JPEG"))
    assert found(png)["background"].bad
    assert not found(jpeg)["background"].bad
    rough = drawn(quality=85, subsampling=2)
    pixels = np.asarray(Image.open(io.BytesIO(rough)))
    assert ((pixels.min(2) < 255) & (pixels.min(2) > 225)).mean() > 0.001  # it does ring
    assert not found(rough)["background"].bad


def test_print_on_the_product_is_its_own():
    for name in ("drawn-bottle", "drawn-box"):
        assert not found(_check_plants.encoded(BASES[name].on_white()))["overlay"].bad


def test_what_cannot_be_judged_is_skipped_with_a_reason():
    noise = np.random.default_rng(0).integers(0, 256, (700, 700, 3), np.uint8)
    findings = found(_check_plants.encoded(Image.fromarray(noise)))
    assert findings["fill"].outcome == findings["whole"].outcome == findings["overlay"].outcome == "skip"
    assert "no plain ground" in findings["fill"].measured
    assert findings["background"].bad


def test_transparent_channels_want_transparent_ground():
    channel = channels.find("taobao_transparent")
    clear = Image.new("RGBA", (800, 800), (255, 255, 255, 0))
    good = _check_plants.encoded(BASES["drawn-ring"].laid(clear), "PNG")
    assert not found(good, channel, "x.png")["background"].bad
    assert found(drawn("PNG", (800, 800)), channel, "x.png")["background"].bad


def test_an_empty_white_picture_has_no_product():
    empty = _check_plants.encoded(Image.new("RGB", (900, 900), "white"))
    findings = found(empty)
    assert (findings["fill"].outcome, findings["fill"].measured) == ("fail", "no product found")
    assert "--fill" not in findings["fill"].mend
    assert not findings["background"].bad


@pytest.mark.parametrize("size", [(1, 1), (1000, 1000)])
@pytest.mark.parametrize("colour", [(255, 255, 255, 0), (255, 255, 255, 255), (40, 90, 160, 255)])
def test_a_blank_picture_fails_where_fill_is_an_error(size, colour):
    data = _check_plants.encoded(Image.new("RGBA", size, colour), "PNG")
    finding = found(data, channels.find("amazon_main"))["fill"]
    assert (finding.outcome, finding.measured) == ("fail", "no product found")


PLATES = {
    "bar below": (0, 905, 1000, 1000),
    "bar above": (0, 0, 1000, 88),
    "corner": (750, 0, 1000, 100),
    "inset": (60, 800, 940, 890),
}


def plated(box, ink="white", colour="#c80000", fill=0.5):
    picture = BASES["drawn-box"].on_white(fill)
    pen = ImageDraw.Draw(picture)
    pen.rectangle(box, colour)
    pen.text((box[0] + 38, box[1] + 22), "BUY 1 GET 1", ink, _check_plants.font(40))
    return _check_plants.encoded(picture)


@pytest.mark.parametrize("way", PLATES)
@pytest.mark.parametrize("text", ["strokes", "ocr"])
def test_writing_on_a_plate_is_not_the_products_own(way, text):
    if text == "ocr" and not reader.installed():
        pytest.skip("needs the extra ocr")
    findings = found(plated(PLATES[way]), text=text)
    assert findings["overlay"].outcome == "fail"
    assert findings["fill"].numbers["fill"] == pytest.approx(0.5, abs=0.012)
    assert not findings["whole"].bad


def test_a_bar_over_the_foot_of_the_product_is_found():
    assert found(plated(PLATES["bar below"], fill=0.9))["overlay"].outcome == "fail"


def test_a_bar_without_writing_warns_and_is_no_product():
    findings = found(plated(PLATES["bar below"], ink="#c80000"))
    assert findings["overlay"].outcome == "warn"
    assert "a coloured plate" in findings["overlay"].measured
    assert findings["fill"].numbers["fill"] == pytest.approx(0.5, abs=0.012)


def test_flat_rectangles_that_are_the_product_stay_the_product():
    """Two cards with print, and a box with a label: nothing else is there that they could be laid beside."""
    cards = Image.new("RGB", (1000, 1000), "white")
    pen = ImageDraw.Draw(cards)
    for top, colour in ((60, "#205080"), (520, "#a03020")):
        pen.rectangle((60, top, 940, top + 420), colour)
        pen.text((120, top + 150), "GIFT CARD", "white", _check_plants.font(90))
    findings = found(_check_plants.encoded(cards))
    assert not findings["overlay"].bad
    assert findings["fill"].numbers["fill"] == pytest.approx(0.88, abs=0.012)


def test_the_command_for_fill_enlarges_no_further_than_the_channel_lets_it():
    small = BASES["drawn-ring"].on_white(0.4, 500)
    for picture, least, most in (
        (small, 1.0, 2.0),
        (small.resize((1000, 1000), Image.Resampling.BICUBIC), 1.0, 1.5),
        (small.resize((1500, 1500), Image.Resampling.BICUBIC), 1.0, 1.0),
    ):
        finding = found(_check_plants.encoded(picture))["fill"]
        assert least <= float(re.search(r"--max-upscale ([\d.]+)", finding.mend)[1]) <= most


@pytest.mark.parametrize("data", [b"", b"<html>", b"\xff\xd8\xff\xe0" + bytes(40), b"\x89PNG\r\n\x1a\n" + bytes(9)])
def test_a_file_that_is_none_fails_with_one_finding(data):
    (finding,) = check_picture(data, STRICT)
    assert (finding.rule, finding.outcome) == ("file", "fail")
    assert finding.mend


@given(st.integers(0, 2**32 - 1), st.integers(1, 90), st.integers(1, 90), st.sampled_from(["PNG", "JPEG", "GIF"]))
@settings(max_examples=30, deadline=None)
def test_any_picture_gets_one_finding_a_rule_and_never_an_error(seed, w, h, kind):
    noise = np.random.default_rng(seed)
    levels = noise.integers(0, 256, (h, w, 3), np.uint8) if seed % 2 else np.full((h, w, 3), seed % 256, np.uint8)
    findings = check_picture(_check_plants.encoded(Image.fromarray(levels), kind), STRICT, text="strokes")
    assert len({f.rule for f in findings}) == len(findings)
    assert all(isinstance(f, Finding) and f.measured for f in findings)


@given(st.floats(0.3, 0.97), st.floats(-0.01, 0.01), st.floats(-0.01, 0.01))
@settings(max_examples=12, deadline=None)
def test_fill_is_measured_as_it_was_drawn(fill, dx, dy):
    data = _check_plants.encoded(BASES["drawn-ring"].on_white(fill, 700, (dx, dy)))
    numbers = found(data)["fill"].numbers
    assert numbers["fill"] == pytest.approx(fill, abs=0.012)


def test_a_border_is_no_product_edge_and_a_product_no_border():
    assert border_of(np.asarray(BASES["drawn-chair"].on_white(0.99))) is None
    framed = Image.new("RGB", (400, 300), "white")
    ImageDraw.Draw(framed).rectangle((0, 0, 399, 299), outline="#777777", width=3)
    border = border_of(np.asarray(framed))
    assert border is not None
    assert set(border.sides) == {"top", "bottom", "left", "right"}
    assert border.depth == 3


@pytest.mark.parametrize("times", [3, 4, 5])
def test_enlargement_grows_with_the_factor(times):
    photograph = Image.open(bench.SAMPLES / "TS-BOAT.jpg").convert("RGB")
    small = photograph.resize((photograph.width // times,) * 2, Image.Resampling.LANCZOS)
    own, blown = (enlargement(np.asarray(p)) for p in (photograph, small.resize(photograph.size)))
    assert own < 2
    assert 0.6 * times < blown < 1.8 * times
    blocks = enlargement(np.asarray(small.resize((times * small.width,) * 2, Image.Resampling.NEAREST)))
    assert blocks == times


def test_huge_pictures_are_looked_at_in_bounded_memory():
    large = Image.new("RGB", (9000, 9000), "white")
    ImageDraw.Draw(large).ellipse((600, 600, 8400, 8400), "#803020")
    seen = photo.read(_check_plants.encoded(large, quality=60))
    assert max(seen.rgb.shape) <= photo.MOST_PX
    assert (seen.facts.width, seen.facts.height) == (9000, 9000)
    assert found(_check_plants.encoded(large, quality=60), channels.find("ebay"))["maximum"].outcome == "pass"


@pytest.mark.skipif(not reader.installed(), reason="needs the extra: pip install 'packshot[ocr]'")
def test_ocr_reads_what_was_added_and_says_so():
    written = BASES["drawn-bottle"].on_white(0.8)
    ImageDraw.Draw(written).text((60, 20), "WINTER SALE", "#b01010", _check_plants.font(60))
    finding = found(_check_plants.encoded(written), text="ocr")["overlay"]
    assert finding.bad
    assert re.search(r"WINTER.?SALE.*RapidOCR \d", finding.measured)
    own = found(_check_plants.encoded(BASES["drawn-bottle"].on_white()), text="ocr")["overlay"]
    assert not own.bad


def test_ten_pictures_a_second_and_one_read_serves_all_channels():
    """Processor time, so that other work on the machine does not count."""
    data = _check_plants.encoded(BASES["TS-TRAIN"].on_white(side=1000))
    found(data)
    started = time.process_time()
    for _ in range(5):
        found(data)
    once = (time.process_time() - started) / 5
    assert once < 0.4
    seen = photo.read(data, "a.jpg", "strokes")
    check_picture(seen, STRICT)
    started = time.process_time()
    for _ in range(5):
        check_picture(seen, channels.find("amazon_main"))
    assert (time.process_time() - started) / 5 < once


def test_findings_are_plain_json():
    finding = check_picture(drawn(), STRICT, text="strokes")[0]
    assert dataclasses.asdict(finding) == finding.to_json()
