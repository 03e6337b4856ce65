"""Retouch: white balance, exposure, contrast, saturation and dust, all within stated limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import model_validator

from packshot.errors import ParameterError
from packshot.imaging.names import parse_colour
from packshot.operations.operation import Colour, Context, Operation, Result, need_picture, parameter

if TYPE_CHECKING:
    from torch import Tensor

    from packshot.imaging.picture import Picture
    from packshot.imaging.retouching.dust import Dust

USED_WITH = {  # parameter → the parameter, and its values, without which it does nothing
    "temperature": ("white_balance", ("light",)),
    "tint": ("white_balance", ("light",)),
    "neutral": ("white_balance", ("colour",)),
    "neutral_x": ("white_balance", ("point",)),
    "neutral_y": ("white_balance", ("point",)),
    "background_lightness": ("auto_exposure", (True,)),
    "dust_size": ("dust", ("background", "everywhere")),
}
STRONG = "a strong colour cast was taken out: if the backdrop is coloured paper, set white_balance to off"
NEAR_PRODUCT = 0.01  # dust this near to the product is left alone, of the longest side


class Retouch(Operation):
    """Correct the photo: colour cast, exposure, contrast, saturation, dust."""

    may_change_product: ClassVar[bool] = True

    white_balance: Literal["auto", "grey-world", "light", "colour", "point", "off"] = parameter(
        "auto",
        "auto: the lit background becomes neutral; grey-world: the mean does; light: by temperature and tint; "
        "colour: `neutral` becomes grey; point: the colour at `neutral_x`, `neutral_y` does; off",
    )
    temperature: float = parameter(
        6504.0, "colour temperature of the light in the photo (light)", unit="K", ge=2000, le=12000
    )
    tint: float = parameter(0.0, "green (+) or magenta (-) in the light (light)", ge=-50, le=50)
    neutral: Colour = parameter("grey", "colour in the photo that should be neutral (colour)")
    neutral_x: float = parameter(50.0, "place that should be neutral, from the left (point)", unit="%", ge=0, le=100)
    neutral_y: float = parameter(5.0, "place that should be neutral, from the top (point)", unit="%", ge=0, le=100)
    auto_exposure: bool = parameter(True, "bring a white background to `background_lightness`, no product clipped")
    background_lightness: float = parameter(
        98.0, "CIELAB lightness that a white background is brought to", unit="L", ge=60, le=100
    )
    exposure: float = parameter(0.0, "exposure added by hand", unit="stops", ge=-3, le=3)
    contrast: float = parameter(0.0, "contrast around mid-grey, in linear light", unit="%", ge=-50, le=50)
    saturation: float = parameter(0.0, "saturation; -100 = grey; never out of gamut", unit="%", ge=-100, le=100)
    dust: Literal["background", "everywhere", "off"] = parameter(
        "background", "where specks are removed; on the product only if asked"
    )
    dust_size: float = parameter(
        1.0, "widest speck that is dust, of the picture's longest side", unit="%", ge=0.1, le=5
    )
    limit_delta_e: float = parameter(
        20.0, "how far the product's mean colour may move, CIEDE2000", unit="ΔE", ge=0, le=100
    )

    @model_validator(mode="after")
    def _nothing_in_vain(self) -> Self:
        """A parameter that would do nothing is a mistake; its own default is not."""
        for name, (other, values) in USED_WITH.items():
            given, there = getattr(self, name), getattr(self, other)
            if given != type(self).model_fields[name].default and there not in values:
                needed = " or ".join(str(value).lower() for value in values)
                raise ParameterError(
                    f"{name} is {given}, but {other} is {str(there).lower()}, so it would do nothing; "
                    f"set {other} to {needed}, or leave {name} out"
                )
        return self

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """Retouch. With a matte, background and product are told apart; without, the border is the background.

        numbers: `delta_e_mean`, `delta_e_max` inside the product; `gain_red`, `gain_green`, `gain_blue`; `stops`;
        `spots`; `strength` (below 1 where `limit_delta_e` bites). layers: `dust`, where specks were removed.
        With everything off or 0 the picture comes back bit-exact.
        """
        from packshot.imaging.retouching import tone, white_balance

        picture = need_picture(picture, "retouch")
        if picture.rgb.shape[0] != 1:
            raise ParameterError(f"retouch: expected one picture at a time, got a batch of {picture.rgb.shape[0]}")
        gains, stops, notes, flags = self._light(picture)
        wanted = tone.Tone(
            gains=white_balance.with_stops(gains, stops),
            contrast=2 ** (self.contrast / 50),
            saturation=1 + self.saturation / 100,
        )
        final, strength = tone.held(picture.rgb, picture.matte, wanted, self.limit_delta_e)
        flags += ["held back by limit_delta_e"] if strength < 1 else []
        numbers: dict[str, float] = {"stops": stops, "strength": strength, **_named(final.gains)}
        rgb = tone.apply(picture.rgb, final)
        cleaned = self._clean(picture, rgb)
        if cleaned is not None:
            rgb = cleaned.rgb
            notes += ["dust not looked for: the surface is not smooth"] if cleaned.rough else []
        mean, largest = tone.changes(picture.rgb, rgb, picture.matte)
        numbers |= {"delta_e_mean": mean, "delta_e_max": largest, "spots": 0.0 if cleaned is None else cleaned.spots}
        layers = {} if cleaned is None else {"dust": cleaned.map}
        return Result(picture.replace(rgb=rgb), numbers, tuple(flags), notes=tuple(dict.fromkeys(notes)), layers=layers)

    def _light(self, picture: Picture) -> tuple[tuple[float, float, float], float, list[str], list[str]]:
        """Gains of the white balance, stops of the exposure, what stood in their way, and what to look at."""
        from packshot.imaging.retouching import white_balance

        automatic = self.white_balance == "auto" or self.auto_exposure
        reference = white_balance.background(picture.rgb, picture.matte) if automatic else None
        gains, doubts, flags = (1.0, 1.0, 1.0), [""], []
        if self.white_balance == "auto":
            gains, doubts[0] = white_balance.auto_gains(reference)
            flags = [STRONG] if white_balance.clear_cast(reference, gains) else []
        elif self.white_balance == "light":
            gains = white_balance.light_gains(self.temperature, self.tint)
        elif self.white_balance != "off":
            gains = white_balance.neutral_gains(self._neutral(picture))
        stops = 0.0
        if self.auto_exposure:
            stops, doubt = white_balance.auto_stops(
                picture.rgb, picture.matte, reference, gains, self.background_lightness
            )
            doubts.append(doubt)
        return gains, stops + self.exposure, [d for d in doubts if d], flags

    def _neutral(self, picture: Picture) -> tuple[float, float, float]:
        """Linear RGB of what should be grey."""
        from packshot.imaging.retouching import white_balance

        if self.white_balance == "grey-world":
            return white_balance.grey_world(picture.rgb).linear
        if self.white_balance == "point":
            return white_balance.point(picture.rgb, self.neutral_x / 100, self.neutral_y / 100).linear
        return white_balance.linear_of(parse_colour(self.neutral))

    def _clean(self, picture: Picture, rgb: Tensor) -> Dust | None:
        """`rgb` without dust; None if none is asked for, no background is seen, or there is no telling where it is."""
        from packshot.imaging.retouching.dust import remove

        size_px = self.dust_size / 100 * max(picture.size)
        if self.dust == "everywhere":
            return remove(rgb, self._surfaces(picture), size_px)
        if self.dust == "off" or picture.matte is None or picture.alpha is not None:
            return None
        return remove(rgb, self._surfaces(picture)[:1], size_px)

    def _surfaces(self, picture: Picture) -> list[Tensor]:
        """Background and product, each without the edge between them; the whole picture if nothing is known."""
        from packshot.imaging.mattes import dilate, inner

        if picture.matte is None:
            return [picture.rgb[:, :1] > -1]
        near = max(2, round(NEAR_PRODUCT * max(picture.size)))
        return [dilate((picture.matte > 0).float(), near) < 0.5, inner(picture.matte, near)]


def _named(gains: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip(("gain_red", "gain_green", "gain_blue"), gains, strict=True))
