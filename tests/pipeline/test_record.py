"""edits.jsonl: append-only, torn lines ignored, the last line of a key wins."""

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from packshot.pipeline.record import Index, Log, Record, read_records

text = st.text(max_size=20)


def record(image="a.jpg", status="done", **rest):
    return Record("sku", image, "", "/x/" + image, "0" * 64, "s" * 64, status, **rest)


def test_the_last_line_of_a_key_wins(tmp_path):
    path = tmp_path / "edits.jsonl"
    with Log(path) as log:
        for entry in (record(status="failed"), record("b.jpg"), record(status="done", output="a.jpg")):
            log.add(entry)
    index = Index(path)
    assert index.last(("sku", "a.jpg", "")).status == "done"
    assert [r.image for r in index.newest()] == ["b.jpg", "a.jpg"]
    assert index.last(("sku", "c.jpg", "")) is None


def test_a_torn_last_line_is_ignored_and_the_next_one_is_whole(tmp_path):
    path = tmp_path / "edits.jsonl"
    whole = record().line().encode()
    for cut in range(1, len(whole), 37):
        path.write_bytes(whole + b"\n" + record("b.jpg").line().encode()[:cut])
        with Log(path) as log:
            log.add(record("c.jpg"))
        assert [r.image for r in read_records(path)] == ["a.jpg", "c.jpg"]


def test_lines_of_other_programs_and_newer_versions_do_no_harm(tmp_path):
    path = tmp_path / "edits.jsonl"
    newer = record().line()[:-1] + ', "of_a_later_version": 1}'
    path.write_text(f'{newer}\nnull\n[]\n{{"sku": 1}}\nnonsense\n\xff\n', encoding="latin-1")
    assert [r.image for r in read_records(path)] == ["a.jpg"]


@given(text, text, text, st.dictionaries(text, st.floats(allow_nan=False), max_size=3))
def test_any_record_survives(tmp_path_factory, sku, image, reason, numbers):
    path = tmp_path_factory.mktemp("r") / "edits.jsonl"
    entry = dataclasses.replace(record(image), sku=sku, reason=reason, fidelity=numbers)
    with Log(path) as log:
        log.add(entry)
    (found,) = read_records(path)
    assert (found.key, found.reason, found.fidelity) == (entry.key, entry.reason, entry.fidelity)
    index = Index(path)
    assert index.last(entry.key) == found


def test_names_are_given_out_once_whatever_their_case(tmp_path):
    index = Index(tmp_path / "none.jsonl")
    assert index.claim("a/1.jpg")
    assert not index.claim("A/1.JPG")
    assert index.claim("b/1.jpg")
