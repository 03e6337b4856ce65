"""Cut the product out: a matte, clean colours along its edge, and a confidence that tells when to look."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Literal

from packshot.errors import ParameterError, WeightsNotFound
from packshot.operations.operation import (
    Context,
    ModelName,
    Operation,
    PictureName,
    Result,
    commercial_parameter,
    model_parameter,
    need_model,
    need_picture,
    parameter,
)
from packshot.operations.pointing import Boxes, Points, boxes_of, fitted, points_of

if TYPE_CHECKING:
    from torch import Tensor

    from packshot.imaging.picture import Picture
    from packshot.imaging.segmentation.prompts import Prompts
    from packshot.imaging.segmentation.segment import Segmentation
    from packshot.models import Model
    from packshot.models.segmenting import Seen


class Cutout(Operation):
    """Find the product and make everything else transparent.

    A picture that is already transparent somewhere keeps its own transparency as the matte. Inside the solid matte
    every pixel stays as it was. What a person points at is obeyed to the last pixel and spreads to what goes with it.
    Numbers: `confidence` (0 to 1) and the measures it is made of.
    """

    finds_product: ClassVar[bool] = True
    own_model: ClassVar[str] = "cutout"
    classical: ClassVar[str] = "no weights needed"

    method: Literal["auto", "net", "classical", "edges"] = parameter(
        "auto",
        "how the product is found: net by weights (`model`), classical and edges (Canny, region growing) without; "
        "auto takes classical on plain grounds and where there are no weights, else net",
    )
    model: ModelName = model_parameter("cutout")
    commercial: bool = commercial_parameter()
    refine: Literal["guided", "closed-form", "none"] = parameter(
        "guided", "how the edge is found at full size: guided is fast, closed-form is slower and finer (extra: matting)"
    )
    box: Boxes = parameter("", "left,top,right,bottom around the product; several with ; between", unit="%")
    points: Points = parameter(
        "", "x,y on the product, or with - before it on the ground, as +50,40;-5,95; + may be left out", unit="%"
    )
    scribbles: PictureName = parameter(
        "", "drawing of the photo's size: green or white on the product, red or black on the ground, else transparent"
    )
    threshold: float = parameter(0.02, "matte up to this becomes background, the rest is stretched", ge=0, le=0.9)
    grow: int = parameter(0, "move the edge outwards; negative: inwards", unit="px", ge=-50, le=50)
    feather: float = parameter(0.0, "soften the edge, standard deviation", unit="px", ge=0, le=50)
    decontaminate: bool = parameter(True, "take the old background's colour out of the edge")
    shadow: bool = parameter(False, "give the photo's own shadow as a layer of its own")
    flag_below: float = parameter(0.5, "flag the picture for a person below this confidence", ge=0, le=1)

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """layers: `uncertainty`; `parts` (class / 255) where the network tells parts; `shadow` (density) if asked for.

        numbers: `halo` is the old background that still shows along the edge, 8-bit steps, as far as it can be seen.
        """
        import torch

        picture = need_picture(picture, "cutout")
        prompts = self._prompts(picture, context)
        if picture.alpha is not None and bool((picture.alpha < 1).any()):
            return self._kept(picture, prompts)
        model = self._model(context)
        pairs = [self._found(rgb[None], model, prompts) for rgb in picture.rgb]
        found = [segmentation for segmentation, _ in pairs]
        matte = self._edge(torch.cat([f.matte for f in found]), self.threshold, prompts)
        least = min(found, key=lambda f: f.confidence)
        cut = self._cleaned(picture, matte)
        by_network = sum(model is not None and f.method == model.name for f in found) / len(found)
        numbers = {"confidence": least.confidence, **least.parts, "by_network": by_network}
        layers = {"uncertainty": torch.cat([f.uncertainty for f in found])}
        numbers |= _halo(picture, cut)
        if self.shadow:
            layers["shadow"] = _shadow(picture, matte)
        seen = pairs[0][1]
        if seen is not None and seen.parts is not None and len(pairs) == 1:
            layers["parts"] = _parts(seen, matte)
            numbers |= _part_shares(seen)
        return Result(cut, numbers, self._flags(least, numbers), layers, self._notes(model))

    def weights(self) -> tuple[str, ...]:
        """`model`, else `cutout`; none for classical and edges, nor for auto where there are no weights."""
        if self.method in ("classical", "edges"):
            return ()
        if self.model or self.method == "net":
            return (self.model or self.own_model,)
        from packshot.models import find

        try:
            find(self.own_model)
        except WeightsNotFound:
            return ()
        return (self.own_model,)

    def source_type(self) -> str | None:
        """No pixel is generated; where a network may decide what stays, that is said (docs/provenance.md)."""
        return "algorithmicallyEnhanced" if self.weights() else None

    def _model(self, context: Context) -> Model | None:
        if not self.weights():
            return None
        from packshot.operations.operation import no_models

        if self.method == "auto" and not self.model and context.load_model is no_models:
            return None
        return need_model(self, context)

    def _found(self, rgb: Tensor, model: Model | None, prompts: Prompts) -> tuple[Segmentation, Seen | None]:
        from packshot.imaging.segmentation.segment import segment, segment_map

        if model is None:
            return segment(rgb, self.refine, "edges" if self.method == "edges" else "classical", prompts), None
        from packshot.models.segmenting import seen

        answer = seen(model, rgb)
        either = self.method == "auto" and not self.model
        found = segment_map(rgb, answer.product, model.name, self.refine, prompts, either, answer.steadiness)
        return found, answer

    def _prompts(self, picture: Picture, context: Context) -> Prompts:
        from packshot.imaging.segmentation.prompts import pointed, strokes_of

        strokes = None
        if self.scribbles:
            drawn = fitted(context.open_picture(self.scribbles), picture, context.source, "scribbles")
            strokes = strokes_of(drawn)
            if not (strokes[0].any() or strokes[1].any()):
                raise ParameterError(
                    f"scribbles: {self.scribbles} says nothing: draw green or white on the product, red or black on "
                    "the ground, and leave the rest transparent"
                )
        return pointed(picture.size, boxes_of(self.box), points_of(self.points), strokes)

    def _kept(self, picture: Picture, prompts: Prompts) -> Result:
        """The transparency that came with the picture; its colours are the product's own already."""
        import torch

        known = picture.matte if picture.matte is not None else picture.alpha
        assert known is not None
        matte = self._edge(known, 0, prompts)
        numbers = {"confidence": 1.0, "area_share": float((matte > 0.5).float().mean())}
        layers = {"uncertainty": torch.zeros_like(matte)}
        return Result(picture.replace(matte=matte, alpha=matte), numbers, (), layers)

    def _edge(self, matte: Tensor, threshold: float, prompts: Prompts) -> Tensor:
        """The matte after grow, feather and threshold; a person's word holds whatever they do."""
        from packshot.imaging import mattes
        from packshot.imaging.segmentation.prompts import obeyed

        if self.grow:
            matte = mattes.dilate(matte, self.grow) if self.grow > 0 else mattes.erode(matte, -self.grow)
        if self.feather:
            matte = mattes.feather(matte, self.feather)
        return obeyed(((matte - threshold) / (1 - threshold)).clamp(0, 1) if threshold else matte, prompts)

    def _cleaned(self, picture: Picture, matte: Tensor) -> Picture:
        from packshot.imaging.mattes import foreground

        rgb = foreground(picture.rgb, matte) if self.decontaminate else picture.rgb
        return picture.replace(rgb=rgb, matte=matte, alpha=matte)

    def _flags(self, found: Segmentation, numbers: dict[str, float]) -> tuple[str, ...]:
        flags: tuple[str, ...] = ()
        if found.confidence < self.flag_below:
            flags = (f"cut-out confidence {found.confidence:.2f} is below {self.flag_below:.2f}", *found.reasons)
        if numbers.get("halo", 0.0) > HALO:
            flags = (*flags, f"the old background shows along the edge ({numbers['halo']:.0f} of 255)")
        return flags

    def _notes(self, model: Model | None) -> tuple[str, ...]:
        from packshot.imaging.segmentation.calibration import tables

        if model is None or model.name in tables():
            return ()
        return (f"the confidence is not calibrated for the weights {model.name}: look at more of its pictures",)


HALO = 20.0  # 8-bit steps of old background along the edge from which it is plain to see


def _halo(picture: Picture, cut: Picture) -> dict[str, float]:
    """`halo` and `halo_seen` (share of the edge that could be judged) of a single picture."""
    from packshot.imaging.segmentation.halo import suspected_halo

    if picture.rgb.shape[0] != 1 or cut.matte is None:
        return {}
    found = suspected_halo(picture.rgb, cut.matte, cut.rgb)
    return {"halo_seen": found.seen} | ({} if math.isnan(found.halo) else {"halo": found.halo})


def _shadow(picture: Picture, matte: Tensor) -> Tensor:
    """Density of each photo's own shadow, `(n, 1, h, w)`."""
    import torch

    from packshot.imaging.picture import Picture
    from packshot.imaging.scenery.real_shadows import kept

    photos = [Picture(rgb[None]) for rgb in picture.rgb]
    return torch.cat([kept(p, m[None], p)[0] for p, m in zip(photos, matte, strict=True)])


def _parts(seen: Seen, matte: Tensor) -> Tensor:
    """Classes / 255 at full size, nearest neighbour, 0 out of the matte: `(1, 1, h, w)`."""
    import torch
    from torch.nn import functional

    assert seen.parts is not None
    parts = torch.from_numpy(seen.parts).float()[None, None]
    return functional.interpolate(parts, matte.shape[2:], mode="nearest-exact") / 255 * (matte > 0.5)


def _part_shares(seen: Seen) -> dict[str, float]:
    """`part_NAME`: share of the product, of every part that is there."""
    assert seen.parts is not None
    names = seen.names or tuple(str(i) for i in range(int(seen.parts.max()) + 1))
    whole = max(1, int((seen.parts > 0).sum()))
    shares = {f"part_{name}": float((seen.parts == i).sum() / whole) for i, name in enumerate(names) if i > 0}
    return {name: share for name, share in shares.items() if share > 0}
