"""The task `preview`: a picture small enough for a page, as it is or in the frame of a result made from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packshot.evaluation.thumbnails import DETAIL, Frame, thumbnail
from packshot.imaging import files
from packshot.serve.direct.desk import Desk
from packshot.serve.direct.frames import Blobs

BYTES_PER_PIXEL = 40
BYTES_AT_LEAST = 16 << 20


def preview(desk: Desk, arguments: Mapping[str, Any], blobs: Blobs) -> tuple[dict[str, Any], Blobs]:
    """`{width, height, clear}` and the blob `picture` (WebP) of the blob `picture`.

    arguments: px, the longest side; frame `{size: [h, w], to_source: 3 × 3}` of the result through which it is seen.
    """
    width, height = files.picture_size(blobs["picture"], max_pixels=desk.limits.max_pixels)
    decoded = min(width * height, (DETAIL * arguments["px"]) ** 2 * 2)
    desk.need(max(BYTES_AT_LEAST, decoded * BYTES_PER_PIXEL + width * height * 4))
    made = thumbnail(blobs["picture"], _frame(arguments.get("frame")), arguments["px"], budget_bytes=0)
    return {"width": made.width, "height": made.height, "clear": made.clear}, {"picture": made.webp}


def _frame(told: Mapping[str, Any] | None) -> Frame | None:
    if not told:
        return None
    (height, width), (a, b, c) = told["size"], (tuple(map(float, row)) for row in told["to_source"])
    return Frame(int(height), int(width), (a, b, c))  # type: ignore[arg-type]
