"""Train and Models: what there is to choose, and (slow) a network that learns and one that is measured."""

import re

import pytest

from packshot import checkpoint
from packshot.imaging import files, geometry
from tests.serve.conftest import ROOT


def test_a_training_says_what_it_lacks(shop, window):
    page = window(shop, "train", expect=".preset")
    start = page.get_by_role("button", name="Start training")
    page.get_by_role("searchbox", name="Search presets").fill("vae")
    page.locator("input[value=catalogue-vae]").check()
    summary = page.locator(".summary")
    assert "64 px" in summary.inner_text()
    assert start.is_disabled()
    page.get_by_role("radio", name="Toyshop", exact=True).check(force=True)
    assert start.is_enabled()
    page.get_by_role("radio", name="On the server").check(force=True)
    assert start.is_disabled()
    page.get_by_label("A catalogue on the server").fill("nothing/here")
    start.click()
    told = page.get_by_role("alert")
    told.wait_for()
    assert "nothing/here" in told.inner_text()
    window.complaints.clear()  # the browser's own line on the refusal


def test_models_show_their_card_and_licence(shop, window, serious):
    page = window(shop, "models", expect=".model")
    card = page.locator(".model", has_text="fashion-gan")
    assert "Apache-2.0" in card.inner_text()
    card.get_by_role("button", name="Card of fashion-gan").click()
    dialog = page.get_by_role("dialog", name="fashion-gan")
    told = dialog.inner_text()
    assert "allow commercial use" in told
    assert "Fashion-MNIST" in told
    assert re.search(r"SHA-256 [0-9a-f]{64}", told)
    assert "Runs in torch" in told
    assert dialog.get_by_role("button", name="Measure here").count() == 0
    assert serious(page) == []
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Card of fashion-gan"


@pytest.mark.slow
def test_weights_are_measured_on_this_machine(shop, window):
    page = window(shop, "models", expect=".model")
    page.locator(".model", has_text="upscale-x2").get_by_role("button", name="Card").click()
    dialog = page.get_by_role("dialog", name="upscale-x2")
    dialog.get_by_role("button", name="Measure here").click()
    dialog.locator(".bench tbody tr").first.wait_for(timeout=300_000)
    rows = dialog.locator(".bench").inner_text()
    assert "torch" in rows
    assert "used" in rows


@pytest.mark.slow
def test_a_network_learns_from_pictures_and_can_be_taken_home(shop, window, tmp_path, serious):
    for path in sorted((ROOT / "packshot" / "samples").glob("*.jpg")):
        files.write(geometry.resize(files.read(path), (64, 64)), tmp_path / path.name)
    page = window(shop, "train", expect=".preset")
    page.locator("input[value=catalogue-vae]").check()
    page.set_input_files("input[type=file][multiple]", sorted(tmp_path.glob("*.jpg")))
    page.get_by_role("textbox", name="Images", exact=True).fill("1280")
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url("**/#/train/job_*")
    page.locator(".page-head .chip", has_text="Done").wait_for(timeout=600_000)
    page.locator(".curve").first.wait_for()
    assert "1,280" in page.locator(".figures").inner_text()
    page.locator("img.samples").wait_for()
    assert page.locator("img.samples").evaluate("async (one) => { await one.decode(); return one.naturalWidth; }") > 64
    assert serious(page) == []
    with page.expect_download() as waiting:
        page.get_by_role("link", name=re.compile(r"autoencoder.*\.safetensors")).first.click()
    waiting.value.save_as(tmp_path / "autoencoder.safetensors")
    assert checkpoint.read(tmp_path / "autoencoder.safetensors").card["preset"] == "catalogue-vae"
