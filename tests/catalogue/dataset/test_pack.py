"""Catalogues packed to bytes, read back as tensors, in order, with labels; and folders that are made once."""

import json
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch
from PIL import Image

from packshot.catalogue.catalogue import write_catalogue
from packshot.catalogue.dataset.cache import once
from packshot.catalogue.dataset.order import Order
from packshot.catalogue.dataset.pack import pack, packed
from packshot.catalogue.dataset.pictures import Pictures, to_signed, to_unit
from packshot.catalogue.dataset.writing import PackWriter
from packshot.catalogue.product import Image as Shot
from packshot.catalogue.product import Product
from packshot.errors import CatalogueError, ParameterError


def flat(path, colour, size=(8, 8), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGBA" if len(colour) == 4 else "RGB", size, colour).save(path, **options)


@pytest.fixture
def shop(tmp_path):
    """Three products: a wide one with a layout, one with transparency, one whose file is broken."""
    root = tmp_path / "shop"
    flat(root / "a.png", (10, 200, 30), (8, 4))
    layout = np.zeros((4, 8), np.uint8)
    layout[:, 4:] = 7
    Image.fromarray(layout).save(root / "a-layout.png")
    flat(root / "b.png", (255, 0, 0, 0))
    (root / "c.jpg").write_bytes(b"\xff\xd8 not a picture")
    products = [
        Product(sku="A", title="Car", titles={"zh": "小车"}, category="car", split="train",
                attributes={"colour": "green"}, images=(Shot(path="a.png", layers={"layout": "a-layout.png"}),)),
        Product(sku="B", title="Ball", category="ball", split="test",
                images=(Shot(path="b.png", attributes={"colour": "red"}),)),
        Product(sku="C", title="Cup", category="cup", images=(Shot(path="c.jpg"),)),
    ]  # fmt: skip
    return write_catalogue(root, products)


def test_pictures_are_fitted_and_what_is_broken_is_named(shop, tmp_path):
    pictures, problems = pack(shop, tmp_path / "pack", 8, layers=("matte", "layout"), ground=(0, 0, 255))
    assert [p.value for p in problems] == ["c.jpg"]
    assert problems[0].row == 3
    wide = pictures.gather([0])[0]
    assert wide[:, 4, 4].tolist() == [10, 200, 30]
    assert wide[:, 0, 0].tolist() == [0, 0, 255]  # the ground above it
    assert pictures.gather([1])[0, :, 3, 3].tolist() == [0, 0, 255]  # shows through
    assert pictures.gather([1], "matte").max() == 0
    assert pictures.rows[0]["missing"] == ["matte"]
    assert pictures.gather([0], "layout")[0, 0, 4].tolist() == [0] * 4 + [7] * 4
    assert pictures.where(has=["layout"]).tolist() == [0]


@pytest.mark.parametrize(("fit", "corner"), [("crop", [10, 200, 30]), ("stretch", [10, 200, 30]), ("pad", [255] * 3)])
def test_every_fit_fills_the_square_its_way(shop, tmp_path, fit, corner):
    pictures, _ = pack(shop, tmp_path / "pack", 6, fit=fit)
    assert pictures.gather([0])[0, :, 0, 0].tolist() == corner
    assert pictures.size == (6, 6)


def test_same_size_is_bit_for_bit_and_grey_keeps_grey(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (12, 12), np.uint8)
    (tmp_path / "shop").mkdir()
    Image.fromarray(pixels).save(tmp_path / "shop" / "x.png")
    shop = write_catalogue(tmp_path / "shop", [Product(sku="X", images=(Shot(path="x.png"),))])
    pictures, _ = pack(shop, tmp_path / "pack", 12, grey=True)
    assert np.array_equal(pictures.gather([0])[0, 0].numpy(), pixels)


def test_labels_texts_and_splits(shop, tmp_path):
    pictures, _ = pack(shop, tmp_path / "pack", 8)
    codes, names = pictures.labels("category")
    assert (codes.tolist(), names) == ([1, 0], ("ball", "car"))
    assert pictures.labels("category", ["car"]).codes.tolist() == [0, -1]
    assert pictures.column("colour") == ["green", "red"]
    assert pictures.column("title.zh") == ["小车", ""]
    assert pictures.where("train").tolist() == [0]
    assert pictures.where(category="ball").tolist() == [1]
    with pytest.raises(ParameterError, match=r"expected one of sku, key.*colour"):
        pictures.labels("brand")
    with pytest.raises(ParameterError, match="layer: expected one of photo, matte"):
        pictures.gather([0], "depth")


def test_batches_follow_the_order_and_resume(shop, tmp_path):
    pictures, _ = pack(shop, tmp_path / "pack", 8)
    order = Order(np.arange(2), seed=3)
    first = [b.indices.tolist() for b, _ in zip(pictures.batches(order, 3), range(4), strict=False)]
    resumed = [b.indices.tolist() for b, _ in zip(pictures.batches(order, 3, seen=6), range(2), strict=False)]
    assert first[2:] == resumed
    batch = next(pictures.batches(order, 3, layers=("photo", "matte")))
    assert batch["photo"].shape == (3, 3, 8, 8)
    assert batch["matte"].dtype == torch.uint8
    assert batch.seen == 3
    assert torch.equal(batch["photo"][0], pictures.layers["photo"][batch.indices[0]])


def test_bytes_to_numbers():
    x = torch.tensor([0, 51, 255], dtype=torch.uint8)
    assert torch.allclose(to_unit(x), torch.tensor([0, 0.2, 1.0]))
    assert torch.allclose(to_signed(x), torch.tensor([-1, -0.6, 1.0]), atol=1e-6)


def test_a_cached_pack_is_made_once_and_again_when_a_file_changes(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("PACKSHOT_HOME", str(tmp_path / "home"))
    first, problems = packed(shop, 8)
    again, still = packed(shop, 8)
    assert [p.value for p in problems] == ["c.jpg"]
    assert still == problems
    assert first.folder == again.folder
    flat(shop.folder / "a.png", (1, 2, 3), (4, 8))
    changed, _ = packed(shop, 8)
    assert changed.folder != first.folder
    assert changed.gather([0])[0, :, 4, 4].tolist() == [1, 2, 3]


def test_a_damaged_pack_is_refused_by_name(shop, tmp_path):
    pictures, _ = pack(shop, tmp_path / "pack", 8)
    assert pictures.verify() == []
    data = (tmp_path / "pack" / "photo.u8").read_bytes()
    (tmp_path / "pack" / "photo.u8").write_bytes(bytes([data[0] ^ 1]) + data[1:])
    assert Pictures(tmp_path / "pack").verify() == ["photo.u8"]
    (tmp_path / "pack" / "photo.u8").write_bytes(data[:-1])
    with pytest.raises(CatalogueError, match=r"photo\.u8: holds 383 bytes, expected 384"):
        Pictures(tmp_path / "pack")
    with pytest.raises(CatalogueError, match="expected a pack"):
        Pictures(tmp_path)
    facts = json.loads((tmp_path / "pack" / "pack.json").read_text())
    (tmp_path / "pack" / "pack.json").write_text(json.dumps(facts | {"format": 99}))
    with pytest.raises(CatalogueError, match="expected format 1, got 99"):
        Pictures(tmp_path / "pack")


def test_a_pack_is_there_whole_or_not_at_all(tmp_path):
    photo = {"photo": np.zeros((3, 2, 2), np.uint8)}
    with pytest.raises(ZeroDivisionError), PackWriter(tmp_path / "p", (2, 2), {"photo": 3}) as writer:  # noqa: PT012
        writer.add({"sku": "a"}, photo)
        writer.add({"sku": 1 / 0}, photo)
    assert list(tmp_path.iterdir()) == []
    with PackWriter(tmp_path / "p", (2, 2), {"photo": 3}) as writer:
        writer.add({"sku": "a"}, photo)
    with pytest.raises(CatalogueError, match="is there already"), PackWriter(tmp_path / "p", (2, 2), {"photo": 3}):
        pass
    with PackWriter(tmp_path / "p", (2, 2), {"photo": 3}, replace=True) as writer:
        writer.add({"sku": "a"}, photo)
        writer.add({"sku": "b"}, photo)
    assert len(writer.open()) == 2
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep me")
    with pytest.raises(CatalogueError, match="no pack"), PackWriter(tmp_path / "mine", (2, 2), {}, replace=True):
        pass


def test_an_unusable_catalogue_is_refused(tmp_path):
    (tmp_path / "shop").mkdir()
    empty = write_catalogue(tmp_path / "shop", [Product(sku="X")])
    with pytest.raises(ParameterError, match="names no picture files"):
        pack(empty, tmp_path / "pack", 8)
    with pytest.raises(ParameterError, match="size: expected 1 to"):
        pack(empty, tmp_path / "pack", 0)
    with pytest.raises(ParameterError, match="fit: expected one of"):
        pack(empty, tmp_path / "pack", 8, fit="squeeze")


def test_many_at_once_build_one_folder(tmp_path):
    made, got = [], []

    def build(folder):
        made.append(folder)
        (folder / "mark").write_text("x" * 1000)

    def ask():
        got.append(once(tmp_path / "set", build, "mark"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert got == [tmp_path / "set"] * 8
    assert [p.name for p in tmp_path.iterdir()] == ["set"]


def test_training_needs_torch_and_numpy_alone():
    code = (
        "import sys, packshot.catalogue.dataset.pictures, packshot.catalogue.dataset.order;"
        "print({'cv2', 'PIL', 'pydantic'} & set(sys.modules))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"


def test_a_new_matte_makes_a_new_pack(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("PACKSHOT_HOME", str(tmp_path / "home"))
    first, _ = packed(shop, 8, layers=["layout"])
    Image.fromarray(np.full((4, 8), 3, np.uint8)).save(shop.folder / "a-layout.png")
    with (shop.folder / "products.jsonl").open("a") as file:
        file.write("{broken\n")
    second, _ = packed(shop, 8, layers=["layout"])
    assert second.folder != first.folder
    assert int(second.gather([0], "layout").max()) == 3
