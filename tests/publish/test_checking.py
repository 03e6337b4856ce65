"""Folders and catalogues: products, several processes, names that play tricks, reports, exit codes."""

import json
import re
import shlex
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from typer.testing import CliRunner

from benchmarks import _check_plants
from packshot.catalogue.catalogue import write_catalogue
from packshot.catalogue.product import Image as CatalogueImage
from packshot.catalogue.product import Product
from packshot.cli import app
from packshot.errors import ChannelError, FileError, ParameterError
from packshot.publish import channels, mending
from packshot.publish.check_reports import documents, page
from packshot.publish.checking import check_all
from packshot.publish.gathering import product_of_name, shots_of


@pytest.fixture(scope="module")
def good():
    picture = Image.new("RGB", (1200, 1200), "white")
    ImageDraw.Draw(picture).ellipse((60, 60, 1140, 1140), "#30508a", "#102040", 30)
    return _check_plants.encoded(picture)


@pytest.fixture
def folder(tmp_path, good):
    place = tmp_path / "photos"
    place.mkdir()
    for name in ("B012345678.MAIN.jpg", "B012345679.jpg"):
        (place / name).write_bytes(good)
    (place / "B012345670.MAIN.jpg").write_bytes(b"<html>")
    (place / "notes.txt").write_text("not a picture")
    (place / ".hidden.jpg").write_bytes(good)
    return place


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def checked(source, *names, **options):
    return check_all(source, names, text="strokes", workers=1, **options)


def test_a_folder_is_checked_whole_and_the_outcome_is_the_exit_code(folder):
    done = checked(folder, "amazon_main")
    results = list(done)
    assert [r.picture for r in results] == ["B012345670.MAIN.jpg", "B012345678.MAIN.jpg", "B012345679.jpg"]
    assert [r.outcome for r in results] == ["fail", "pass", "pass"]
    assert results[0].findings[0].rule == "file"
    assert (done.exit_code(), done.pictures) == (1, 3)
    (folder / "B012345670.MAIN.jpg").unlink()
    assert checked(folder, "amazon_main").exit_code() == 0


def test_several_processes_say_the_same_as_one(folder):
    alone, many = (check_all(folder, ("amazon_main", "ebay"), text="strokes", workers=n) for n in (1, 2))
    assert [r.to_json() for r in alone] == [r.to_json() for r in many]


def test_subfolders_named_like_channels_need_no_option(tmp_path, good):
    for name in ("ebay", "amazon_main"):
        (tmp_path / "out" / name).mkdir(parents=True)
        (tmp_path / "out" / name / "B012345678.jpg").write_bytes(good)
    done = checked(tmp_path / "out")
    assert {(r.channel, r.picture) for r in done} == {(n, f"{n}/B012345678.jpg") for n in ("ebay", "amazon_main")}


def test_products_are_told_by_names_and_counted(tmp_path, good):
    for number in range(1, 8):
        (tmp_path / f"mug-{number}.jpg").write_bytes(good)
    (tmp_path / "cup.jpg").write_bytes(good)
    counted = [r for r in checked(tmp_path, "douyin_main") if not r.path]
    assert [(r.sku, r.findings[0].rule, r.findings[0].measured) for r in counted] == [("mug", "count", "7 pictures")]
    assert counted[0].outcome == "fail"  # B, hard, at most 5
    assert [s.name for s in shots_of(tmp_path)][:3] == ["cup.jpg", "mug-1.jpg", "mug-2.jpg"]


@pytest.mark.parametrize(
    ("name", "sku"),
    [
        ("B012345678.PT01.jpg", "B012345678"),
        ("mug-2.jpg", "mug"),
        ("mug_back.png", "mug"),
        ("red mug (3).jpg", "red mug"),
        ("iphone15.jpg", "iphone15"),
        ("7.jpg", "7"),
        ("mug.jpg", "mug"),
    ],
)
def test_product_of_name(name, sku):
    assert product_of_name(name) == sku


def test_a_slot_for_one_picture_takes_the_first_of_a_catalogues_product(tmp_path, good):
    images = []
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(good)
        images.append(CatalogueImage(path=name))
    write_catalogue(tmp_path, [Product(sku="MUG", title="Mug", images=tuple(images))])
    assert [r.picture for r in checked(tmp_path, "amazon_main")] == ["a.jpg"]
    assert [r.picture for r in checked(tmp_path, "ebay")] == ["a.jpg", "b.jpg"]


def test_what_could_not_run_is_an_error(tmp_path, folder):
    with pytest.raises(ChannelError, match="did you mean amazon_main"):
        checked(folder, "amazon_mian")
    with pytest.raises(FileError, match="no such file"):
        checked(tmp_path / "nowhere", "ebay")
    with pytest.raises(ParameterError, match="name one with --channel"):
        checked(folder)
    with pytest.raises(ParameterError, match="auto, ocr or strokes"):
        check_all(folder, ("ebay",), text="guess")


# ---- names that play tricks ----

TRICKS = (
    "<script>alert(1)<%2Fscript>.jpg",
    "a\nb.jpg",
    "\x1b[31mred.jpg",
    "photo\u202egnp.jpg",
    "'; rm -rf ~ #.jpg",
    "&amp;\"'.jpg",
    "a..jpg",
    "]]>.jpg",
)


def test_tricky_names_are_told_and_stay_text(tmp_path, good):
    place = tmp_path / "photos"
    place.mkdir()
    for name in TRICKS:
        (place / name.replace("%2F", "\u2215")).write_bytes(good)
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(good)
    (place / "link.jpg").symlink_to(secret)
    before = {p for p in tmp_path.rglob("*") if p.parent != tmp_path / "out"}
    done = checked(place, "amazon_main")
    out = tmp_path / "out"
    documents.write_json(done, out / "check.json")
    documents.write_junit(done, out / "check.xml")
    page.write_page(done, out / "check.html")
    assert {p for p in tmp_path.rglob("*") if out not in (p, p.parent)} == before  # nothing written elsewhere
    assert {p.name for p in out.iterdir()} == {"check.json", "check.xml", "check.html"}
    said = {r.picture: {f.rule: f for f in r.findings} for r in done}
    assert "leads out of the folder" in said["link.jpg"]["file"].measured
    for name in ("a\nb.jpg", "\x1b[31mred.jpg", "photo\u202egnp.jpg"):
        assert "control or text-direction" in said[name]["names"].measured
    html = (out / "check.html").read_text()
    assert "alert(1)<" not in html
    assert "\u202e" not in html
    assert "\x1b" not in html
    assert len(ElementTree.parse(out / "check.xml").findall(".//testcase")) == len(TRICKS) + 1


def test_mends_quote_the_name_for_a_shell(tmp_path):
    (tmp_path / "a b; rm -rf ~.jpg").write_bytes(_check_plants.encoded(Image.new("RGB", (900, 600), "white")))
    (result,) = checked(tmp_path, "amazon_main")
    (mend,) = [f.mend for f in result.findings if f.rule == "aspect"]
    assert shlex.split(mend)[2] == str(tmp_path / "a b; rm -rf ~.jpg")


def test_mends_name_the_file_from_where_one_stands(tmp_path, monkeypatch):
    (tmp_path / "-in").mkdir()
    (tmp_path / "-in" / "odd name.jpg").write_bytes(_check_plants.encoded(Image.new("RGB", (900, 600), "white")))
    monkeypatch.chdir(tmp_path)
    (result,) = checked("-in", "amazon_main")
    (mend,) = [f.mend for f in result.findings if f.rule == "aspect"]
    assert shlex.split(mend)[2] == "./-in/odd name.jpg"
    assert Path(shlex.split(mend)[2]).is_file()


@pytest.mark.parametrize(("channel", "command"), [("amazon_main", False), ("gmc_image_link", True)])
def test_a_name_is_left_to_fit_only_where_fit_gives_a_right_one(tmp_path, channel, command):
    (tmp_path / "odd, name.jpg").write_bytes(_check_plants.encoded(Image.new("RGB", (900, 600), "white")))
    (result,) = checked(tmp_path, channel)
    (mend,) = [f.mend for f in result.findings if f.rule == "names"]
    assert mend.startswith("packshot fit") == command
    assert command or "column asin or gtin" in mend


# ---- what a check writes ----


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.cards, self.links = 0, []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.cards += tag == "article"
        self.links += [given[k] for k in ("src", "href") if given.get(k) and not given[k].startswith("data:")]
        assert tag != "script"


def test_the_reports_agree(folder, tmp_path):
    out = tmp_path / "out"
    files = "--json", out / "a.json", "--junit", out / "a.xml", "--html", out / "a.html"
    done = run("check", folder, "-c", "amazon_main", "--text", "strokes", "--workers", 1, *files)
    assert done.exit_code == 1, done.output
    facts = json.loads((out / "a.json").read_text())
    assert facts["format"] == "packshot-check/1"
    assert facts["text"] == "by its strokes, no OCR"
    assert [r["outcome"] for r in facts["results"]] == ["fail", "pass", "pass"]
    assert all({"rule", "source", "as_of", "confidence", "measured"} <= set(f) for r in facts["results"]
               for f in r["findings"])  # fmt: skip
    suite = ElementTree.parse(out / "a.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    assert suite.find(".//failure").get("message") == "file"
    read = Page()
    read.feed((out / "a.html").read_text())
    assert (read.cards, read.links) == (3, [])
    assert "file" in done.output
    assert "by its strokes, no OCR" in done.output


def test_exit_codes_of_the_command_line(folder, tmp_path):
    (folder / "B012345670.MAIN.jpg").unlink()
    assert run("check", folder, "-c", "amazon_main", "--text", "strokes", "--workers", 1).exit_code == 0
    (folder / "odd name.jpg").write_bytes((folder / "B012345679.jpg").read_bytes())
    assert run("check", folder, "-c", "amazon_main", "--text", "strokes", "--workers", 1).exit_code == 0  # a warning
    assert run("check", folder, "-c", "amazon_main", "--text", "strokes", "--workers", 1, "--strict").exit_code == 1
    failed = run("check", folder, "-c", "nothing")
    assert isinstance(failed.exception, ChannelError)  # `main` makes it one line and exit code 2


def test_channels_are_listed_and_told():
    listed = run("channels").output
    assert all(name in listed for name in channels.load())
    told = run("channels", "gmc_image_link").output
    assert "effective 2027-01-31" in told
    assert "confidence A" in told


def commands():
    rules = (*mending.MENDS, "background")
    words = {mending.mend(rule, channel) for channel in channels.load().values() for rule in rules}
    found = {tuple(m[0].split()) for text in words for m in re.finditer(r"packshot [^;]*", text)}
    verbs = ((c[1], c[2] if c[1] == "edit" else "", *sorted({w for w in c if w.startswith("--")})) for c in found)
    return sorted(set(verbs))


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_that_mends_is_there_with_its_options(command):
    verb, operation, *options = command
    helped = run(*filter(None, (verb, operation)), "--help")
    assert helped.exit_code == 0, helped.output
    assert all(option in helped.output for option in options)
