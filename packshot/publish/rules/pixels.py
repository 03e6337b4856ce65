"""Whether the pixels are real: how far the picture seems enlarged."""

from __future__ import annotations

from collections.abc import Iterator

from packshot.publish.channel import Channel
from packshot.publish.findings import Finding, Judge
from packshot.publish.looking.photo import Photo
from packshot.publish.mending import mend


def check(photo: Photo, channel: Channel, judge: Judge) -> Iterator[Finding]:
    """Finding `upscale`. Blur looks the same as enlarging, so this never fails a picture."""
    rule = channel.upscale
    if rule is None:
        return
    expected = f"enlarged at most {rule.most:g} times"
    times = photo.enlarged
    if times is None:
        yield judge.skip("upscale", rule, "too few edges to tell", expected)
        return
    measured = f"edges as soft as enlarged {times:.1f} times"
    ok, numbers = times <= rule.most, {"enlarged": times}
    yield judge.say("upscale", rule, ok, measured, expected, mend("upscale", channel), sure=False, numbers=numbers)
