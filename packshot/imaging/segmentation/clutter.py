"""Cut-out from a cluttered photo: what stands out seeds GrabCut.

Rother, Kolmogorov & Blake, "GrabCut", SIGGRAPH 2004, as OpenCV does it, on a copy of at most `CUT_PX`, started
from the saliency of `saliency.py` instead of a rectangle drawn by a person.
"""

from __future__ import annotations

import cv2
import numpy as np

from packshot.imaging.segmentation.backdrop import Field, ring_of

CUT_PX = 256
ROUNDS = 2


def clutter(rgb: Field, salient: Field, side_px: int = CUT_PX) -> Field:
    """Product map `(h, w)`. `rgb` `(h, w, 3)` in `[0, 1]`; `salient` `(h, w)` from `saliency`; cut at `side_px`."""
    level, _ = cv2.threshold((salient * 255).astype(np.uint8), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return cut(rgb, salient > level / 255, side_px)


def cut(rgb: Field, start: np.ndarray, side_px: int = CUT_PX, rounds: int = ROUNDS) -> Field:
    """GrabCut from a first guess (bool `(h, w)`). The border is background wherever the guess leaves it free."""
    h, w = start.shape
    step = max(1.0, max(h, w) / side_px)
    size = (max(1, round(w / step)), max(1, round(h / step)))
    pixels = cv2.resize(np.round(rgb * 255).astype(np.uint8), size, interpolation=cv2.INTER_AREA)
    guess = cv2.resize(start.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    state = np.where(guess, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    state[ring_of(guess.shape) & ~guess] = cv2.GC_BGD
    if not guess.any() or guess.all():
        return start.astype(np.float32)
    cv2.setRNGSeed(0)  # GrabCut starts its mixtures by k-means
    cv2.grabCut(np.ascontiguousarray(pixels[..., ::-1]), state, None, _model(), _model(), rounds, cv2.GC_INIT_WITH_MASK)
    inside = (state == cv2.GC_PR_FGD).astype(np.float32)
    return np.asarray(cv2.resize(inside, (w, h), interpolation=cv2.INTER_LINEAR))


def _model() -> np.ndarray:
    return np.zeros((1, 65))
