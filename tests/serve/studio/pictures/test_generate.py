"""The page Generate does its job with the weights that ship: a grid, seeds, a preview, a way, marked files."""

import io
import re
import zipfile

import pytest

from packshot.imaging import files
from packshot.provenance.verify import verify
from tests.serve.studio.pictures.conftest import fits, pixels, until


def drawn(page, count):
    """Ask for pictures and wait for them."""
    page.get_by_label("How many").fill(str(count))
    page.locator(".tools-foot .button").click()
    until(page, f"document.querySelectorAll('.drawn img').length === {count}")


@pytest.fixture
def ready(show):
    """A function: the page with its preview drawn."""

    def opened(width=1440, height=900, **options):
        page = show("generate", width, height, **options)
        page.wait_for_selector(".preview-picture img")
        return page

    return opened


def saved(page, tmp_path):
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download", exact=True).click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_pictures_of_a_category_are_drawn_chosen_and_saved_with_marks(ready, tmp_path):
    page = ready()
    page.get_by_label("Category").select_option("bag")
    drawn(page, 4)
    assert {text.strip() for text in page.locator(".drawn-words").all_inner_texts()} == {"bag"}
    page.locator(".drawn input").nth(1).check()
    single = saved(page, tmp_path)
    assert re.fullmatch(r"fashion-gan-\d+-00001\.png", single.name)
    marks = verify(single).to_json()
    assert marks["ok"]
    assert "trainedAlgorithmicMedia" in str(marks["iptc"])
    page.locator(".drawn input").nth(3).check()
    with zipfile.ZipFile(saved(page, tmp_path)) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 2
        assert archive.read(single.name) == single.read_bytes()
        assert files.read(io.BytesIO(archive.read(archive.namelist()[1]))).size == (28, 28)


@pytest.mark.slow
def test_a_locked_seed_gives_the_same_pictures_and_what_is_selected_stays(ready):
    page = ready()
    drawn(page, 2)
    before = page.get_by_label("Seed", exact=True).input_value()
    page.locator(".drawn input").first.check()
    page.get_by_role("button", name="Keep the seed").click()
    page.locator(".tools-foot .button").click()
    until(page, "document.querySelectorAll('.drawn img').length === 3")
    assert page.get_by_label("Seed", exact=True).input_value() == before
    kept, again, other = (pixels(page, f".drawn:nth-child({n}) img") for n in (1, 2, 3))
    assert (kept == again).all()
    assert (kept != other).any()


def test_the_preview_follows_the_slider_and_a_way_leads_from_picture_to_picture(ready, tmp_path):
    page = ready()
    drawn(page, 3)
    first = pixels(page, ".preview-picture img")
    variety = page.get_by_label("Variety")
    variety.focus()
    variety.press("Home")
    until(page, "!document.querySelector('.preview-picture.busy')")
    page.wait_for_timeout(300)
    assert (pixels(page, ".preview-picture img") != first).any()
    variety.press("End")
    page.locator(".drawn input").nth(0).check()
    page.locator(".drawn input").nth(2).check()
    page.get_by_role("button", name="Walk between").click()
    place = page.get_by_label("Place on the way")
    place.focus()
    place.press("Home")
    page.wait_for_timeout(300)
    until(page, "!document.querySelector('.preview-picture.busy')")
    ends = [pixels(page, s).astype(int) for s in (".preview-picture img", ".drawn:nth-child(1) img")]
    assert abs(ends[0] - ends[1]).max() <= 2  # the way begins with the very picture
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Animation (GIF)").click()
    waiting.value.save_as(tmp_path / "way.gif")
    assert verify(tmp_path / "way.gif").to_json()["ok"]


@pytest.mark.slow
def test_many_become_a_job(ready):
    page = ready()
    page.get_by_label("How many").fill("100")
    assert "as a job" in page.locator(".tools-foot").inner_text()


def test_phone_and_screen_readers(ready, serious):
    page = ready(390, 844, has_touch=True)
    drawn(page, 2)
    assert fits(page)
    assert serious(page) == []


@pytest.mark.slow
def test_the_preview_is_there_within_300_ms(ready):
    page = ready()
    variety = page.get_by_label("Variety")
    variety.focus()
    seen = []
    for _ in range(15):
        variety.press("ArrowLeft")
        page.wait_for_timeout(400)
        seen.append(int(page.locator(".preview-time").inner_text().split()[0].replace(",", "")))
    assert sorted(seen)[len(seen) // 2] <= 300, seen
