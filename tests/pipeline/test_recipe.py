"""Pipeline files: what is right is read, what is wrong is named by line and field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packshot.errors import ParameterError, RecipeError
from packshot.pipeline import recipe

GOOD = b"""\
name: mine
title: {en: Mine, zh: \xe6\x88\x91\xe7\x9a\x84}
each:
  colour: [red, "#1f4e8c"]
steps:
  - cutout
  - recolour: {to: $colour}
  - background:
      colour: white
  - frame: {fill: 0.9}
limits: {delta_e_p99: 0.4}
output: {format: png}
"""


def test_a_good_file_is_read():
    found = recipe.parse(GOOD)
    assert [s.operation for s in found.steps] == ["cutout", "recolour", "background", "frame"]
    assert found.limits.delta_e_p99 == 0.4
    assert found.output["format"] == "png"
    assert found.title["zh"] == "我的"
    assert [suffix for suffix, _ in found.variants()] == ["red", "1f4e8c"]
    built = found.steps[1].build({"colour": "red"})
    assert built.to == "red"


@pytest.mark.parametrize("name", recipe.builtin())
def test_built_in_pipelines_are_well_formed_and_explained_in_both_languages(name):
    found = recipe.load(name)
    assert found.name == name
    assert set(found.title) == set(found.description) == {"en", "zh"}


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        (b"fill: 0.9", b"fill: 9", 10, "frame.fill"),
        (b"fill: 0.9", b"filll: 0.9", 10, "frame.filll: no such parameter"),
        (b"fill: 0.9", b"fill: big", 10, "frame.fill"),
        (b"  - cutout", b"  - cutuot", 6, "no operation 'cutuot'"),
        (b"  - cutout", b"  - [1, 2]", 6, "expected one operation"),
        (b"  - cutout", b"  - cutout: 3", 6, "expected parameters"),
        (b"      colour: white", b"      colour: wihte", 9, "background.colour"),
        (b"delta_e_p99: 0.4", b"delta_e: 0.4", 11, "limits.delta_e: no such parameter"),
        (b"format: png", b"format: gif", 12, "output.format"),
        (b"name: mine", b"nmae: mine", 1, "nmae: no such section"),
        (b"to: $colour", b"to: 3", 7, "recolour.to"),
        (b'[red, "#1f4e8c"]', b"[red, Red]", 3, "same name"),
        (b'[red, "#1f4e8c"]', b"[]", 4, "at least one value"),
        (b"limits: {delta_e_p99: 0.4}", b"limits: {delta_e_p99: .nan}", 11, "limits.delta_e_p99"),
        (b"output: {format: png}", b"seed: -1", 12, "seed"),
        (b"output: {format: png}", b"policy: none", 12, "policy"),
        (b"output: {format: png}", b"output: {format: png", 13, "not valid YAML"),
        (b"fill: 0.9", b"fill: yes", 10, "frame.fill: expected a number, got True"),
        (b"fill: 0.9", b"fill: 0.9, fill: 0.8", 10, "fill: given before, in line 10"),
        (b"fill: 0.9", b"width: 500, height: 800, aspect: '4:3'", 10, "width 500 and height 800"),
        (b"limits: {delta_e_p99: 0.4}", b"name: other", 11, "name: given before, in line 1"),
        (b"delta_e_p99: 0.4", b"delta_e_p99: on", 11, "limits.delta_e_p99: expected a number"),
        (b"format: png", b"quality: yes", 12, "output.quality: expected a number"),
        (b"to: $colour", b"to: $color", 4, "each.colour: no step uses $colour"),
        (b"  - cutout", b"  - retouch", 7, "step 2 (recolour): it needs to know the product: put cutout before"),
        (b"- frame: {fill: 0.9}", b"- frame: &a {fill: 0.9}\n  - frame: *a", 11, "aliases"),
    ],
)
def test_a_mistake_is_named_with_line_and_field(old, new, line, words):
    assert old in GOOD
    with pytest.raises(RecipeError) as caught:
        recipe.parse(GOOD.replace(old, new), "mine.yaml")
    assert f"mine.yaml, line {line}:" in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"3", b"- a", b"\x00", b"\xff\xfe", b"steps: []", b"steps: 3", b"a: " * 50])
def test_what_is_no_pipeline_is_refused(data):
    with pytest.raises(RecipeError):
        recipe.parse(data)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_recipe_or_a_recipe_error(data):
    with pytest.raises(RecipeError):
        recipe.parse(data + b"\n: : [")


def test_a_billion_laughs_is_refused_quickly():
    bomb = b"a0: &a0 [x, x]\n" + b"".join(b"a%d: &a%d [*a%d, *a%d]\n" % (i, i, i - 1, i - 1) for i in range(1, 40))
    with pytest.raises(RecipeError, match="aliases"):
        recipe.parse(bomb)


def test_what_was_given_is_said_once():
    with pytest.raises(RecipeError) as caught:
        recipe.parse(GOOD.replace(b"fill: 0.9", b"aspect: abc"))
    assert str(caught.value).count("'abc'") == 1


def test_parameters_that_wait_for_the_product_are_not_judged_before():
    found = recipe.parse(b"steps: [cutout, {retouch: {white_balance: $light, temperature: 3000}}]")
    assert found.wanted == ("light",)
    assert found.steps[1].build({"light": "light"}).temperature == 3000
    with pytest.raises(ParameterError, match="would do nothing"):
        found.steps[1].build({"light": "off"})


def test_attributes_of_the_product_fill_in_and_missing_ones_are_named():
    found = recipe.parse(b"steps:\n  - cutout\n  - background: {colour: $backdrop}\n")
    assert found.steps[1].build({"backdrop": "#eee"}).colour == "#eee"
    with pytest.raises(ParameterError, match=r"background\.colour: \$backdrop is neither"):
        found.steps[1].build({})
    with pytest.raises(ParameterError, match=r"background\.colour"):
        found.steps[1].build({"backdrop": "no such colour"})


def test_overrides_reach_steps_output_and_each():
    found = recipe.parse(GOOD, overrides={"frame.fill": 0.5, "output.format": "webp", "each.colour": ["blue"]})
    assert found.steps[3].parameters["fill"] == 0.5
    assert found.output["format"] == "webp"
    assert [s for s, _ in found.variants()] == ["blue"]
    with pytest.raises(RecipeError, match=r"shadow\.kind: nothing of that name"):
        recipe.parse(GOOD, overrides={"shadow.kind": "drop"})


def test_the_settings_digest_follows_everything_that_decides_the_pixels():
    base = recipe.parse(GOOD).digest()
    assert recipe.parse(GOOD).digest() == base
    assert recipe.parse(GOOD.replace(b"fill: 0.9", b"fill: 0.8")).digest() != base
    assert recipe.parse(GOOD.replace(b"format: png", b"format: jpeg")).digest() != base
    assert recipe.parse(GOOD.replace(b"Mine", b"Yours")).digest() == base
    assert recipe.parse(GOOD).digest({"bg.png": "abc"}) != base


def test_the_policy_is_a_name_or_a_name_with_fields_and_flags_go_over_it():
    steps = b"steps: [cutout]\n"
    assert recipe.parse(steps).policy.name == "default"
    assert recipe.parse(steps + b"policy: cn-art9").policy.log
    text = steps + b"policy: {name: cn-visible, producer: 0011shop, corner: top-left}"
    assert (recipe.parse(text).policy.producer, recipe.parse(text).policy.corner) == ("0011shop", "top-left")
    flagged = recipe.parse(text, overrides={"policy.name": "eu", "policy.producer": "other"})
    assert (flagged.policy.name, flagged.policy.producer, flagged.policy.visible) == ("eu", "other", "none")
    assert recipe.parse(text).digest() != flagged.digest() != recipe.parse(steps).digest()


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("cn", "expected one of default"),
        ("[eu]", "a name, or name and fields"),
        ("{name: all, visible: none}", "policy.visible: cannot be changed"),
        ("{producer: 某公司}", "provider code"),
    ],
)
def test_a_wrong_policy_is_named_with_its_line(policy, words):
    with pytest.raises(RecipeError) as caught:
        recipe.parse(f"steps: [cutout]\npolicy: {policy}".encode(), "my.yaml")
    assert "my.yaml, line 2" in str(caught.value)
    assert words in str(caught.value)
