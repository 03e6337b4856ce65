"""Known data sets read from files as their makers publish them; damaged ones refused by name; downloads checked."""

import functools
import gzip
import hashlib
import http.server
import io
import json
import os
import struct
import tarfile
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from packshot.catalogue.dataset.pack import pack
from packshot.catalogue.sources import collect, fetch, recognised
from packshot.catalogue.sources.cifar import RECORD
from packshot.catalogue.sources.idx import read_idx, read_part
from packshot.errors import CatalogueError, ParameterError


def idx(array):
    head = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return head + array.astype(np.uint8).tobytes()


def pixels(n, *shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, *shape), np.uint8)


@pytest.fixture
def fashion(tmp_path):
    folder = tmp_path / "fashion"
    folder.mkdir()
    for part, n in (("train", 12), ("t10k", 5)):
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(pixels(n, 28, 28, seed=n))))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(idx(np.arange(n) % 10))
    return folder


def test_mnist_sets_come_in_exactly(fashion, tmp_path):
    assert recognised(fashion) == "fashion-mnist"
    counted = []
    catalogue, problems = collect("fashion-mnist", fashion, tmp_path / "out", on_product=counted.append)
    assert problems == []
    assert counted[-1] == len(catalogue) == 17
    first = catalogue.find("train-00000")
    assert (first.category, first.split, first.licence) == ("T-shirt/top", "train", "MIT")
    pictures, _ = pack(catalogue, tmp_path / "pack", 28, grey=True, layers=())
    assert np.array_equal(pictures.layers["photo"][:12, 0].numpy(), pixels(12, 28, 28, seed=12))
    assert len(pictures.where("test")) == 5
    assert pictures.labels("category").names[0] == "T-shirt/top"


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda data: data[:-1], "expected 9,408 values"),
        (lambda data: b"PK" + data[2:], "expected an IDX file of bytes"),
        (lambda data: data[:7], "expected an IDX file of bytes"),
        (lambda data: data[:4] + b"\xff" * 12 + data[16:], "got 9,408"),
    ],
)
def test_a_damaged_idx_file_is_refused(tmp_path, damage, told):
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(damage(idx(pixels(12, 28, 28))))
    with pytest.raises(CatalogueError, match=told):
        read_idx(path)
    packed = tmp_path / "x.gz"
    packed.write_bytes(gzip.compress(idx(pixels(12, 28, 28)))[:-200])
    with pytest.raises(CatalogueError, match=r"x\.gz: cannot be read"):
        read_idx(packed)


def test_pictures_without_their_labels_are_refused(fashion, tmp_path):
    (fashion / "train-labels-idx1-ubyte").write_bytes(idx(np.arange(3)))
    with pytest.raises(CatalogueError, match="a label for each of 12 pictures, got 3"):
        read_part(fashion, "train")
    (fashion / "train-labels-idx1-ubyte").write_bytes(idx(np.full(12, 11)))
    with pytest.raises(CatalogueError, match="labels 0 to 9, got 11"):
        collect("fashion-mnist", fashion, tmp_path / "out")
    assert not (tmp_path / "out" / "products.jsonl").exists()
    with pytest.raises(CatalogueError, match="expected train-images-idx3-ubyte"):
        read_part(tmp_path, "train")


def cifar_files(folder, n=4):
    folder.mkdir(parents=True)
    kept = {}
    for number, name in enumerate([*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]):
        records = pixels(n, RECORD, seed=number)
        records[:, 0] %= 10
        (folder / name).write_bytes(records.tobytes())
        kept[name] = records
    return kept


def test_cifar_from_folder_and_archive(tmp_path):
    kept = cifar_files(tmp_path / "set" / "cifar-10-batches-bin")
    archive = tmp_path / "cifar-10-binary.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(tmp_path / "set" / "cifar-10-batches-bin", "cifar-10-batches-bin")
    for place in (tmp_path / "set", archive):
        assert recognised(place) == "cifar10"
        catalogue, _ = collect("cifar10", place, tmp_path / f"out-{place.name}")
        assert len(catalogue) == 24
        found = np.asarray(Image.open(catalogue.pictures / catalogue.find("train-00005").images[0].path))
        expected = kept["data_batch_2.bin"][1, 1:].reshape(3, 32, 32).transpose(1, 2, 0)
        assert np.array_equal(found, expected)


def test_cifar_pickles_and_damage_are_refused(tmp_path):
    (tmp_path / "cifar-10-batches-py").mkdir()
    with pytest.raises(CatalogueError, match="which is pickled"):
        collect("cifar10", tmp_path, tmp_path / "out")
    kept = cifar_files(tmp_path / "bin")
    (tmp_path / "bin" / "test_batch.bin").write_bytes(kept["test_batch.bin"].tobytes()[:-1])
    with pytest.raises(CatalogueError, match=r"test_batch\.bin: expected records of 3,073"):
        collect("cifar10", tmp_path / "bin", tmp_path / "out2")
    (tmp_path / "bin" / "test_batch.bin").unlink()
    with pytest.raises(CatalogueError, match=r"expected test_batch\.bin"):
        collect("cifar10", tmp_path / "bin", tmp_path / "out3")


def jpeg_bytes(colour):
    data = io.BytesIO()
    Image.new("RGB", (20, 10), colour).save(data, "JPEG")
    return data.getvalue()


@pytest.fixture
def abo(tmp_path):
    root = tmp_path / "abo"
    (root / "images" / "small" / "0a").mkdir(parents=True)
    (root / "images" / "metadata").mkdir()
    (root / "listings" / "metadata").mkdir(parents=True)
    (root / "images" / "small" / "0a" / "0a1.jpg").write_bytes(jpeg_bytes((200, 10, 10)))
    table = "image_id,height,width,path\n1X,10,20,0a/0a1.jpg\n2X,10,20,0a/gone.jpg\n3X,1,1,../../etc/passwd\n"
    (root / "images" / "metadata" / "images.csv.gz").write_bytes(gzip.compress(table.encode()))
    told = [{"language_tag": "de_DE", "value": "Roter Ball"}, {"language_tag": "en_US", "value": "Red ball"},
            {"language_tag": "zh_CN", "value": "红球"}]  # fmt: skip
    listing = {"item_id": "B01", "domain_name": "amazon.com", "item_name": told, "main_image_id": "1X",
               "other_image_id": ["2X", "3X"], "color": [{"language_tag": "en_US", "value": "red"}],
               "bullet_point": [{"language_tag": "en_US", "value": text} for text in ("Soft", "Light")],
               "product_type": [{"value": "TOY_BALL"}]}  # fmt: skip
    lines = [json.dumps(listing), "{broken", json.dumps(listing | {"domain_name": "amazon.in"}), "[]"]
    (root / "listings" / "metadata" / "listings_0.json.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    return root


def test_abo_listings_come_with_languages_and_what_is_missing_is_named(abo, tmp_path):
    assert recognised(abo) == "abo"
    catalogue, problems = collect("abo", abo, tmp_path / "out")
    product = catalogue.find("B01")
    assert (product.title, product.title_zh, product.titles["de"]) == ("Red ball", "红球", "Roter Ball")
    assert (product.category, product.colour, product.description) == ("toy ball", "red", "Soft\nLight")
    assert [i.path for i in product.images] == ["images/small/0a/0a1.jpg"]
    assert "B01@amazon.in" in catalogue
    assert sorted({p.value for p in problems}) == ["2X", "3X", "[]", "{broken"]
    pictures, none = pack(catalogue, tmp_path / "pack", 8)
    assert len(pictures) == 2
    assert none == []


def test_what_is_not_there_or_not_empty_is_refused(tmp_path):
    with pytest.raises(ParameterError, match="expected one of mnist"):
        collect("imagenet", tmp_path, tmp_path / "out")
    with pytest.raises(CatalogueError, match=r"unpack abo-images-small\.tar"):
        collect("abo", tmp_path, tmp_path / "out")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("mine")
    with pytest.raises(CatalogueError, match="is not empty"):
        collect("mnist", tmp_path, tmp_path / "full")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def server(tmp_path):
    (tmp_path / "www").mkdir()
    handler = functools.partial(Quiet, directory=tmp_path / "www")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield tmp_path / "www", f"http://127.0.0.1:{served.server_port}/"
        served.shutdown()


def test_a_download_is_whole_and_right_or_not_there(server, tmp_path, monkeypatch):
    www, address = server
    (www / "set.bin").write_bytes(b"right")
    right = hashlib.md5(b"right").hexdigest()
    for wanted, size in ((right, 100), (right, 3), ("0" * 32, 100)):
        monkeypatch.setitem(fetch.SETS, "mnist", (fetch.Download("set.bin", address, wanted, size),))
        if (wanted, size) == (right, 100):
            folder = fetch.fetch("mnist", tmp_path / "kept")
            assert (folder / "set.bin").read_bytes() == b"right"
            (www / "set.bin").rename(www / "moved.bin")
            assert fetch.fetch("mnist", tmp_path / "kept") == folder  # it is there: nothing is asked for
            (www / "moved.bin").rename(www / "set.bin")
            continue
        with pytest.raises(CatalogueError, match="not kept"):
            fetch.fetch("mnist", tmp_path / f"bad{size}{wanted[0]}")
        assert list((tmp_path / f"bad{size}{wanted[0]}").iterdir()) == []
    monkeypatch.setitem(fetch.SETS, "mnist", (fetch.Download("gone.bin", address, right, 100),))
    with pytest.raises(CatalogueError, match="could not be downloaded"):
        fetch.fetch("mnist", tmp_path / "none")
    with pytest.raises(ParameterError, match="to download; got 'abo'"):
        fetch.fetch("abo")


@pytest.mark.skipif("PACKSHOT_DATA" not in os.environ, reason="PACKSHOT_DATA names no folder of real data")
def test_the_real_fashion_mnist(tmp_path):
    folder = Path(os.environ["PACKSHOT_DATA"]) / "fashion-mnist"
    for download in fetch.SETS["fashion-mnist"]:
        assert fetch.md5_of(folder / download.name) == download.md5
    pictures, labels = read_part(folder, "train")
    assert pictures.shape == (60000, 28, 28)
    assert np.bincount(labels).tolist() == [6000] * 10
    assert pictures.mean() / 255 == pytest.approx(0.2860, abs=1e-4)


@pytest.mark.skipif("PACKSHOT_DATA" not in os.environ, reason="PACKSHOT_DATA names no folder of real data")
def test_one_set_is_not_read_under_the_name_of_another(tmp_path):
    place = tmp_path / "digits"
    place.mkdir()
    labels = Path(os.environ["PACKSHOT_DATA"]) / "fashion-mnist" / "t10k-labels-idx1-ubyte.gz"
    (place / labels.name).write_bytes(labels.read_bytes())
    (place / "t10k-images-idx3-ubyte.gz").touch()
    assert recognised(place) == "fashion-mnist"
    with pytest.raises(CatalogueError, match="files of fashion-mnist by their checksum; read them as fashion-mnist"):
        collect("mnist", place, tmp_path / "out")
