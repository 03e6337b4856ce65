"""What was added to the photo: a border, text, a logo or a badge outside the product, text under a platform's controls.

Writing inside the product's outline is its own print and is never held against it. A plate of one colour laid beside
the product is not the product, nor is what is written on it.
"""

from __future__ import annotations

from collections.abc import Iterator

from packshot.imaging.writing.strokes import Mark
from packshot.publish.channel import Ban, Channel, Overlay, SafeZone
from packshot.publish.findings import Finding, Judge
from packshot.publish.looking.frame_lines import Border, border_of
from packshot.publish.looking.photo import Photo
from packshot.publish.looking.texts import Texts
from packshot.publish.mending import mend

SAME = 0.03  # of the longer side: how far a line may lie from the end of the piece
SOLID = 0.5  # share of its box that a box-shaped product fills; a drawn frame fills far less
KINDS = {"text": "text", "mark": "a mark in a corner", "plate": "a coloured plate"}
WHITISH = 225  # 8-bit level of a ground on which strokes and pieces are told reliably


def check(photo: Photo, channel: Channel, judge: Judge) -> Iterator[Finding]:
    """Findings `border`, `overlay`, `safe_zone`."""
    if channel.border is not None:
        yield _border(photo, channel.border, channel, judge)
    if channel.overlay is not None:
        yield _overlay(photo, channel.overlay, channel, judge)
    if channel.safe_zone is not None:
        yield _safe(photo, channel.safe_zone, channel, judge)


def _border(photo: Photo, rule: Ban, channel: Channel, judge: Judge) -> Finding:
    found = border_of(photo.work)
    if found is not None and _is_product(found, photo):
        found = None
    scale = photo.facts.width / photo.work.shape[1]
    words = "no border"
    if found is not None:
        kind = "bars" if found.bars else "a border"
        words = f"{kind} at {', '.join(found.sides)}, {max(1, round(found.depth * scale))} px deep"
    return judge.say("border", rule, found is None, words, "no border", mend("border", channel))


def _is_product(border: Border, photo: Photo) -> bool:
    """Whether the straight lines are those of a box-shaped product: one solid piece that ends where they run."""
    if min(photo.scene.colour) < WHITISH:  # a mat around the picture would be taken for the ground
        return False
    rows, columns = photo.work.shape[:2]
    for i in photo.pieces.main:
        x, y, w, h, area = (int(v) for v in photo.pieces.stats[i])
        room = x, y, columns - x - w, rows - y - h
        if min(room) >= 1 and max(room) <= border.depth + SAME * max(rows, columns) and area >= SOLID * w * h:
            return True
    return False


def _overlay(photo: Photo, rule: Overlay, channel: Channel, judge: Judge) -> Finding:
    texts = photo.texts
    expected = f"added text on at most {rule.most:.0%} of the picture" if rule.most else "no text, logo or mark added"
    if not photo.scene.plain and texts.how == "strokes":
        return judge.skip("overlay", rule, f"no plain ground: {texts.words} cannot judge it", expected)
    outside = texts.outside
    share = sum(mark.area for mark in outside) / photo.work[..., 0].size
    text = [mark for mark in outside if mark.kind == "text"]
    ok = share <= rule.most if rule.most else not outside
    sure = bool(text) and photo.scene.plain and min(photo.scene.colour) >= WHITISH
    numbers = {"text_share": share, "marks": float(len(outside))}
    measured = _said(texts, outside, share)
    return judge.say("overlay", rule, ok, measured, expected, mend("overlay", channel), sure=sure, numbers=numbers)


def _said(texts: Texts, outside: list[Mark], share: float) -> str:
    if not outside:
        return f"nothing added ({texts.words})"
    read = ", ".join(repr(mark.words) for mark in outside[:3] if mark.words)
    kinds = " and ".join(sorted({KINDS[mark.kind] for mark in outside}, reverse=True))
    return f"{kinds} on {share:.1%} of the picture" + (f": {read}" if read else "") + f" ({texts.words})"


def _safe(photo: Photo, rule: SafeZone, channel: Channel, judge: Judge) -> Finding:
    """Text under the platform's controls; zones are stated at the channel's recommended size."""
    texts = photo.texts
    expected = f"no text within {rule.top} px of the top, {rule.bottom} px of the bottom at {channel.height} px"
    if not photo.scene.plain and texts.how == "strokes":
        return judge.skip("safe_zone", rule, f"no plain ground: {texts.words} cannot judge it", expected)
    h, w = photo.work.shape[:2]
    top, bottom = rule.top * h / channel.height, h - rule.bottom * h / channel.height
    left, right = rule.left * w / channel.width, w - rule.right * w / channel.width
    text = [mark for mark in texts.found if mark.kind == "text"]
    hidden = [m for m in text if m.box[1] < top or m.box[3] > bottom or m.box[0] < left or m.box[2] > right]
    measured = f"{len(hidden)} of {len(text)} texts lie there ({texts.words})"
    return judge.say("safe_zone", rule, not hidden, measured, expected, mend("safe_zone", channel), sure=False)
