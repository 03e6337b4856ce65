"""A new background scene around the locked product, from words.

A network draws the ground: a pipeline of diffusers by folder or name, or a flow that was trained with masks. The
product is laid on it unchanged, and the lock proves it. What is drawn at `size` is brought to the photo's size.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import AfterValidator

from packshot.errors import ParameterError
from packshot.operations.operation import (
    Context,
    ModelName,
    Operation,
    Result,
    commercial_parameter,
    need_matte,
    need_one,
    parameter,
)

if TYPE_CHECKING:
    from packshot.imaging.picture import Picture

MOST_ENLARGED = 2.0  # a ground blown up further looks soft
MOST_WORDS = 1000  # characters; what networks read ends far before


def _words(text: str) -> str:
    if any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in text):
        raise ParameterError("expected words, got control characters among them")
    return " ".join(text.split())


Words = Annotated[str, AfterValidator(_words)]


class Scene(Operation):
    """Draw a new background scene around the product from words; the product itself stays as photographed."""

    needs_matte: ClassVar[bool] = True
    digital_source_type: ClassVar[str | None] = "compositeWithTrainedAlgorithmicMedia"

    prompt: Words = parameter("", "the new background in words", max_length=MOST_WORDS)
    avoid: Words = parameter("", "what it must not show, in words", max_length=MOST_WORDS)
    model: ModelName = parameter(
        "", "a pipeline of diffusers (extra: diffusers) or a flow trained with masks, by name or folder"
    )
    size: int = parameter(768, "longest side the network works at; a flow has its own", unit="px", ge=64, le=2048)
    steps: int = parameter(30, "steps from noise to the picture", ge=1, le=200)
    guidance: float = parameter(6.0, "how closely the words are followed; more = closer, less various", ge=0, le=20)
    download: bool = parameter(False, "fetch the model by its name where it is not on this machine")
    commercial: bool = commercial_parameter()

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """Needs a matte. numbers: `generated_px` (longest side drawn), `ground_upscale`. Raises ParameterError
        without words or a model, WeightsNotFound, LicenceRefused, ModelError.
        """
        from packshot.imaging import geometry
        from packshot.imaging.scenery import grounds
        from packshot.models import find
        from packshot.models.painting import Wish, ground_around

        picture, _ = need_matte(need_one(picture, "scene"), "scene")
        name = self._named(context)
        wish = Wish(self.prompt, self.avoid, self.size, self.steps, self.guidance, context.seed)
        ground = ground_around(find(name), picture, wish, context.device)
        drawn = ground.drawn_px
        enlarged = max(picture.size) / drawn
        large = geometry.resize_layer(ground.rgb, picture.size, linear=True)
        flags = (f"the scene was drawn at {drawn} px and enlarged {enlarged:.1f} times",) * (enlarged > MOST_ENLARGED)
        notes = (*ground.notes, f"everything but the product is generated, at {drawn} px")
        numbers = {"generated_px": float(drawn), "ground_upscale": enlarged}
        return Result(grounds.laid_on(picture, large), numbers, flags, {}, notes)

    def weights(self) -> tuple[str, ...]:
        return (self.model,) if self.model else ()

    def _named(self, context: Context) -> str:
        """The model, fetched where that is asked for, its licence checked."""
        from packshot.errors import WeightsNotFound

        if not self.prompt:
            raise ParameterError("scene: expected the parameter prompt, the new background in words; got nothing")
        if not self.model:
            raise ParameterError("scene: expected the parameter model, a pipeline of diffusers or a flow; got none")
        if self.download:
            from packshot.models.diffusers_files import HUB, fetch

            if HUB.fullmatch(self.model):
                fetch(self.model, self.commercial)
        try:
            context.load_model(self.model, self.commercial)
        except WeightsNotFound as error:
            raise WeightsNotFound(f"scene: {error}; name a folder, or add download to fetch it by name") from None
        return self.model
