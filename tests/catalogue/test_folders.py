"""Folders of pictures: which pictures make one product, and what is left out."""

import os

import pytest

from packshot.catalogue.folders import decide
from packshot.catalogue.ingest import ingest
from packshot.catalogue.trees import LocalTree, natural
from packshot.errors import TooLarge
from tests.catalogue.shop import picture, put

VIEWS = {f"SKU-{i}/{view}.png": i for i in range(5) for view in ("front", "back", "detail 1")}
NUMBERED = {f"SKU-{i}/{n}.png": i for i in range(5) for n in (1, 2, 10)}
CATEGORIES = {f"{name}/{i:04d}.png": i for name in ("shoes", "hats") for i in range(15)}
CAMERA = {f"p{i}/IMG_{2000 + 7 * i + n}.png": i for i in range(5) for n in range(3)}


@pytest.mark.parametrize(
    ("contents", "choice"),
    [
        (VIEWS, "folder"),
        (NUMBERED, "folder"),
        ({f"衣服/{i}/{v}.png": i for i in range(4) for v in ("主图", "细节2")}, "folder"),
        (CATEGORIES, "picture"),
        (CAMERA, "picture"),
        ({"1.png": 1, "2.png": 2}, "picture"),
        ({"a/1.png": 1, "a/2.png": 2}, "picture"),
        ({**NUMBERED, "loose.png": 1}, "picture"),
        ({f"{i}/1.png": i for i in range(9)}, "picture"),
    ],
)
def test_the_rule(tmp_path, contents, choice):
    found, reason = decide(LocalTree(put(tmp_path, contents)))
    assert found == choice
    assert f"each {choice} is a product" in reason


def test_each_folder_is_a_product(tmp_path):
    done = ingest(put(tmp_path / "in", {f"hats/{k}": v for k, v in {**NUMBERED, **VIEWS}.items()}), tmp_path / "out")
    catalogue = done.open()
    assert [p.sku for p in catalogue] == [f"hats/SKU-{i}" for i in range(5)]
    first = catalogue.at(0)
    assert first.category == "hats"
    assert [i.path.split("/")[-1] for i in first.images] == [
        "1.png",
        "2.png",
        "10.png",
        "back.png",
        "detail 1.png",
        "front.png",
    ]
    assert [i.role for i in first.images] == ["", "", "", "back", "detail", "front"]
    assert [s.key for s in catalogue.images()][:3] == ["hats/SKU-0", "hats/SKU-0~2", "hats/SKU-0~3"]


def test_each_picture_is_a_product_and_the_tree_is_kept(tmp_path):
    done = ingest(put(tmp_path / "in", CATEGORIES), tmp_path / "out")
    catalogue = done.open()
    assert len(catalogue) == 30
    assert catalogue.find("shoes/0003").category == "shoes"
    assert [s.key for s in catalogue.images()][:2] == ["hats/0000", "hats/0001"]


@pytest.mark.parametrize(("products", "count"), [("picture", 15), ("folder", 5)])
def test_the_rule_can_be_overruled(tmp_path, products, count):
    for number, contents in enumerate((VIEWS, CAMERA)):
        done = ingest(put(tmp_path / f"in{number}", contents), tmp_path / f"out{number}", products=products)
        assert (done.products, done.pictures) == (count, 15)


def test_what_systems_leave_behind_is_ignored_and_other_files_are_listed(tmp_path):
    junk = [
        "Thumbs.db",
        ".DS_Store",
        "desktop.ini",
        "__MACOSX/a.png",
        ".hidden/a.png",
        "._a.png",
        "@eaDir/a.png",
        "x.part",
    ]
    put(
        tmp_path / "in",
        {**dict.fromkeys(junk, "x"), "a.png": 1, "notes.txt": "x", "b.png": "not a picture", "list.pdf": b"%PDF-"},
    )
    done = ingest(tmp_path / "in", tmp_path / "out")
    assert [p.sku for p in done.open()] == ["a"]
    assert {(p.value, p.serious) for p in done.problems} == {("b.png", True), ("list.pdf", False), ("notes.txt", False)}


def test_two_files_that_differ_in_their_ending_are_two_products(tmp_path):
    put(tmp_path / "in", {"a.jpg": picture(1, kind="JPEG"), "a.png": 2, "A.webp": picture(3, kind="WEBP")})
    done = ingest(tmp_path / "in", tmp_path / "out")
    assert done.products == done.pictures == 3
    assert len({s.key.casefold() for s in done.open().images()}) == 3


def test_links_that_lead_out_or_round_are_not_followed(tmp_path):
    put(tmp_path, {"outside/secret.png": 9})
    put(tmp_path / "in", {"a.png": 1})
    os.symlink(tmp_path / "outside" / "secret.png", tmp_path / "in" / "link.png")
    os.symlink(tmp_path / "in", tmp_path / "in" / "round")
    os.symlink(tmp_path / "in" / "a.png", tmp_path / "in" / "b.png")
    done = ingest(tmp_path / "in", tmp_path / "out")
    assert [p.sku for p in done.open()] == ["a", "b"]
    assert [(p.field, p.value, p.serious) for p in done.problems] == [
        ("link", "link.png", True),
        ("link", "round", False),
    ]


def test_a_link_to_nothing_is_listed_and_every_remark_names_its_file(tmp_path):
    put(tmp_path / "in", {"a.png": 1, "notes.txt": "x", "empty.png": b""})
    os.symlink("nowhere.png", tmp_path / "in" / "gone.png")
    done = ingest(tmp_path / "in", tmp_path / "out")
    said = [str(problem) for problem in done.problems]
    assert any("link 'gone.png': leads to nothing" in text for text in said)
    assert any("file 'notes.txt': is not a picture" in text for text in said)
    assert any("image 'empty.png': the file is empty" in text for text in said)
    assert done.serious == 2


def test_one_limit_of_pixels_for_reading_and_for_running(tmp_path):
    from packshot.imaging import files
    from packshot.imaging.files.sniff import MAX_PIXELS

    header = b"P6 20000 6000 255\n"  # 120 megapixels, of which there is not one byte
    put(tmp_path / "in", {"a.png": 1, "wide.ppm": header, "vast.ppm": b"P6 40000 40000 255\n"})
    done = ingest(tmp_path / "in", tmp_path / "out")
    reasons = {problem.value: problem.reason for problem in done.problems}
    assert all(f"{MAX_PIXELS:,}" in reasons[name] for name in ("wide.ppm", "vast.ppm"))
    with pytest.raises(TooLarge, match=f"{MAX_PIXELS:,}"):
        files.read(header)


def test_odd_names_survive(tmp_path):
    names = [
        "с пробелом.png",
        "连衣裙 红.png",
        "a~2.png",
        "emoji 🎁.png",
        "100%.png",
        "a\nb.png",
        "#1?.png",
        "-.png",
        "con.png",
    ]
    put(tmp_path / "in", {name: i for i, name in enumerate(names)})
    (tmp_path / "in" / os.fsdecode(b"bad\xff.png")).write_bytes(picture(50))
    done = ingest(tmp_path / "in", tmp_path / "out")
    assert done.serious == 0
    shots = list(done.open().images())
    assert {s.path.read_bytes() for s in shots} == {picture(i) for i in [*range(len(names)), 50]}
    assert len({s.key for s in shots}) == len(names) + 1


def test_numbers_count_in_natural_order():
    assert sorted(["10", "9", "b1", "a2", "a10", "A1"], key=natural) == ["9", "10", "A1", "a2", "a10", "b1"]
