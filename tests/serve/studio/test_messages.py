"""The studio's words: both languages have them all, none is missing, none is left over, none stands in the code."""

import re

import pytest

from packshot import operations
from tests.serve.studio.words import MODULES, STATIC, asked, hard_coded, messages, templates, without_comments

PAIRS = sorted(path.name.removesuffix(".en.json") for path in (STATIC / "messages").glob("*.en.json"))
TEXTS = {path: without_comments(path.read_text(encoding="utf-8")) for path in MODULES}


def every_message(language):
    """All messages that `t` knows in a language."""
    names = [language, *(f"{name}.{language}" for name in PAIRS if name != "operations")]
    return {key: text for name in names for key, text in messages(name).items()}


@pytest.mark.parametrize("name", ["", *PAIRS])
def test_both_languages_have_the_same_keys_and_places(name):
    if name == "operations":  # its English helps are the parameter models' own
        english, chinese = messages("operations.en"), messages("operations.zh")
        assert set(english) - set(chinese) == set()
        assert {key for key in set(chinese) - set(english) if not key.endswith(".help")} == set()
        return
    dot = f"{name}." if name else ""
    english, chinese = messages(f"{dot}en"), messages(f"{dot}zh")
    assert set(english) == set(chinese)
    for key, text in english.items():
        places = set(re.findall(r"\{(\w+)\}", text))
        assert set(re.findall(r"\{(\w+)\}", chinese[key])) == places, key
        assert chinese[key].strip(), key


def test_every_message_asked_for_is_there_and_none_is_left_over():
    known = every_message("en")
    called, plural, strings, begun = (set().union(*found) for found in zip(*map(asked, TEXTS.values()), strict=True))
    plurals = {f"{key}.{form}" for key in plural for form in ("one", "other")}
    assert (called | plurals) - set(known) == set()
    mentioned = called | plurals | strings | {f"{key}.{form}" for key in strings for form in ("one", "other")}
    unused = {key for key in known if key not in mentioned and not key.startswith(tuple(begun))}
    assert unused == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(STATIC / "js").as_posix())
def test_no_word_stands_in_the_code(path):
    names = {"packshot", "SHA-256", "px", "ms"}  # proper names and units
    found = [words for markup in templates(TEXTS[path]) for words in hard_coded(markup)]
    assert set(found) - names == set()


def test_the_search_for_words_finds_them():
    source = 'html`<p title="Look here">${a ? html`<b>Stop</b>` : `x${1}`} and</p>`; html`<i class="x">${t("a")}</i>`'
    found = [words for markup in templates(source) for words in hard_coded(markup)]
    assert sorted(found) == ["Look here", "Stop", "and"]


@pytest.mark.parametrize("name", operations.TABLE)
def test_every_parameter_speaks_chinese(name):
    words, model = messages("operations.zh"), operations.find(name)
    assert name in words
    assert f"{name}.help" in words
    for key, info in model.model_fields.items():
        assert f"{name}.{key}" in words or f"*.{key}" in words, f"add {name}.{key} to operations.zh.json and .en.json"
        told = f"{name}.{key}.help" in words or f"*.{key}.help" in words
        assert told, f"add {name}.{key}.help to operations.zh.json: {info.description}"


def test_the_words_of_operations_belong_to_something():
    choices = {"="}
    known = {"*"}
    for name in operations.TABLE:
        known |= {name, *(f"{name}.{key}" for key in operations.find(name).model_fields)}
        known |= {f"*.{key}" for key in operations.find(name).model_fields}
        properties = operations.find(name).model_json_schema()["properties"]
        for key, one in properties.items():
            values = one.get("enum", [])
            choices |= {f"={value}" for value in values}
            choices |= {f"{place}.{key}={value}" for place in (name, "*") for value in values}
    for key in messages("operations.zh"):
        plain = key.removesuffix(".help")
        assert plain in known or key in choices, f"{key}: no operation, parameter or choice is called so"


def test_every_preset_speaks_chinese():
    from packshot.training import presets

    words = messages("presets.zh")
    assert words.keys() == presets.TABLE.keys()
    assert all(re.search(r"[\u4e00-\u9fff]", text) for text in words.values())
