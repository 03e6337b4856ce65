"""Upscale: more pixels, 1.5 to 4 times, by a network or by the plain filter.

A network's factor is a whole number: the next one up is taken, and its picture brought down to the factor asked for,
antialiased. Detail that a network adds is a guess, a good one up to ×2; above that the picture is marked as enhanced
by an algorithm and a person is asked to look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from packshot.errors import ModelError, TooLarge
from packshot.operations.operation import (
    Context,
    Method,
    ModelName,
    Operation,
    Result,
    commercial_parameter,
    method_parameter,
    model_parameter,
    need_model,
    need_one,
    parameter,
)

if TYPE_CHECKING:
    from torch import Tensor

    from packshot.imaging.picture import Picture
    from packshot.models import Model

MOST_PIXELS = 100_000_000  # of the result: what packshot reads again
ENHANCED = 2.0  # above this factor the picture counts as enhanced by an algorithm


class Upscale(Operation):
    """Enlarge the picture 1.5 to 4 times."""

    may_change_product: ClassVar[bool] = True
    own_model: ClassVar[str] = "upscale-x2"
    classical: ClassVar[str] = "the plain filter"

    factor: float = parameter(2.0, "how many times as wide and high", ge=1.5, le=4)
    method: Method = method_parameter("the plain antialiased filter")
    kind: Literal["clean", "photo"] = parameter(
        "clean", "which of the own weights: clean for good originals, photo for old, soft or coded ones"
    )
    model: ModelName = model_parameter("upscale-x2 up to 2, upscale-x4 above, upscale-x4-photo for photo")
    strength: float = parameter(1.0, "how much of the network's picture; 0 = the plain filter", ge=0, le=1)
    commercial: bool = commercial_parameter()

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """numbers: `factor` (reached, of the width), `mean_moved` (levels of 255 that the colour lock took back), and
        how the result, brought back to the old size, differs from the picture (`back_psnr`, `back_delta_e_p99`).
        A result over 100 million pixels is refused; a large one lies in a memory-mapped file.
        """
        picture = need_one(picture, "upscale")
        size = self._size(picture)
        model = None if self.method == "classical" else self._model(context)
        rgb, moved = _enlarged(picture, size, model, self.strength)
        result = _carried(picture, rgb)
        numbers = {"factor": size[1] / picture.width, "mean_moved": moved, **_back(picture, rgb)}
        flags = (
            (f"enlarged {self.factor:g} times: fine detail is a guess, compare it with the product",)
            if self.factor > ENHANCED
            else ()
        )
        return Result(result, numbers, flags)

    def weights(self) -> tuple[str, ...]:
        return (self.model or self._own(),) if self.by_network() else ()

    def source_type(self) -> str | None:
        """Above ×2, and whenever a network adds detail, the picture is enhanced by an algorithm."""
        enhanced = self.factor > ENHANCED or (self.by_network() and self.strength > 0)
        return "algorithmicallyEnhanced" if enhanced else None

    def _own(self) -> str:
        if self.kind == "photo":
            return "upscale-x4-photo"
        return "upscale-x2" if self.factor <= 2 else "upscale-x4"

    def _size(self, picture: Picture) -> tuple[int, int]:
        height, width = (max(1, round(n * self.factor)) for n in picture.size)
        if height * width > MOST_PIXELS:
            most = (MOST_PIXELS / (picture.height * picture.width)) ** 0.5
            raise TooLarge(
                f"upscale: {width} x {height} px is over {MOST_PIXELS // 1_000_000} million pixels; "
                f"set factor to at most {int(most * 100) / 100:g} for this picture"
            )
        return height, width

    def _model(self, context: Context) -> Model:
        model = need_model(self, context)
        if model.scale < self.factor:
            raise ModelError(f"upscale: {model.name} enlarges {model.scale} times, expected at least {self.factor:g}")
        return model


def _enlarged(picture: Picture, size: tuple[int, int], model: Model | None, strength: float) -> tuple[Tensor, float]:
    """`(1, 3, h, w)` at a size, and how far the colour lock had to move the mean, levels of 255."""
    from packshot.imaging import mapped
    from packshot.imaging.restoring import enlarging
    from packshot.imaging.restoring.colour_lock import lock_colour
    from packshot.models.restoring import restored, with_level

    if model is None or strength == 0:
        return enlarging.resample(picture.rgb, mapped.empty(1, 3, *size)), 0.0
    out = mapped.empty(1, 3, *(n * model.scale for n in picture.size))
    restored(model, with_level(model, picture.rgb, 0.0), out)
    moved = lock_colour(picture.rgb, out, picture.alpha)
    if tuple(out.shape[2:]) != size:
        out = enlarging.resample(out, mapped.empty(1, 3, *size))
    return (enlarging.mix(picture.rgb, out, strength) if strength < 1 else out), moved


def _carried(picture: Picture, rgb: Tensor) -> Picture:
    """The picture with these pixels, its other layers enlarged with them."""
    from packshot.imaging.geometry import resize_layer, scale_shift

    size = (rgb.shape[2], rgb.shape[3])
    layers = {name: getattr(picture, name) for name in ("alpha", "matte", "mask")}
    enlarged = {name: None if x is None else resize_layer(x, size) for name, x in layers.items()}
    to_old = scale_shift(picture.width / size[1], picture.height / size[0], 0, 0)
    return picture.replace(rgb=rgb, **enlarged, to_source=picture.to_source @ to_old)


def _back(picture: Picture, rgb: Tensor) -> dict[str, float]:
    """How the middle of the result differs from the picture once it is brought back to its size."""
    from packshot.imaging import compare
    from packshot.imaging.geometry import resize_layer
    from packshot.imaging.restoring.change import change, place

    y0, y1, x0, x1 = place(picture.size, picture.matte)
    fy, fx = rgb.shape[2] / picture.height, rgb.shape[3] / picture.width
    part = rgb[:, :, round(y0 * fy) : round(y1 * fy), round(x0 * fx) : round(x1 * fx)]
    before = picture.rgb[:, :, y0:y1, x0:x1]
    back = resize_layer(part.clone(), (y1 - y0, x1 - x0), linear=True)
    matte = None if picture.matte is None else picture.matte[:, :, y0:y1, x0:x1]
    found = change(before, back, matte)
    return {"back_psnr": min(compare.psnr(before, back), 99.0), "back_delta_e_p99": found.get("delta_e_p99", 0.0)}
