"""Cut the product out: a matte, clean colours along its edge, and a confidence that tells when to look."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from packshot.operations.operation import Context, Operation, Result, need_picture, parameter

if TYPE_CHECKING:
    from torch import Tensor

    from packshot.imaging.picture import Picture
    from packshot.imaging.segmentation.segment import Segmentation


class Cutout(Operation):
    """Find the product and make everything else transparent.

    A picture that is already transparent somewhere keeps its own transparency as the matte. Inside the solid matte
    every pixel stays as it was. Numbers: `confidence` (0 to 1) and the measures it is made of.
    """

    finds_product: ClassVar[bool] = True

    method: Literal["auto", "classical"] = parameter(
        "auto", "how the product is found: classical needs no weights; auto takes the best way there is"
    )
    refine: Literal["guided", "closed-form", "none"] = parameter(
        "guided", "how the edge is found at full size: guided is fast, closed-form is slower and finer (extra: matting)"
    )
    threshold: float = parameter(0.02, "matte up to this becomes background, the rest is stretched", ge=0, le=0.9)
    grow: int = parameter(0, "move the edge outwards; negative: inwards", unit="px", ge=-50, le=50)
    feather: float = parameter(0.0, "soften the edge, standard deviation", unit="px", ge=0, le=50)
    decontaminate: bool = parameter(True, "take the old background's colour out of the edge")
    flag_below: float = parameter(0.75, "flag the picture for a person below this confidence", ge=0, le=1)

    def apply(self, picture: Picture | None, context: Context) -> Result:
        import torch

        from packshot.imaging.segmentation.segment import segment

        picture = need_picture(picture, "cutout")
        if picture.alpha is not None and bool((picture.alpha < 1).any()):
            return self._kept(picture)
        found = [segment(rgb[None], self.refine) for rgb in picture.rgb]
        matte = self._edge(torch.cat([f.matte for f in found]), self.threshold)
        least = min(found, key=lambda f: f.confidence)
        numbers = {"confidence": least.confidence, **least.parts}
        layers = {"uncertainty": torch.cat([f.uncertainty for f in found])}
        return Result(self._cleaned(picture, matte), numbers, self._flags(least), layers)

    def _kept(self, picture: Picture) -> Result:
        """The transparency that came with the picture; its colours are the product's own already."""
        import torch

        known = picture.matte if picture.matte is not None else picture.alpha
        assert known is not None
        matte = self._edge(known, threshold=0)
        numbers = {"confidence": 1.0, "area_share": float((matte > 0.5).float().mean())}
        layers = {"uncertainty": torch.zeros_like(matte)}
        return Result(picture.replace(matte=matte, alpha=matte), numbers, (), layers)

    def _edge(self, matte: Tensor, threshold: float) -> Tensor:
        """The matte after grow, feather and threshold."""
        from packshot.imaging import mattes

        if self.grow:
            matte = mattes.dilate(matte, self.grow) if self.grow > 0 else mattes.erode(matte, -self.grow)
        if self.feather:
            matte = mattes.feather(matte, self.feather)
        return ((matte - threshold) / (1 - threshold)).clamp(0, 1) if threshold else matte

    def _cleaned(self, picture: Picture, matte: Tensor) -> Picture:
        from packshot.imaging.mattes import foreground

        rgb = foreground(picture.rgb, matte) if self.decontaminate else picture.rgb
        return picture.replace(rgb=rgb, matte=matte, alpha=matte)

    def _flags(self, found: Segmentation) -> tuple[str, ...]:
        if found.confidence >= self.flag_below:
            return ()
        return (f"cut-out confidence {found.confidence:.2f} is below {self.flag_below:.2f}", *found.reasons)
