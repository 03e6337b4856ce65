"""The page Edit does its job: a photo in, steps, painting, undo, numbers, a marked file and a recipe out."""

import json
import subprocess
import sys

import numpy as np
import pytest

from packshot.imaging import files
from packshot.pipeline import recipe
from packshot.provenance.verify import verify
from tests.serve.studio.pictures.conftest import fits, pixels, until


@pytest.fixture
def opened(show, boat):
    """A function: the page with a photo in it."""

    def open_photo(width=1440, height=900, **options):
        page = show("edit", width, height, **options)
        page.set_input_files("input[type=file]", boat)
        page.wait_for_selector(".stage-sheet")
        return page

    return open_photo


def add(page, name):
    """Add a step from the palette, and wait for the result of all steps."""
    if not page.locator(".palette").count():
        page.get_by_role("button", name="Add a step").click()
    page.locator(".palette").get_by_role("button", name=name, exact=True).click()
    settled(page)


def settled(page):
    """Wait until nothing is computed any more."""
    page.wait_for_timeout(250)
    until(page, "document.querySelector('.stage-frame').getAttribute('aria-busy') === 'false'")


def forget_refusals(show):
    """Take the browser's own notes of answers 422 out of what its console said."""
    show.complaints[:] = [text for text in show.complaints if "422" not in text]


def names(page):
    return page.locator(".step-words b").all_inner_texts()


def saved(page, button, path):
    with page.expect_download() as waiting:
        button.click()
    waiting.value.save_as(path)
    return path, waiting.value.suggested_filename


def test_from_upload_to_marked_file_and_recipe(opened, tmp_path):
    page = opened()
    add(page, "Background")
    assert names(page) == ["Cut out", "Background"]  # the product had to be known
    assert page.locator(".verdict b").inner_text() == "The product is as photographed"
    assert "ΔE" in page.locator(".verdict-line").inner_text()
    corner = pixels(page, ".stage-pane.after img")[4, 4]
    assert list(corner[:3]) == [255, 255, 255]

    page.get_by_role("textbox", name="Colour", exact=True).fill("#1f4e8c")
    settled(page)
    assert np.abs(pixels(page, ".stage-pane.after img")[4, 4, :3].astype(int) - (31, 78, 140)).max() <= 2

    page.get_by_role("button", name="Download", exact=True).click()
    dialog = page.get_by_role("dialog")
    path, name = saved(page, dialog.get_by_role("button", name="Download the file"), tmp_path / "result.jpg")
    assert name == "boat-edited.jpg"
    report = verify(path).to_json()
    assert report["ok"]
    assert report["c2pa"]["state"] == "valid"
    picture = files.read(path)
    assert (picture.width, picture.height) == (256, 256)

    path, name = saved(page, page.get_by_role("button", name="Save steps"), tmp_path / "steps.yaml")
    loaded = recipe.load(path)
    assert [step.operation for step in loaded.steps] == ["cutout", "background"]
    assert loaded.steps[1].parameters == {"colour": "#1f4e8c"}


def test_steps_are_undone_redone_switched_off_moved_and_opened_again(opened):
    page = opened()
    add(page, "Retouch")
    add(page, "Frame")
    assert names(page) == ["Retouch", "Cut out", "Frame"]
    page.keyboard.press("Control+z")
    assert names(page) == ["Retouch"]
    page.keyboard.press("Control+Shift+z")
    settled(page)
    assert names(page) == ["Retouch", "Cut out", "Frame"]
    page.get_by_role("button", name="In use: Retouch").click()
    assert page.locator(".step.off").count() == 1
    page.locator(".step-name").nth(0).focus()
    page.keyboard.press("Alt+ArrowDown")
    assert names(page) == ["Cut out", "Retouch", "Frame"]
    page.locator(".step-name").nth(2).click()
    width = page.get_by_role("textbox", name="Width, as a number")
    assert pixels(page, ".stage-pane.after img").shape[1] > 200
    width.fill("200")
    settled(page)
    assert pixels(page, ".stage-pane.after img").shape[1] == 200
    page.get_by_role("button", name="Remove: Frame").click()
    settled(page)
    assert names(page) == ["Cut out", "Retouch"]


def test_before_lies_on_after_where_the_frame_changed(opened, boat):
    page = opened()
    add(page, "Frame")
    result = pixels(page, ".stage-pane.after img")
    transform = page.locator(".stage-pane.before img").evaluate("node => getComputedStyle(node).transform")
    after = page.locator(".stage-pane.after img").evaluate("node => getComputedStyle(node).transform")
    a, b = (np.array(json.loads(f"[{text[7:-1]}]")) for text in (transform, after))
    scale, left, top = a[0] / b[0], (a[4] - b[4]) / b[0], (a[5] - b[5]) / b[0]
    photo = files.read(boat).rgb[0].permute(1, 2, 0).numpy() * 255
    row, column = 215, 91  # on the hull
    x, y = int(column * scale + left), int(row * scale + top)
    assert np.abs(result[y, x, :3].astype(int) - photo[row, column]).max() < 25


@pytest.mark.slow
def test_a_step_waits_for_what_must_be_given(opened):
    page = opened()
    add(page, "Recolour")
    assert page.locator(".step.wrong").count() == 0
    assert page.locator(".step .waits").inner_text() == "Waits for: New colour"
    page.get_by_role("textbox", name="New colour", exact=True).fill("#1f4e8c")
    settled(page)
    assert page.locator(".step .waits").count() == 0
    assert page.locator(".verdict b").inner_text() == "As photographed, but for: Recolour"
    page.get_by_role("radio", name="mask", exact=True).check(force=True)
    assert page.locator(".step .waits").inner_text() == "Waits for: Mask"


@pytest.mark.slow
def test_the_line_moves_by_keys_and_other_ways_to_compare(opened):
    page = opened()
    add(page, "Background")
    line = page.get_by_role("slider", name="Before and after")
    line.focus()
    page.keyboard.press("ArrowLeft")
    assert line.get_attribute("aria-valuenow") == "48"
    page.keyboard.press("Home")
    assert line.get_attribute("aria-valuenow") == "0"
    page.get_by_role("radio", name="Side by side").check(force=True)
    assert page.locator(".stage.columns").count() == 1
    page.get_by_role("radio", name="Result only").check(force=True)
    assert page.locator(".stage-pane.before").count() == 0
    page.locator(".stage").focus()
    page.keyboard.press("1")
    assert page.locator(".stage-percent").inner_text() == "100 %"
    page.keyboard.press("0")
    assert page.locator(".stage-percent").inner_text() != "100 %"


def at(page, x, y):
    """Window place of a share of the picture."""
    box = page.locator(".stage-sheet").bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def stroke(page, *places):
    page.mouse.move(*at(page, *places[0]))
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*at(page, *place), steps=6)
    page.mouse.up()


def test_a_painted_mask_is_erased_and_nothing_else_changes(opened, show, boat, tmp_path):
    page = opened()
    page.locator(".palette").get_by_role("button", name="Erase", exact=True).click()
    page.locator(".painted .button").click()
    page.wait_for_selector(".paint-layer")
    stroke(page, (0.1, 0.1), (0.2, 0.1))
    page.get_by_role("button", name="Undo the last stroke").click()
    assert page.get_by_role("button", name="Undo the last stroke").is_disabled()
    page.get_by_role("radio", name="Box").check(force=True)
    stroke(page, (0.32, 0.42), (0.46, 0.56))
    path, _ = saved(page, page.get_by_role("button", name="Save the mask as a file"), tmp_path / "mask.png")
    mask = files.read(path).rgb[0, 0].numpy()
    assert mask.shape == (256, 256)
    assert 0.012 < (mask > 0.5).mean() < 0.03
    page.get_by_role("button", name="Use it").click()
    settled(page)
    page.get_by_role("button", name="Work without weights").click()  # none ship for this operation
    settled(page)
    forget_refusals(show)
    assert page.locator(".step.wrong").count() == 0
    result, photo = (
        pixels(page, ".stage-pane.after img").astype(int),
        files.read(boat).rgb[0].permute(1, 2, 0).numpy() * 255,
    )
    inside = mask > 0.5
    changed = np.abs(result[..., :3] - photo).max(-1)
    assert changed[inside].max() > 60  # the star is gone
    far = np.ones_like(inside)
    far[96:157, 70:130] = False
    assert changed[far].mean() < 2  # JPEG only


def test_scribbles_correct_the_cut_out_by_keyboard_alone(opened):
    page = opened()
    add(page, "Cut out")
    assert pixels(page, ".stage-pane.after img")[68, 4, 3] == 0
    page.locator(".painted .button").click()
    page.wait_for_selector(".paint-layer")
    page.get_by_role("radio", name="Keep").check(force=True)
    page.locator(".stage").focus()
    for _ in range(28):
        page.keyboard.press("Shift+ArrowLeft")
    for _ in range(6):
        page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Enter")
    for _ in range(4):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    assert page.get_by_role("button", name="Undo the last stroke").is_enabled()
    page.get_by_role("button", name="Use it").click()
    settled(page)
    assert page.locator(".step.wrong").count() == 0
    assert pixels(page, ".stage-pane.after img")[68, 4, 3] == 255  # kept, though it is background


def test_a_refused_value_is_told_where_it_is(opened, show):
    page = opened()
    add(page, "Background")
    page.get_by_role("textbox", name="Colour", exact=True).fill("no such colour")
    settled(page)
    assert page.locator(".field.wrong .field-problem").count() == 1
    assert page.locator(".stage-pane.after img").count() == 1  # the last good result stays
    forget_refusals(show)
    page.get_by_role("textbox", name="Colour", exact=True).fill("white")
    settled(page)
    assert page.locator(".field.wrong").count() == 0


def test_a_phone_s_finger_does_it_all(opened, serious):
    page = opened(390, 844, has_touch=True)
    add(page, "Background")
    assert fits(page)
    box = page.locator(".stage").bounding_box()
    assert box["height"] > 200
    page.locator(".step-name").nth(0).tap()
    page.locator(".painted .button").tap()
    page.wait_for_selector(".paint-layer")
    assert fits(page)
    small = page.evaluate(
        "[...document.querySelectorAll('.paint-tools button, .stage-tools button')].filter(b => b.offsetParent && "
        "Math.min(b.offsetWidth, b.offsetHeight) < 32).length"
    )
    assert small == 0
    assert serious(page) == []


@pytest.mark.slow
def test_nothing_is_wrong_for_screen_readers(opened, serious):
    page = opened()
    add(page, "Background")
    page.locator(".numbers summary").click()
    assert serious(page) == []
    page.get_by_role("button", name="Download", exact=True).click()
    page.wait_for_selector("dialog[open]")
    assert serious(page) == []


@pytest.mark.slow
def test_the_command_line_takes_the_recipe(opened, boat, tmp_path):
    page = opened()
    add(page, "Background")
    add(page, "Frame")
    path, _ = saved(page, page.get_by_role("button", name="Save steps"), tmp_path / "steps.yaml")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / boat.name).write_bytes(boat.read_bytes())
    packshot = [sys.executable, "-m", "packshot"]
    command = [*packshot, "run", str(path), str(tmp_path / "photos"), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "out").rglob("*.jpg"))) == 1
