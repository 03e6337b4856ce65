"""A channel: one picture slot of a marketplace or ad system, as rules that each carry their evidence. Torch-free.

Confidence grades: A = read on the platform's own page; B = the official source is known and the number agrees in two
or more places, or stands in the platform's API text; C = one, old or conflicting source; D = prior knowledge.
Severity follows: A or B is an error where the platform says it rejects (`hard`), else a warning; C is a warning;
D is a hint. A rule that takes effect on a later day is a warning until then.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Confidence = Literal["A", "B", "C", "D"]
Severity = Literal["error", "warning", "hint"]
Format = Literal["JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF", "BMP", "HEIF"]

SUFFIX: dict[str, str] = {
    "JPEG": ".jpg",
    "PNG": ".png",
    "WEBP": ".webp",
    "AVIF": ".avif",
    "GIF": ".gif",
    "TIFF": ".tif",
    "BMP": ".bmp",
    "HEIF": ".heic",
}


def ratio(text: str) -> float:
    """`4:5` → 0.8. ValueError if it is no width:height."""
    parts = re.fullmatch(r"(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)", text)
    if parts is None or float(parts[1]) <= 0 or float(parts[2]) <= 0:
        raise ValueError(f"expected width:height such as 4:5, got {text!r}")
    return float(parts[1]) / float(parts[2])


def _ratio(text: str) -> str:
    ratio(text)
    return text


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"expected a regular expression, got {text!r} ({error})") from None
    return text


Ratio = Annotated[str, AfterValidator(_ratio)]
Side = Annotated[int, Field(gt=0, le=100_000)]
Share = Annotated[float, Field(ge=0, le=1)]


class Rule(BaseModel):
    """What every rule carries: its evidence, and whether the platform says it rejects."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    confidence: Confidence
    source: str = Field(min_length=1)
    as_of: dt.date
    hard: bool = Field(False, description="the platform says that it rejects or suppresses")
    effective: dt.date | None = Field(None, description="the day the rule takes effect; none = in force")
    note: str = ""

    def severity(self, today: dt.date | None = None) -> Severity:
        """How bad a breach is, by evidence; `today` decides whether a dated rule is in force."""
        if self.confidence == "D":
            return "hint"
        if self.confidence == "C" or not self.hard:
            return "warning"
        if self.effective is not None and (today or dt.date.today()) < self.effective:
            return "warning"
        return "error"


class Size(Rule):
    """A bound on the picture's sides, px; as a minimum or a maximum. At least one is given."""

    width: Side | None = None
    height: Side | None = None
    longest: Side | None = None
    shortest: Side | None = None
    megapixels: float | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _bounded(self) -> Size:
        if not any((self.width, self.height, self.longest, self.shortest, self.megapixels)):
            raise ValueError("expected at least one of width, height, longest, shortest, megapixels")
        return self


class Aspect(Rule):
    """Width over height: one of `ratios`, or anything within `between`; `tolerance` is relative."""

    ratios: tuple[Ratio, ...] = ()
    between: tuple[Ratio, Ratio] | None = None
    tolerance: float = Field(0.01, ge=0, le=0.5)

    @model_validator(mode="after")
    def _stated(self) -> Aspect:
        if bool(self.ratios) == bool(self.between):
            raise ValueError("expected either ratios or between")
        return self


class Bytes(Rule):
    """Bytes of the file."""

    most: int = Field(gt=0)
    least: int = Field(0, ge=0)


class Formats(Rule):
    """Formats taken, the preferred one first."""

    allowed: tuple[Format, ...] = Field(min_length=1)


class Colour(Rule):
    """Colour of the pixels: 8-bit RGB (or grey) and an sRGB profile or none."""

    profile: Literal["sRGB"] = "sRGB"
    bits: Literal[8] = 8


class Background(Rule):
    """What stands behind the product."""

    kind: Literal["white", "transparent", "white_or_transparent", "plain", "scene"]


class Fill(Rule):
    """Longest side of the product's bounding box over the matching side of the frame."""

    least: Share = 0.0
    most: Share = 1.0

    @model_validator(mode="after")
    def _ordered(self) -> Fill:
        if self.least > self.most:
            raise ValueError(f"expected least ≤ most, got {self.least} > {self.most}")
        return self


class Overlay(Rule):
    """Text, logos, badges and watermarks added outside the product: none, or up to a share of the picture."""

    most: Share = Field(0.0, description="largest share of the picture's area that added text may take")


class Ban(Rule):
    """Something that must not be there: a border, a shadow, more than one frame."""


class Whole(Rule):
    """The whole product is visible: it keeps this far from the picture's edge."""

    margin: Share = Field(0.0, description="least room on every side, share of the shorter side")


class Upscale(Rule):
    """Pixels are real: not enlarged further than this."""

    most: float = Field(2.0, ge=1)


class Count(Rule):
    """Pictures of one product in this slot."""

    most: int | None = Field(None, gt=0)
    least: int = Field(0, ge=0)


class Names(Rule):
    """File names: a pattern the name must match, and a template to write one.

    template knows {asin}, {gtin14}, {sku}, {variant} (MAIN, PT01, …), {position} and {ext}.
    """

    pattern: Annotated[str, AfterValidator(_pattern)]
    template: str = ""
    example: str = ""


class SafeZone(Rule):
    """Edges that the platform covers with its own controls, px at the channel's recommended size."""

    top: int = Field(0, ge=0)
    bottom: int = Field(0, ge=0)
    left: int = Field(0, ge=0)
    right: int = Field(0, ge=0)


class Channel(BaseModel):
    """One slot. A rule that is None is not stated by the platform, and not checked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9_]{2,40}$")
    platform: str
    region: str = "global"
    use: str
    width: Side = Field(description="recommended width, px")
    height: Side = Field(description="recommended height, px")
    source: str = Field(min_length=1)
    as_of: dt.date
    confidence: Confidence
    note: str = ""

    minimum: Size | None = None
    minimum_next: Size | None = Field(None, description="a higher minimum that takes effect on a later day")
    advised: Size | None = Field(None, description="a size below which something is lost (zoom, sharpness)")
    maximum: Size | None = None
    aspect: Aspect | None = None
    bytes: Bytes
    formats: Formats
    animation: Ban | None = None
    colour: Colour | None = None
    background: Background | None = None
    shadow: Ban | None = None
    fill: Fill | None = None
    whole: Whole | None = None
    border: Ban | None = None
    overlay: Overlay | None = None
    safe_zone: SafeZone | None = None
    upscale: Upscale | None = None
    count: Count | None = None
    names: Names | None = None

    @property
    def exact(self) -> bool:
        """Whether one size and no other is taken."""
        low, high = self.minimum, self.maximum
        return bool(low and high and low.width and (low.width, low.height) == (high.width, high.height))

    @property
    def wants_white(self) -> bool:
        """Whether the background has to be white."""
        return self.background is not None and self.background.kind == "white"

    @property
    def rules(self) -> Iterator[tuple[str, Rule]]:
        """Name and rule of everything this channel states."""
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, Rule):
                yield name, value


RULE_MODELS: dict[str, type[Rule]] = {
    "minimum": Size,
    "minimum_next": Size,
    "advised": Size,
    "maximum": Size,
    "aspect": Aspect,
    "bytes": Bytes,
    "formats": Formats,
    "animation": Ban,
    "colour": Colour,
    "background": Background,
    "shadow": Ban,
    "fill": Fill,
    "whole": Whole,
    "border": Ban,
    "overlay": Overlay,
    "safe_zone": SafeZone,
    "upscale": Upscale,
    "count": Count,
    "names": Names,
}
