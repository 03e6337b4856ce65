"""Search: the index keeps what it saw and notices what changed; ranking is that of all vectors at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PillowImage
from torch import Tensor
from torch.nn import functional as F

from packshot.catalogue.catalogue import Catalogue, write_catalogue
from packshot.catalogue.product import Image, Product
from packshot.errors import CatalogueError, ParameterError, UnreadableFile
from packshot.imaging.names import parse_colour
from packshot.models.searching import index as indexing
from packshot.models.searching.index import Index
from packshot.models.searching.search import Wish, find, ranked
from packshot.models.words import Encoder

COLOURS = {"A": "red", "B": "blue", "C": "green", "D": "red", "E": "white"}


def colours_of(texts: Sequence[str]) -> Tensor:
    return F.normalize(torch.tensor([parse_colour(text) for text in texts]) - 0.4, dim=1)


def encoder(seen: list[int] | None = None, digest: str = "d" * 64) -> Encoder:
    """An encoder of three numbers: the mean colour of a picture, the colour that a text names."""

    def of_pictures(x: Tensor) -> Tensor:
        if seen is not None:
            seen.append(len(x))
        return F.normalize(x.mean((2, 3)) - 0.4, dim=1)

    return Encoder("colours", 3, 8, 6, digest, "CC0-1.0", "cpu", colours_of, of_pictures, len)


def shop(folder: Path, colours: dict[str, str] = COLOURS) -> Catalogue:
    products = []
    folder.mkdir()
    for number, (sku, colour) in enumerate(colours.items()):
        pixels = np.full((12, 10, 3), [round(255 * v) for v in parse_colour(colour)], np.uint8)
        pixels[0, 0] = number  # no two files alike
        PillowImage.fromarray(pixels).save(folder / f"{sku}.png")
        products.append(Product(sku=sku, title=f"{colour} thing", images=(Image(path=f"{sku}.png"),)))
    return write_catalogue(folder, products)


def skus(answer_or_list: object) -> list[str]:
    return [found.sku for found in getattr(answer_or_list, "products", answer_or_list)]


def test_words_pictures_and_what_is_not_wanted(tmp_path: Path) -> None:
    catalogue = shop(tmp_path / "c")
    assert set(skus(find(catalogue, ["red"], count=2, model=encoder()))) == {"A", "D"}
    assert skus(find(catalogue, like=[tmp_path / "c" / "B.png"], count=1, model=encoder())) == ["B"]
    both = find(catalogue, ["blue"], like=[tmp_path / "c" / "B.png"], without=["red"], model=encoder())
    assert skus(both)[0] == "B"
    assert set(skus(both)[-2:]) == {"A", "D"}
    assert set(both.products[0].cosines) == {"blue", "red", str(tmp_path / "c" / "B.png")}
    assert len(both.products) == 5


def test_what_was_seen_is_kept_and_only_what_is_new_is_looked_at(tmp_path: Path) -> None:
    catalogue, seen = shop(tmp_path / "c"), []
    first = find(catalogue, ["red"], model=encoder(seen))
    again = find(catalogue, ["red"], model=encoder(seen))
    assert (first.refreshed.new, again.refreshed.new, again.refreshed.pictures) == (5, 0, 5)
    assert seen == [5]
    (tmp_path / "c" / "B.png").rename(tmp_path / "c" / "moved.png")
    PillowImage.new("RGB", (9, 9), "red").save(tmp_path / "c" / "C.png")
    catalogue.rewrite(lambda p: p.model_copy(update={"images": (Image(path="moved.png"),)}) if p.sku == "B" else p)
    third = find(Catalogue(tmp_path / "c"), ["red"], count=3, model=encoder(seen))
    assert seen == [5, 1]  # the renamed file is known by its content
    assert set(skus(third)) == {"A", "C", "D"}
    assert find(catalogue, ["red"], model=encoder(seen, "e" * 64)).refreshed.new == 5  # another encoder, other vectors


def test_a_refresh_that_was_stopped_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "BATCH", 2)
    catalogue, seen = shop(tmp_path / "c"), []

    def stop(number: int) -> None:
        if number == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        find(catalogue, ["red"], model=encoder(seen), on_picture=stop)
    assert find(catalogue, ["red"], model=encoder(seen)).refreshed.new == 1
    assert seen == [2, 2, 1]


def test_pictures_that_cannot_be_read_are_named_each_time(tmp_path: Path) -> None:
    catalogue = shop(tmp_path / "c")
    (tmp_path / "c" / "B.png").write_bytes(b"no picture")
    (tmp_path / "c" / "C.png").unlink()
    for _ in range(2):
        told = find(catalogue, ["red"], model=encoder()).refreshed
        assert (told.pictures, told.unread) == (3, 2)
        assert [problem.value for problem in told.problems] == ["B.png", "C.png"]
        assert [problem.row for problem in told.problems] == [2, 3]
    (tmp_path / "c" / "A.png").unlink()
    PillowImage.new("RGB", (9, 9), "blue").save(tmp_path / "c" / "B.png")
    assert skus(find(catalogue, ["blue"], count=1, model=encoder())) == ["B"]


def test_a_damaged_or_cut_cache_is_made_again(tmp_path: Path) -> None:
    catalogue = shop(tmp_path / "c")
    find(catalogue, ["red"], model=encoder())
    folder = indexing.folder_of(catalogue, encoder().digest)
    (folder / "vectors.f16").write_bytes(b"")
    assert find(catalogue, ["red"], model=encoder()).refreshed.new == 5
    (folder / "index.sqlite").write_bytes(b"nonsense " * 500)
    assert find(catalogue, ["red"], model=encoder()).refreshed.new == 5


def test_where_the_folder_is_a_file_the_cache_of_packshot_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PACKSHOT_HOME", str(tmp_path / "home"))
    catalogue = shop(tmp_path / "c")
    (tmp_path / "c" / f".search-{'d' * 12}").write_text("")
    assert skus(find(catalogue, ["blue"], count=1, model=encoder())) == ["B"]
    assert list((tmp_path / "home" / "cache" / "search").iterdir())


def test_one_file_for_two_products_and_two_pictures_of_one(tmp_path: Path) -> None:
    shop(tmp_path / "c")
    products = [
        Product(sku="X", images=(Image(path="A.png"), Image(path="B.png"))),
        Product(sku="Y", images=(Image(path="A.png"),)),
        Product(sku="Z", title="no pictures"),
    ]
    catalogue = write_catalogue(tmp_path / "c", products)
    answer = find(catalogue, ["red"], model=encoder())
    assert (sorted(skus(answer)), answer.refreshed.new) == (["X", "Y"], 2)
    assert all(found.path == "A.png" for found in answer.products)


def test_ranking_in_parts_is_that_of_all_vectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    colours = {f"{n}": "#" + "".join(f"{v:02x}" for v in random.integers(0, 256, 3)) for n in range(23)}
    catalogue = shop(tmp_path / "c", colours)
    vectors = random.normal(size=(3, 3)).astype(np.float32)
    wishes = [Wish("a", vectors[0]), Wish("b", vectors[1]), Wish("c", vectors[2], wanted=False)]
    with Index(catalogue, encoder()) as index:
        index.refresh()
        ((_, held),) = list(index.chunks())
        cosines = held @ vectors.T
        standing = (cosines - cosines.mean(0)) / cosines.std(0)
        scores = standing[:, :2].mean(1) - np.maximum(standing[:, 2], 0)
        expected = [list(colours)[n] for n in np.argsort(-scores)[:6]]
        monkeypatch.setattr(indexing, "CHUNK", 4)
        assert skus(ranked(index, wishes, 6)) == expected
        assert skus(ranked(index, wishes[:1], 3)) == [list(colours)[n] for n in np.argsort(-cosines[:, 0])[:3]]


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda c: find(c, model=encoder()), "say what to look for"),
        (lambda c: find(c, [" "], model=encoder()), "text: is empty"),
        (lambda c: find(c, ["red"], without=["a\x01"], model=encoder()), "not: .*U\\+0001"),
        (lambda c: find(c, ["red"], count=0, model=encoder()), "count: expected 1"),
    ],
)
def test_bad_questions_have_a_clear_outcome(ask: Callable[[Catalogue], object], told: str, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=told):
        ask(shop(tmp_path / "c"))


def test_nothing_to_search_and_a_picture_that_is_none(tmp_path: Path) -> None:
    empty = write_catalogue(tmp_path / "e", [Product(sku="A")])
    with pytest.raises(CatalogueError, match="no picture that can be searched"):
        find(empty, ["red"], model=encoder())
    (tmp_path / "x.png").write_bytes(b"x")
    with pytest.raises(UnreadableFile):
        find(shop(tmp_path / "c"), like=[tmp_path / "x.png"], model=encoder())


def test_a_long_text_is_told_to_be_cut(tmp_path: Path) -> None:
    def red(texts: Sequence[str]) -> Tensor:
        return colours_of(["red"] * len(texts))

    answer = find(shop(tmp_path / "c"), ["a long text"], model=replace(encoder(), of_texts=red))
    assert "first 6 pieces" in answer.notes[0]
    assert json.dumps([vars(found) for found in answer.products])
