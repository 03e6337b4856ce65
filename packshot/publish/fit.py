"""`packshot fit`: every master of a catalogue into every channel; `packshot listing` is the same after a pipeline.

Resumable, recorded and bounded in memory as pipeline runs are (`pipeline.run.carry_out`): one record for every picture
and channel in `edits.jsonl`. A file is written under `held/` first, put to the channel's own check, and moved to the
channel's folder if it breaks no rule the platform rejects for; what stays in `held/` has its reason in the record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Any

from packshot.catalogue.catalogue import Catalogue, Shot, write_catalogue
from packshot.catalogue.names import PICTURE_SUFFIXES
from packshot.catalogue.problems import Problem
from packshot.catalogue.product import Image, Product
from packshot.errors import CatalogueError, ParameterError, UnsafePath
from packshot.pipeline import recipe as recipes
from packshot.pipeline import reporting
from packshot.pipeline.catalogues import NOTED, Outcome, check_apart, opened, refused
from packshot.pipeline.recipe import Recipe
from packshot.pipeline.record import Key, Record
from packshot.pipeline.run import Item, Progress, carry_out, named_pictures
from packshot.provenance import policies
from packshot.provenance.credentials import Signing, credential
from packshot.provenance.policies import Policy
from packshot.publish import assets, channels, filenames, fitting, identifiers
from packshot.publish.alt import of_catalogue
from packshot.publish.channel import Channel
from packshot.publish.fit_photo import Fitting, FitWork
from packshot.publish.identifiers import Shared
from packshot.publish.leftovers import Wanted, put_aside

FORM = 2  # raised when the same settings begin to give other pictures or verdicts


@dataclass(frozen=True)
class Published(Outcome):
    """How a fit or a listing ended.

    tallies: channel → how many pictures are ready, to look at, held back, failed. identifiers: ASINs and GTINs that
    are wrong or belong to several products. left_over: pictures of earlier runs put aside, the catalogue no longer
    asks for them.
    """

    tallies: Mapping[str, assets.Tally] = field(default_factory=dict)
    identifiers: tuple[Problem, ...] = ()
    left_over: int = 0


def fit(
    source: str | Path,
    wanted: Sequence[str | Channel],
    out: str | Path,
    *,
    pipeline: str | Path | Recipe | None = None,
    overrides: Mapping[str, Any] | None = None,
    channel_file: str | Path | None = None,
    max_upscale: float = 2.0,
    workers: int | None = None,
    limit: int | None = None,
    alt: str | Path | None = None,
    policy: str | Policy | Mapping[str, Any] | None = None,
    signing: Signing | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    report: bool = True,
) -> Published:
    """Every picture of a catalogue (or folder, zip, CSV, feed, single photo) into every channel; resumes what is there.

    wanted: ids of channels, or channels. pipeline: its steps run on every photo first, without its frame (`listing`).
    channel_file: rows of one's own over the channels. max_upscale: pixels are enlarged no further. alt: file of
    alternative texts. limit: first so many photos only. The rest as `run_catalogue`.
    Raises ChannelError, RecipeError, CatalogueError, ParameterError or FileError if it could not run at all.
    """
    recipe = _recipe(pipeline, overrides, policy, signing)
    slots = _slots(wanted, channel_file)
    if max_upscale < 1:
        raise ParameterError(f"max_upscale: expected at least 1, got {max_upscale}")
    folder = Path(out)
    check_apart(Path(source), folder)
    alone = _catalogue(Path(source), folder / "catalogue")
    catalogue, problems = alone or opened(source, folder / "catalogue")
    doubles = identifiers.shared(catalogue)
    texts = of_catalogue(catalogue, alt)
    work = FitWork(slots, recipe, max_upscale, {name: _digest(c, recipe, max_upscale) for name, c in slots.items()})

    lost = [_lost(item, slots) for item in refused(catalogue, problems)]

    def photos() -> Iterator[Fitting]:
        return islice(chain(_fittings(catalogue, slots, doubles), lost), limit)

    total = sum(len(item.places) for item in photos())
    if not total:
        raise CatalogueError(f"{source}: no picture in it that goes into {', '.join(slots)}")
    last = Progress(0, 0, 0, 0, None, 0.0)
    for last in carry_out(work, photos(), folder, total=total, workers=workers):
        if on_progress is not None:
            on_progress(last)
    wanted_now = Wanted(_keys(chain(_fittings(catalogue, slots, doubles), lost), catalogue), catalogue.pictures, slots)

    def current(record: Record) -> bool:
        return work.digests.get(record.variant) == record.settings and record in wanted_now

    try:
        left_over = 0 if alone else put_aside(folder, wanted_now)  # single photos may go to one folder one by one
        assets.write_sidecars(folder, catalogue, slots, texts, current)
        name = recipe.name + ": " + ", ".join(slots)
        page = reporting.write(folder, recipe, catalogue, last, str(source), current, name) if report else None
        tallies = assets.tallies(folder, slots, current)
    finally:
        wanted_now.close()
    doubts = tuple(islice(identifiers.problems(catalogue, doubles), NOTED))
    return Published(last, folder, page, problems, tallies, doubts, left_over)


def _keys(fittings: Iterable[Fitting], catalogue: Catalogue) -> Iterator[Key]:
    """What the catalogue asks for, and every photo it has (without a channel)."""
    for item in fittings:
        yield from ((item.sku, item.image, channel) for channel in item.places)
    for shot in catalogue.images():
        yield shot.product.sku, shot.image.path, ""


def listing(
    source: str | Path,
    wanted: Sequence[str | Channel],
    out: str | Path,
    *,
    pipeline: str | Path | Recipe = "packshot-white",
    **options: Any,
) -> Published:
    """The main job: every photo cut out and set on its ground, fitted into every channel, checked, with a report.

    The pipeline says how a photo becomes a master; frame, ground and shadow are the channel's. Options: see `fit`.
    """
    return fit(source, wanted, out, pipeline=pipeline, **options)


def _recipe(
    pipeline: str | Path | Recipe | None,
    overrides: Mapping[str, Any] | None,
    policy: str | Policy | Mapping[str, Any] | None,
    signing: Signing | None,
) -> Recipe:
    if pipeline is None:
        recipe = Recipe("fit", ())
    else:
        recipe = pipeline if isinstance(pipeline, Recipe) else recipes.load(pipeline, overrides)
    if recipe.each:
        raise ParameterError(f"{recipe.name}: makes several results of a photo; run it first, then fit its results")
    if policy is not None:
        recipe = replace(recipe, policy=policies.find(policy))
    if signing is not None:
        recipe = replace(recipe, signing=signing)
    credential(recipe.signing)  # a certificate that cannot sign stops the run before its first picture
    return recipe


def _slots(wanted: Sequence[str | Channel], own: str | Path | None) -> dict[str, Channel]:
    """Id → channel, in the order asked for. Raises ChannelError, ParameterError."""
    if not wanted:
        raise ParameterError("channel: expected at least one, such as --channel amazon_main")
    found = [name if isinstance(name, Channel) else channels.find(name, own) for name in wanted]
    for channel in found:
        fitting.encoding_of(channel)
    return {channel.id: channel for channel in found}


def _catalogue(photo: Path, into: Path) -> tuple[Catalogue, tuple[Problem, ...]] | None:
    """A single photo as a catalogue of one product; None if the source is anything else."""
    if not photo.is_file() or photo.suffix.lower() not in PICTURE_SUFFIXES:
        return None
    product = Product(sku=photo.stem, images=(Image(path=photo.name),))
    return write_catalogue(into, [product], {"pictures": str(photo.resolve().parent)}), ()


def _digest(channel: Channel, recipe: Recipe, max_upscale: float) -> str:
    """SHA-256 of everything that decides a channel's pictures."""
    named = {"pictures": named_pictures(recipe), "channel": channel.model_dump(mode="json")}
    return recipe.digest({**named, "max_upscale": max_upscale, "form": FORM})


def _fittings(catalogue: Catalogue, slots: Mapping[str, Channel], doubles: Shared) -> Iterator[Fitting]:
    """Every photo that some channel takes, product by product."""
    for _, group in groupby(catalogue.images(), key=lambda shot: shot.row):
        shots = list(group)
        places: dict[str, dict[str, filenames.Name]] = {shot.image.path: {} for shot in shots}
        refused = ""
        try:
            for channel, path, name in _named(shots[0], slots, doubles):
                places[path].setdefault(channel, name)
        except UnsafePath as error:
            refused = str(error)
            places = {shots[0].image.path: {name: filenames.Name(name) for name in slots}}
        for shot in shots:
            if places.get(shot.image.path):
                yield _fitting(shot, places.pop(shot.image.path), refused)


def _named(shot: Shot, slots: Mapping[str, Channel], doubles: Shared) -> Iterator[tuple[str, str, filenames.Name]]:
    """`(channel, path of the picture, name of its file)` for one product."""
    for channel in slots.values():
        ext = fitting.suffix_of(channel)
        for slot in filenames.slots(channel, shot.product):
            yield channel.id, slot.image.path, filenames.file_name(channel, shot.product, slot, ext, doubles)


def _fitting(shot: Shot, places: Mapping[str, filenames.Name], why: str) -> Fitting:
    product = shot.product
    return Fitting(
        sku=product.sku,
        image=shot.image.path,
        source=str(shot.path),
        name=shot.key,
        values={**product.attributes_of(shot.image), "title": product.title, "category": product.category},
        refused=why,
        places=places,
        own_ground=filenames.keeps_ground(shot.image),
    )


def _lost(item: Item, slots: Mapping[str, Channel]) -> Fitting:
    """A picture that is not opened, recorded once with its reason."""
    channel = next(iter(slots))
    places = {channel: filenames.Name(f"{channel}/{item.name}")}
    return Fitting(item.sku, item.image, item.source, item.name, item.values, item.refused, places)
