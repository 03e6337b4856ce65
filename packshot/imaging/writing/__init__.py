"""Writing in pictures: read by a text detector (an extra), or found by its strokes on a plain ground."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def found_writing(rgb: Tensor) -> list[tuple[int, int, int, int]]:
    """Boxes `(x0, y0, x1, y1)` px, exclusive at the end, of all writing in `(1, 3, h, w)`.

    By the text detector if it is installed; else by strokes, beside the product on a plain ground.
    """
    import torch

    from packshot.imaging.writing import reader

    eight = (rgb[0].permute(1, 2, 0).clamp(0, 1) * 255).round().to(torch.uint8).contiguous().numpy()
    if reader.installed():
        return [mark.box for mark in reader.read_writing(eight)]
    from packshot.imaging.segmentation.pieces import pieces_of
    from packshot.imaging.segmentation.scene import scene_of
    from packshot.imaging.writing.strokes import marks_of

    scene = scene_of(eight, None)
    return [m.box for m in marks_of(eight, pieces_of(scene.things)) if m.kind == "text"] if scene.plain else []
