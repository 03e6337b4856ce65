"""China's AIGC label: strict in writing, lenient in reading, one a file, and no trap in hostile JSON."""

import contextlib
import io
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from packshot.errors import MarkError
from packshot.provenance import tc260
from packshot.provenance.tc260 import Label

ALLOWED = [chr(c) for c in range(0x21, 0x7F) if chr(c) not in '"\\']
plain = st.text(alphabet=ALLOWED, max_size=40)
labels = st.builds(
    Label, st.sampled_from("123"), plain.filter(bool), plain.filter(bool), plain, plain, plain, plain
)  # fmt: skip
CODE = "001191110102MACQD9K64010000"


@given(labels, st.booleans())
def test_what_is_written_is_read_back(label, wrapped):
    assert tc260.parse(label.checked().text(wrapped=wrapped)) == label


def test_the_text_has_the_standards_keys_in_its_order_and_form():
    text = Label.first(CODE, "p-0001").text()
    assert text == (
        '{"AIGC":{"Label":"1","ContentProducer":"001191110102MACQD9K64010000","ProduceID":"p-0001","ReservedCode1":"",'
        '"ContentPropagator":"001191110102MACQD9K64010000","PropagateID":"p-0001","ReservedCode2":""}}'
    )
    assert json.loads(text)["AIGC"] == json.loads(Label.first(CODE, "p-0001").text(wrapped=False))


@given(st.text(max_size=20))
def test_only_the_standards_characters_are_written(name):
    allowed = bool(name) and all(c in ALLOWED for c in name)
    with contextlib.nullcontext() if allowed else pytest.raises(MarkError, match="ContentProducer"):
        Label.first(name, "p-1")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("上海某某公司", "'上'"),
        ("A Shop", "a blank"),
        ('say "hi"', "a blank"),
        ('"x"', "'\"'"),
        ("a\\b", "provider code"),
        ("a\nb", "not allowed"),
        ("", "required"),
    ],
)
def test_a_producer_that_is_not_allowed_is_refused_with_the_character_and_the_way_out(name, words):
    with pytest.raises(MarkError) as caught:
        Label.first(name, "p-1")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"AIGC":{"Label":"1","Label":"3","ContentProducer":"a","ProduceID":"b"}}', "twice"),
        ('{"AIGC":{"Label":"1","ContentProducer":"a","ProduceID":"b"},"AIGC":{}}', "twice"),
        ('{"Label":"1"}', "ContentProducer, ProduceID missing"),
        ('{"Label":"7","ContentProducer":"a","ProduceID":"b"}', "expected 1, 2 or 3"),
        ('{"Label":1,"ContentProducer":"a","ProduceID":"b"}', "expected a text"),
        ('{"Label":"1","ContentProducer":["a"],"ProduceID":"b"}', "expected a text"),
        ("[1]", "JSON object"),
        ("{", "not JSON"),
        ("", "not JSON"),
        ("[" * 20_000, "at most"),
        ("[" * 16_000, "not JSON"),
        ('{"Label":"1","ContentProducer":"' + "a" * 20_000 + '","ProduceID":"b"}', "at most"),
    ],
)
def test_broken_and_hostile_labels_are_refused_by_name(text, words):
    with pytest.raises(MarkError, match=words):
        tc260.parse(text)


@given(st.text(max_size=200) | st.recursive(st.none() | st.text(max_size=5), lambda x: st.lists(x, max_size=3)))
def test_any_text_gives_a_label_or_a_mark_error(found):
    with contextlib.suppress(MarkError):
        assert isinstance(tc260.parse(found if isinstance(found, str) else json.dumps(found)), Label)


def test_labels_of_other_programs_are_read_as_they_are():
    foreign = tc260.parse('{"Label":"2","ContentProducer":"某某 公司","ProduceID":"x y","Extra":"kept by nobody"}')
    assert (foreign.label, foreign.producer, foreign.propagator) == ("2", "某某 公司", "")
    tencent = tc260.parse('{"AIGC":{"Label":"1","ServiceProvider":"T","ProduceID":"9"}}')
    assert tencent.producer == "T"


def test_passing_on_keeps_the_producer_and_the_strongest_label_wins():
    first = Label("1", "A", "1", "integrity", "A", "1", "old")
    assert first.passed_on("B", "2") == Label("1", "A", "1", "integrity", "B", "2", "")
    with pytest.raises(MarkError, match="ContentPropagator"):
        first.passed_on("B C", "2")
    assert tc260.strongest(Label("3", "a", "1"), None, Label("2", "b", "2")) == Label("2", "b", "2")
    assert tc260.strongest(None) is None


LABEL = Label.first(CODE, "p-0001")


def png_text(text):
    chunks, buffer = PngImagePlugin.PngInfo(), io.BytesIO()
    chunks.add_text("AIGC", text)
    Image.new("RGB", (8, 8)).save(buffer, "PNG", pnginfo=chunks)
    return buffer.getvalue()


def exif(tag, text, ifd=None):
    tags, buffer = Image.Exif(), io.BytesIO()
    (tags if ifd is None else tags.get_ifd(ifd))[tag] = text
    Image.new("RGB", (8, 8)).save(buffer, "JPEG", exif=tags)
    return buffer.getvalue()


def jpeg_segment(text):
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG")
    body = b"AIGC" + text.encode()
    return buffer.getvalue()[:2] + b"\xff\xef" + (len(body) + 2).to_bytes(2, "big") + body + buffer.getvalue()[2:]


@pytest.mark.parametrize(
    "data",
    [
        png_text(LABEL.text(wrapped=False)),
        png_text(LABEL.text()),
        exif(0x9286, b"ASCII\0\0\0" + LABEL.text().encode(), 0x8769),
        exif(0x9286, b"ASCII\0\0\0" + LABEL.text(wrapped=False).encode(), 0x8769),
        exif(0x010E, LABEL.text()),
        jpeg_segment(LABEL.text(wrapped=False)),
        b"<x TC260:AIGC=\"" + LABEL.text().replace('"', "&quot;").encode() + b'"/>',
    ],
)  # fmt: skip
def test_labels_outside_of_xmp_are_found(data):
    assert tc260.outside_xmp(data) == LABEL


def test_no_label_is_found_where_there_is_none_and_the_search_ends():
    assert tc260.outside_xmp(b"") is None
    assert tc260.outside_xmp(png_text("not JSON")) is None
    started = time.perf_counter()
    assert tc260.outside_xmp(b'{"AIGC{' * 2_000_000) is None
    assert time.perf_counter() - started < 5


@given(st.binary(max_size=200), st.integers(0, 200))
def test_any_bytes_around_the_word_are_survived(data, at):
    found = tc260.outside_xmp(data[:at] + b"AIGC" + data[at:])
    assert found is None or isinstance(found, Label)
