"""Beautify: what every photo wants, in one step: haze, cast, exposure, tone and dust, each bounded and by one strength.

Light and dust are those of `retouch`, whose parts do the work. A network that estimates curves takes the place of haze
and tone where `method` is network: it gives a picture, of which only the smooth change of light and colour is taken, so
that it can add no detail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from packshot.operations.operation import (
    Context,
    Method,
    ModelName,
    Operation,
    Result,
    commercial_parameter,
    model_parameter,
    need_model,
    need_one,
    parameter,
)

if TYPE_CHECKING:
    from torch import Tensor

    from packshot.imaging.picture import Picture
    from packshot.operations.retouch import Retouch

MOST_CONTRAST = 15.0  # percent that automatic tone adds
FLAT = 55.0  # spread of CIELAB lightness, from the 2nd to the 98th percentile, under which a picture is flat


class Beautify(Operation):
    """Clear haze, correct cast and exposure, give flat pictures contrast, remove dust: bounded, one strength."""

    may_change_product: ClassVar[bool] = True
    own_model: ClassVar[str] = "curves"
    classical: ClassVar[str] = "measured corrections"

    strength: float = parameter(1.0, "how much of every correction; 0 = none", ge=0, le=1)
    haze: bool = parameter(True, "take a veil of haze or flare off")
    white_balance: bool = parameter(True, "make the lit background neutral, where it can be told")
    exposure: bool = parameter(True, "bring a white background to its lightness")
    tone: bool = parameter(True, "give a flat picture contrast")
    dust: bool = parameter(True, "remove dust and lint from the background (needs to know the product)")
    limit_delta_e: float = parameter(
        25.0, "how far the product's mean colour may move, CIEDE2000", unit="ΔE", ge=0, le=100
    )
    method: Method = parameter("classical", "classical: measured corrections; network: curves that weights estimate")
    model: ModelName = model_parameter("curves")
    commercial: bool = commercial_parameter()

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """numbers: `veil` (linear light taken off), `contrast` (percent added), those of `retouch`, `strength` (below
        the one asked for where `limit_delta_e` bites), and the change of the product. layers: `dust`.
        With strength 0 the picture comes back bit-exact.
        """
        from packshot.imaging.restoring.change import change

        picture = need_one(picture, "beautify")
        if self.strength == 0:
            return Result(picture, {"strength": 0.0})
        clear, veil = self._clear(picture, context)
        contrast = self._contrast(clear) if self.tone and self.method == "classical" else 0.0
        done = self._retouch(contrast, picture).apply(picture.replace(rgb=clear), context)
        rgb, strength = self._held(picture, done.picture.rgb)
        numbers = {k: v for k, v in done.numbers.items() if not k.startswith("delta_e")}
        numbers |= {"veil": veil, "contrast": contrast, "strength": strength}
        flags = done.flags + (("held back by limit_delta_e",) if strength < self.strength else ())
        after = picture.replace(rgb=rgb)
        return Result(after, numbers | change(picture.rgb, rgb, picture.matte), flags, done.layers, done.notes)

    def source_type(self) -> str | None:
        return "algorithmicallyEnhanced" if self.by_network() and self.strength > 0 else None

    def _clear(self, picture: Picture, context: Context) -> tuple[Tensor, float]:
        """Without haze, and how much of it there was; by the network, its light and colour."""
        from packshot.imaging.restoring import haze
        from packshot.imaging.restoring.curves import transferred
        from packshot.models.restoring import restored

        if self.by_network():
            model = need_model(self, context)
            return transferred(picture.rgb, lambda small: restored(model, small)), 0.0
        veil = haze.find(picture.rgb, picture.matte) if self.haze else None
        if veil is None:
            return picture.rgb, 0.0
        return haze.lifted(picture.rgb, veil), max(veil.amount)

    def _retouch(self, contrast: float, picture: Picture) -> Retouch:
        from packshot.operations.retouch import Retouch

        by_hand = self.method == "classical"
        clean = self.dust and picture.matte is not None and picture.alpha is None
        return Retouch(
            white_balance="auto" if self.white_balance and by_hand else "off",
            auto_exposure=self.exposure and by_hand,
            contrast=contrast,
            dust="background" if clean else "off",
            limit_delta_e=100,
        )

    @staticmethod
    def _contrast(rgb: Tensor) -> float:
        """Percent of contrast that a flat picture lacks."""
        import torch

        from packshot.imaging.colour import rgb_to_lab

        some = rgb[:, :, :: max(1, rgb.shape[2] // 300), :: max(1, rgb.shape[3] // 300)]
        low, high = torch.quantile(rgb_to_lab(some)[0, 0].flatten(), torch.tensor([0.02, 0.98])).tolist()
        return float(max(0.0, min(MOST_CONTRAST, 0.6 * (FLAT - (high - low)))))

    def _held(self, picture: Picture, rgb: Tensor) -> tuple[Tensor, float]:
        """The result at its strength, weakened until the product's mean colour keeps to `limit_delta_e`."""
        import torch

        from packshot.imaging.restoring.change import mean_shift

        where = torch.ones_like(rgb[:, :1], dtype=torch.bool) if picture.matte is None else picture.matte > 0.5
        strength = self.strength
        if not bool(where.any()):
            return picture.rgb.lerp(rgb, strength), strength
        for _ in range(12):
            mixed = picture.rgb.lerp(rgb, strength)
            moved = mean_shift(picture.rgb, mixed, where)
            if moved <= self.limit_delta_e:
                return mixed, strength
            strength *= max(0.5, min(0.97, self.limit_delta_e / moved))
        return picture.rgb, 0.0
