"""The report as files: content, escaping, streaming, whole or not at all."""

import base64
import json
import tracemalloc
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.errors import FileError, ParameterError
from packshot.evaluation.report import After, Entry, Summary, write_report

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<!-- <script>",
    "\"quoted\" 'twice' & <b>bold</b>",
    "{{entries}} ${x} {title} %s",
    "עברית \u202eevil\u202c",
    "🦆👩‍👩‍👧 玩具鸭",
    "\u2028\u2029\x00\x1f",
    "\udcff undecodable",
)


class Blocks(HTMLParser):
    """Collects every <script> of a page."""

    def __init__(self, text):
        super().__init__()
        self.found, self.open = [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "script":
            self.found.append([dict(attrs), ""])
            self.open = self.found[-1]

    def handle_endtag(self, tag):
        self.open = None

    def handle_data(self, data):
        if self.open:
            self.open[1] += data


def read(folder):
    """`(entries on the page, thumbnails by id, summary, report.json)`."""
    blocks = Blocks((folder / "report.html").read_text("utf-8")).found
    entries = [json.loads(text) for attrs, text in blocks if attrs.get("class") == "entry"]
    thumbs = {attrs["id"]: base64.b64decode(text) for attrs, text in blocks if attrs.get("type") == "text/plain"}
    said = next(json.loads(text) for attrs, text in blocks if attrs.get("id") == "summary")
    assert len(blocks) == len(entries) + len(thumbs) + 2  # the summary and the page's own script
    return entries, thumbs, said, json.loads((folder / "report.json").read_text("utf-8"))


def test_numbers_and_pictures_arrive_in_order(tmp_path, make_entries, summary, pairs):
    given_entries = list(make_entries(23))
    assert write_report(tmp_path, given_entries, summary) == tmp_path / "report.html"
    entries, thumbs, said, numbers = read(tmp_path)
    assert [e["sku"] for e in entries] == [e["sku"] for e in numbers["entries"]] == [e.sku for e in given_entries]
    assert numbers["entries"][3]["fidelity"] == pytest.approx(given_entries[3].fidelity)
    assert numbers["entries"][3]["outputs"] == [{"label": "", "link": "./out/0003.png"}]
    assert {k: numbers["totals"][k] for k in ("entries", "done", "flagged", "failed")} == {
        "entries": 23, "done": 19, "flagged": 2, "failed": 2,
    }  # fmt: skip
    changes = [e.fidelity["delta_e_p99"] for e in given_entries if e.status != "failed"]
    assert numbers["totals"]["measures"]["delta_e_p99"] == pytest.approx(
        {"count": 21, "mean": sum(changes) / 21, "min": min(changes), "max": max(changes)}, rel=1e-5
    )
    assert said["totals"] == numbers["totals"]
    assert numbers["photos_per_second"] == pytest.approx(23 / 50)
    assert thumbs[entries[3]["before"]["id"]] == pairs[3][0].webp
    assert thumbs[entries[3]["afters"][0]["id"]] == pairs[3][1].webp
    assert entries[9]["before"] is None
    assert entries[9]["reasons"] == ["the file is empty"]


def test_what_is_no_number_becomes_null(tmp_path, summary):
    entry = Entry("a", "a.jpg", "done", numbers={"x": float("nan"), "y": float("inf"), "z": 1.23456789})
    write_report(tmp_path, [entry], summary)
    entries, _, _, numbers = read(tmp_path)
    assert entries[0]["numbers"] == numbers["entries"][0]["numbers"] == {"x": None, "y": None, "z": 1.23457}
    assert list(numbers["totals"]["measures"]) == ["z"]


def test_an_empty_run_is_a_report_too(tmp_path, summary):
    write_report(tmp_path, [], summary)
    entries, _, said, numbers = read(tmp_path)
    assert entries == numbers["entries"] == []
    assert said["totals"]["entries"] == 0


def hostile_entry(text):
    step = {"operation": text, "parameters": {text: text, "bad": float("nan")}}
    return Entry(
        text, text, "flagged", text, text, None, (After(b"", label=text),), None, (text,), {text: 1.0}, {text: 2.0},
        (step,), {text: text},
    )  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(tmp_path, summary, text):
    write_report(tmp_path, [hostile_entry(text)], Summary(text, text, text, catalogue=text, device=text))
    (entry,), _, said, numbers = read(tmp_path)
    for facts in (entry, numbers["entries"][0]):
        assert [facts[name] for name in ("sku", "image", "title", "category")] == [text] * 4
        assert facts["reasons"] == [text]
        assert facts["marks"] == {text: text}
        assert facts["steps"][0]["parameters"] == {text: text, "bad": None}
    assert said["pipeline"] == text


@settings(max_examples=30, deadline=None)
@given(text=st.text(st.characters(), max_size=80))
def test_any_text_stays_text(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("any")
    write_report(folder, [hostile_entry(text)], Summary(text, text, text))
    (entry,), _, _, numbers = read(folder)
    assert entry["title"] == numbers["entries"][0]["title"] == text


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("out/a b#?%é.jpg", "./out/a%20b%23%3F%25%C3%A9.jpg"),
        ("红.png", "./%E7%BA%A2.png"),
        ("bad\udcff.jpg", "./bad%FF.jpg"),
        ("javascript:alert(1)", "./javascript%3Aalert%281%29"),
        ("a/./b.jpg", "./a/b.jpg"),
        ("../secret.jpg", ""),
        ("a/../../secret.jpg", ""),
        ("/etc/passwd", ""),
        ("//host/x.jpg", ""),
        ("..\\x.jpg", ""),
        ("", ""),
    ],
)
def test_links_stay_below_the_report(tmp_path, summary, pairs, link, expected):
    write_report(tmp_path, [Entry("a", "a.jpg", "done", afters=(After(pairs[0][1], link),))], summary)
    assert read(tmp_path)[0][0]["afters"][0]["link"] == expected


def test_a_file_beside_the_report_is_linked_by_itself(tmp_path, summary):
    inside, outside = tmp_path / "run" / "red & blue" / "1.png", tmp_path / "2.png"
    inside.parent.mkdir(parents=True)
    entry = Entry("a", "a.jpg", "done", afters=(After(inside), After(outside)))
    write_report(tmp_path / "run", [entry], summary)
    assert [o["link"] for o in read(tmp_path / "run")[0][0]["afters"]] == ["./red%20%26%20blue/1.png", ""]


def test_long_text_is_cut_on_the_page_alone(tmp_path, summary):
    write_report(tmp_path, [Entry("a", "a.jpg", "done", "x" * 5000)], summary)
    entries, _, _, numbers = read(tmp_path)
    assert len(entries[0]["title"]) == 400
    assert len(numbers["entries"][0]["title"]) == 5000


def test_memory_does_not_grow_with_the_catalogue(tmp_path, make_entries, summary):
    def peak(count):
        tracemalloc.start()
        try:
            write_report(tmp_path, make_entries(count), summary)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)  # imports and the template
    short, long = peak(100), peak(1500)
    assert (tmp_path / "report.html").stat().st_size > 10e6
    assert long < short + 100_000, (short, long)


def test_entries_are_read_only_a_little_ahead(tmp_path, make_entries, summary):
    sizes = []

    def watched():
        for entry in make_entries(60):
            (draft,) = tmp_path.glob(".report-*.json")
            sizes.append(draft.stat().st_size)
            yield entry

    write_report(tmp_path, watched(), summary)
    assert sizes[0] == 0
    assert 0 < sizes[-1] < (tmp_path / "report.json").stat().st_size


def test_the_summary_may_come_last(tmp_path, make_entries):
    seen = []

    def entries():
        for entry in make_entries(12):
            seen.append(entry)
            yield entry

    write_report(tmp_path, entries(), lambda: Summary("late", "1", "now", float(len(seen)), processed=6))
    said = read(tmp_path)[2]
    assert (said["pipeline"], said["seconds"], said["photos_per_second"]) == ("late", 12.0, 0.5)


def test_the_page_has_its_limit_and_the_numbers_have_none(tmp_path, make_entries, summary):
    write_report(tmp_path, make_entries(60), summary, page_limit=10)
    entries, _, said, numbers = read(tmp_path)
    kept = [e["status"] for e in entries]
    assert {s: kept.count(s) for s in ("done", "flagged", "failed")} == {"done": 10, "flagged": 5, "failed": 5}
    assert len(numbers["entries"]) == said["totals"]["entries"] == 60


def test_a_broken_stream_leaves_the_earlier_report(tmp_path, make_entries, summary):
    write_report(tmp_path, make_entries(3), summary)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def broken():
        yield from make_entries(40)
        raise RuntimeError("the disk of the catalogue is gone")

    with pytest.raises(RuntimeError, match="catalogue is gone"):
        write_report(tmp_path, broken(), summary)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_refusals(tmp_path, summary):
    with pytest.raises(ParameterError, match="status: expected one of done, flagged, failed, got 'ok'"):
        Entry("a", "a.jpg", "ok")
    with pytest.raises(ParameterError, match="page_limit"):
        write_report(tmp_path, [], summary, page_limit=0)
    with pytest.raises(FileError, match="missing"):
        write_report(tmp_path / "missing", [], summary)


def test_the_policy_admits_this_page_only(tmp_path, summary):
    write_report(tmp_path, [], summary)
    page = (tmp_path / "report.html").read_text("utf-8")
    policy = page.split('http-equiv="Content-Security-Policy" content="')[1].split('"')[0]
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")
