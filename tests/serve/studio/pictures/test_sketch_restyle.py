"""Sketch draws, says what is missing, and calls the operation if there is one; Restyle tries a style, runs a job."""

import io
import json
import re

import numpy as np
import pytest

from packshot.imaging import files
from packshot.provenance.verify import verify
from tests.serve.studio.pictures.conftest import fits, until


def stroke(page, *places):
    box = page.locator(".stage-sheet").bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    page.mouse.move(*at[0])
    page.mouse.down()
    for place in at[1:]:
        page.mouse.move(*place, steps=6)
    page.mouse.up()


def saved(page, tmp_path):
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save the drawing as a file").click()
    waiting.value.save_as(tmp_path / "drawing.png")
    return files.read(tmp_path / "drawing.png").rgb[0].permute(1, 2, 0).numpy()


def without_weights(page):
    """The service's table of weights without those that translate, as if none were here."""

    def fewer(route):
        told = route.fetch().json()
        kept = [row for row in told["models"] if "translation" not in row.get("card", {})]
        route.fulfill(json={**told, "models": kept})

    page.route("**/v1/models", fewer)
    page.reload()
    page.wait_for_selector(".stage-sheet")


def test_without_weights_the_page_says_so_and_still_draws(show, tmp_path):
    page = show("sketch")
    without_weights(page)
    assert "Nothing here turns a drawing into a product yet" in page.locator(".tools").inner_text()
    stroke(page, (0.2, 0.5), (0.8, 0.5))
    drawing = saved(page, tmp_path)
    assert drawing[256, 256].max() < 0.1  # a black line
    assert drawing[100, 256].min() == 1


def test_a_layout_has_the_colours_of_its_parts_and_nothing_between(show, tmp_path):
    page = show("sketch")
    without_weights(page)
    page.get_by_role("radio", name="Layout").check(force=True)
    page.get_by_role("radio", name="Part 2").check(force=True)
    stroke(page, (0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7), (0.3, 0.3))
    page.get_by_role("radio", name="Part 4").check(force=True)
    page.get_by_role("radio", name="Fill").check(force=True)
    stroke(page, (0.5, 0.5), (0.5, 0.5))
    layout = np.rint(saved(page, tmp_path) * 255).astype(int)
    found = {tuple(int(v) for v in colour) for colour in np.unique(layout.reshape(-1, 3), axis=0)}
    assert found == {(255, 255, 255), (227, 168, 28), (179, 32, 44)}
    assert tuple(layout[256, 256]) == (179, 32, 44)


@pytest.fixture
def translators(tmp_path, monkeypatch, shop):
    """Tiny translators among the service's own weights."""
    from packshot.imaging.home import home
    from tests.operations.weights import write_translator

    own = {"drawn": ["colour"], "combinations": [[0], [1]]}
    folder = home() / "weights"
    parts = {"ball": ["ball", "belt", "cap"], "car": ["body"]}
    made = [
        write_translator(folder, "drawing", "sketch-to-toy", **own),
        write_translator(folder, "layout", "layout-to-toy", must=["category"], parts=parts, **own),
    ]
    yield made
    for path in made:
        path.unlink()


def report(page):
    return page.locator(".made .help").all_inner_texts()


def test_a_drawing_becomes_a_marked_product(show, translators, tmp_path):
    page = show("sketch")
    page.wait_for_selector(".stage-sheet")
    stroke(page, (0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8), (0.2, 0.2))
    page.wait_for_selector(".made img")
    assert report(page)[0].startswith("Decided by the seed: colour")
    page.get_by_role("radio", name="Sky blue").check(force=True)
    until(page, "document.querySelectorAll('.made > .help').length === 0")
    page.get_by_role("combobox", name="Category").select_option("car")
    page.get_by_role("button", name="Four variants").click()
    until(page, "document.querySelectorAll('.variant-row img').length === 4")
    page.get_by_role("button", name="Take the variant of seed 3").click()
    until(page, "document.querySelector('.made').getAttribute('aria-busy') === 'false'")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download", exact=True).click()
    waiting.value.save_as(tmp_path / waiting.value.suggested_filename)
    told = verify(tmp_path / waiting.value.suggested_filename).to_json()
    assert told["ok"]
    assert "trainedAlgorithmicMedia" in json.dumps(told)


def test_what_the_seed_decided_is_told_in_the_readers_language(show, translators):
    page = show("sketch", locale="zh-CN")
    page.wait_for_selector(".stage-sheet")
    stroke(page, (0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8), (0.2, 0.2))
    page.wait_for_selector(".made img")
    assert re.fullmatch(r"由随机种子决定：主色：[\u4e00-\u9fff]+", report(page)[0])


def test_a_layout_is_painted_by_names_of_parts_and_what_does_not_fit_is_explained(show, translators):
    page = show("sketch")
    page.wait_for_selector(".stage-sheet")
    page.get_by_role("radio", name="Layout").check(force=True)
    assert page.locator(".part").all_inner_texts() == ["Ground", "Ball", "Belt", "Cap"]
    page.get_by_role("radio", name="Cap").check(force=True)
    page.get_by_role("radio", name="Box").check(force=True)
    stroke(page, (0.2, 0.2), (0.8, 0.8))
    page.wait_for_selector(".made img")
    page.get_by_role("combobox", name="Category").select_option("car")
    page.locator(".made").get_by_text("is part 3, but car has 1: #1f4e8c body").wait_for()
    assert page.locator(".part").all_inner_texts() == ["Ground", "Body"]
    assert page.get_by_role("radio", name="Body").is_checked()
    show.complaints[:] = [text for text in show.complaints if "422" not in text]  # the browser's own line on it


def test_the_palette_and_the_swatches_are_those_of_the_package():
    from packshot.catalogue.toyshop.scenes.tables import PAINTS
    from packshot.imaging.translating.layouts import PALETTE
    from tests.serve.studio.words import STATIC

    palette = (STATIC / "js/sketch/parts.js").read_text(encoding="utf-8")
    told = re.search(r"COLOURS = \[(.*?)\]", palette).group(1)
    assert tuple(re.findall(r"#\w{6}", told)) == PALETTE
    swatches = (STATIC / "js/sketch/wishes.js").read_text(encoding="utf-8")
    told = re.search(r"PAINTS = \{(.*?)\}", swatches, re.S).group(1)
    pairs = {name.strip(' "'): colour for name, colour in re.findall(r'([\w ]+|"[^"]+"): "(#\w{6})"', told)}
    assert pairs == {name: paint[0] for name, paint in PAINTS.items()}


def test_a_style_is_tried_saved_and_run_over_photos(show, boat, photos, tmp_path):
    page = show("restyle")
    page.wait_for_selector(".open-first")
    page.set_input_files("input[type=file]", photos / "duck.jpg")
    page.wait_for_selector(".stage-sheet")
    page.set_input_files(".styles input[type=file]", [boat, photos / "grey.jpg"])
    page.wait_for_selector(".numbers")
    assert page.locator(".style").count() == 2
    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download the file").click()
    waiting.value.save_as(tmp_path / "styled.jpg")
    assert verify(tmp_path / "styled.jpg").to_json()["ok"]
    styled, photo = (files.read(path).rgb for path in (tmp_path / "styled.jpg", photos / "duck.jpg"))
    assert float((styled - photo).abs().mean()) > 0.05
    page.get_by_role("button", name="Over a catalogue").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file][multiple]").first.set_input_files([photos / "duck.jpg", boat])
    dialog.get_by_role("button", name="Start").click()
    page.wait_for_url(re.compile("#/jobs/"))
    job = page.url.rsplit("/", 1)[1]
    state = f"fetch('/v1/jobs/{job}').then(a => a.json()).then(j => j.state)"
    until(page, f"{state}.then(s => s === 'done' || s === 'failed')", 120)
    listed = f"fetch('/v1/jobs/{job}/results').then(a => a.json())"
    rows = [row for row in page.evaluate(listed)["results"] if row["name"].endswith(".jpg")]
    assert sorted(row["status"] for row in rows) == ["done", "done"]
    script = f"fetch('{rows[0]['url']}').then(a => a.arrayBuffer()).then(b => Array.from(new Uint8Array(b)))"
    assert files.read(io.BytesIO(bytes(page.evaluate(script)))).size == (256, 256)


@pytest.mark.slow
def test_phone_and_screen_readers(show, serious):
    for name, wanted in (("sketch", ".stage-sheet"), ("restyle", ".open-first")):
        page = show(name, 390, 844, has_touch=True)
        page.wait_for_selector(wanted)
        assert fits(page)
        assert serious(page) == []
