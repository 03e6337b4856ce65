"""Whether a catalogue is sound as it lies there now: its rows, its skus, its picture files."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from packshot.catalogue.catalogue import Catalogue
from packshot.catalogue.gathering import size_of
from packshot.catalogue.problems import Problem
from packshot.catalogue.product import Image, Product
from packshot.errors import PackshotError


def check(
    catalogue: Catalogue, *, decode: bool = False, on_picture: Callable[[int], None] | None = None
) -> Iterator[Problem]:
    """Everything that is wrong with a catalogue as it lies there now, row by row.

    Broken rows, skus that come twice, picture and matte files that are missing, empty, no pictures or over the limits;
    with `decode` every picture is read whole, so that truncated ones are found too (slow).
    """
    clashes = catalogue.index.clashes
    count = 0
    for number, row in enumerate(catalogue.rows()):
        if isinstance(row, Problem):
            yield row
            continue
        if number in clashes:
            yield from _clash(catalogue, row, number)
        for image in row.images:
            yield from _check_image(catalogue, image, number + 1, decode)
            count += 1
            if on_picture is not None:
                on_picture(count)


def _clash(catalogue: Catalogue, product: Product, row: int) -> Iterator[Problem]:
    first = next(catalogue.index.candidates(product.sku))
    name = catalogue.products.name
    earlier = catalogue.at(first).sku
    if earlier == product.sku:
        yield Problem(row + 1, "sku", f"is that of row {first + 1} too; lookups give the first", product.sku, name)
    else:
        told = f"differs only in capitals from {earlier!r} in row {first + 1}; its files get another name"
        yield Problem(row + 1, "sku", told, product.sku, name, serious=False)


def _check_image(catalogue: Catalogue, image: Image, row: int, decode: bool) -> Iterator[Problem]:
    from packshot.imaging.files.sniff import picture_format

    for what, path in (("image", catalogue.path_of(image)), ("matte", catalogue.matte_of(image))):
        if path is None:
            continue
        try:
            if decode:
                from packshot.imaging.files import open_picture

                open_picture(path)
            else:
                with path.open("rb") as file:
                    picture_format(file.read(4096))
                size_of(path)
            continue
        except FileNotFoundError:
            reason = "there is no such file"
        except (PackshotError, OSError) as error:
            reason = str(error)
        yield Problem(row, what, reason, image.path if what == "image" else image.matte, catalogue.products.name)
