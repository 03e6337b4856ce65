"""Near-duplicates: planted copies are found, other pictures are left alone."""

import colorsys
import io

import cv2
import numpy as np
import PIL.Image
import pytest
import scipy.sparse.csgraph as graph
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array

from packshot.catalogue import duplicates
from packshot.catalogue.catalogue import write_catalogue
from packshot.catalogue.duplicates import connected, find_duplicates
from packshot.catalogue.fingerprints import WINDOWS, coarse_difference, compare, fingerprint
from packshot.catalogue.product import Image, Product


def scene(seed, size=(200, 160), hue=None):
    """A drawn photo: shapes of one hue before a soft background, some texture. `hue` recolours the shapes alone."""
    chance = np.random.default_rng(seed)
    w, h = size
    corners = chance.uniform(120, 255, (2, 2, 3)).astype(np.float32)
    image = cv2.resize(corners, size, interpolation=cv2.INTER_LINEAR)
    own = chance.random()
    for _ in range(7):
        r, g, b = colorsys.hsv_to_rgb(own if hue is None else hue, chance.uniform(0.5, 0.9), chance.uniform(0.3, 0.9))
        centre = (int(chance.uniform(0.1, 0.9) * w), int(chance.uniform(0.1, 0.9) * h))
        axes = (int(chance.uniform(8, w / 4)), int(chance.uniform(8, h / 4)))
        cv2.ellipse(image, centre, axes, chance.uniform(0, 180), 0, 360, (255 * r, 255 * g, 255 * b), -1, cv2.LINE_AA)
    grain = cv2.GaussianBlur(chance.normal(0, 12, (h, w, 1)).astype(np.float32), (0, 0), 1.2)[..., None]
    return PIL.Image.fromarray(np.clip(image + grain, 0, 255).astype(np.uint8))


def recompressed(picture, kind="JPEG", quality=40):
    data = io.BytesIO()
    picture.save(data, kind, quality=quality)
    return PIL.Image.open(io.BytesIO(data.getvalue())).convert("RGB")


def padded(picture, share):
    w, h = picture.size
    out = PIL.Image.new("RGB", (round(w * (1 + share)), round(h * (1 + share))), "white")
    out.paste(picture, ((out.width - w) // 2, (out.height - h) // 2))
    return out


COPIES = {
    "same": lambda p: p,
    "jpeg": recompressed,
    "webp": lambda p: recompressed(p, "WEBP"),
    "half": lambda p: p.resize((p.width // 2, p.height // 2), PIL.Image.Resampling.LANCZOS),
    "squeezed": lambda p: p.resize((p.width, p.height * 3 // 4), PIL.Image.Resampling.LANCZOS),
    "crop 4 %": lambda p: p.crop((0, 4, p.width - 8, p.height - 2)),
    "crop 10 %": lambda p: p.crop((15, 10, p.width - 5, p.height - 6)),
    "darker": lambda p: p.point(lambda v: int(v * 0.92)),
    "padded": lambda p: padded(p, 0.1),
    "all at once": lambda p: recompressed(p.crop((6, 4, p.width - 6, p.height - 4)).resize((90, 72)), quality=60),
}


def shop(root, pictures):
    """A catalogue of one picture a product; sku = name."""
    root.mkdir(exist_ok=True)
    for name, picture in pictures.items():
        picture.save(root / f"{name}.png")
    return write_catalogue(root, [Product(sku=name, images=(Image(path=f"{name}.png"),)) for name in pictures])


def test_planted_copies_are_found_and_nothing_else(tmp_path):
    originals = {f"{i:03d}": scene(i) for i in range(30)}
    planted = {f"{i:03d} {name}": copy(scene(i)) for i, (name, copy) in enumerate(COPIES.items())}
    found = find_duplicates(shop(tmp_path, originals | planted))
    assert found.pictures == 40
    pairs = {(pair.one.sku, pair.other.sku) for pair in found.pairs}
    missed = {name for name in planted if (name[:3], name) not in pairs}
    assert missed == set()
    assert {one[:3] == other[:3] for one, other in pairs} == {True}
    assert [len(group) for group in found.groups()] == [2] * 10
    assert found.product_groups() == [(name[:3], name) for name in planted]
    cropped = {pair.other.sku: pair.cropped for pair in found.pairs}
    assert cropped["000 same"] is False
    assert cropped["006 crop 10 %"] is True


def test_the_same_picture_in_another_colour_is_another_picture(tmp_path):
    pictures = {f"{i} {hue}": scene(i, hue=hue) for i in range(8) for hue in (0.0, 0.35, 0.6)}
    assert find_duplicates(shop(tmp_path, pictures)).pairs == ()


def test_identical_placeholders_are_one_group_without_comparing_all_with_all(tmp_path, monkeypatch):
    monkeypatch.setattr(duplicates, "CROWD", 8)
    pictures = {f"p{i:03d}": scene(1, (64, 64)) for i in range(40)} | {f"x{i}": scene(100 + i) for i in range(5)}
    found = find_duplicates(shop(tmp_path, pictures))
    assert [len(group) for group in found.groups()] == [40]
    assert len(found.pairs) < 40 * 20


def test_the_parts_of_a_table_find_what_the_whole_finds(tmp_path, monkeypatch):
    pictures = {f"{i}": scene(i) for i in range(20)} | {f"{i} copy": recompressed(scene(i)) for i in range(20)}
    catalogue = shop(tmp_path, pictures)
    whole = find_duplicates(catalogue)
    monkeypatch.setattr(duplicates, "PART", 100)
    assert find_duplicates(catalogue).pairs == whole.pairs
    assert len(whole.pairs) == 20


def test_pictures_of_one_product_and_unreadable_ones(tmp_path):
    for name, picture in {"a": scene(1), "b": recompressed(scene(1)), "c": scene(2)}.items():
        picture.save(tmp_path / f"{name}.png")
    (tmp_path / "d.png").write_bytes(b"not a picture")
    images = tuple(Image(path=f"{name}.png") for name in ("d", "a", "gone", "b"))
    catalogue = write_catalogue(
        tmp_path, [Product(sku="A", images=images), Product(sku="B", images=(Image(path="c.png"),))]
    )
    found = find_duplicates(catalogue)
    assert [(p.row, p.value) for p in found.problems] == [(1, "d.png"), (1, "gone.png")]
    (pair,) = found.pairs
    assert (pair.one, pair.other) == ((0, 1, "A", "a.png"), (0, 3, "A", "b.png"))
    assert found.product_groups() == []


@pytest.mark.parametrize("colour", ["white", "black", "red"])
def test_flat_pictures_do_no_harm(tmp_path, colour):
    pictures = {f"{i}": PIL.Image.new("RGB", (40 + i, 50), colour) for i in range(4)} | {
        "blue": PIL.Image.new("RGB", (40, 50), "blue")
    }
    found = find_duplicates(shop(tmp_path, pictures))
    assert [len(group) for group in found.groups()] == [4]


def test_an_empty_catalogue_and_a_single_picture(tmp_path):
    assert find_duplicates(write_catalogue(tmp_path / "none", [])).pairs == ()
    assert find_duplicates(shop(tmp_path / "one", {"a": scene(1)})).pictures == 1


def test_a_window_meets_the_crop_it_is():
    whole = fingerprint(np.asarray(scene(3, (300, 300))))
    for number in (4, 13, 20):
        x0, y0, x1, y1 = (round(300 * v) for v in WINDOWS[number])
        crop = fingerprint(np.ascontiguousarray(np.asarray(scene(3, (300, 300)))[y0:y1, x0:x1]))
        distances = np.bitwise_count(whole.hashes ^ crop.hashes[0])
        assert distances.argmin() == number
        assert distances.min() <= 4
        assert compare(whole.thumb, number, crop.thumb).same
        assert coarse_difference(whole.thumb[None], np.array([number]), crop.thumb[None])[0] < 4


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=40))
@settings(deadline=None)
def test_connected_groups(links):
    groups = connected(links)
    members = [x for group in groups for x in group]
    assert len(members) == len(set(members)) == len({x for link in links for x in link})
    of = {x: i for i, group in enumerate(groups) for x in group}
    assert all(of[a] == of[b] for a, b in links)
    nodes = sorted(of)
    if links:
        at = {x: i for i, x in enumerate(nodes)}
        rows, columns = zip(*((at[a], at[b]) for a, b in links), strict=True)
        matrix = coo_array((np.ones(len(links)), (rows, columns)), shape=(len(nodes),) * 2)
        assert graph.connected_components(matrix, directed=False)[0] == len(groups)
