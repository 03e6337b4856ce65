"""Options of `packshot generate` that say in words what is wanted, and how a flow is to draw it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from packshot.errors import ParameterError, WeightsNotFound

if TYPE_CHECKING:
    from torch import Tensor

    from packshot.models.sampling import Sampler
    from packshot.models.wishing import Wish

WORDS = "Words and guidance"
WHAT = "what to draw, in words ('a glossy blue robot'); or shipped weights by name, a .safetensors file, a run folder"
OWN = "toyshop-flow"  # what draws words
FILE = re.compile(r"[\w.-]*[-_./\\][\w./\\-]*|.*\.safetensors")  # a name of weights or a path


def _option(*names: str, **more: Any) -> Any:
    return typer.Option(*names, rich_help_panel=WORDS, **more)


MODEL = Annotated[str, _option("--model", help=f"what draws the words: a name, file or folder [default: {OWN}]")]
NOT = Annotated[list[str] | None, _option("--not", metavar="WORDS", help="what is not wanted: words or NAME=VALUE; "
                                          "repeatable")]  # fmt: skip
WEIGHT = Annotated[list[str] | None, _option(metavar="NAME=W", help="how much an attribute (or text, picture) counts; "
                                             "1 = as it is, 2 = twice, -1 = not this; repeatable")]  # fmt: skip
LIKE = Annotated[Path | None, _option(help="a picture to be like, for flows that were trained on likenesses")]
KEEP = Annotated[Path | None, _option(help="a picture with transparent parts: these are drawn, the rest stays")]
GRID = Annotated[str, _option(metavar="A x B", help="every value of one attribute under every one of another, such as "
                              "'colour x material' or 'colour=red,#ff8800 x azimuth=-30,0,30'")]  # fmt: skip
GUIDANCE = Annotated[float | None, _option(min=0, max=20, help="1 = as learned, more = more obedient, less various")]
STEPS = Annotated[int | None, _option(min=1, max=200, help="from noise to picture")]
SOLVER = Annotated[str | None, _option(help="euler, or heun: two looks a step, better at few steps")]


@dataclass(frozen=True)
class Asked:
    """What the options say, as texts. weights: attribute → a number."""

    prompt: str = ""
    against: tuple[str, ...] = ()
    weights: Mapping[str, str] = field(default_factory=dict)
    like: Path | None = None
    keep: Path | None = None
    guidance: float | None = None
    steps: int | None = None
    solver: str | None = None

    def steering(self) -> dict[str, Any]:
        """What changes how a flow draws."""
        own = {"not": self.against, "weight": self.weights, "like": self.like, "keep": self.keep}
        return {**own, "guidance": self.guidance, "steps": self.steps, "solver": self.solver}

    def facts(self) -> dict[str, Any]:
        """As a record tells it: what was said, files by their names."""
        told = {"prompt": self.prompt, **self.steering()}
        plain = {k: v.name if isinstance(v, Path) else list(v) if k == "not" else v for k, v in told.items()}
        return {k: v for k, v in plain.items() if v not in (None, "", [], {})}

    def wish(self, sampler: Sampler, wanted: Mapping[str, str]) -> Wish:
        """Files read, numbers checked. Raises ParameterError, PictureError."""
        from packshot.imaging import files
        from packshot.models.wishing import Wish

        like = None if self.like is None else files.read(self.like)
        known = None if self.keep is None else kept(self.keep, sampler)
        return Wish(self.prompt, wanted, self.against, _numbers(self.weights), self._how(sampler), like, known)

    def _how(self, sampler: Sampler) -> Any:
        from packshot.models.flowing import Flow, How

        own = {"guidance": self.guidance, "steps": self.steps, "solver": self.solver}
        said: dict[str, Any] = {k: v for k, v in own.items() if v is not None}
        if not said:
            return None
        before = sampler.network.how if isinstance(sampler.network, Flow) else How()
        return How(**{**vars(before), **said})


def told_apart(what: str, model: str) -> tuple[str, str]:
    """(weights, prompt): `what` is weights where a file or folder is there or it looks like a name, else words.

    Raises ParameterError for weights that are named twice, and where the network that draws words is missing.
    """
    from packshot.models import find

    named = Path(what).exists() if 0 < len(what) < 4096 and "\0" not in what else False
    if not named and len(what) < 200:
        try:
            find(what)
            named = True
        except (WeightsNotFound, OSError, ValueError):
            named = FILE.fullmatch(what) is not None and not model
    if named and model:
        raise ParameterError(f"--model {model}: {what!r} are weights too; name either these or some words")
    if named:
        return what, ""
    if not model:
        try:
            find(OWN)
        except WeightsNotFound:
            raise ParameterError(f"{what[:80]!r}: words need a network that draws them; say --model FILE, or have "
                                 f"{OWN} among your weights") from None  # fmt: skip
    from packshot.catalogue.dataset.prompts import clean

    return model or OWN, clean(what)


def kept(path: Path, sampler: Sampler) -> Tensor:
    """`(1, c + 1, h, w)`: the pixels that can be seen in [-1, 1], at the flow's size, and 1 where they are.

    Raises ParameterError for a picture without transparent parts, and for networks that are no flows.
    """
    import torch

    from packshot.imaging import files
    from packshot.imaging.geometry import resize
    from packshot.models.flowing import Flow

    picture = files.read(path)
    if picture.alpha is None or bool((picture.alpha > 0.5).all()):
        raise ParameterError(f"--keep {path.name}: expected a picture with transparent parts, which are drawn")
    if not isinstance(sampler.network, Flow):
        raise ParameterError(f"--keep: known pixels are for flows; {sampler.name} is none")
    flow = sampler.network
    side = flow.shape[1] if flow.autoencoder is None else int(flow.autoencoder.config.size)
    small = resize(picture, (side, side))
    assert small.alpha is not None
    given = (small.alpha > 0.98).float()
    rgb = small.rgb if flow.shape[0] != 1 else small.rgb.mean(1, keepdim=True)
    return torch.cat([(rgb * 2 - 1) * given, given], dim=1)


def _numbers(weights: Mapping[str, str]) -> dict[str, float]:
    found = {}
    for name, text in weights.items():
        try:
            found[name] = float(text)
        except ValueError:
            found[name] = float("nan")
        if not -10 <= found[name] <= 10:
            raise ParameterError(f"--weight {name}={text}: expected a number from -10 to 10")
    return found
