"""A whole catalogue through a pipeline, with its report: what `packshot run`, `packshot demo` and Python call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path, PurePosixPath
from typing import Any

from packshot.catalogue.catalogue import PRODUCTS, Catalogue
from packshot.catalogue.ingest import ingest
from packshot.catalogue.problems import Problem
from packshot.errors import CatalogueError, FileError, ParameterError, RecipeError
from packshot.pipeline import recipe as recipes
from packshot.pipeline import reporting
from packshot.pipeline.recipe import Recipe
from packshot.pipeline.record import Record
from packshot.pipeline.run import Item, Progress, named_pictures, run
from packshot.provenance import policies
from packshot.provenance.credentials import Signing, credential
from packshot.provenance.policies import Policy

NOTED = 1000  # products without pictures that are named one by one
URL_ONLY = "is a URL, and packshot fetches nothing from the web: download the picture and name its file"


@dataclass(frozen=True)
class Outcome:
    """How a run ended. problems: rows of the catalogue that could not be read; report: its page, if one was made."""

    progress: Progress
    out: Path
    report: Path | None
    problems: tuple[Problem, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 all well, 1 some pictures or rows failed."""
        return 1 if self.progress.failed or any(problem.serious for problem in self.problems) else 0


def open_catalogue(source: str | Path, into: str | Path | None = None) -> Catalogue:
    """A catalogue folder as it is; any other source (folder of photos, zip, CSV, feed, …) is read into `into` first.

    Raises CatalogueError if it cannot be opened at all, ParameterError if `into` is needed and missing.
    """
    return opened(source, None if into is None else Path(into))[0]


def opened(source: str | Path, into: Path | None) -> tuple[Catalogue, tuple[Problem, ...]]:
    """`open_catalogue`, and what was wrong with the source where it was read."""
    path = Path(source)
    if (path / PRODUCTS).is_file() or path.name == PRODUCTS:
        return Catalogue(path), ()
    if into is None:
        raise ParameterError(f"into: {source} is no catalogue folder yet; name a folder to read it into")
    done = ingest(source, into, pictures="refer", replace_existing=True)
    return done.open(), done.problems


def items(catalogue: Catalogue) -> Iterator[Item]:
    """Every photo of a catalogue, with the attributes of its product for `$names`."""
    for shot in catalogue.images():
        product = shot.product
        values = {**product.attributes_of(shot.image), "title": product.title, "category": product.category}
        yield Item(product.sku, shot.image.path, str(shot.path), shot.key, values)


def refused(catalogue: Catalogue, problems: tuple[Problem, ...]) -> Iterator[Item]:
    """Pictures that are not opened but recorded with the reason: URLs, and what ingest refused."""
    for product in catalogue:
        for number, image in enumerate(product.images, start=1):
            if not image.path:
                yield Item(product.sku, image.url, "", f"{product.sku}~{number}", refused=URL_ONLY)
    for problem in problems:
        if problem.serious and problem.field == "image" and problem.value:
            stem = str(PurePosixPath(problem.value).with_suffix(""))
            yield Item(problem.sku or stem, problem.value, "", stem, refused=problem.reason)


def without_pictures(catalogue: Catalogue) -> Iterator[Problem]:
    """Products for which there is nothing to do, each as a note."""
    for product in catalogue:
        if not product.images:
            yield Problem(product.row, "image", f"product {product.sku} has no picture", sku=product.sku, serious=False)


def run_catalogue(
    pipeline: str | Path | Recipe,
    source: str | Path,
    out: str | Path,
    *,
    workers: int | None = None,
    limit: int | None = None,
    overrides: dict[str, Any] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    report: bool = True,
    policy: str | Policy | None = None,
    signing: Signing | None = None,
) -> Outcome:
    """Run a pipeline over a catalogue (or a folder, zip, CSV, feed) into `out`; resumes what is there.

    workers: processes. limit: first so many photos only. overrides: as `recipe.load`.
    on_progress: called after every result. report: write `report.html` and `report.json`.
    policy: in place of the pipeline's own. signing: whose signature; by default that of an own, untrusted authority.
    Raises RecipeError, CatalogueError or FileError if it could not run at all; single pictures never raise.
    """
    recipe = pipeline if isinstance(pipeline, Recipe) else recipes.load(pipeline, overrides)
    if policy is not None:
        recipe = replace(recipe, policy=policies.find(policy))
    if signing is not None:
        recipe = replace(recipe, signing=signing)
    credential(recipe.signing)  # a certificate that cannot sign stops the run before its first picture
    folder = Path(out)
    check_apart(Path(source), folder)
    catalogue, problems = opened(source, folder / "catalogue")
    total = sum(bool(image.path) for product in catalogue for image in product.images)
    others = sum(1 for _ in refused(catalogue, problems))
    if not total and not others:
        raise CatalogueError(f"{source}: {len(catalogue)} products and no picture; expected an image column or files")
    _check_names(recipe, catalogue)
    total += others
    problems = (*problems, *islice(without_pictures(catalogue), NOTED))
    photos = islice(chain(items(catalogue), refused(catalogue, problems)), limit)
    last = Progress(0, 0, 0, 0, None, 0.0)
    for last in run(recipe, photos, folder, total=min(total, limit or total), workers=workers):
        if on_progress is not None:
            on_progress(last)
    if not report:
        return Outcome(last, folder, None, problems)
    current = _current(recipe, catalogue, problems)
    return Outcome(last, folder, reporting.write(folder, recipe, catalogue, last, str(source), current), problems)


def _check_names(recipe: Recipe, catalogue: Catalogue) -> None:
    """Raise RecipeError for a `$name` that not one product has; where only some lack it, only these fail."""
    missing = set(recipe.wanted)
    for item in items(catalogue):
        if not missing:
            return
        missing -= item.values.keys()
    missing -= {"sku"}
    if missing:
        name = min(missing)
        raise RecipeError(f"{recipe.name}: ${name} is an attribute of no product; add a column {name}")


def _current(recipe: Recipe, catalogue: Catalogue, problems: tuple[Problem, ...]) -> Callable[[Record], bool]:
    """Whether a record belongs to this pipeline with these settings and to a photo that the catalogue still has."""
    digest = recipe.digest(named_pictures(recipe))
    variants = {variant for variant, _ in recipe.variants()}
    others = {(item.sku, item.image) for item in refused(catalogue, problems)}

    def current(record: Record) -> bool:
        if record.settings != digest or record.variant not in variants:
            return False
        product = catalogue.get(record.sku)
        held = product is not None and any(image.path == record.image for image in product.images)
        return held or (record.sku, record.image) in others

    return current


def check_apart(source: Path, out: Path) -> None:
    """Results inside the folder of photos would be taken for photos the next time. Raises FileError."""
    if source.is_dir() and not (source / PRODUCTS).is_file() and out.resolve().is_relative_to(source.resolve()):
        raise FileError(f"output folder {out}: lies inside {source}, so its results would be taken for photos; move it")
