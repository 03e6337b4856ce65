"""Cut the product out: a matte, clean edge colours, and how far they may be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from packshot.errors import ParameterError
from packshot.operations.operation import Context, Operation, Result, need_picture, parameter

if TYPE_CHECKING:
    from torch import Tensor

    from packshot.imaging.picture import Picture

EMPTY = 0.02  # matte below which there is nothing


class Cutout(Operation):
    """Separate the product from its background; what is doubtful is flagged."""

    method: Literal["auto", "classical"] = parameter(
        "auto", "auto: the file's own transparency if it has one, else the best method here; classical: no weights"
    )
    refine: Literal["guided", "closed-form", "none"] = parameter(
        "guided", "edge at full size: guided is quick, closed-form slower and finer (extra: matting)"
    )
    grow: float = parameter(0.0, "move the edge outwards (or inwards, below 0)", unit="px", ge=-20, le=20)
    feather: float = parameter(0.0, "soften the edge, standard deviation", unit="px", ge=0, le=50)
    decontaminate: bool = parameter(True, "take the old background's colour out of the edge")
    flag_below: float = parameter(0.5, "confidence below which a person should look", ge=0, le=1)

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """Sets matte and alpha; inside the product the pixels stay as they are."""
        from packshot.imaging import mattes

        picture = need_picture(picture, "cutout")
        if picture.rgb.shape[0] != 1:
            raise ParameterError(f"cutout: expected one picture at a time, got a batch of {picture.rgb.shape[0]}")
        matte, numbers, flags, layers = self._found(picture)
        matte = self._shaped(matte)
        rgb = mattes.foreground(picture.rgb, matte) if self.decontaminate else picture.rgb
        numbers["area_share"] = float((matte > 0.5).float().mean())
        return Result(picture.replace(rgb=rgb, matte=matte, alpha=matte), numbers, flags, layers)

    def _found(self, picture: Picture) -> tuple[Tensor, dict[str, float], tuple[str, ...], dict[str, Tensor]]:
        """The matte with its numbers, flags and layers."""
        from packshot.imaging.segment import segment

        if self.method == "auto" and picture.alpha is not None:
            empty = bool((picture.alpha < EMPTY).all())
            return picture.alpha, {"confidence": 0.0 if empty else 1.0}, ("the picture is empty",) if empty else (), {}
        found = segment(picture.rgb, self.refine)
        flags = found.reasons
        if found.confidence < self.flag_below and not flags:
            flags = (f"the cut-out is uncertain (confidence {found.confidence:.2f})",)
        if found.confidence >= self.flag_below:
            flags = ()
        if bool((found.matte < EMPTY).all()):
            flags = ("no product found",)
        return found.matte, {"confidence": found.confidence, **found.parts}, flags, {"uncertainty": found.uncertainty}

    def _shaped(self, matte: Tensor) -> Tensor:
        """The matte grown and feathered as asked."""
        import cv2
        import torch

        from packshot.imaging import mattes

        if self.grow:
            px = max(1, round(abs(self.grow)))
            matte = mattes.dilate(matte, px) if self.grow > 0 else mattes.erode(matte, px)
        if self.feather:
            soft = cv2.GaussianBlur(matte[0, 0].cpu().numpy(), (0, 0), self.feather)
            matte = torch.from_numpy(soft)[None, None].clamp(0, 1).to(matte.device)
        return matte
