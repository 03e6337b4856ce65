"""A pipeline file: a YAML list of operations a person can read. Torch-free.

    name: packshot-white
    title: {en: White background, zh: 白底主图}
    each: {colour: ["crimson", "#1f4e8c"]}      # optional: one result per value, `$colour` in the steps
    steps:
      - cutout                                  # an operation with its defaults
      - recolour: {to: $colour}                 # `$name`: a value of `each`, or an attribute of the product
      - background: {colour: white}
      - frame: {fill: 0.85, width: 1600, height: 1600}
    limits: {delta_e_p99: 0.5, edge_shift_px: 0.5}
    output: {format: jpeg, quality: 95}

A mistake is a RecipeError that names file, line and field.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from packshot import operations
from packshot.errors import PackshotError, ParameterError, RecipeError, complaints
from packshot.operations.operation import no_truth_value
from packshot.pipeline import lines as yaml_lines
from packshot.provenance import policies
from packshot.provenance.credentials import Signing
from packshot.provenance.policies import Policy
from packshot.version import __version__

if TYPE_CHECKING:
    from packshot.operations.operation import Operation

SECTIONS = ("name", "title", "description", "each", "steps", "limits", "output", "policy", "seed")
VARIABLE = re.compile(r"^\$([A-Za-z_][A-Za-z0-9_]*)$")
LIMIT_BYTES = 1 << 20
VARIANTS = 64  # most results one picture may have


class Limits(BaseModel):
    """What the product lock lets pass, measured against each step's own input, before encoding."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    delta_e_p99: float = Field(0.5, ge=0, le=100, description="99th percentile of ΔE2000 inside the eroded matte")
    edge_shift_px: float = Field(0.5, ge=0, le=100, description="how far the product's edges may move")

    _numbers = field_validator("*", mode="before")(no_truth_value)


@dataclass(frozen=True)
class StepSpec:
    """One line of `steps`: operation name, parameters as written (`$names` unresolved), line in the file."""

    operation: str
    parameters: Mapping[str, Any]
    line: int = 0

    def build(self, values: Mapping[str, Any]) -> Operation:
        """The operation with `$names` filled in from `values`. Raises ParameterError naming what is missing."""
        filled = {key: _fill(value, values, f"{self.operation}.{key}") for key, value in self.parameters.items()}
        try:
            return operations.find(self.operation)(**filled)
        except ValidationError as error:
            raise ParameterError("; ".join(complaints(error, self.operation))) from None

    @property
    def variables(self) -> frozenset[str]:
        """The `$names` this step uses."""
        matches = (VARIABLE.match(v) for v in self.parameters.values() if isinstance(v, str))
        return frozenset(m[1] for m in matches if m)


@dataclass(frozen=True)
class Recipe:
    """A pipeline, checked: every operation exists and every literal parameter is in range."""

    name: str
    steps: tuple[StepSpec, ...]
    each: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    output: Mapping[str, Any] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    signing: Signing = field(default_factory=Signing)
    seed: int = 0
    title: Mapping[str, str] = field(default_factory=dict)
    description: Mapping[str, str] = field(default_factory=dict)

    def variants(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """`(suffix, values)` of every result a picture has; one with an empty suffix if there is no `each`."""
        for combination in itertools.product(*self.each.values()):
            values = dict(zip(self.each, combination, strict=True))
            yield "-".join(_slug(v) for v in combination), values

    def settings(self) -> dict[str, Any]:
        """Everything that decides the pixels, as plain JSON: the same settings give the same pictures."""
        steps = [{"operation": s.operation, "parameters": _with_defaults(s)} for s in self.steps]
        return {
            "packshot": __version__,
            "steps": steps,
            "each": {k: list(v) for k, v in self.each.items()},
            "limits": self.limits.model_dump(),
            "output": dict(self.output),
            "policy": self.policy.model_dump(),
            **({"certificate": str(self.signing.certificate)} if self.signing.certificate else {}),
            "seed": self.seed,
        }

    def digest(self, extra: Mapping[str, Any] | None = None) -> str:
        """SHA-256 of the settings (and of `extra`, such as digests of weights and pictures they name)."""
        text = json.dumps({"settings": self.settings(), "extra": dict(extra or {})}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def wanted(self) -> tuple[str, ...]:
        """The `$names` that only a product's attributes can fill in."""
        names = (name for step in self.steps for name in sorted(step.variables - set(self.each)))
        return tuple(dict.fromkeys(names))

    @property
    def weights(self) -> tuple[str, ...]:
        """Names of all weights its operations need."""
        return tuple(dict.fromkeys(name for s in self.steps for name in operations.find(s.operation).models))


def builtin() -> dict[str, Path]:
    """Name → file of the pipelines that come with packshot."""
    folder = Path(str(files("packshot.pipeline"))) / "builtin"
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def load(name_or_path: str | Path, overrides: Mapping[str, Any] | None = None) -> Recipe:
    """A built-in pipeline by name, or a file. `overrides`: `{"background.colour": "#eee", "each.colour": [...]}`.

    Raises RecipeError naming file, line and field.
    """
    path = builtin().get(str(name_or_path), Path(name_or_path))
    try:
        data = path.read_bytes()
    except OSError as error:
        known = ", ".join(builtin())
        raise RecipeError(
            f"pipeline {str(name_or_path)!r}: neither a built-in ({known}) nor a file ({error})"
        ) from None
    return parse(data, path.name, overrides)


def parse(data: bytes, name: str = "pipeline", overrides: Mapping[str, Any] | None = None) -> Recipe:
    """A recipe from YAML bytes; `name` is what messages call the file."""
    if len(data) > LIMIT_BYTES:
        raise RecipeError(f"{name}: {len(data)} bytes, a pipeline has at most {LIMIT_BYTES}")
    raw, lines = yaml_lines.read(data, name)
    if not isinstance(raw, dict):
        raise RecipeError(f"{name}, line 1: expected sections ({', '.join(SECTIONS)}), got {type(raw).__name__}")
    return _Checker(name, lines, overrides or {}).recipe(raw)


class _Checker:
    """Turns parsed YAML into a Recipe; knows the lines, so that every complaint can name one."""

    def __init__(self, name: str, lines: Mapping[tuple[str | int, ...], int], overrides: Mapping[str, Any]) -> None:
        self.name, self.lines, self.overrides = name, lines, dict(overrides)

    def fail(self, place: tuple[str | int, ...], message: str) -> RecipeError:
        line = next((self.lines[place[:n]] for n in range(len(place), -1, -1) if place[:n] in self.lines), 1)
        return RecipeError(f"{self.name}, line {line}: {message}")

    def recipe(self, raw: dict[Any, Any]) -> Recipe:
        unknown = [key for key in raw if key not in SECTIONS]
        if unknown:
            raise self.fail((unknown[0],), f"{unknown[0]}: no such section; expected one of {', '.join(SECTIONS)}")
        each = self.each(raw.get("each") or {})
        steps = self.steps(raw.get("steps"), each)
        output = self.output(raw)
        policy = self.policy(raw.get("policy", "default"))
        unused = [key for key in self.overrides if key not in self.used]
        if unused:
            raise RecipeError(f"{self.name}: {unused[0]}: nothing of that name in this pipeline to set")
        return Recipe(
            name=str(raw.get("name") or Path(self.name).stem),
            steps=steps,
            each=each,
            limits=self.section(Limits, raw, "limits"),
            output=output,
            policy=policy,
            seed=self.seed(raw.get("seed", 0)),
            title=self.texts(raw, "title"),
            description=self.texts(raw, "description"),
        )

    def each(self, raw: Any) -> dict[str, tuple[Any, ...]]:
        self.used: set[str] = set()
        if not isinstance(raw, dict):
            raise self.fail(("each",), f"each: expected name: [values], got {raw!r}")
        merged = dict(raw)
        for key, value in self.overrides.items():
            if key.startswith("each.") and key[5:] in raw:
                merged[key[5:]] = value if isinstance(value, list) else [value]
                self.used.add(key)
        for key, values in merged.items():
            if not isinstance(values, list) or not values:
                raise self.fail(("each", key), f"each.{key}: expected a list with at least one value, got {values!r}")
        count = len(list(itertools.product(*merged.values())))
        if count > VARIANTS:
            raise self.fail(("each",), f"each: {count} results for every picture, at most {VARIANTS} are allowed")
        found = {str(k): tuple(v) for k, v in merged.items()}
        slugs = ["-".join(_slug(v) for v in c) for c in itertools.product(*found.values())]
        if len(set(slugs)) < len(slugs):
            raise self.fail(("each",), f"each: two results would have the same name ({', '.join(sorted(slugs))})")
        return found

    def steps(self, raw: Any, each: Mapping[str, tuple[Any, ...]]) -> tuple[StepSpec, ...]:
        if not isinstance(raw, list) or not raw:
            raise self.fail(("steps",), f"steps: expected a list of operations, got {raw!r}")
        steps = tuple(self.step(item, i) for i, item in enumerate(raw))
        for i, step in enumerate(steps):
            self.check_step(step, i, each)
        self.check_order(steps)
        used = frozenset[str]().union(*(step.variables for step in steps))
        for name in each:
            if name not in used:
                raise self.fail(("each", name), f"each.{name}: no step uses ${name}, so its results would be the same")
        return steps

    def check_order(self, steps: tuple[StepSpec, ...]) -> None:
        """What works on a known product comes after what finds it."""
        known = False
        for i, step in enumerate(steps):
            operation = operations.find(step.operation)
            known = known or operation.finds_product
            if operation.needs_matte and not known:
                told = "it needs to know the product: put cutout before it (transparent photos keep their own edge)"
                raise self.fail(("steps", i), f"step {i + 1} ({step.operation}): {told}")

    def step(self, raw: Any, i: int) -> StepSpec:
        place: tuple[str | int, ...] = ("steps", i)
        if isinstance(raw, str):
            raw = {raw: {}}
        if not isinstance(raw, dict) or len(raw) != 1:
            raise self.fail(place, f"step {i + 1}: expected one operation (name or name: {{parameters}}), got {raw!r}")
        ((name, parameters),) = raw.items()
        if name not in operations.TABLE:
            known = ", ".join(operations.TABLE)
            raise self.fail(place, f"step {i + 1}: no operation {name!r}; expected one of {known}")
        parameters = {} if parameters is None else parameters
        if not isinstance(parameters, dict):
            raise self.fail(place, f"step {i + 1} ({name}): expected parameters as name: value, got {parameters!r}")
        parameters = {str(k): v for k, v in parameters.items()} | self.override(str(name))
        return StepSpec(str(name), parameters, self.lines.get(place, 0))

    def override(self, operation: str) -> dict[str, Any]:
        mine = {k: v for k, v in self.overrides.items() if k.startswith(operation + ".")}
        self.used |= set(mine)
        return {k.split(".", 1)[1]: v for k, v in mine.items()}

    def check_step(self, step: StepSpec, i: int, each: Mapping[str, tuple[Any, ...]]) -> None:
        """Build the step with every value of `each`; parameters that wait for the product are checked later."""
        waiting = step.variables - set(each)
        literal = {k: v for k, v in step.parameters.items() if not _names(v) & waiting}
        known = operations.find(step.operation).model_fields
        for key in step.parameters:
            if key not in known:
                expected = ", ".join(known)
                raise self.fail(
                    ("steps", i, step.operation, key),
                    f"{step.operation}.{key}: no such parameter; expected one of {expected}",
                )
        for values in itertools.product(*each.values()):
            try:
                operations.find(step.operation)(**_filled(literal, dict(zip(each, values, strict=True))))
            except ValidationError as error:
                for item, words in zip(error.errors(), complaints(error, step.operation), strict=True):
                    if item["type"] == "missing" and str(item["loc"][0]) in step.parameters:
                        continue
                    if waiting and not item["loc"]:
                        continue  # about parameters together, of which some are not known yet
                    raise self.fail(("steps", i, step.operation, *item["loc"][:1]), words) from None

    def section(self, model: type[Limits], raw: dict[Any, Any], key: str) -> Limits:
        try:
            return model.model_validate(raw.get(key) or {})
        except ValidationError as error:
            place = (key, *error.errors()[0]["loc"])
            raise self.fail(place, complaints(error, key)[0]) from None

    def output(self, raw: dict[Any, Any]) -> dict[str, Any]:
        from packshot.provenance.encoding import Encoding

        given = raw.get("output") or {}
        if not isinstance(given, dict):
            raise self.fail(("output",), f"output: expected name: value, got {given!r}")
        given = {**given, **self.override("output")}
        for key in ("quality", "max_bytes", "bits"):
            if isinstance(given.get(key), bool):
                raise self.fail(("output", key), f"output.{key}: expected a number, got {given[key]!r}")
        try:
            return Encoding(**given).model_dump()
        except ValidationError as error:
            raise self.fail(("output", *error.errors()[0]["loc"]), complaints(error, "output")[0]) from None

    def policy(self, given: Any) -> Policy:
        changed = self.override("policy")
        if not isinstance(given, (str, dict)):
            raise self.fail(("policy",), f"policy: expected a name, or name and fields, got {given!r}")
        given = {"name": given} if isinstance(given, str) else {str(key): value for key, value in given.items()}
        try:
            return policies.find({**given, **changed})
        except ParameterError as error:
            raise self.fail(("policy",), str(error)) from None

    def seed(self, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
            raise self.fail(("seed",), f"seed: expected a whole number from 0, got {value!r}")
        return value

    def texts(self, raw: dict[Any, Any], key: str) -> dict[str, str]:
        value = raw.get(key) or {}
        if isinstance(value, str):
            return {"en": value}
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            raise self.fail((key,), f"{key}: expected a text, or texts by language (en: …, zh: …), got {value!r}")
        return {str(k): v for k, v in value.items()}


def _names(value: Any) -> set[str]:
    match = VARIABLE.match(value) if isinstance(value, str) else None
    return {match[1]} if match else set()


def _fill(value: Any, values: Mapping[str, Any], where: str) -> Any:
    for name in _names(value):
        if name not in values or values[name] in ("", None):
            raise ParameterError(f"{where}: ${name} is neither set by the pipeline nor an attribute of this product")
        return values[name]
    return value


def _filled(parameters: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _fill(value, values, key) for key, value in parameters.items()}


def _with_defaults(step: StepSpec) -> dict[str, Any]:
    """All parameters of a step, so that a changed default changes the settings."""
    fields = operations.find(step.operation).model_fields
    return {k: step.parameters.get(k, None if f.is_required() else f.default) for k, f in fields.items()}


def _slug(value: Any) -> str:
    """A value as part of a file name: `#1F4E8C` → `1f4e8c`, `forest green` → `forest-green`."""
    text = re.sub(r"[^\w]+", "-", str(value).lower()).strip("-_")
    if not text:
        raise PackshotError(f"each: {value!r} cannot become part of a file name")
    return text[:40]
