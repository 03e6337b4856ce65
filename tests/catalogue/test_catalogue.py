"""The catalogue: opened lazily, iterated in order, looked up, written in one step; a torn line is not fatal."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.catalogue.catalogue import PRODUCTS, Catalogue, Writer, write_catalogue
from packshot.catalogue.index import INDEX
from packshot.catalogue.problems import Problem
from packshot.catalogue.product import Image, Product
from packshot.errors import CatalogueError
from tests.catalogue.test_product import products


def simple(*skus):
    return [Product(sku=sku, title=f"Product {sku}", images=(Image(path=f"{i}.jpg"),)) for i, sku in enumerate(skus)]


@given(st.lists(products, max_size=8, unique_by=lambda p: p.sku))
@settings(max_examples=40, deadline=None)
def test_what_is_written_is_read_in_order(tmp_path_factory, some):
    catalogue = write_catalogue(tmp_path_factory.mktemp("c"), some)
    assert list(catalogue) == some
    assert len(catalogue) == len(some)
    for row, product in enumerate(some):
        assert catalogue.at(row) == product
        assert catalogue.get(product.sku) == product
    shots = list(catalogue.images())
    assert [shot.image for shot in shots] == [image for product in some for image in product.images]
    keys = [shot.key.casefold() for shot in shots]
    assert len(set(keys)) == len(keys)


def test_a_folder_without_products_says_how_to_make_one(tmp_path):
    with pytest.raises(CatalogueError, match="packshot catalogue make"):
        Catalogue(tmp_path)


def test_the_file_itself_opens_too(tmp_path):
    write_catalogue(tmp_path, simple("A"))
    assert len(Catalogue(tmp_path / PRODUCTS)) == 1


def test_opening_reads_no_row(tmp_path):
    (tmp_path / PRODUCTS).write_bytes(b"\xff not json at all\n" * 3)
    catalogue = Catalogue(tmp_path)
    assert len(catalogue) == 3
    assert list(catalogue) == []
    assert not (tmp_path / INDEX).exists()


def test_a_torn_last_line_is_reported_and_not_fatal(tmp_path):
    write_catalogue(tmp_path, simple("A", "B"))
    with (tmp_path / PRODUCTS).open("ab") as file:
        file.write(Product(sku="C", title="half").line().encode()[:15])
    catalogue = Catalogue(tmp_path)
    assert [p.sku for p in catalogue] == ["A", "B"]
    assert len(catalogue) == 2
    (problem,) = (row for row in catalogue.rows() if isinstance(row, Problem))
    assert problem.row == 3
    assert "torn" in problem.reason
    assert catalogue.get("B") is not None
    assert [shot.key for shot in catalogue.images()] == ["A", "B"]


def test_a_last_line_without_a_line_break_counts_if_it_is_whole(tmp_path):
    (tmp_path / PRODUCTS).write_text('{"sku":"A"}\n{"title":"x","sku":"B"}')
    catalogue = Catalogue(tmp_path)
    assert len(catalogue) == 2
    assert catalogue.find("B").title == "x"


def test_a_broken_line_in_the_middle_costs_that_line(tmp_path):
    (tmp_path / PRODUCTS).write_text('{"sku":"A"}\n{"sku":"B","price":-1}\n\n{nonsense\n{"sku":"C"}\n')
    catalogue = Catalogue(tmp_path)
    assert [p.sku for p in catalogue] == ["A", "C"]
    problems = [(p.row, p.reason) for p in catalogue.rows() if isinstance(p, Problem)]
    assert [row for row, _ in problems] == [2, 4]
    assert "price" in problems[0][1]
    assert catalogue.get("B") is None
    with pytest.raises(CatalogueError, match="row 2"):
        catalogue.at(1)
    with pytest.raises(CatalogueError, match="expected 0 to 3"):
        catalogue.at(9)
    with pytest.raises(CatalogueError, match="no such product"):
        catalogue.find("B")


def test_names_never_collide_even_where_capitals_do_not_count(tmp_path):
    images = (Image(path="1.jpg"), Image(url="https://shop.example/2.jpg"), Image(path="3.jpg"))
    skus = ["red/001", "Red/001", "a", "a~2", "RED/001", "A:1", "A%3A1", "a/b", "a.png", "a.png/b"]
    catalogue = write_catalogue(tmp_path, [Product(sku=sku, images=images) for sku in skus])
    keys = [shot.key for shot in catalogue.images()]
    assert len(keys) == 2 * len(skus)
    assert len({key.casefold() for key in keys}) == len(keys)
    assert keys[:2] == ["red/001", "red/001~3"]
    for sku in skus:  # lookups still tell capitals apart
        assert catalogue.find(sku).sku == sku


def test_a_sku_that_comes_twice_keeps_both_rows_apart(tmp_path):
    (tmp_path / PRODUCTS).write_text('{"sku":"A","images":[{"path":"1.jpg"}]}\n' * 2)
    catalogue = Catalogue(tmp_path)
    assert len({shot.key for shot in catalogue.images()}) == 2
    assert catalogue.get("A") is not None


def test_the_index_is_kept_and_made_again_when_the_file_changes(tmp_path):
    catalogue = write_catalogue(tmp_path, simple("A", "B"))
    assert catalogue.get("B").sku == "B"
    assert (tmp_path / INDEX).exists()
    write_catalogue(tmp_path, simple("C", "D", "E"))
    assert catalogue.get("B") is None
    assert catalogue.get("E").sku == "E"
    (tmp_path / INDEX).write_bytes(b"damaged")
    assert Catalogue(tmp_path).get("D").sku == "D"


def test_append_is_durable_and_refuses_a_second_sku(tmp_path):
    catalogue = write_catalogue(tmp_path, simple("A"))
    assert catalogue.append(simple("B", "C")) == 2
    assert [p.sku for p in catalogue] == ["A", "B", "C"]
    before = catalogue.products.read_bytes()
    with pytest.raises(CatalogueError, match="already"):
        catalogue.append(simple("D", "B"))
    with pytest.raises(CatalogueError, match="already"):
        catalogue.append(simple("D", "D"))
    assert catalogue.products.read_bytes() == before


def test_append_after_a_torn_line_keeps_it_apart(tmp_path):
    catalogue = write_catalogue(tmp_path, simple("A"))
    with catalogue.products.open("ab") as file:
        file.write(b'{"sku":"B","ti')
    catalogue.append(simple("C"))
    assert [p.sku for p in catalogue] == ["A", "C"]
    assert sum(isinstance(row, Problem) for row in catalogue.rows()) == 1


def test_a_rewrite_keeps_what_it_cannot_read_and_undoes_itself_on_an_error(tmp_path):
    (tmp_path / PRODUCTS).write_text('{"sku":"A"}\n{broken\n{"sku":"B"}\n')
    catalogue = Catalogue(tmp_path)
    assert catalogue.rewrite(lambda p: p.model_copy(update={"split": "train"})) == 2
    assert [p.split for p in catalogue] == ["train", "train"]
    assert b"{broken\n" in catalogue.products.read_bytes()
    before = catalogue.products.read_bytes()

    def fail(product):
        if product.sku == "B":
            raise RuntimeError("stop")
        return product.model_copy(update={"split": "test"})

    with pytest.raises(RuntimeError):
        catalogue.rewrite(fail)
    with pytest.raises(CatalogueError, match="rename"):
        catalogue.rewrite(lambda p: p.model_copy(update={"sku": "Z"}))
    assert catalogue.products.read_bytes() == before
    assert {p.name for p in tmp_path.iterdir()} <= {PRODUCTS, INDEX}


def test_a_writer_that_is_stopped_leaves_the_old_catalogue(tmp_path):
    write_catalogue(tmp_path, simple("A"))
    with contextlib.suppress(KeyboardInterrupt), Writer(tmp_path) as writer:
        writer.write(Product(sku="B"))
        raise KeyboardInterrupt
    assert [p.sku for p in Catalogue(tmp_path)] == ["A"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_folder_can_be_looked_up(tmp_path):
    catalogue = write_catalogue(tmp_path, simple("A", "B"))
    tmp_path.chmod(0o555)
    try:
        assert catalogue.get("B").sku == "B"
    finally:
        tmp_path.chmod(0o755)


def test_pictures_may_lie_elsewhere(tmp_path):
    catalogue = write_catalogue(tmp_path / "c", simple("A"), {"pictures": str(tmp_path / "photos")})
    assert catalogue.path_of(catalogue.at(0).images[0]) == tmp_path / "photos" / "0.jpg"
    assert [shot.path for shot in catalogue.images()] == [tmp_path / "photos" / "0.jpg"]


MEASURE = """
import resource, sys
from packshot.catalogue.catalogue import Catalogue
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
catalogue = Catalogue(sys.argv[1])
start = peak()
count = sum(1 for _ in catalogue)
assert count == len(catalogue) == int(sys.argv[2]), count
streamed = peak()
import numpy
numpy.argsort(numpy.zeros(8)).astype(numpy.uint32), numpy.searchsorted(numpy.zeros(8), 0.0)
with_numpy = peak()
assert catalogue.get(sys.argv[3]).sku == sys.argv[3]
assert catalogue.get("no such sku") is None
print(streamed - start, peak() - with_numpy)
"""


def memory(folder, count):
    """kB that streaming, and that building and using the index, added to the peak of a fresh process."""
    with Writer(folder) as writer:
        for i in range(count):
            writer.write_line(b'{"sku":"S-%07d","title":"Product number %d","images":[{"path":"%d.jpg"}]}' % (i, i, i))
    arguments = [sys.executable, "-c", MEASURE, str(folder), str(count), f"S-{count - 2:07d}"]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    streamed, indexed = map(int, done.stdout.split())
    return streamed, indexed


def test_memory_does_not_grow_with_the_rows(tmp_path):
    streamed, indexed = memory(tmp_path, 100_000)
    assert streamed < 4_000
    assert indexed < 100_000 * 60 / 1000 + 4_000


@pytest.mark.slow
def test_a_million_rows(tmp_path):
    streamed, indexed = memory(tmp_path, 1_000_000)
    assert streamed < 4_000
    assert indexed < 1_000_000 * 60 / 1000 + 4_000
