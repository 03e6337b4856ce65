"""Image sitemaps: the pages of the shop with the pictures on them (sitemaps.org 0.9; Google, "Image sitemaps").

At most 1,000 pictures a page and 50,000 pages a file; more pages make several files and an index of them. Only the
address of a picture is stated: caption, title and licence tags are no longer read.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO

from packshot.catalogue.problems import Problem, ProblemLog
from packshot.errors import ParameterError
from packshot.publish.feeds.google import text
from packshot.publish.feeds.noting import cut_pictures, pictureless
from packshot.publish.feeds.offers import Offer, Offers, Options, Written, whole

CHANNELS = ("shopify_product", "gmc_image_link")
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
IMAGE = "http://www.google.com/schemas/sitemap-image/1.1"
MOST_PICTURES = 1000
MOST_PAGES = 50_000
HEAD = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{SITEMAP}" xmlns:image="{IMAGE}">\n'


def write(offers: Offers, target: Path, options: Options) -> Written:
    """Write the sitemap, or an index under its name and the parts beside it, which need `options.site`.

    Raises ParameterError if it takes several files and the address of the shop is not known; FileError.
    """
    log, count = ProblemLog(), [0, 0]
    pages = _pages(offers, log)
    parts: list[Path] = []
    while batch := list(islice(pages, MOST_PAGES)):
        parts.append(target.with_name(f"{target.stem}-{len(parts) + 1}{target.suffix}"))
        with whole(parts[-1], newline="\n") as file:
            _write_part(file, batch, count)
    if len(parts) > 1:
        _write_index(target, parts, options)
        return Written((target, *parts), count[0], count[1], log)
    if parts:
        parts[0].replace(target)
    else:
        with whole(target, newline="\n") as file:
            _write_part(file, [], count)
    return Written((target,), count[0], count[1], log)


def _pages(offers: Offers, log: ProblemLog) -> Iterator[tuple[str, list[str]]]:
    for offer in offers:
        found = _page(offer, log)
        if found:
            yield found


def _page(offer: Offer, log: ProblemLog) -> tuple[str, list[str]] | None:
    if not offer.link:
        told = "the address of the product's page is not known; name it with a link or an attribute of that name"
        log.add(Problem(offer.row, "link", told, offer.product.sku))
        return None
    pictureless(offer, log, ", so its page is left out")
    urls = list(dict.fromkeys(p.url for p in offer.pictures))
    kept = cut_pictures(urls, MOST_PICTURES, "image", offer, log)
    return (offer.link, kept) if kept else None


def _write_part(file: IO[str], pages: list[tuple[str, list[str]]], count: list[int]) -> None:
    file.write(HEAD)
    for link, urls in pages:
        images = "".join(f"<image:image><image:loc>{text(url)}</image:loc></image:image>" for url in urls)
        file.write(f"<url><loc>{text(link)}</loc>{images}</url>\n")
        count[0] += 1
        count[1] += len(urls)
    file.write("</urlset>\n")


def _write_index(target: Path, parts: list[Path], options: Options) -> None:
    if not options.site:
        raise ParameterError(f"site: {len(parts)} sitemap files need the address they will have, got none")
    with whole(target, newline="\n") as file:
        file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="{SITEMAP}">\n')
        for part in parts:
            file.write(f"<sitemap><loc>{text(options.site.rstrip('/'))}/{text(part.name)}</loc></sitemap>\n")
        file.write("</sitemapindex>\n")
