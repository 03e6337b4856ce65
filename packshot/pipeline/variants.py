"""Colour and material variants of products, each with the colour it was asked for and the colour it got.

Two ways: `recolour` moves reflectance under the photo's own light, which is physics; `learned` goes through a
generator (`operations.alter`), which may know how a material looks but draws it at its own size. Both are measured
alike: CIEDE2000 from the asked colour to the mean colour of the changed material's diffuse part, how far it moved, and
identity.
Resumable and recorded as every run over a catalogue; marks are on every file, on contact sheets too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

import yaml

from packshot.catalogue.catalogue import Catalogue
from packshot.errors import CatalogueError, ParameterError
from packshot.imaging.names import parse_colour
from packshot.imaging.picture import Picture
from packshot.operations.inverting import OWN
from packshot.pipeline import recipe as recipes
from packshot.pipeline import reporting
from packshot.pipeline.catalogues import Outcome, check_apart, items, opened, refused
from packshot.pipeline.recipe import Recipe
from packshot.pipeline.record import Record, read_records
from packshot.pipeline.run import RECORDS, Item, Progress, RecipeWork, carry_out, named_pictures
from packshot.pipeline.variant_sheets import write_sheets
from packshot.pipeline.work import Chain, Failure, Job, State, context, explain, written
from packshot.pipeline.work import opened as opened_photo

Method = Literal["recolour", "learned"]
Ground = Literal["keep", "cut"]
Rgb = tuple[float, float, float]
TABLE = "variants.json"
SHOWN = ("delta_e_asked", "delta_e_moved", "identity", "rebuilt_psnr", "changed_share", "got_L", "got_a", "got_b")
IDENTITY_PX = 192  # longest side at which identity is measured


@dataclass(frozen=True)
class Asked:
    """What variants are wanted. colours, materials: one of each with each; method, ground: how, and on what.

    ground: keep the photo's, or cut it off. model, judge: weights of the learned way; settings: further parameters of
    the operation. quality: of the JPEG files.
    """

    colours: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    method: Method = "recolour"
    ground: Ground = "keep"
    model: str = ""
    judge: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    quality: int = 92


def recipe_of(asked: Asked, policy: Mapping[str, str] | None = None) -> Recipe:
    """The pipeline behind it: cutout, then recolour or alter, one result for every colour and material.

    Raises ParameterError, RecipeError (more results than a picture may have, a parameter that is not there).
    """
    if not asked.colours and not asked.materials:
        raise ParameterError("variants: expected colours or materials, got neither")
    if asked.method == "recolour" and asked.materials:
        raise ParameterError(
            "materials: recolour changes colours alone; set method to learned, with a model that knows"
        )
    each: dict[str, list[str]] = {}
    if asked.colours:
        each["colour"] = list(asked.colours)
        for colour in asked.colours if asked.method == "recolour" else ():
            parse_colour(colour)
    if asked.materials:
        each["material"] = list(asked.materials)
    if asked.method == "recolour":
        step: dict[str, Any] = {"recolour": {"to": "$colour", **asked.settings}}
    else:
        weights = {k: v for k, v in (("model", asked.model or OWN), ("judge", asked.judge)) if v}
        step = {"alter": {**{name: f"${name}" for name in each}, "was": "$was", **weights, **asked.settings}}
    raw = {
        "name": "variants",
        "each": each,
        "steps": ["cutout", step],
        "output": {"format": "jpeg", "quality": asked.quality},
        "policy": dict(policy or {"name": "default"}),
    }
    return recipes.parse(yaml.safe_dump(raw, sort_keys=False, allow_unicode=True).encode(), "variants")


@dataclass(frozen=True)
class VariantWork(RecipeWork):
    """All variants of one photo, each measured."""

    ground: Ground

    def __call__(self, job: Job) -> list[Record]:
        photo = opened_photo(job)
        if isinstance(photo, Failure):
            return [photo.record(job, variant, self.digest) for variant in job.outputs]
        work = Chain(photo.picture, context(self.recipe, job, photo.picture), self.recipe)
        values, records = dict(self.recipe.variants()), []
        for variant, name in job.outputs.items():
            try:
                steps = [step.build({**job.values, **values[variant]}) for step in self.recipe.steps]
                state = work.after(steps)
                state = measured(state, work.states[1].picture, self._wanted(values[variant]))
                state = state if self.ground == "cut" else on_ground(state, work.states[1].picture, photo.picture)
                records.append(written(job, variant, name, state, photo, self.recipe, self.digest))
            except Exception as error:
                records.append(Failure(photo.info.sha256, explain(error)).record(job, variant, self.digest))
        return records

    def _wanted(self, values: Mapping[str, Any]) -> Rgb | None:
        return asked_colour(str(values.get("colour", "")), self.recipe)


def asked_colour(name: str, recipe: Recipe) -> Rgb | None:
    """sRGB of a colour that variants are asked for, as the way that makes them reads its name; None without one."""
    if not name:
        return None
    if recipe.steps[-1].operation == "recolour":
        return parse_colour(name)
    from packshot.models.inverting.asking import colour_of

    return colour_of(name)


def measured(state: State, before: Picture, wanted: Rgb | None) -> State:
    """The state with figures of its last step that both ways have: `identity`, and where a colour was asked for
    `delta_e_asked` (from it to what was got), `delta_e_moved`, `got_L`, `got_a`, `got_b`.

    before: the product as it was cut out; wanted: sRGB of the colour.
    """
    after = state.picture
    if after.size != before.size or before.matte is None:
        return state
    numbers = {"identity": _identity(before, after)}
    if wanted is not None:
        numbers |= _colours(before, after, wanted)
    step = state.steps[-1]
    return replace(state, steps=(*state.steps[:-1], replace(step, numbers={**step.numbers, **numbers})))


def on_ground(state: State, before: Picture, photo: Picture) -> State:
    """The state with the photo's own ground again: the photo, and on it only what changed of the product."""
    after = state.picture
    if after.size != photo.size or before.size != photo.size or after.matte is None:
        return state
    rgb = (photo.rgb + after.matte * (after.rgb - before.rgb)).clamp(0, 1)
    return replace(state, picture=after.replace(rgb=rgb, alpha=photo.alpha))


def run_variants(
    source: str | Path,
    out: str | Path,
    asked: Asked,
    *,
    skus: Sequence[str] = (),
    policy: Mapping[str, str] | None = None,
    workers: int | None = None,
    limit: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Outcome:
    """Variants of the products of a catalogue (folder, table, feed): those of `skus`, else all; resumes what is there.

    Writes pictures, records, `variants.json`, a contact sheet for every product in `sheets/`, and a report. Raises
    CatalogueError for a sku that is not there, and what `recipe_of` raises.
    """
    recipe, folder = recipe_of(asked, policy), Path(out)
    check_apart(Path(source), folder)
    catalogue, problems = opened(source, folder / "catalogue")
    _check_skus(catalogue, skus)
    facts = {"ground": asked.ground, **named_pictures(recipe)}
    work = VariantWork(recipe, recipe.digest(facts), asked.ground)
    photos = list(islice(_items(catalogue, problems, set(skus), asked), limit))
    last = Progress(0, 0, 0, 0, None, 0.0)
    total = len(photos) * len(list(recipe.variants()))
    for last in carry_out(work, photos, folder, total=total, workers=workers):
        if on_progress is not None:
            on_progress(last)

    def current(record: Record) -> bool:
        return record.settings == work.digest and record.variant in work.names(Item("", "", "", "x"), lambda _: True)

    rows = table(folder, recipe, current)
    sheets = write_sheets(folder, recipe, rows)
    for row in rows:
        row["sheet"] = sheets.get(row["sku"], "")
    text = json.dumps(rows, ensure_ascii=False, indent=1)
    (folder / TABLE).write_text(text + "\n", encoding="utf-8")
    report = reporting.write(folder, recipe, catalogue, last, str(source), current)
    return Outcome(last, folder, report, problems)


def table(out: Path, recipe: Recipe, current: Callable[[Record], bool]) -> list[dict[str, Any]]:
    """One row for every variant there is a record of: what was asked, what was got, the file."""
    values = dict(recipe.variants())
    newest = {record.key: record for record in read_records(out / RECORDS) if current(record)}
    rows = []
    for record in newest.values():
        numbers = dict(record.steps[-1].get("numbers", {})) if record.steps else {}
        kept = {k: v for k, v in numbers.items() if k in SHOWN or k.startswith(("leak_", "asked_"))}
        facts = {"sku": record.sku, "image": record.image, **values[record.variant], "status": record.status}
        facts["asked_rgb"] = asked_colour(str(values[record.variant].get("colour", "")), recipe)
        rows.append({**facts, "reason": record.reason, "file": record.output, "source": record.source, **kept})
    return rows


def _items(catalogue: Catalogue, problems: Any, skus: set[str], asked: Asked) -> Iterator[Item]:
    every = chain(items(catalogue), refused(catalogue, problems))
    wanted: Iterable[Item] = (item for item in every if not skus or item.sku in skus)
    known = _known(asked)
    for item in wanted:
        told = ", ".join(
            f"{name}={item.values[name]}" for name, values in known.items() if str(item.values.get(name)) in values
        )
        yield replace(item, values={**item.values, "was": told})


def _known(asked: Asked) -> Mapping[str, Sequence[str]]:
    """What the generator of the learned way can be told, so that it is told what the catalogue knows."""
    if asked.method != "learned":
        return {}
    from packshot import checkpoint
    from packshot.models.drawing import drawing_in

    found: Mapping[str, Sequence[str]] = checkpoint.read(drawing_in(asked.model or OWN)).card.get("attributes", {})
    return found


def _check_skus(catalogue: Catalogue, skus: Sequence[str]) -> None:
    for sku in skus:
        if catalogue.get(sku) is None:
            some = ", ".join(product.sku for product in islice(catalogue, 5))
            raise CatalogueError(f"sku {sku!r}: no such product in the catalogue; it begins with {some}")


def _identity(before: Picture, after: Picture) -> float:
    from packshot.imaging.geometry import bounding_box, resize_layer
    from packshot.models import features
    from packshot.models.inverting.measuring import identity_but_colour

    assert before.matte is not None
    x0, y0, x1, y1 = bounding_box(before.matte, 0.5) or (0, 0, before.width, before.height)
    factor = min(1.0, IDENTITY_PX / max(x1 - x0, y1 - y0))
    size = max(1, round((y1 - y0) * factor)), max(1, round((x1 - x0) * factor))
    a, b, where = (x[:, :, y0:y1, x0:x1] for x in (before.rgb, after.rgb, before.matte))
    a, b = (resize_layer(x, size, linear=True) for x in (a, b))
    return identity_but_colour(a, b, features.find("auto"), resize_layer(where, size))


def _colours(before: Picture, after: Picture, wanted: Rgb) -> dict[str, float]:
    from packshot.imaging.retouching.recolouring import delta_e, lab_of, mean_colours
    from packshot.imaging.retouching.selection import select

    assert before.matte is not None
    region = before.matte if before.alpha is None else (before.matte / before.alpha.clamp(min=1e-3)).clamp(0, 1)
    selection = select(before.rgb, region, None, 6.0, before.alpha)
    if selection is None:
        return {}
    old, new = mean_colours(before.rgb, after.rgb, selection.weight)
    figures = {"delta_e_asked": delta_e(new, lab_of(wanted)), "delta_e_moved": delta_e(old, new)}
    return {**figures, **{f"got_{axis}": value for axis, value in zip("Lab", new, strict=True)}}
