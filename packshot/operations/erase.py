"""Erase: what a mask, boxes, a colour or found writing covers is filled from what is around it.

A visible AI label is never erased: what `provenance.labels` finds is taken out of the mask, whatever the policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from packshot.errors import ParameterError
from packshot.imaging.names import parse_colour
from packshot.operations.operation import (
    Context,
    Method,
    ModelName,
    Operation,
    PictureName,
    Result,
    commercial_parameter,
    method_parameter,
    model_parameter,
    need_model,
    need_one,
    parameter,
)
from packshot.operations.pointing import Boxes, boxes_of, fitted

if TYPE_CHECKING:
    from torch import Tensor

    from packshot.imaging.picture import Picture
    from packshot.imaging.restoring.filling import Filler
    from packshot.provenance.labels import Label

KINDS = ("text", "object", "background-clutter")
MOST = 0.6  # of the picture: what is left says too little about more


def _known_things(text: str) -> str:
    things_of(text)
    return text.replace(" ", "")


def things_of(text: str) -> list[tuple[str, list[tuple[float, float, float, float]]]]:
    """What is to go, joined by +: its kind (`text`, `object`, `background-clutter`), and its boxes as shares."""
    found = []
    for part in filter(None, text.replace(" ", "").split("+")):
        kind, _, where = part.partition(":")
        if (kind == "object") != bool(where) or kind not in KINDS:
            raise ParameterError(
                f"what: expected text, background-clutter or object:left,top,right,bottom in % of the picture, "
                f"several with + between; got {part!r}"
            )
        found.append((kind, boxes_of(where)))
    return found


def _colour_or_nothing(text: str) -> str:
    if text:
        parse_colour(text)
    return text


Things = Annotated[str, AfterValidator(_known_things)]
Key = Annotated[str, AfterValidator(_colour_or_nothing), Field(json_schema_extra={"format": "colour"})]


class Erase(Operation):
    """Remove what a mask, a box, a colour or writing covers, or a thing by its kind; never a visible AI label."""

    may_change_product: ClassVar[bool] = True
    own_model: ClassVar[str] = "inpaint"
    classical: ClassVar[str] = "patches or diffusion, see fill"

    what: Things = parameter(
        "",
        "what is looked for: text (outside a known product), object:left,top,right,bottom (the thing in that box, %), "
        "background-clutter (what lies beside the product on a plain ground); several with + between",
    )
    mask: PictureName = parameter("", "picture file whose light parts are erased, of the photo's size")
    box: Boxes = parameter("", "left,top,right,bottom of what is erased; several with ; between", unit="%")
    colour: Key = parameter("", "colour that is erased wherever it stands")
    tolerance: float = parameter(8.0, "how far from `colour` still counts, CIEDE2000", unit="ΔE", ge=0, le=50)
    text: Literal["off", "outside", "everywhere"] = parameter(
        "off", "writing that is found: outside the product, or everywhere (extra ocr; without it on plain grounds only)"
    )
    drawn: bool = parameter(True, "what was drawn on the picture as its mask, if anything")
    grow: int = parameter(3, "how far the mask is widened, to take soft edges along", unit="px", ge=0, le=100)
    strength: float = parameter(1.0, "how much of what is erased goes; 0 = nothing", ge=0, le=1)
    method: Method = method_parameter("`fill`")
    fill: Literal["patch", "telea", "navier-stokes"] = parameter(
        "patch", "classical: patch copies from the surroundings; telea and navier-stokes draw them into the hole"
    )
    model: ModelName = model_parameter("inpaint")
    commercial: bool = commercial_parameter()

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """numbers: `erased_share` of the picture, `erased_of_product` (share of the product, 0 if none is known),
        `labels_kept`. layers: `erased`, `kept`. Pixels outside the mask come back bit-exact.
        Raises ParameterError if nothing says what is to be erased.
        """
        import torch

        from packshot.imaging import mattes
        from packshot.imaging.restoring.filling import filled_by
        from packshot.provenance.labels import find_labels, mask_of

        picture = need_one(picture, "erase")
        wanted = self._wanted(picture, context)
        if self.grow and bool(wanted.any()):
            wanted = mattes.dilate(wanted.float(), self.grow) > 0.5
        labels = find_labels(picture.rgb) if bool(wanted.any()) else []
        kept = mask_of(labels, picture.size)
        hole = wanted & ~kept
        met = [label for label in labels if bool((mask_of([label], picture.size) & wanted).any())]
        notes = (() if bool(wanted.any()) else ("nothing to erase was found",)) + _notes(met)
        share = float(hole.float().mean())
        if share > MOST:
            raise ParameterError(f"erase: the mask covers {share:.0%} of the picture, expected at most {MOST:.0%}")
        rgb = picture.rgb
        if self.strength > 0 and share > 0:
            filled = filled_by(rgb, hole, self._filler(context), kept)
            rgb = filled if self.strength == 1 else torch.where(hole, rgb.lerp(filled, self.strength), rgb)
        numbers = {
            "erased_share": share,
            "erased_of_product": _of_product(hole, picture),
            "labels_kept": float(len(met)),
        }
        flags = ("part of the product was erased",) if numbers["erased_of_product"] > 0.001 else ()
        layers = {"erased": hole.float(), "kept": (kept & wanted).float()}
        return Result(picture.replace(rgb=rgb), numbers, flags, layers, notes)

    def source_type(self) -> str | None:
        if self.strength == 0:
            return None
        return "algorithmicallyEnhanced" if not self.by_network() else "compositeWithTrainedAlgorithmicMedia"

    def _filler(self, context: Context) -> Filler:
        from packshot.imaging.restoring.filling import ways
        from packshot.models.restoring import filler_of

        if self.method == "classical":
            return ways(context.seed)[self.fill]
        model = need_model(self, context)
        return filler_of(model)

    def _wanted(self, picture: Picture, context: Context) -> Tensor:
        """All that is to be erased, bool `(1, 1, h, w)`."""
        import torch

        masks = []
        if self.mask:
            masks.append(_from_file(fitted(context.open_picture(self.mask), picture, context.source, "mask")))
        if self.box:
            masks.append(_from_boxes(boxes_of(self.box), picture.size))
        if self.colour:
            masks.append(_from_colour(picture.rgb, parse_colour(self.colour), self.tolerance))
        masks += [_thing(kind, boxes, picture) for kind, boxes in things_of(self.what)]
        if self.text != "off":
            masks.append(_from_text(picture, self.text == "everywhere"))
        if self.drawn and picture.mask is not None:
            masks.append(picture.mask > 0.5)
        if not masks:
            raise ParameterError("erase: expected something to erase: what, mask, box, colour, text, or a mask drawn")
        return torch.stack(masks).any(0)


def _notes(met: list[Label]) -> tuple[str, ...]:
    """What is said of labels that the mask met."""
    notes = []
    if any(label.how != "unread" for label in met):
        notes.append("a visible AI label lies in the mask: it was kept, as packshot removes none")
    if any(label.how == "unread" for label in met):
        notes.append(
            "writing near the edge lies in the mask and cannot be read, so it may be an AI label: it was kept; "
            "pip install 'packshot[ocr]' to have it read"
        )
    return tuple(notes)


def _of_product(hole: Tensor, picture: Picture) -> float:
    if picture.matte is None or not bool((picture.matte > 0.5).any()):
        return 0.0
    return float((hole & (picture.matte > 0.5)).sum() / (picture.matte > 0.5).sum())


def _thing(kind: str, boxes: list[tuple[float, float, float, float]], picture: Picture) -> Tensor:
    """Where a thing of this kind is, bool `(1, 1, h, w)`."""
    from packshot.imaging.segmentation.others import clutter_beside, thing_in

    if kind == "text":
        return _from_text(picture, everywhere=picture.matte is None)
    if kind == "object":
        return thing_in(picture.rgb, boxes)
    return clutter_beside(picture.rgb, picture.matte)


def _from_file(drawn: Picture) -> Tensor:
    """The light parts of a mask file."""
    light = drawn.rgb.mean(1, keepdim=True)
    return (light if drawn.alpha is None else light * drawn.alpha) > 0.5


def _from_boxes(boxes: list[tuple[float, float, float, float]], size: tuple[int, int]) -> Tensor:
    import torch

    mask = torch.zeros(1, 1, *size, dtype=torch.bool)
    for x0, y0, x1, y1 in boxes:
        mask[..., int(y0 * size[0]) : round(y1 * size[0] + 0.49), int(x0 * size[1]) : round(x1 * size[1] + 0.49)] = True
    return mask


def _from_colour(rgb: Tensor, colour: tuple[float, float, float], tolerance: float) -> Tensor:
    from packshot.imaging.colour import delta_e_2000, rgb_to_lab

    key = rgb_to_lab(rgb.new_tensor(colour).view(1, 3, 1, 1)).expand_as(rgb)
    return delta_e_2000(rgb_to_lab(rgb), key) <= tolerance


def _from_text(picture: Picture, everywhere: bool) -> Tensor:
    """Boxes of writing; outside the product unless it may be everywhere."""
    import torch

    from packshot.imaging.writing import found_writing

    mask = torch.zeros(1, 1, *picture.size, dtype=torch.bool)
    for x0, y0, x1, y1 in found_writing(picture.rgb):
        part = None if picture.matte is None else picture.matte[..., y0:y1, x0:x1]
        if everywhere or part is None or float(part.mean()) < 0.5:
            mask[..., y0:y1, x0:x1] = True
    if not everywhere and picture.matte is not None:
        mask &= picture.matte < 0.02
    return mask
