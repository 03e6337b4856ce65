"""Writing read by a real text detector: RapidOCR (PP-OCR models run by ONNX Runtime), an extra.

`pip install 'packshot[ocr]'`: code and models under Apache-2.0, models inside the wheel, nothing is downloaded.
"""

from __future__ import annotations

import importlib.util
import logging
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from packshot.errors import MissingExtra
from packshot.imaging.writing.strokes import Mark

SURE = 0.6  # score from which a reading counts
LEAST = 2  # characters


def installed() -> bool:
    """Whether the detector is there (nothing is imported to find out)."""
    return importlib.util.find_spec("rapidocr") is not None


def version() -> str:
    """Name and version of the detector, for reports."""
    from importlib.metadata import version as of

    return f"RapidOCR {of('rapidocr')}"


def read_writing(rgb: NDArray[Any]) -> list[Mark]:
    """Boxes and words of all writing in `(h, w, 3)` uint8. Raises MissingExtra without the extra."""
    answer = _engine()(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    if answer.boxes is None:
        return []
    marks = []
    for corners, words, score in zip(answer.boxes, answer.txts, answer.scores, strict=True):
        if score >= SURE and len(words.strip()) >= LEAST:
            low, high = np.min(corners, 0), np.max(corners, 0)
            marks.append(Mark("text", (int(low[0]), int(low[1]), int(high[0]) + 1, int(high[1]) + 1), words.strip()))
    return marks


@cache
def _engine() -> Any:
    if not installed():
        raise MissingExtra("rapidocr", "ocr", "reading text in pictures")
    from rapidocr import RapidOCR

    engine = RapidOCR(params={"Global.log_level": "error", "Global.use_cls": False})
    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    return engine
