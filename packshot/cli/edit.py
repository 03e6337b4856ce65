"""`packshot edit OPERATION IN... OUT`: one operation on one or more photos. Every parameter is a flag."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

import typer
from typer.core import TyperGroup

from packshot import operations
from packshot.cli import marking
from packshot.cli.shared import application
from packshot.errors import PackshotError, ParameterError

if TYPE_CHECKING:
    from packshot.operations.operation import Operation

PATHS = Annotated[list[Path], typer.Argument(metavar="IN... OUT", help="photos, then a file or folder to write to")]
QUALITY = Annotated[int, typer.Option(min=1, max=100, help="quality of lossy formats", rich_help_panel="Output")]

MARKS: dict[str, Any] = {
    "policy": marking.POLICY,
    "producer": marking.PRODUCER,
    "c2pa_cert": marking.CERTIFICATE,
    "c2pa_key": marking.KEY,
    "c2pa_timestamp": marking.TIMESTAMP,
}


class Operations(TyperGroup):
    """A command for every operation in the table, made from its parameter model when asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(operations.TABLE)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in operations.TABLE:
            return None
        single = application()
        single.command(cmd_name)(command_of(cmd_name))
        return typer.main.get_command(single)


app = typer.Typer(cls=Operations, help="Apply one operation to photos.", no_args_is_help=True)


@app.callback()
def _edit() -> None:
    pass


def command_of(name: str) -> Callable[..., None]:
    """The function behind `packshot edit NAME`, with a signature read from the parameter model."""
    model = operations.find(name)

    def command(paths: list[Path], encode_quality: int = 95, seed: int = 0, **parameters: Any) -> None:
        flags = {key: parameters.pop(key) for key in MARKS}
        given = {key: value for key, value in parameters.items() if value is not None}
        raise typer.Exit(edit(name, given, paths, encode_quality, seed, **flags))

    keyword = inspect.Parameter.KEYWORD_ONLY
    signature = [
        inspect.Parameter("paths", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=PATHS),
        *(_option(key, info) for key, info in model.model_fields.items()),
        inspect.Parameter("encode_quality", keyword, default=95, annotation=QUALITY),
        inspect.Parameter(
            "seed", keyword, default=0, annotation=Annotated[int, typer.Option(min=0, help="random seed")]
        ),
        *(inspect.Parameter(key, keyword, default=None, annotation=kind) for key, kind in MARKS.items()),
    ]
    command.__signature__ = inspect.Signature(signature)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in signature}
    command.__doc__ = inspect.getdoc(model) or name
    return command


def _option(key: str, info: Any) -> inspect.Parameter:
    """A pydantic field as a command line option; None means "not given", so that the model's default holds."""
    flag = "--" + key.replace("_", "-")
    names = (flag, "--no-" + flag[2:]) if info.annotation is bool else (flag,)
    plain: Any = _plain(info.annotation)
    annotation: Any = Annotated[plain | None, typer.Option("/".join(names), help=describe(info))]
    return inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _plain(annotation: Any) -> Any:
    """The type the command line parses; choices and tuples stay text, the model checks them."""
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    return annotation if annotation in (bool, int, float, str) else str


def describe(info: Any) -> str:
    """Help text of a field with choices, range, unit and default."""
    words = [info.description or ""]
    bounds = {k: getattr(m, k) for m in info.metadata for k in ("ge", "gt", "le", "lt") if hasattr(m, k)}
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    unit = (info.json_schema_extra or {}).get("unit", "") if isinstance(info.json_schema_extra, dict) else ""
    facts = ["|".join(map(str, choices(info.annotation)))] if choices(info.annotation) else []
    facts += [f"{signs[k]} {v:g}" for k, v in bounds.items()]
    facts += [unit] if unit else []
    facts += (
        ["required"] if info.is_required() else [f"default {info.default}"] if info.default not in ("", None) else []
    )
    return f"{words[0]} [{', '.join(facts)}]" if facts else words[0]


def choices(annotation: Any) -> tuple[Any, ...]:
    """The values of a Literal, else nothing."""
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def edit(
    name: str,
    parameters: dict[str, Any],
    paths: list[Path],
    quality: int,
    seed: int,
    policy: str | None = None,
    producer: str | None = None,
    c2pa_cert: Path | None = None,
    c2pa_key: Path | None = None,
    c2pa_timestamp: str | None = None,
) -> int:
    """Edit every input; returns the exit code."""
    from packshot.pipeline import door
    from packshot.provenance import policies
    from packshot.provenance.credentials import Signing, credential

    if len(paths) < 2:
        raise ParameterError("paths: expected at least one photo and one output")
    *sources, target = paths
    operation = door.build(name, parameters)
    asked = policies.find({"name": policy or "default", **({"producer": producer} if producer else {})})
    signing = marking.signing(c2pa_cert, c2pa_key, c2pa_timestamp) or Signing()
    credential(signing)  # one that cannot sign stops before the first photo
    _weights(operation)
    failed = 0
    for source, output in zip(sources, _outputs(sources, target, operation), strict=True):
        try:
            photo = door.open_photo(source).edit(operation, seed=seed)
            photo.save(output, policy=asked, signing=signing, quality=quality)
        except PackshotError as error:
            failed += 1
            typer.echo(str(error) if str(error).startswith(str(source)) else f"{source}: {error}", err=True)
            continue
        typer.echo(_report(source, output, photo, operations.name_of(operation)))
    return 1 if failed else 0


def _weights(operation: Operation) -> None:
    """Load what the operation needs before the first photo, and say under which licence it stands."""
    from packshot.operations.operation import Context, need_model
    from packshot.pipeline import weights

    for wanted in operation.weights():
        model = need_model(operation, Context(load_model=weights.load), wanted)
        typer.echo(f"weights {model.name}: licence {model.card.get('licence', 'unstated')}, engine {model.engine}")


def _outputs(sources: list[Path], target: Path, operation: Operation) -> list[Path]:
    """Where each result goes: the file named, or the folder; a photo is never written over itself."""
    from packshot.provenance.encoding import FORMATS

    for source in sources:
        if source.is_dir():
            raise ParameterError(f"{source}: is a folder; edit takes photos, and `packshot run` a folder of them")
    named = bool(target.suffix) and not target.is_dir()
    if named and len(sources) > 1 and target.suffix.lower() in FORMATS:
        raise ParameterError(f"{target}: expected a folder to write {len(sources)} photos to; this is a file's name")
    if len(sources) == 1 and named:
        outputs = [target]
    else:
        suffix = ".png" if operation.model_dump().get("kind") == "transparent" or _makes_alpha(operation) else ".jpg"
        outputs = [target / (source.stem + suffix) for source in sources]
    for source, output in zip(sources, outputs, strict=True):
        if output.resolve() == source.resolve():
            raise ParameterError(f"{source}: the output would replace the photo itself; name another file or folder")
    if len(set(outputs)) < len(outputs):
        raise ParameterError("paths: two photos have the same name; edit them into different folders, or use run")
    return outputs


def _makes_alpha(operation: Operation) -> bool:
    return operations.name_of(operation) == "cutout"


def _report(source: Path, output: Path, photo: Any, asked: str) -> str:
    from packshot.pipeline.reasons import merged

    step = photo.steps[-1]
    figures = [f"{key} {value:.4g}" for key, value in {**step.numbers, **step.fidelity}.items()]
    cut = next((s for s in photo.steps if s.operation == "cutout"), None)
    lines = [", ".join(figures)]
    if cut is not None and asked != "cutout":
        sure = cut.numbers.get("confidence", 0.0)
        gone = "" if photo.picture.alpha is None else "; the photo's background is gone, and a JPEG shows white there"
        lines.append(f"note: {asked} needs to know the product, so it was cut out first (confidence {sure:.2f}){gone}")
    lines += [*(f"look: {flag}" for flag in merged(photo.flags)), *(f"note: {note}" for note in photo.notes)]
    return f"{source} -> {output}" + "".join(f"\n  {line}" for line in lines if line)
