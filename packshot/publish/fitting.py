"""One master into one channel: ground, frame and size by the channel's rules, in one resampling from the master.

A product that stands alone (cut out, or on an even ground) is framed to the channel's fill rule. A photo with a scene
is cut to the channel's shape within what it shows, around the product. Pixels are never enlarged beyond the limit in
silence: the frame becomes smaller as far as the channel's minimum allows, then the product, and both are said.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from packshot.errors import ParameterError
from packshot.operations.background import Background
from packshot.operations.cutout import Cutout
from packshot.operations.frame import Frame
from packshot.operations.operation import Context, Operation
from packshot.pipeline.recipe import Recipe
from packshot.pipeline.work import Chain, State, advance
from packshot.provenance.encoding import SUFFIXES, Encoding
from packshot.publish.channel import Channel, Size

if TYPE_CHECKING:
    from packshot.imaging.picture import Picture

Ground = Literal["own", "white", "transparent"]
Box = tuple[int, int, int, int]  # x0, y0, x1, y1 px, exclusive at the end

FILL = 0.85  # of a channel that states none
ROOM = 0.03  # how far inside a channel's fill rule to aim
WITHIN_FILL = 0.05  # of a scene: as much of the photo as the shape allows
BEYOND = 2.0  # px of the photo's own by which a frame may reach over its edge unsaid
EVEN = 3.5 / 255  # how far a photo's border may differ from its median and still be one colour
NOTHING = 0.02  # matte below which a pixel is all ground
QUALITY = 95
ENCODABLE = {"JPEG": "jpeg", "PNG": "png", "WEBP": "webp", "AVIF": "avif", "TIFF": "tiff"}
WITH_ALPHA = ("PNG", "WEBP", "AVIF")


@dataclass(frozen=True)
class Plan:
    """How to frame a picture for a channel.

    short: what the photo has too few pixels for, "" if it has enough. lacking: even for the channel's minimum.
    beyond: the frame shows more than the photo does.
    """

    frame: Frame
    short: str = ""
    lacking: bool = False
    beyond: bool = False


class Master:
    """A photo on its way into several channels; what two of them share is done once.

    photo: as read, or after a pipeline's steps; they run here, so that each channel can leave some out.
    """

    def __init__(self, photo: Picture, recipe: Recipe, context: Context, values: dict[str, object]) -> None:
        self.recipe, self.context, self.values = recipe, context, values
        self.chain = Chain(photo, context, recipe)
        self.base = self.chain.states[0]

    def on(self, ground: Ground, *, shadow: bool, scene: bool = False) -> State:
        """The photo with the pipeline's steps and then this ground under it, at its own size.

        scene: it is meant to show more than the product: on its own ground it is not cut out.
        """
        steps = self._steps(ground, shadow, scene and ground == "own")
        state = self.chain.after(steps) if steps else self.base
        return state if state.picture.matte is not None else self._found(ground, steps, state)

    def framed(self, laid: State, plan: Plan, channel: str) -> State:
        """One resampling from the master into the channel's frame; nothing of it is kept."""
        state = advance(laid, plan.frame, self.context, self.recipe)
        notes = [f"{channel}: {plan.short}"] if plan.short else []
        flags = [f"{channel}: the photo ends inside the frame; its border's colour goes on"] if plan.beyond else []
        return replace(state, notes=(*state.notes, *notes), flags=(*state.flags, *flags))

    def _steps(self, ground: Ground, shadow: bool, scene: bool) -> list[Operation]:
        """The pipeline's operations without its frame, its ground exchanged where the channel wants another."""
        named = [(step.operation, step) for step in self.recipe.steps if step.operation != "frame"]
        if scene:
            return [step.build(self.values) for name, step in named if name in ON_SCENES]
        if not shadow or ground == "transparent":
            named = [(name, step) for name, step in named if name != "shadow"]
        given = self.base.picture.alpha is not None
        if ground == "own" or (not named and not given):
            own = [step.build(self.values) for _, step in named]
            bare = own and not any(name in ("background", "compose") for name, _ in named)
            return [*own, *([WHITE] if bare or (given and not own) else [])]
        layers = {"white": WHITE, "transparent": Background(kind="transparent")}
        built = [layers[ground] if name == "background" else step.build(self.values) for name, step in named]
        return built if any(name == "background" for name, _ in named) else [*built, layers[ground]]

    def _found(self, ground: Ground, steps: list[Operation], state: State) -> State:
        """An opaque picture that was not cut out: the product is looked for, and laid on white unless it is there."""
        cut = self.chain.after([*steps, CUTOUT])
        seen = replace(state, picture=state.picture.replace(matte=cut.picture.matte))
        if ground == "own" or (ground == "white" and is_white(seen.picture)):
            return replace(seen, notes=cut.notes, flags=cut.flags if ground == "white" else ())
        return self.chain.after([*steps, CUTOUT, WHITE if ground == "white" else Background(kind="transparent")])


WHITE = Background(colour="white")
CUTOUT = Cutout()
ON_SCENES = ("retouch",)  # what a pipeline may do to a picture that shows more than the product


def ground_of(channel: Channel, *, keeps_ground: bool = False) -> Ground:
    """What the channel wants behind the product; a picture that shows more keeps its own where it may."""
    rule = channel.background
    if rule is None or rule.kind == "scene" or (keeps_ground and not rule.hard):
        return "own"
    return "transparent" if rule.kind == "transparent" else "white"


def takes_shadow(channel: Channel) -> bool:
    """Whether a shadow may stand on the ground: not where it is forbidden, nor where the ground must be pure."""
    pure = channel.background is not None and channel.background.kind == "white" and channel.background.hard
    return channel.shadow is None and not pure


def is_white(picture: Picture) -> bool:
    """Whether everything that is no product is exactly white already."""
    assert picture.matte is not None
    ground = picture.matte < NOTHING
    return bool((picture.rgb.amin(1, keepdim=True)[ground] >= 1 - 0.5 / 255).all())


def is_even(picture: Picture) -> bool:
    """Whether the photo's border shows one colour, so that it can be continued; True for a transparent picture."""
    import torch

    if picture.alpha is not None:
        return True
    assert picture.matte is not None
    rgb, clear = picture.rgb[0], picture.matte[0, 0] < NOTHING
    edges = [(slice(None), slice(0, 1)), (slice(None), slice(-1, None)), (slice(0, 1),), (slice(-1, None),)]
    border = torch.cat([rgb[:, *at][:, clear[at]] for at in edges], 1)  # 3, k
    if border.shape[1] == 0:
        return False
    return bool(((border - border.median(1, keepdim=True).values).abs() < EVEN).all())


def plan(picture: Picture, channel: Channel, max_upscale: float = 2.0) -> Plan:
    """The frame of a picture whose matte is known. Raises ParameterError if the limit of enlarging is below 1."""
    if max_upscale < 1:
        raise ParameterError(f"max_upscale: expected at least 1, got {max_upscale}")
    most = max_upscale if channel.upscale is None else min(max_upscale, channel.upscale.most)
    box = _box(picture)
    if is_even(picture):
        return _alone(channel, box, most)
    return _scene(channel, box, picture.size, most)


def _box(picture: Picture) -> Box:
    from packshot.imaging.geometry import bounding_box

    assert picture.matte is not None
    return bounding_box(picture.matte, 0.5) or (0, 0, picture.width, picture.height)


def _alone(channel: Channel, box: Box, most: float) -> Plan:
    """The product fills the frame as the channel asks. Pixels are enlarged no further than its sizes make needful."""
    w, h = box[2] - box[0], box[3] - box[1]
    across, down = shares(channel)
    full = min(across * channel.width / w, down * channel.height / h)  # enlargement at the recommended size
    low, share = _size_share(channel, full, most)
    width, height = (math.ceil(n * share - 1e-9) for n in (channel.width, channel.height))
    scale = min(most, full * share)
    frame = _framed(width, height, w, h, scale, most)
    if share >= 1 and full <= most:
        return Plan(frame)
    told = (
        f"too few pixels for {channel.width} x {channel.height} px (the product is {w} x {h} px): {width} x {height} px"
    )
    told += f", enlarged {scale:.3g} times" if scale > 1 else ""
    if full * low <= most:
        return Plan(frame, told)
    return Plan(frame, f"{told}, and it fills {max(w * scale / width, h * scale / height):.0%} of that", lacking=True)


def _framed(width: int, height: int, w: int, h: int, scale: float, most: float) -> Frame:
    fill = min(1.0, max(0.05, w * scale / width, h * scale / height))
    return Frame(width=width, height=height, fill=fill, max_upscale=max(1.0, most), when_small="smaller_product")


def _size_share(channel: Channel, full: float, most: float) -> tuple[float, float]:
    """`(least, chosen)` size of the frame as shares of the recommended one.

    full: how far pixels are enlarged at the recommended size; most: the limit of that.
    """
    if channel.exact:
        return 1.0, 1.0
    low = min(1.0, max(_share(channel, rule) for rule in (channel.minimum, channel.minimum_next)))
    real = 1 / max(1.0, full)  # without enlarging
    advised = min(1.0, _share(channel, channel.advised))
    wanted = max(
        real, low, advised if full * advised <= most else 0.0
    )  # what cannot be reached is no reason to enlarge
    return low, max(low, min(wanted, most / full))


def _scene(channel: Channel, box: Box, size: tuple[int, int], most: float) -> Plan:
    """As much of the photo as the channel's shape and fill allow, in one piece."""
    fill = max(shares(channel)) if channel.fill is not None else WITHIN_FILL
    width, height = channel.width, channel.height
    w, h = box[2] - box[0], box[3] - box[1]
    cover = min(max(width / size[1], height / size[0]), width / w, height / h)
    full = max(cover, min(fill * width / w, fill * height / h))
    low, share = _size_share(channel, full, most)
    told = ""
    if share < 1:
        width, height = max(1, int(width * share)), max(1, int(height * share))
        told = f"too few pixels for {channel.width} x {channel.height} px: {width} x {height} px"
        told += f", enlarged {min(most, full * share):.3g} times" if full * share > 1 else ""
    frame = Frame(
        width=width,
        height=height,
        fill=fill,
        within=True,
        max_upscale=most,
        when_small="smaller_product",
        outside="edge",
    )
    scale = min(most, full * share)
    beyond = width / scale > size[1] + BEYOND or height / scale > size[0] + BEYOND
    return Plan(frame, told, lacking=full * low > most, beyond=beyond)


def shares(channel: Channel) -> tuple[float, float]:
    """Which share of the frame's width and of its height the product may take, to satisfy the channel's rules."""
    low, high = (channel.fill.least, channel.fill.most) if channel.fill is not None else (0.0, 1.0)
    room = min(ROOM, (high - low) / 3)
    aim = min(max(FILL, low + room), high - room)
    margin = 2 * (channel.whole.margin if channel.whole is not None else 0) * min(channel.width, channel.height)
    zone = channel.safe_zone
    aside = 2 * max(zone.left, zone.right) if zone is not None else 0
    above = 2 * max(zone.top, zone.bottom) if zone is not None else 0
    across = min(aim, 1 - max(aside, margin) / channel.width)
    down = min(aim, 1 - max(above, margin) / channel.height)
    return max(0.05, across), max(0.05, down)


def least_size(channel: Channel) -> tuple[int, int]:
    """The smallest frame of the channel's shape that its minimum (and the one to come) allows, width and height."""
    low, _ = _size_share(channel, 1.0, 1.0)
    width, height = (max(1, math.ceil(n * low - 1e-9)) for n in (channel.width, channel.height))
    return width, height


def _share(channel: Channel, rule: Size | None) -> float:
    """How small a frame of the channel's shape may be, as a share of the recommended size."""
    if rule is None:
        return 0.0
    width, height = channel.width, channel.height
    bounds = [(rule.width, width), (rule.height, height), (rule.longest, max(width, height))]
    bounds += [(rule.shortest, min(width, height))]
    found = [least / side for least, side in bounds if least]
    return max([*found, math.sqrt((rule.megapixels or 0) * 1e6 / (width * height))])


def encoding_of(channel: Channel) -> Encoding:
    """The first format the channel takes that packshot writes, with transparency where the channel wants it.

    Raises ParameterError if there is none.
    """
    takes = WITH_ALPHA if ground_of(channel) == "transparent" else tuple(ENCODABLE)
    name = next((name for name in channel.formats.allowed if name in takes), "")
    if not name:
        raise ParameterError(f"{channel.id}: takes {', '.join(channel.formats.allowed)}, none of which packshot writes")
    options = {"format": ENCODABLE[name], "quality": QUALITY, "max_bytes": channel.bytes.most}
    return Encoding.model_validate(options)


def suffix_of(channel: Channel) -> str:
    """The ending of the channel's files, with its dot."""
    return SUFFIXES[encoding_of(channel).format]


def least_plan(made: Plan, channel: Channel) -> Plan | None:
    """The same at the smallest size the channel takes; None if it is that already."""
    width, height = least_size(channel)
    if (width, height) >= (made.frame.width, made.frame.height):
        return None
    told = f"too many bytes for {made.frame.width} x {made.frame.height} px: {width} x {height} px"
    return Plan(made.frame.model_copy(update={"width": width, "height": height}), told)
