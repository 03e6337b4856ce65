"""The task `draw`: one picture from a network that generates, or a way from one to another, out with its marks."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packshot.provenance import policies
from packshot.provenance.animation import export_animation
from packshot.provenance.export import Exported, export
from packshot.provenance.step import Step
from packshot.serve.direct.desk import Desk
from packshot.serve.direct.editing import known_weights
from packshot.serve.direct.frames import Blobs

if TYPE_CHECKING:
    from packshot.imaging.picture import Picture
    from packshot.models.sampling import Sampler

BYTES = 256 << 20  # weights, their activations for a batch, a picture
FINE = 200  # places that a way is divided into
LEAST_PX = 96  # side that smaller pictures are enlarged to in an animation
KEPT: dict[str, Sampler] = {}  # by the digest of their weights; the two last used
MOST_KEPT = 2


@dataclass(frozen=True)
class End:
    """Where a way begins or ends: a picture of a seed, with the attributes it is asked for."""

    seed: int
    attributes: Mapping[str, str] = field(default_factory=dict)


def draw(desk: Desk, arguments: Mapping[str, Any], blobs: Blobs) -> tuple[dict[str, Any], Blobs]:
    """`{seed, attributes, weights, width, height, marks, seconds}` and the blob `picture`.

    arguments: those of the route `POST /v1/generate`.
    """
    started = time.perf_counter()
    desk.need(BYTES)
    asked = arguments
    sampler, asked = _granted(sampler_of(asked["checkpoint"]), asked)
    start = _end(sampler, asked)
    if asked.get("between"):
        pictures, told = _way(sampler, start, asked)
    else:
        (drawn,) = sampler.drawn([start.seed], start.attributes, asked["truncation"], asked["text"])
        pictures, told = [drawn.picture], dict(drawn.attributes)
    exported, data = _exported(desk, sampler, pictures, told, start, asked)
    done = {
        "seed": start.seed,
        "attributes": told,
        "weights": {sampler.name: sampler.digest},
        "marks": exported.marks,
        "width": exported.shown.width,
        "height": exported.shown.height,
        "frames": len(pictures),
        "bytes": len(data),
        "sha256": exported.sha256,
        "seconds": round(time.perf_counter() - started, 4),
    }
    return done, {"picture": data}


def sampler_of(name: str) -> Sampler:
    """The network of these weights, ready to draw; the two last used stay in memory."""
    from packshot import checkpoint, models
    from packshot.models.sampling import Sampler

    known_weights(name)
    stored = checkpoint.read(models.find(name))
    found = KEPT.pop(stored.digest, None) or Sampler(stored)
    KEPT[stored.digest] = found
    while len(KEPT) > MOST_KEPT:
        KEPT.pop(next(iter(KEPT)))
    return found


def _granted(sampler: Sampler, asked: Mapping[str, Any]) -> tuple[Sampler, Mapping[str, Any]]:
    """What draws the words of `asked`, and `asked` as it is told them; the same where words are no prompt to it."""
    from packshot.models.wishing import granted, wish_of

    if not (sampler.open and asked["text"]):
        return sampler, asked
    got = granted(sampler, wish_of(sampler, asked["text"], asked["attributes"]))
    return got.sampler, {**asked, "attributes": got.wanted, "text": got.text}


def _end(sampler: Sampler, asked: Mapping[str, Any]) -> End:
    """A picture by its seed and number. Raises ParameterError for an attribute the network does not know."""
    from packshot.models.drawing import as_spelt
    from packshot.models.sampling import seed_of

    wanted = as_spelt(asked["attributes"], sampler.attributes)
    sampler.condition(wanted, 0)
    return End(seed_of(asked["seed"], asked["number"]), wanted)


def _way(sampler: Sampler, start: End, asked: Mapping[str, Any]) -> tuple[list[Picture], dict[str, str]]:
    """One place of the way to another picture, or so many steps of it, there and back."""
    import torch

    from packshot.models.sampling import between

    way = asked["between"]
    end = _end(sampler, way)
    steps = way["steps"]
    count = steps or FINE + 1
    z = between(sampler.noise(start.seed), sampler.noise(end.seed), count, spherical=not way["straight"])
    first, last = (sampler.condition(each.attributes, each.seed) for each in (start, end))
    t = torch.linspace(0, 1, count)[:, None]
    condition = None if first is None or last is None else torch.lerp(first, last, t)
    if not steps:
        place = slice(round(way["at"] * FINE), round(way["at"] * FINE) + 1)
        z, condition = z[place], None if condition is None else condition[place]
    pictures = list(sampler.draw(z, condition, asked["truncation"], asked["text"]))
    told = {"between": f"{start.seed} and {end.seed}"} | ({} if steps else {"at": f"{way['at']:g}"})
    return [*pictures, *pictures[-2:0:-1]] if steps else pictures, told


def _exported(
    desk: Desk, sampler: Sampler, pictures: list[Picture], told: Mapping[str, str], start: End, asked: Mapping[str, Any]
) -> tuple[Exported, bytes]:
    from packshot.imaging.sheets import enlarged

    how = {"truncation": asked["truncation"], **({"text": asked["text"]} if asked["text"] else {})}
    parameters = {"weights": sampler.name, **start.attributes, **told, **how}
    source, weights = "trainedAlgorithmicMedia", {sampler.name: sampler.digest}
    history = (Step("generate", parameters, start.seed, digital_source_type=source, weights=weights),)
    policy = policies.find(asked.get("policy") or "default")
    with desk.scratch() as folder:
        path = Path(folder) / ("picture.gif" if len(pictures) > 1 else "picture.png")
        if len(pictures) > 1:
            frames = [enlarged(picture, max(1, LEAST_PX // min(picture.size))) for picture in pictures]
            return export_animation(frames, path, history, policy, signing=desk.signing()), path.read_bytes()
        return export(pictures[0], path, history, policy, signing=desk.signing()), path.read_bytes()
