"""Where the product stands in its frame: how much of it the product fills, and whether all of it is there.

Fill is the longest side of the product's bounding box over the matching side of the frame (the larger of box width /
frame width and box height / frame height); the box's share of the area is reported, never judged. Platforms do not
define their measure.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from packshot.imaging.segmentation.pieces import product_of
from packshot.imaging.segmentation.scene import box_of
from packshot.publish.channel import Channel, Fill, Whole
from packshot.publish.findings import Finding, Judge
from packshot.publish.looking.photo import Photo
from packshot.publish.mending import mend

SLACK = 0.006  # of the frame: how exactly an outline is placed
TOUCH = 0.008  # of the picture's sides that the product must touch, to be cut off there
NO_GROUND = "no plain ground: the product cannot be told from the scene"


def check(photo: Photo, channel: Channel, judge: Judge) -> Iterator[Finding]:
    """Findings `fill`, `whole`."""
    if channel.fill is not None:
        yield _fill(photo, channel.fill, channel, judge)
    if channel.whole is not None:
        yield _whole(photo, channel.whole, channel, judge)


def _fill(photo: Photo, rule: Fill, channel: Channel, judge: Judge) -> Finding:
    expected = f"{rule.least:.0%} to {rule.most:.0%} of the frame" if rule.most < 1 else f"at least {rule.least:.0%}"
    product = product_of(photo.pieces)
    box = box_of(product)
    if photo.blank or (photo.scene.plain and box is None):
        return judge.say("fill", rule, False, "no product found", expected, mend("blank", channel))
    if box is None:
        return judge.skip("fill", rule, NO_GROUND, expected)
    h, w = product.shape
    across, down = (box[2] - box[0]) / w, (box[3] - box[1]) / h
    fill, area = max(across, down), float(product.mean())
    ok = rule.least - SLACK <= fill <= rule.most + SLACK
    measured = f"{fill:.1%} ({'width' if across >= down else 'height'}; {area:.0%} of the area)"
    numbers = {"fill": fill, "area": area}
    how = "" if ok else mend("fill", channel, enlarged=photo.enlarged or 1.0)
    return judge.say("fill", rule, ok, measured, expected, how, numbers=numbers)


def _whole(photo: Photo, rule: Whole, channel: Channel, judge: Judge) -> Finding:
    expected = "the product keeps clear of the picture's edge"
    if not photo.scene.plain:
        return judge.skip("whole", rule, NO_GROUND, expected)
    things = product_of(photo.pieces)
    rows, columns = things.shape
    edges = {"top": things[0], "bottom": things[-1], "left": things[:, 0], "right": things[:, -1]}
    touching = {side: float(np.mean(line)) for side, line in edges.items()}
    sides = [side for side, share in touching.items() if share > max(TOUCH, 2.5 / min(rows, columns))]
    room = _room(things)
    measured = f"cut off at {', '.join(sides)}" if sides else f"{room:.1%} of room at the nearest edge"
    ok = not sides and room >= rule.margin
    return judge.say("whole", rule, ok, measured, expected, mend("whole", channel), numbers=touching)


def _room(things: np.ndarray) -> float:
    """Room at the edge the product is nearest to, share of the shorter side."""
    box, (h, w) = box_of(things), things.shape
    return 1.0 if box is None else min(box[0], box[1], w - box[2], h - box[3]) / min(h, w)
