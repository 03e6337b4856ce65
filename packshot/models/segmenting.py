"""A segmentation network over a photo: where the product is, and its parts if the network tells them apart.

Own networks give logits `(n, classes, h, w)`, class 0 of several being background; other projects' files give
probabilities (`onnx_files.py`, `transformers_files.py`). A network sees the whole photo at the size it learned with;
where the product is small it is looked at once more from near, and the two answers are kept if they agree. Own networks
see every photo a second time in the mirror: the mean of both is better, and where they differ the network guesses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from packshot.errors import ModelError
from packshot.imaging.mattes import resized
from packshot.imaging.segmentation.trust import agreement

if TYPE_CHECKING:
    from packshot.models import Model

Plane = NDArray[Any]  # (h, w)

ROLE = "segmenter"  # in the cards of networks trained by this project
INPUT_PX = 320  # longest side that networks see which do not say
SMALL = 0.6  # of the photo's longest side: a smaller product is looked at again
AROUND = 0.15  # of the product's longest side, that is looked at around it
SAME = 0.7  # intersection over union from which both looks speak of one thing
SURE, REACH = 0.4, 0.02  # probability; of the longest side, about what is as sure, where less is kept
RAMP = 0.04  # of the near look's side, over which it takes over from the far one


@dataclass(frozen=True)
class Seen:
    """What a network sees. product: probability `(h, w)` in the photo's proportions, at the size looked at.

    parts: `(h, w)` index of the likeliest class, 0 = background; None where there is but one. names: of the classes.
    looks: how often the network was asked. steadiness: intersection over union of what it saw plain and mirrored; None
    where it was not asked.
    """

    product: Plane
    parts: Plane | None = None
    names: tuple[str, ...] = ()
    looks: int = 1
    steadiness: float | None = None


def seen(model: Model, rgb: Tensor, again: bool = True) -> Seen:
    """The product in `(1, 3, h, w)`. again: look once more from near where it is small.

    Raises ModelError if the network is none that segments pictures.
    """
    found = _looks(model, rgb)
    box = _box(found.product, (rgb.shape[2], rgb.shape[3])) if again else None
    if box is not None:
        x0, y0, x1, y1 = box
        near = _looks(model, rgb[:, :, y0:y1, x0:x1])
        found = _joined(found, near, box, (rgb.shape[2], rgb.shape[3]))
    return found if found.steadiness is None else replace(found, product=_without_ghosts(found.product))


def is_segmenter(model: Model) -> bool:
    """Whether a model says of each pixel what it belongs to."""
    return model.card.get("purpose") == "segment" or "classes" in model.config


def _looks(model: Model, rgb: Tensor) -> Seen:
    """One look, or the mean of two."""
    if not is_segmenter(model):
        raise ModelError(f"{model.name}: not a network that segments pictures; name other weights with model")
    plain = _look(model, rgb)
    if model.card.get("role") != ROLE or plain.parts is not None:
        return plain
    other = _look(model, rgb.flip(3)).product[:, ::-1]
    both = (plain.product + other) / 2
    return replace(plain, product=both, looks=2, steadiness=agreement(plain.product, other))


def _look(model: Model, rgb: Tensor) -> Seen:
    h, w = rgb.shape[2:]
    side = int(model.card.get("input_px", INPUT_PX))
    step = max(h, w) / side
    proportional = max(1, round(h / step)), max(1, round(w / step))
    size = (side, side) if model.card.get("square") else proportional
    small = np.stack([resized(p, size) for p in rgb[0].detach().cpu().to(torch.float32).numpy()])
    classes = _probabilities(model.run(torch.from_numpy(small)[None]).float(), model.card)
    product = classes[0] if len(classes) == 1 else 1 - classes[_ground(model.card)]
    names = tuple(str(n) for n in model.card.get("classes", ()))
    parts = None
    if len(classes) > 1:
        layout = np.stack([resized(c, proportional) for c in classes]).argmax(0)
        parts = _background_first(layout, _ground(model.card))
        names = _names_first(names, _ground(model.card))
    return Seen(np.clip(resized(product, proportional), 0, 1), parts, names)


def _without_ghosts(product: Plane) -> Plane:
    """The map without faint patches that lie away from everything the network is sure of."""
    sure = (product > SURE).astype(np.uint8)
    if not sure.any():
        return product
    reach = 2 * max(3, round(REACH * max(product.shape))) + 1
    return np.asarray(np.where(cv2.dilate(sure, np.ones((reach, reach), np.uint8)) > 0, product, np.float32(0)))


def _probabilities(found: Tensor, card: Mapping[str, Any]) -> NDArray[np.float32]:
    """`(classes, h, w)` in `[0, 1]` of what a network gave."""
    if found.ndim != 4 or not bool(torch.isfinite(found).all()):
        raise ModelError(f"expected finite values (1, classes, h, w) of a segmentation network, got {found.shape}")
    if card.get("gives") == "probability":
        return np.asarray(found[0].clamp(0, 1).numpy())
    return np.asarray((found.sigmoid() if found.shape[1] == 1 else found.softmax(1))[0].numpy())


def _ground(card: Mapping[str, Any]) -> int:
    """Index of the class that is background."""
    return int(card.get("background", 0))


def _background_first(layout: Plane, ground: int) -> Plane:
    """The layout with its background as 0 and the classes before it moved up."""
    moved = np.where(layout < ground, layout + 1, layout)
    return np.asarray(np.where(layout == ground, 0, moved), dtype=np.int32)


def _names_first(names: tuple[str, ...], ground: int) -> tuple[str, ...]:
    return (names[ground], *names[:ground], *names[ground + 1 :]) if ground < len(names) else names


def _box(product: Plane, size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """Where to look again, px of the photo; None if the product fills it, is lost, or the photo has no more to show."""
    inside = (product > 0.5).astype(np.uint8)
    if not inside.any() or max(size) <= max(product.shape):
        return None
    step_y, step_x = (a / b for a, b in zip(size, product.shape, strict=True))
    x, y, w, h = cv2.boundingRect(inside)
    around = AROUND * max(w * step_x, h * step_y)
    x0, y0 = max(0, round(x * step_x - around)), max(0, round(y * step_y - around))
    x1, y1 = min(size[1], round((x + w) * step_x + around)), min(size[0], round((y + h) * step_y + around))
    return (x0, y0, x1, y1) if max(x1 - x0, y1 - y0) < SMALL * max(size) else None


def _joined(far: Seen, near: Seen, box: tuple[int, int, int, int], size: tuple[int, int]) -> Seen:
    """The far look at the near one's scale, the near one laid into it with a soft rim."""
    x0, y0, x1, y1 = box
    scale = max(near.product.shape) / max(x1 - x0, y1 - y0)
    large = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    ramp = _ramp(near.product.shape, [y0 == 0, x0 == 0, y1 == size[0], x1 == size[1]])
    product, here, weight = resized(far.product, large), *(_laid(p, box, size, large) for p in (near.product, ramp))
    inside = weight > 0
    both, either = ((f(product > 0.5, here > 0.5) & inside).sum() for f in (np.logical_and, np.logical_or))
    if both < SAME * either:
        return far
    parts = None
    if far.parts is not None and near.parts is not None:
        coarse = cv2.resize(far.parts.astype(np.float32), large[::-1], interpolation=cv2.INTER_NEAREST)
        fine = _laid(near.parts.astype(np.float32), box, size, large, cv2.INTER_NEAREST)
        parts = np.where(weight > 0.5, fine, coarse).astype(np.int32)
    steadiness = None if far.steadiness is None else min(far.steadiness, near.steadiness or 0.0)
    return Seen(product + weight * (here - product), parts, far.names, far.looks + near.looks, steadiness)


def _laid(
    plane: Plane,
    box: tuple[int, int, int, int],
    size: tuple[int, int],
    large: tuple[int, int],
    how: int = cv2.INTER_LINEAR,
) -> Plane:
    """A map of a box of the photo, in a map of the whole photo; 0 elsewhere."""
    x0, y0, x1, y1 = box
    sx, sy = large[1] / size[1], large[0] / size[0]
    gx, gy = (x1 - x0) / plane.shape[1] * sx, (y1 - y0) / plane.shape[0] * sy
    moved = np.array([[gx, 0, x0 * sx + (gx - 1) / 2], [0, gy, y0 * sy + (gy - 1) / 2]])  # of pixel centres
    return np.asarray(
        cv2.warpAffine(plane.astype(np.float32), moved, large[::-1], flags=how, borderMode=cv2.BORDER_CONSTANT)
    )


def _ramp(size: tuple[int, ...], open_sides: list[bool]) -> Plane:
    """1 inside, 0 at the rim but where the rim is the photo's own (top, left, bottom, right)."""
    ramps = []
    for axis, n in enumerate(size):
        place = (np.arange(n) + 0.5) / max(1.0, RAMP * max(size))
        ahead = np.ones(n) if open_sides[axis] else np.minimum(place, 1)
        behind = np.ones(n) if open_sides[axis + 2] else np.minimum(place[::-1], 1)
        ramps.append(np.minimum(ahead, behind).astype(np.float32))
    return np.minimum(ramps[0][:, None], ramps[1][None, :])
