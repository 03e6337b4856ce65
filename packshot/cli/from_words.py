"""`packshot generate "words" --model PIPELINE`: pictures of a large model, written as all others are."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import typer

from packshot.cli.generated import Generated
from packshot.cli.wishes import Asked
from packshot.errors import ParameterError, WeightsNotFound
from packshot.models import diffusers_files, find, load, resolve_device
from packshot.models.sampling import seeds_of
from packshot.provenance import policies
from packshot.provenance.credentials import Signing


def pipeline_named(name: str, *, download: bool, commercial: bool) -> Path | None:
    """The index of a pipeline of diffusers by folder or name; None for any other weights.

    download: fetch a name of the hub that is not here, after its licence was asked for. Raises LicenceRefused.
    """
    if download and diffusers_files.HUB.fullmatch(name) and not Path(name).exists():
        diffusers_files.fetch(name, commercial)
    path = Path(name, diffusers_files.INDEX)
    found = path if path.is_file() else diffusers_files.cached(name)
    if found is None and not Path(name).exists() and not diffusers_files.HUB.fullmatch(name):
        with suppress(WeightsNotFound):  # said later, where other weights are looked for
            found = find(name)
    return found if found is not None and diffusers_files.is_index(found) else None


class FromWords(Generated):
    """A folder of pictures that a pipeline drew from words."""

    def __init__(
        self,
        path: Path,
        out: Path,
        seed: int,
        words: str,
        asked: Asked,
        device: str,
        commercial: bool,
        *,
        policy: Mapping[str, str],
        signing: Signing | None,
    ) -> None:
        if not words:
            raise ParameterError(f"text: {diffusers_files.name_of(path)} draws from words; say what to draw")
        refused = {"weight": asked.weights, "like": asked.like, "keep": asked.keep, "solver": asked.solver}
        for name, value in refused.items():
            if value:
                raise ParameterError(f"--{name}: is for flows trained here; leave it out with a pipeline of diffusers")
        model = load(str(path), resolve_device(device), commercial=commercial)
        typer.echo(f"weights {model.name}: licence {model.card['licence']}, {model.card['architecture']}")
        self.drawer = diffusers_files.drawer_of(path, model.device)
        self.sampler = self.drawer  # type: ignore[assignment]
        self.wanted, self.asked, self.truncation, self.text = {}, asked, 1.0, words
        self.out, self.seed, self.signing, self.policy = out, seed, signing, policies.find(dict(policy))
        self.shown, self.written, self.told = [], 0, 0.0

    def pictures(self, count: int) -> None:
        """`count` pictures of the seed."""
        self._begin()
        options = {"guidance_scale": self.asked.guidance, "num_inference_steps": self.asked.steps,
                   "negative_prompt": ", ".join(self.asked.against) or None}  # fmt: skip
        drawn = self.drawer.drawn(seeds_of(self.seed, count), text=self.text, **options)
        for number, (seed, picture) in enumerate(drawn):
            self._write(f"{number:05d}.png", picture, seed, {})
            self._progress(f"{self.written:,} of {count:,}")
        self._finish()
