"""Another colour, material or category for a real product, in the latent space of a generator.

The product is found as a code of the generator (`models.inverting`); there what is asked for is changed, by the
condition that the generator is told, or along a direction of codes: supervised (a plane between codes that a judge
names so and others), of the first layers' weights (SeFa), or principal (GANSpace).

What comes back is one of two things, and the result says which: the photo with the change of tone and colour laid on
it, so that texture, print and outline stay the photo's; or the generator's own picture, at its own size.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator

from packshot.errors import ParameterError
from packshot.operations.inverting import (
    OWN,
    Space,
    code_of,
    fill_parameter,
    model_parameter,
    seconds_parameter,
    space_parameter,
    steps_parameter,
    tune_parameter,
    was_parameter,
)
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
from packshot.operations.pointing import Pairs, pairs_of

if TYPE_CHECKING:
    from torch import Tensor

    from packshot.imaging.picture import Picture
    from packshot.models.inverting.editing import Edited
    from packshot.models.inverting.measuring import Judge
    from packshot.models.inverting.taking import Taken

DIRECTION = re.compile(r"(sefa|ganspace):([1-9]\d{0,2})")
DRAWS = 512  # codes that directions are found from
SIZES = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0)  # deviations tried along a supervised direction
LEAKED = 0.5  # of an attribute that was not asked for, worth a flag
ENOUGH = 0.5  # probability from which a judge sees what was asked for


def _direction(text: str) -> str:
    if text and not DIRECTION.fullmatch(text):
        raise ParameterError(f"direction: expected sefa:N or ganspace:N, N from 1 on, got {text!r}")
    return text


Direction = Annotated[str, AfterValidator(_direction)]


class Alter(Operation):
    """Change colour, material or category of a real product in a generator's latent space; identity is measured."""

    may_change_product: ClassVar[bool] = True

    colour: str = parameter("", "colour asked for: a name the generator knows, or any name or #hex for its nearest")
    material: str = parameter("", "material asked for, as the generator or the judge names it")
    category: str = parameter("", "category asked for; another shape, so the result is the generator's own picture")
    attributes: Pairs = parameter("", "further attributes asked for: NAME=VALUE, several with commas between")
    direction: Direction = parameter("", "instead: along direction N of the weights (sefa:N) or of codes (ganspace:N)")
    amount: float = parameter(
        0.0, "how far along a direction; 0 = as far as the judge needs, 2 where there is none", unit="σ", ge=-8, le=8
    )
    strength: float = parameter(1.0, "how much of the change is taken; 0 = the photo exactly", ge=0, le=1)
    was: Pairs = was_parameter()
    carry: Literal["auto", "change", "picture"] = parameter(
        "auto", "change: tone and colour on the photo; picture: the generator's own picture; auto: by what is asked"
    )
    fill: float = fill_parameter()
    model: ModelName = model_parameter()
    judge: ModelName = parameter("", "classifier of attributes: measures leakage, finds directions; empty: neither")
    space: Space = space_parameter()
    steps: int = steps_parameter()
    seconds: float = seconds_parameter()
    tune: int = tune_parameter()
    commercial: bool = commercial_parameter()

    def apply(self, picture: Picture | None, context: Context) -> Result:
        """Needs a matte unless `fill` is 0.

        numbers: those of `inverting.taking`; `identity` of result and photo (`inverting.measuring`); with a judge
        `asked_NAME` (its probability of what was asked for) and `leak_NAME` (0 to 1) of every other attribute; of a
        direction `deviations`. layers: `change`, how far colours moved. Strength 0 gives the photo back.
        """
        picture = need_one(picture, "alter")
        self._check()
        if self.strength == 0:
            return Result(picture, {"strength": 0.0})
        if self.fill:
            need_matte(picture, "alter")
        judge = self._judge(context)
        took = code_of(self, "alter", picture, context)
        asked, notes = self._asked(took)
        edited, numbers = self._edited(took, asked, judge, context)
        made, rgb, change = self._made(picture, took, edited)
        numbers = {**took.numbers, **numbers, **self._measured(took, rgb, asked, judge)}
        flags = (*took.flags, *_doubts(numbers, judge))
        return Result(made, numbers, flags, {"change": change}, (*took.notes, *notes, self._said(took)))

    def source_type(self) -> str | None:
        """A carried change is a composite; the generator's own picture is all its own."""
        if self.strength == 0:
            return None
        return "trainedAlgorithmicMedia" if self._whole() else "compositeWithTrainedAlgorithmicMedia"

    def weights(self) -> tuple[str, ...]:
        if self.strength == 0:
            return ()
        return (self._model(), self.judge) if self.judge else (self._model(),)

    def wants_matte(self) -> bool:
        return self.fill > 0 and self.strength > 0

    def _check(self) -> None:
        """Raise ParameterError unless exactly one way of changing is asked for."""
        named = bool(self.colour or self.material or self.category or self.attributes)
        if named == bool(self.direction):
            told = "both" if named else "neither"
            raise ParameterError(
                f"alter: expected an attribute (colour, material, category, attributes) or a direction; got {told}"
            )

    def _whole(self) -> bool:
        """Whether the result is the generator's own picture."""
        return self.carry == "picture" or (self.carry == "auto" and bool(self.category or self.direction))

    def _model(self) -> str:
        return self.model or OWN

    def _judge(self, context: Context) -> Judge | None:
        from packshot.models.inverting.measuring import judge_named

        if not self.judge:
            return None
        context.load_model(self.judge, self.commercial)
        return judge_named(self.judge)

    def _asked(self, took: Taken) -> tuple[dict[str, str], tuple[str, ...]]:
        from packshot.models.inverting.asking import understood

        plain = {"category": self.category, "colour": self.colour, "material": self.material}
        asked = {name: value for name, value in plain.items() if value} | pairs_of(self.attributes)
        space = took.found.space
        return understood(asked, {} if space.sampler.open else space.attributes)  # an open one knows any colour

    def _edited(
        self, took: Taken, asked: dict[str, str], judge: Judge | None, context: Context
    ) -> tuple[Edited, dict[str, float]]:
        """The product as asked: what the generator is told first, what only the judge knows along directions."""
        from packshot.models.inverting.editing import along, under

        found = took.found
        if self.direction:
            direction, deviation = _unsupervised(self.direction, took, context.seed)
            edited = along(found, direction, deviation, self.amount or 2.0)
            return edited, {"deviations": edited.deviations}
        told = {name: value for name, value in asked.items() if name in found.space.sampler.vocabulary.places}
        edited = under(found, told)
        numbers: dict[str, float] = {}
        for name, value in asked.items():
            if name not in told:
                edited = self._along_learned(took, edited, name, value, judge, context.seed)
                numbers[f"deviations_{name}"] = edited.deviations
        return edited, numbers

    def _along_learned(
        self, took: Taken, edited: Edited, name: str, value: str, judge: Judge | None, seed: int
    ) -> Edited:
        """Along the direction that parts codes a judge calls so from the others, as far as is needed."""
        from dataclasses import replace

        from packshot.evaluation.explaining.directions import separating
        from packshot.models.inverting.editing import along, draws, has_value
        from packshot.models.inverting.framing import rgb_of
        from packshot.models.inverting.measuring import obeyed

        space = took.found.space
        if judge is None:
            raise ParameterError(
                f"{name}: {space.sampler.name} is not told it, and a direction is learned with a classifier: "
                f"name one with judge, such as toyshop-judge"
            )
        codes, pictures = draws(space, DRAWS, seed)
        axis = separating(codes, has_value(pictures, name, value, judge))
        place = replace(took.found, code=edited.code, condition=edited.condition)
        tried = [
            along(place, axis.directions[0], float(axis.deviations[0]), amount)
            for amount in ((self.amount,) if self.amount else SIZES)
        ]
        seen = [obeyed(judge, rgb_of(one.pixels), {name: value})[name] for one in tried]
        return next((one for one, share in zip(tried, seen, strict=True) if share > ENOUGH), tried[_most(seen)])

    def _made(self, picture: Picture, took: Taken, edited: Edited) -> tuple[Picture, Tensor, Tensor]:
        """The result; its product at the generator's size, `(1, 3, size, size)`; how far colours moved, as a layer."""
        import torch

        from packshot.imaging.colour import delta_e_2000, rgb_to_lab
        from packshot.models.inverting import framing

        seen, found = took.seen, took.found
        before, after = framing.rgb_of(found.rebuilt), framing.rgb_of(edited.pixels)
        if self._whole():
            rgb = torch.lerp(before, after, self.strength)
            made = seen.picture.replace(rgb=rgb, alpha=None, matte=None)
            return made, rgb, (rgb - before).abs().mean(1, keepdim=True).clamp(0, 1)
        small = (seen.picture.rgb + self.strength * (after - before)).clamp(0, 1)
        rgb = framing.with_change(picture, seen, small)
        moved = delta_e_2000(rgb_to_lab(picture.rgb), rgb_to_lab(rgb))
        return picture.replace(rgb=rgb), small, (moved / 100).clamp(0, 1)

    def _measured(self, took: Taken, rgb: Tensor, asked: dict[str, str], judge: Judge | None) -> dict[str, float]:
        from packshot.models.inverting.measuring import identity_but_colour, leakage, obeyed

        before = took.seen.picture.rgb
        numbers = {"identity": identity_but_colour(before, rgb, took.features, took.seen.picture.matte)}
        if judge is not None:
            numbers |= {f"asked_{name}": share for name, share in obeyed(judge, rgb, asked).items()}
            numbers |= {f"leak_{name}": far for name, far in leakage(judge, before, rgb, list(asked)).items()}
        return numbers

    def _said(self, took: Taken) -> str:
        side = took.found.space.size
        if self._whole():
            return f"the picture is the generator's own, {side} px: everything in it is generated"
        return f"tone and colour were generated at {side} px and laid on the photo; texture and outline are the photo's"


def _unsupervised(text: str, took: Taken, seed: int) -> tuple[Tensor, float]:
    """The direction `(d,)` that is named, and how far codes deviate along it. Raises ParameterError for none such."""
    from packshot.evaluation.explaining.directions import sefa_axes
    from packshot.evaluation.explaining.walking import moving_axes, principal_axes
    from packshot.models.inverting.editing import draws

    kind, _, number = text.partition(":")
    space, index = took.found.space, int(number) - 1
    codes, pictures = draws(space, DRAWS, seed, took.found.condition)
    if index >= codes.shape[1]:
        raise ParameterError(f"direction: {space.sampler.name} has {codes.shape[1]} directions; got {text}")
    if kind == "sefa":
        weights = space.first_weights()
        if weights is None:
            raise ParameterError(f"direction: {space.sampler.name} has no layer that codes enter by; use ganspace:N")
        axes = sefa_axes(weights, index + 1)
        return axes.directions[index], float((codes @ axes.directions[index]).std())
    gaussian = space.name in ("z", "code")
    axes = moving_axes(codes, pictures, index + 1) if gaussian else principal_axes(codes, index + 1)
    return axes.directions[index], float(axes.deviations[index])


def _most(seen: list[float]) -> int:
    return max(range(len(seen)), key=seen.__getitem__)


def _doubts(numbers: dict[str, float], judge: Judge | None) -> list[str]:
    """What a judge saw that a person should look at."""
    flags = []
    for key, value in numbers.items():
        if key.startswith("asked_") and value < ENOUGH:
            flags.append(f"{key[6:]}: not seen as asked for (probability {value:.2f})")
        if key.startswith("leak_") and value > LEAKED:
            flags.append(f"{key[5:]} changed too ({value:.2f} of 1)")
    return flags
