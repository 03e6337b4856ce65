"""Command line, HTTP and studio offer the same operations, parameters, defaults, ranges and units."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from packshot import operations
from packshot.cli import app, edit

OWN = {"paths", "encode_quality", "seed", *edit.MARKS, "help"}  # flags that are no parameters of the operation


def by_command_line(name):
    """Parameter → help text of its flag, as `packshot edit NAME --help` has them."""
    command = edit.Operations().get_command(None, name)
    return {option.name: option.help for option in command.params if option.name not in OWN}


def by_http(call, name):
    """Parameter → schema, as OpenAPI has them for the address of the operation."""
    document = call("GET", "/openapi.json").json()
    body = document["paths"][f"/v1/edit/{name}"]["post"]["requestBody"]
    parts = body["content"]["multipart/form-data"]["schema"]["properties"]
    reference = parts["parameters"]["$ref"]
    assert reference.startswith("#/components/schemas/")
    return document["components"]["schemas"][reference.rsplit("/", 1)[-1]]["properties"]


def by_form(call, name):
    """Parameter → schema, as the studio makes its forms of them."""
    rows = call("GET", "/v1/operations").json()["operations"]
    return next(row for row in rows if row["name"] == name)["schema"]["properties"]


def test_the_same_operations(call):
    document = call("GET", "/openapi.json").json()
    http = {path.rsplit("/", 1)[-1] for path in document["paths"] if path.startswith("/v1/edit/")}
    form = {row["name"] for row in call("GET", "/v1/operations").json()["operations"]}
    assert set(edit.Operations().list_commands(None)) == http == form == set(operations.TABLE)


@pytest.mark.parametrize("name", operations.TABLE)
def test_the_same_parameters_defaults_ranges_and_units(call, name):
    line, http, form = by_command_line(name), by_http(call, name), by_form(call, name)
    assert set(line) == set(http) == set(form)
    for key, info in operations.find(name).model_fields.items():
        for schema in (http[key], form[key]):
            assert schema["description"] == info.description
            assert schema.get("default") == (None if info.is_required() else info.default)
        ranges = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum", "unit", "format")
        assert {k: http[key].get(k) for k in ranges} == {k: form[key].get(k) for k in ranges}
        assert line[key] == edit.describe(info), "and the flag tells default, range and unit"


@pytest.mark.parametrize(("name", "parameters"), [("frame", {}), ("background", {"colour": "teal"})])
def test_the_same_pixels(call, photo, tmp_path, name, parameters):
    (tmp_path / "mug.jpg").write_bytes(photo)
    flags = [part for key, value in parameters.items() for part in (f"--{key}", value)]
    done = CliRunner().invoke(app, ["edit", name, str(tmp_path / "mug.jpg"), str(tmp_path / "line.png"), *flags])
    assert done.exit_code == 0, done.output
    form = {"parameters": json.dumps(parameters), "output": '{"format": "png"}'}
    answer = call("POST", f"/v1/edit/{name}", files={"picture": ("mug.jpg", photo)}, data=form)
    (tmp_path / "http.png").write_bytes(answer.content)
    line, http = (np.asarray(Image.open(tmp_path / f"{way}.png")) for way in ("line", "http"))
    assert np.array_equal(line, http)


def test_the_same_pipelines_channels_and_presets(call):
    from packshot.pipeline import recipe
    from packshot.publish import channels
    from packshot.training import presets

    assert [row["name"] for row in call("GET", "/v1/pipelines").json()["pipelines"]] == list(recipe.builtin())
    assert [row["id"] for row in call("GET", "/v1/channels").json()["channels"]] == list(channels.load())
    assert [row["name"] for row in call("GET", "/v1/presets").json()["presets"]] == list(presets.TABLE)
