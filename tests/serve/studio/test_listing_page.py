"""Listing from photos dropped to the marked file in hand, and what the Jobs page says and does about it."""

import re
import zipfile

import pytest

from packshot.provenance.verify import verify
from tests.serve.studio.conftest import PATIENCE

CHANNEL = "image_link (main)"  # Google Merchant Center


@pytest.fixture(scope="session")
def finished(shop, browser, photos):
    """A listing of both photos for one channel, handed in through the page; its address."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(f"{shop.url}/studio/")
    start = page.get_by_role("button", name="Start", exact=True)
    start.wait_for()
    assert start.is_disabled()
    assert "Add photos" in page.locator(".summary").inner_text()
    page.set_input_files("input[type=file][multiple]", [photos / "duck.jpg", photos / "grey.jpg"])
    assert page.locator(".thumb img").count() == 2
    page.get_by_role("button", name="Clear").last.click()
    assert start.is_disabled()
    page.get_by_role("searchbox", name="Search channels").fill("merchant main")
    page.get_by_role("checkbox", name=CHANNEL).check()
    assert "1 channel" in page.locator(".summary").inner_text()
    start.click()
    page.wait_for_url("**/#/listing/job_*")
    page.locator(".page-head .chip.done").wait_for()
    page.locator(".result").nth(1).wait_for()
    address = page.url
    context.close()
    return address.rpartition("#/")[2]


def test_those_to_look_at_come_first_with_their_reason(shop, window, finished):
    page = window(shop, finished, expect=".result")
    page.locator(".result").nth(1).wait_for()
    assert page.locator(".result b").all_inner_texts() == ["grey", "duck"]
    grey = page.locator(".result").first
    assert "Look first" in grey.inner_text()
    assert "No product was found in the photo" in grey.inner_text()
    page.get_by_role("radio", name=re.compile("^Ready")).check(force=True)
    assert page.locator(".result b").all_inner_texts() == ["duck"]


def test_before_and_after_lie_on_each_other(shop, window, finished):
    page = window(shop, finished, expect=".result")
    duck = page.locator(".result", has_text="duck")
    line = duck.get_by_role("slider", name="Compare before and after: duck")
    duck.locator("img").nth(1).wait_for()
    for picture in duck.locator("img").all():
        picture.scroll_into_view_if_needed()
        picture.evaluate("async (one) => { await one.decode(); }")
        assert picture.evaluate("one => one.naturalWidth") >= 200
    line.focus()
    page.keyboard.press("End")
    assert line.get_attribute("aria-valuetext") == "100 % before, 0 % after"
    shown = duck.locator(".before").evaluate("one => getComputedStyle(one).clipPath")
    assert shown.startswith("inset(0px 0%")


def test_each_rule_says_its_source_and_the_file_is_marked(shop, window, serious, finished, tmp_path):
    page = window(shop, finished, expect=".result")
    page.locator(".result", has_text="duck").get_by_role("button", name="Details").click()
    dialog = page.get_by_role("dialog", name="duck")
    dialog.get_by_text("Rules of the channel").wait_for()
    dialog.get_by_text(re.compile("rules kept")).click()
    background = dialog.locator(".finding", has_text="Background")
    assert "kept" in background.inner_text()
    assert background.get_by_role("link").get_attribute("href").startswith("https://support.google.com/merchants/")
    assert "2026-" in background.inner_text()
    assert "Colour change" in dialog.inner_text()
    assert serious(page) == []
    with page.expect_download() as waiting:
        dialog.get_by_role("link", name="Download").click()
    waiting.value.save_as(tmp_path / "duck.jpg")
    marks = verify(tmp_path / "duck.jpg").to_json()
    assert marks["ok"]
    assert marks["iptc"]["state"] == "valid"
    assert "signed by packshot on this computer" in str(marks)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")


def test_all_of_it_comes_as_a_zip(shop, window, finished, tmp_path):
    page = window(shop, finished, expect=".result")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download all").click()
    waiting.value.save_as(tmp_path / "all.zip")
    names = zipfile.ZipFile(tmp_path / "all.zip").namelist()
    assert any(name.endswith("duck.jpg") for name in names)
    assert {"report.html", "edits.jsonl"} <= set(names)


def test_what_cannot_be_handed_in_says_why(shop, window):
    page = window(shop, expect="#catalogue")
    page.fill("#catalogue", "../elsewhere")
    page.get_by_role("button", name="Start", exact=True).click()
    told = page.get_by_role("alert")
    told.wait_for()
    assert "elsewhere" in told.inner_text()
    assert "--roots" in told.inner_text()
    window.complaints.clear()  # the browser's own line on the refusal


def test_a_catalogue_of_the_server_is_taken_too(shop, window, photos):
    (shop.roots / "spring").mkdir()
    (shop.roots / "spring" / "duck.jpg").write_bytes((photos / "duck.jpg").read_bytes())
    page = window(shop, expect="#catalogue")
    page.fill("#catalogue", "spring")
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url("**/#/listing/job_*")
    page.locator(".page-head .chip.done").wait_for()
    picture = page.locator(".result img").nth(1)  # the photo it was made from, read from the folder
    picture.wait_for()
    assert "of=before" in picture.get_attribute("src")
    picture.evaluate("async (one) => { await one.decode(); }")


def test_jobs_are_listed_and_steered(shop, window, finished):
    page = window(shop, "jobs", expect=".row")
    first = page.locator(".job-row", has_text="Listing").filter(has_text="2 files")
    assert "Done" in first.inner_text()
    first.get_by_role("link").click()
    page.get_by_text("What happened").wait_for()
    page.locator(".events li", has_text="look first").first.wait_for()
    assert "packshot-white" in page.locator(".facts").inner_text()
    assert page.locator(".files a").count() >= 4
    page.get_by_role("link", name="Look at it").click()
    page.wait_for_selector(".result")


def test_a_job_is_paused_goes_on_is_stopped_and_taken_up_again(shop, window, photos):
    import httpx

    with httpx.Client(base_url=shop.url, timeout=60) as client:
        photo = client.post("/v1/files", files={"file": ("duck.jpg", (photos / "duck.jpg").read_bytes())}).json()["id"]
        request = {"kind": "listing", "parameters": {"channels": ["gmc_image_link"]}, "files": [photo]}
        ids = [client.post("/v1/jobs", json=request).json()["id"] for _ in range(4)]
    page = window(shop, f"jobs/{ids[-1]}", expect=".page-head .chip")  # it waits behind the others
    page.get_by_role("button", name="Pause").click()
    page.locator(".page-head .chip", has_text="Paused").wait_for()
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("dialog", name="Stop this job?").get_by_role("button", name="Stop").click()
    page.locator(".page-head .chip", has_text="Stopped").wait_for()
    page.get_by_role("button", name="Try again").click()
    page.locator(".page-head .chip", has_text="Done").wait_for()
    told = page.locator(".events").inner_text()
    for event in ("paused", "stopped", "queued", "started", "done"):
        assert event in told
