"""How to mend a breach: the packshot command that does it, or words where a person has to.

`{photo}` and `{out}` stand for the file and where to write; a report fills in the file. Commands are those of the
command line as it is; a test asks each for its help.
"""

from __future__ import annotations

import math

from packshot.publish.channel import SUFFIX, Channel

FIT = "packshot fit {photo} --channel {id}"
FRAME = "packshot edit frame {photo} {out} --fill {fill} --width {width} --height {height} --max-upscale {times}"
WHITE = "packshot edit background {photo} {out} --colour white"
CLEAR = "packshot edit cutout {photo} {out}"
MOST_ENLARGED = 2.0  # times: what enlarging may promise where the channel says nothing
RESHOOT = "take the photo again with "

MENDS: dict[str, str] = {
    "file": "export the picture again from where it came",
    "minimum": RESHOOT + "more pixels, or start from a larger original; enlarging adds none",
    "minimum_next": RESHOOT + "more pixels, or start from a larger original; enlarging adds none",
    "advised": RESHOOT + "more pixels, or start from a larger original; enlarging adds none",
    "maximum": FIT,
    "aspect": FIT,
    "bytes": FIT,
    "formats": FIT,
    "extension": "rename the file to the ending of its format, or: " + FIT,
    "colour": FIT,
    "animation": FIT,
    "fill": FRAME,
    "blank": "use another photo, or look at the cut-out that this was made from: nothing is to be seen on the ground",
    "whole": RESHOOT + "room around the product; what the photo does not show cannot be brought back",
    "border": "crop the border off at its source, or: " + WHITE,
    "overlay": "use the original without it, or, if it lies clear of the product: " + WHITE,
    "safe_zone": "move the text away from the edges",
    "shadow": WHITE,
    "upscale": RESHOOT + "more pixels, or start from a larger original",
    "count": "keep the best pictures of the product in this slot and move the others to another",
    "names": FIT,
    "identifier": "rename the file, such as {example}; packshot fit does, if its table has a column asin or gtin",
    "rename": "rename the file, such as {example}",
}
GROUNDS = {
    "free": WHITE,
    "white": WHITE,
    "transparent": CLEAR,
    "white_or_transparent": WHITE,
    "plain": WHITE,
    "scene": "show the product in use; a plain ground belongs in another slot",
}


def mend(rule: str, channel: Channel, enlarged: float = 1.0) -> str:
    """The command or the words for a rule of a channel; `{photo}` is still to be filled in.

    rule: or `blank`, `identifier`, `rename`. enlarged: how far the photo's pixels seem enlarged already, so that the
    command enlarges them no further than the channel lets it.
    """
    ground = channel.background.kind if channel.background is not None else "free"
    words = GROUNDS[ground] if rule == "background" else MENDS[rule]
    fill = 0.9 if channel.fill is None else min(channel.fill.most, max(0.05, round(channel.fill.least + 0.02, 2)))
    suffix = SUFFIX[channel.formats.allowed[0]]
    if rule == "background" and ground == "transparent":
        suffix = ".png"
    most = MOST_ENLARGED if channel.upscale is None else min(MOST_ENLARGED, channel.upscale.most)
    times = max(1.0, math.floor(100 * most / max(1.0, enlarged)) / 100)
    example = channel.names.example if channel.names is not None and channel.names.example else "product-1.jpg"
    values = {"id": channel.id, "fill": f"{fill:g}", "width": str(channel.width), "height": str(channel.height)}
    for name, value in {**values, "times": f"{times:g}", "example": example, "out": f"mended{suffix}"}.items():
        words = words.replace("{%s}" % name, value)  # noqa: UP031
    return words


def filled(words: str, photo: str) -> str:
    """The words with the photo's path in them, quoted for a shell; a leading dash is no option."""
    import shlex

    return words.replace("{photo}", shlex.quote(f"./{photo}" if photo.startswith("-") else photo))
