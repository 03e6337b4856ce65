"""How a picture becomes a file: what the `output:` section of a pipeline may say. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from packshot.errors import ParameterError

Format = Literal["jpeg", "png", "webp", "avif", "tiff"]
SUFFIXES: dict[Format, str] = {"jpeg": ".jpg", "png": ".png", "webp": ".webp", "avif": ".avif", "tiff": ".tif"}
FORMATS: dict[str, Format] = {**{suffix: name for name, suffix in SUFFIXES.items()}, ".jpeg": "jpeg", ".tiff": "tiff"}


class Encoding(BaseModel):
    """How a picture becomes a file; what a pipeline's `output:` section may say."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Format = Field("jpeg", description="file format")
    quality: int = Field(95, ge=1, le=100, description="quality of lossy formats")
    subsampling: Literal["4:4:4", "4:2:2", "4:2:0"] = Field("4:4:4", description="chroma subsampling of JPEG")
    lossless: bool = Field(False, description="lossless WebP or AVIF")
    max_bytes: int | None = Field(None, ge=1024, description="byte budget; quality is lowered until it is met")
    bits: Literal[8, 16] = Field(8, description="bits per channel of PNG and TIFF")

    @classmethod
    def of_path(cls, path: Path, **options: Any) -> Encoding:
        """The encoding a file name asks for. Raises ParameterError for an unknown extension."""
        suffix = path.suffix.lower()
        if suffix not in FORMATS:
            raise ParameterError(f"{path.name}: expected an extension of {', '.join(FORMATS)}, got {suffix or 'none'}")
        return cls(format=FORMATS[suffix], **options)
