"""What a person says of a cut-out: a box around the product, points and strokes on product and ground.

Inside a stroke the answer is the person's, everywhere and to the last pixel (`obeyed`). Around it the word spreads by
the random walker with priors (Grady, CVPR 2005; `studio.walk`): the answer found before is the prior, strokes are
seeds, and links are weak across edges. Where a stroke contradicts the prior, the prior is let go in the region of the
stroke's own colours that is connected with it, unless that region is the surroundings of the whole picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from packshot.imaging.picture import Picture
from packshot.imaging.segmentation.backdrop import Field, length, ring_of
from packshot.imaging.segmentation.regions import Mask, per_pixel, widened
from packshot.imaging.segmentation.studio import walk

SEED, FLIPPED = 1e3, 0.03  # weights of a stroke, and of its word on the region of its colour
SURE, UNSURE, FREE = 0.2, 0.004, 1e-5  # weight of the prior where it is certain, where it is not, where it is let go
CONTRAST = 6.0  # Lab units between neighbours that part them
ALIKE = 9.0  # Lab units within which a colour is a stroke's own
SAMPLES = 48  # colours of a stroke that are looked at
SURROUNDINGS = 0.02  # of the border: a region that holds more is not made product by a word
AROUND = 0.06  # of the longest side: how far a stroke reaches where its region is the surroundings
POINT = 0.004  # radius of a point, of the longest side
VIVID, GREY, END = 0.25, 0.06, 0.12  # green or red; no colour; how near to white or black a stroke is
RIM_PX = 2  # around a region, where its colours mix with others
STEPS = 120  # of the solver: a word has to reach the end of a long part


@dataclass(frozen=True)
class Prompts:
    """Masks bool `(h, w)` of the picture's size; None = nothing was said. box: the product lies inside it."""

    product: Mask | None = None
    ground: Mask | None = None
    box: Mask | None = None

    def __bool__(self) -> bool:
        return any(x is not None for x in (self.product, self.ground, self.box))

    def strokes(self, size: tuple[int, int]) -> tuple[Mask, Mask]:
        """Product and ground at another size; a thin stroke stays, and where both fall on one pixel neither counts."""
        product, ground = (_shrunk(x, size) for x in (self.product, self.ground))
        return product & ~ground, ground & ~product

    def box_px(self) -> tuple[int, int, int, int] | None:
        """The box around all boxes, `(x0, y0, x1, y1)` px; None without one."""
        if self.box is None or not self.box.any():
            return None
        x, y, w, h = cv2.boundingRect(self.box.astype(np.uint8))
        return x, y, x + w, y + h


NOTHING_SAID = Prompts()


def pointed(
    size: tuple[int, int],
    boxes: Sequence[tuple[float, float, float, float]],
    points: Sequence[tuple[float, float, bool]],
    strokes: tuple[Mask, Mask] | None = None,
) -> Prompts:
    """What was said of a picture of `(h, w)`.

    boxes: left, top, right, bottom as shares. points: x, y as shares, and whether they lie on the product. strokes:
    masks of product and ground, bool `(h, w)`.
    """
    h, w = size
    box = np.zeros(size, bool) if boxes else None
    for left, top, right, bottom in boxes:
        assert box is not None
        box[int(top * h) : round(bottom * h + 0.49), int(left * w) : round(right * w + 0.49)] = True
    product, ground = strokes if strokes else (np.zeros(size, bool), np.zeros(size, bool))
    radius = max(1, round(POINT * max(size)))
    for x, y, on_product in points:
        drawn = np.zeros(size, np.uint8)
        cv2.circle(drawn, (min(w - 1, int(x * w)), min(h - 1, int(y * h))), radius, 1, -1)
        (product if on_product else ground)[drawn > 0] = True
    return Prompts(product if product.any() else None, ground if ground.any() else None, box)


def strokes_of(drawn: Picture) -> tuple[Mask, Mask]:
    """Strokes on the product (green, or white) and on the ground (red, or black) in a drawing.

    Transparent places say nothing, nor do other colours. White and black count where the drawing has alpha or no colour
    at all, as a trimap; between them lies what is not known.
    """
    rgb = drawn.rgb[0].numpy()
    told = np.ones(rgb.shape[1:], bool) if drawn.alpha is None else drawn.alpha[0, 0].numpy() > 0.5
    green, red = rgb[1] - np.maximum(rgb[0], rgb[2]) > VIVID, rgb[0] - np.maximum(rgb[1], rgb[2]) > VIVID
    chroma = rgb.max(0) - rgb.min(0)
    grey = chroma < GREY if drawn.alpha is not None or (chroma[told] < GREY).all() else np.zeros_like(told)
    light = rgb.mean(0)
    product, ground = green | (grey & (light > 1 - END)), red | (grey & (light < END))
    return product & told, ground & told


def _shrunk(mask: Mask | None, size: tuple[int, int]) -> Mask:
    if mask is None:
        return np.zeros(size, bool)
    if mask.shape == size:
        return mask
    how = cv2.INTER_AREA if size[0] <= mask.shape[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(mask.astype(np.float32), size[::-1], interpolation=how) > 0.05)


def corrected(lab: Field, found: Field, prompts: Prompts) -> Field:
    """The map `(h, w)` after a person's strokes and box. `lab` `(h, w, 3)` and the map are small."""
    size = (found.shape[0], found.shape[1])
    product, ground = prompts.strokes(size)
    if product.any() or ground.any():
        found = _spread(lab, found, product, ground)
    if prompts.box is not None:
        found = np.where(_shrunk(prompts.box, size), found, np.float32(0))
    return found.astype(np.float32)


def obeyed(matte: Tensor, prompts: Prompts) -> Tensor:
    """The matte `(1, 1, h, w)`: 1 in strokes on the product, 0 in strokes on the ground and out of the box."""
    for mask, value in ((prompts.box, None), (prompts.product, 1.0), (prompts.ground, 0.0)):
        if mask is not None:
            where = torch.from_numpy(mask if value is not None else ~mask).to(matte.device)
            matte = matte.masked_fill(where, 0.0 if value is None else value)
    return matte


def _spread(lab: Field, found: Field, product: Mask, ground: Mask) -> Field:
    prior = found.astype(np.float32).copy()
    weight = UNSURE + (SURE - UNSURE) * (2 * np.abs(prior - 0.5)) ** 2
    steps = [length(np.diff(lab, axis=a)) for a in (1, 0)]
    slope = per_pixel(steps[0], steps[1])
    for seeds, opposite, value in ((product, ground, 1.0), (ground, product, 0.0)):
        wrong = seeds & (np.abs(found - value) > 0.5)
        if wrong.any():
            let_go, whole = _region(lab, slope, wrong, opposite, SURROUNDINGS if value else 1.0)
            weight = np.where(let_go > 0, np.maximum(FREE, UNSURE * (2 * let_go - 1)), weight)
            if whole:
                flip = (let_go > 0.5) & (np.abs(prior - value) > 0.5)
                prior[flip], weight[flip] = value, FLIPPED
    for seeds, value in ((product, 1.0), (ground, 0.0)):
        prior[seeds], weight[seeds] = value, SEED
    links = [np.exp(-((step / CONTRAST) ** 2)) + 1e-4 for step in steps]
    start = np.clip(prior, 0, 1)
    return walk(start.astype(np.float32), weight.astype(np.float32), links[0], links[1], STEPS)


def _region(lab: Field, slope: Field, strokes: Mask, opposite: Mask, most: float) -> tuple[Field, bool]:
    """Where the prior is let go around strokes, and whether that is a region of its own.

    most: of the border that it may hold.

    `(h, w)`: 0 = it holds, 0.5 = links alone decide, up to 1 = the pixel is the stroke's own kind.
    """
    colours = lab[strokes]
    colours = colours[:: max(1, len(colours) // SAMPLES)]
    nearest = np.min([length(lab - c) for c in colours], axis=0)
    alike = np.exp(-((nearest / ALIKE) ** 2))
    open_ = ((alike > 0.4) & (slope < CONTRAST) & ~opposite) | strokes
    count, labels = cv2.connectedComponents(open_.astype(np.uint8), connectivity=4)
    mine = np.zeros(count, bool)
    mine[labels[strokes]] = True
    mine[0] = False
    core = mine[labels]
    if core[ring_of(core.shape)].mean() <= most:
        rim = widened(core, RIM_PX) & ~opposite  # mixed pixels: the links decide
        return np.where(core, np.maximum(alike, 0.75), 0.5 * rim).astype(np.float32), True
    near = max(2, round(AROUND * max(core.shape)))
    return np.where(widened(strokes, near) & (alike > 0.5), alike, 0).astype(np.float32), False
