"""From a preset of segmentation and what there is to learn from, to an objective and its stream."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel

from packshot import networks
from packshot.catalogue.composing.gathering import stock_of
from packshot.catalogue.composing.labelled import Labelled
from packshot.catalogue.composing.picture import Composer
from packshot.catalogue.composing.streams import Composed
from packshot.training.material import pictures_of
from packshot.training.objectives.segment import Segment, SegmentSettings
from packshot.training.preset import Preset


class Segmenting(NamedTuple):
    """attributes: `class` → names of the classes, in the order of the logits; empty for opacity."""

    objective: Segment
    stream: Composed | Labelled
    attributes: dict[str, tuple[str, ...]]
    licences: tuple[str, ...]
    pictures: int


def segmenting(preset: Preset, place: str | Path, settings: BaseModel, seed: int) -> Segmenting:
    """Opacity: pictures composed from a stock, or from what `gathering.stock_of` makes of a place. Layout: pictures of
    a pack, shards or a catalogue, whose layer `layout` has named classes.

    Raises ParameterError or CatalogueError where there is no such thing.
    """
    assert isinstance(settings, SegmentSettings)
    if settings.truth == "opacity":
        stock = stock_of(place)
        stream: Composed | Labelled = Composed(Composer(stock, preset.size, seed), settings.small_images)
        attributes, licences = {}, stock.licences
    else:
        stream = Labelled(pictures_of(place, preset.size, 3, ("photo", "layout")), preset.size, seed)
        attributes, licences = {"class": stream.names}, stream.licences
    classes = {"classes": len(stream.names)} if isinstance(stream, Labelled) else {}
    name, entries = preset.networks["segmenter"]
    network = networks.build(name, {**classes, **entries})
    return Segmenting(Segment(network, settings, stream), stream, attributes, licences, stream.total)
