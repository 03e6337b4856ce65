"""What a feed lists: every product with the public addresses of its pictures.

The pictures are those that `fit` made (looked up in its records by channel), or the catalogue's own where no folder
of fitted pictures is named. packshot uploads nothing: `base_url` is where the seller puts the files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from string import Formatter
from typing import IO
from urllib.parse import quote, urlsplit

from packshot.catalogue.catalogue import Catalogue
from packshot.catalogue.feeds import handle_of
from packshot.catalogue.names import is_url
from packshot.catalogue.problems import ProblemLog
from packshot.catalogue.product import Image, Product
from packshot.errors import FileError, ParameterError
from packshot.pipeline.record import Index, Record
from packshot.pipeline.run import RECORDS
from packshot.publish.alt import LANGUAGES, AltTexts
from packshot.publish.filenames import HELD
from packshot.publish.identifiers import Shared, gtins_of, named, shared

SAFE = "/:?&=#@!$'()*+~%[]"  # kept in an address that came from outside; commas, bars and semicolons divide lists


@dataclass(frozen=True)
class Options:
    """What the seller says once for a whole feed.

    language: of titles, descriptions and alternative texts, where the catalogue has them in it.
    defaults: feed field → value where a product has none (`availability`, `condition`, `brand`, …).
    rights: of the pictures, for structured data: `license`, `acquireLicensePage`, `creditText`, `copyrightNotice`,
    `creator`. title: of the feed; site: address of the shop.
    """

    language: str = "en"
    defaults: Mapping[str, str] = field(default_factory=dict)
    rights: Mapping[str, str] = field(default_factory=dict)
    title: str = "Products"
    site: str = ""

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise ParameterError(f"language: expected one of {', '.join(LANGUAGES)}, got {self.language!r}")


@dataclass(frozen=True)
class Shown:
    """One picture of an offer: its address, its texts by language, and how it was made, if fit made it."""

    url: str
    image: Image
    channel: str = ""
    alt: Mapping[str, str] = field(default_factory=dict)
    record: Record | None = None


@dataclass(frozen=True)
class Offer:
    """A product as a feed lists it. link: the address of its page, "" if not known. row: in the catalogue, from 1.

    shared: GTINs of this product that others state as well, in words. lacking: why it has no picture.
    """

    product: Product
    pictures: tuple[Shown, ...]
    link: str
    row: int
    shared: tuple[str, ...] = ()
    lacking: str = ""

    def title(self, language: str) -> str:
        """The title in a language, or the main one."""
        return self.product.titles.get(language) or self.product.title or self.product.name

    def description(self, language: str) -> str:
        """The description in a language, or the main one."""
        return self.product.descriptions.get(language) or self.product.description

    def first(self, *channels: str) -> Shown | None:
        """The first picture made for one of these channels; of a catalogue's own pictures, the first."""
        return next((p for p in self.pictures if p.channel in ("", *channels)), None)

    @property
    def flagged(self) -> int:
        """How many of the pictures have a record that asks a person to look first."""
        return sum(p.record is not None and p.record.status == "flagged" for p in self.pictures)


@dataclass(frozen=True)
class Written:
    """What was written. problems: what the platform will miss or refuse, with the row of the catalogue."""

    paths: tuple[Path, ...]
    products: int
    pictures: int
    problems: ProblemLog


class Offers:
    """The offers of a catalogue, read anew with every iteration. flagged: pictures of the last one that ask for a look.

    base_url: what the folder of the pictures is called on the web. fitted: the output folder of `fit` or `listing`.
    channels: whose pictures to list, in this order; needed with `fitted`. link: address of a product's page, with
    `{sku}` and `{handle}` in it; "" = the attribute `link` of the product.
    Raises ParameterError for an address that is none, FileError if `fitted` holds no records.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        base_url: str = "",
        fitted: str | Path | None = None,
        channels: tuple[str, ...] = (),
        link: str = "",
        alt: AltTexts | None = None,
    ) -> None:
        self.catalogue, self.channels, self.link = catalogue, channels, link
        self.base_url = base_url.rstrip("/")
        self.alt = alt or AltTexts()
        self.flagged = 0
        self.fitted = None if fitted is None else Path(fitted)
        if self.base_url and not _is_web(self.base_url):
            raise ParameterError(f"base_url: expected an http or https address, got {base_url!r}")
        _check_template(link)
        if self.fitted is not None and not (self.fitted / RECORDS).is_file():
            raise FileError(f"{self.fitted}: holds no {RECORDS}; name the output folder of `packshot fit` or `listing`")
        if self.fitted is not None and not self.base_url:
            raise ParameterError("base_url: expected where the fitted pictures will be on the web, got none")

    def __iter__(self) -> Iterator[Offer]:
        doubles, self.flagged = self.doubles, 0
        with _index(self.fitted) as index:
            for row, product in enumerate(self.catalogue.rows(), start=1):
                if isinstance(product, Product):
                    pictures = tuple(self._own(product) if index is None else self._made(product, index))
                    told = tuple(named(gtin, doubles[gtin]) for gtin in gtins_of(product) if gtin in doubles)
                    lacking = "" if pictures else self._lacking(product)
                    offer = Offer(product, pictures, self._page(product), row, told, lacking)
                    self.flagged += offer.flagged
                    yield offer

    @cached_property
    def doubles(self) -> Shared:
        """The GTINs that several products state."""
        return shared(self.catalogue, gtins_of)

    def _lacking(self, product: Product) -> str:
        if not product.images:
            return "the product has no picture"
        if self.fitted is None:
            return "none of the product's pictures has an address: name --base-url"
        return "no picture of the product is ready in the fitted folder: held back, failed, or not made"

    def _own(self, product: Product) -> Iterator[Shown]:
        for number, image in enumerate(product.images, start=1):
            url = address(image.url) if image.url else ""
            if not url and self.base_url:
                url = f"{self.base_url}/{quote(image.path)}"
            if url:
                yield Shown(url, image, "", self.alt.of(product, image, number))

    def _made(self, product: Product, index: Index) -> Iterator[Shown]:
        for channel in self.channels:
            for number, image in enumerate(product.images, start=1):
                record = index.last((product.sku, image.path, channel))
                if record and record.output and not record.output.startswith(f"{HELD}/"):
                    url = f"{self.base_url}/{quote(record.output)}"
                    yield Shown(url, image, channel, self.alt.of(product, image, number), record)

    def _page(self, product: Product) -> str:
        if self.link:
            return address(self.link.format(sku=quote(product.sku, safe=""), handle=quote(handle_of(product.sku))))
        stated = product.attributes.get("link", "")
        return address(stated) if is_url(stated) and _is_web(stated) else ""


@contextmanager
def _index(folder: Path | None) -> Iterator[Index | None]:
    if folder is None:
        yield None
        return
    index = Index(folder / RECORDS)
    try:
        yield index
    finally:
        index.close()


def _is_web(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.netloc) and not any(c.isspace() for c in url)


def _check_template(link: str) -> None:
    try:
        unknown = [name for _, name, _, _ in Formatter().parse(link) if name not in (None, "sku", "handle")]
    except ValueError as error:
        raise ParameterError(f"link: {error} in {link!r}") from None
    if unknown:
        raise ParameterError(f"link: expected {{sku}} or {{handle}} in it, got {{{unknown[0]}}}")
    if link and not _is_web(link.replace("{", "").replace("}", "")):
        raise ParameterError(f"link: expected an http or https address, got {link!r}")


def address(url: str) -> str:
    """An address as feeds want it: ASCII, and nothing in it that divides lists (RFC 3986; a comma is `%2C`).

    >>> address("https://shop.example/蓝 mug,1.jpg")
    'https://shop.example/%E8%93%9D%20mug%2C1.jpg'
    """
    return quote(url, safe=SAFE)


@contextmanager
def whole(path: Path, *, newline: str = "") -> Iterator[IO[str]]:
    """A text file that appears under its name only when all of it is written. Raises FileError."""
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8", newline=newline) as file:
            yield file
        part.replace(path)
    except OSError as error:
        raise FileError(f"{path}: cannot be written ({error.strerror or error})") from None
    finally:
        part.unlink(missing_ok=True)


def fill(fields: dict[str, str], options: Options, known: tuple[str, ...]) -> dict[str, str]:
    """The fields with the seller's defaults where they are empty."""
    return fields | {k: v for k, v in options.defaults.items() if k in known and not fields.get(k)}
