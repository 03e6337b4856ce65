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
        page.get_by_role("button", name="Save the mask as a file").click()
    waiting.value.save_as(tmp_path / "drawing.png")
    return files.read(tmp_path / "drawing.png").rgb[0].permute(1, 2, 0).numpy()


def test_without_weights_the_page_says_so_and_still_draws(show, tmp_path):
    page = show("sketch")
    page.wait_for_selector(".stage-sheet")
    assert "Nothing here turns a drawing into a product yet" in page.locator(".tools").inner_text()
    stroke(page, (0.2, 0.5), (0.8, 0.5))
    drawing = saved(page, tmp_path)
    assert drawing[256, 256].max() < 0.1  # a black line
    assert drawing[100, 256].min() == 1


def test_a_layout_has_the_colours_of_its_parts_and_nothing_between(show, tmp_path):
    page = show("sketch")
    page.wait_for_selector(".stage-sheet")
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


def test_where_the_service_has_the_operation_every_stroke_is_sent(show):
    """The row of an operation that exists is renamed on its way, so that the page sees one called from-sketch."""
    page = show("sketch")
    sent = []

    def renamed(route):
        told = route.fetch().json()
        row = next(one for one in told["operations"] if one["name"] == "sharpen")
        told["operations"].append({**row, "name": "from-sketch"})
        route.fulfill(json=told)

    def edited(route):
        body = route.request.post_data_buffer
        sent.append(json.loads(re.search(rb'name="steps"\r\n\r\n(.*?)\r\n', body).group(1)))
        data = body[body.index(b"\x89PNG") : body.rindex(b"IEND") + 8]
        report = json.dumps({"format": "png", "width": 512, "height": 512, "seconds": 0.1})
        route.fulfill(body=data, content_type="image/png", headers={"Packshot-Report": report})

    page.route("**/v1/operations", renamed)
    page.route("**/v1/edit", edited)
    page.reload()
    page.wait_for_selector(".made")
    assert "Nothing here" not in page.locator(".tools").inner_text()
    stroke(page, (0.2, 0.5), (0.8, 0.5))
    page.wait_for_selector(".made img")
    assert [step["operation"] for step in sent[-1]] == ["from-sketch"]


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
