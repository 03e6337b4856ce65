"""The window around the pages: languages, themes, keys, phone, access, the key of a service that wants one."""

import re

import pytest

from tests.serve.conftest import running

PAGES = ("listing", "jobs", "models", "train")
KEY = re.compile(r"\b[a-z]+(?:_[a-z]+)*(?:\.[a-z_]+)+\b")  # a message that has no text shows its key
NOT_KEYS = {"edits.jsonl", "report.html", "report.json", "thebrief.ai"}


@pytest.mark.parametrize("place", PAGES)
def test_every_page_is_accessible_by_day_and_night(shop, window, serious, place):
    page = window(shop, place)
    page.wait_for_selector(".waiting", state="detached")
    assert serious(page, "light") == []
    assert serious(page, "dark") == []


@pytest.mark.parametrize("place", PAGES)
def test_every_page_fits_a_phone(shop, window, place):
    page = window(shop, place, 390, 844, has_touch=True, is_mobile=True)
    page.wait_for_selector(".waiting", state="detached")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Open the menu").tap()
    page.get_by_role("dialog").get_by_role("link", name="Models").tap()
    page.wait_for_selector("h1:text-is('Models')")
    assert page.get_by_role("dialog").count() == 0


@pytest.mark.parametrize("place", PAGES)
def test_every_page_speaks_both_languages(shop, window, place):
    page = window(shop, place)
    page.wait_for_selector(".waiting", state="detached")
    english = page.locator("body").inner_text()
    page.get_by_role("radio", name="中文").check(force=True)
    page.wait_for_selector("html[lang='zh-CN']")
    chinese = page.locator("body").inner_text()
    for text in (english, chinese):
        assert set(KEY.findall(text)) - NOT_KEYS == set()
    assert page.locator("main h1").inner_text() != english
    assert len(re.findall(r"[\u4e00-\u9fff]", chinese)) > 20
    page.reload()
    page.wait_for_selector("html[lang='zh-CN'] main h1")  # it was kept


def test_the_browsers_language_comes_first(shop, window):
    page = window(shop, locale="zh-CN")
    assert page.get_by_role("link", name="任务").is_visible()


def test_the_theme_is_the_systems_until_one_is_chosen(shop, window):
    page = window(shop, color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(19, 19, 21)"
    for name, colour in (
        ("light", "rgb(255, 255, 255)"),
        ("dark", "rgb(19, 19, 21)"),
        ("as the system", "rgb(19, 19, 21)"),
    ):
        page.get_by_role("button", name=re.compile("Theme: ")).first.click()
        assert page.get_by_role("button", name=f"Theme: {name}").is_visible()
        assert page.evaluate(ground) == colour


def test_the_keyboard_alone_is_enough(shop, window):
    page = window(shop)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("g")
    page.keyboard.press("j")
    page.wait_for_selector("h1:text-is('Jobs')")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    assert "Go to Models" in dialog.inner_text()
    page.keyboard.press("g")  # a window is open: the page behind it does not move
    page.keyboard.press("m")
    assert page.locator("main h1").inner_text() == "Jobs"
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    page.goto(f"{shop.url}/studio/#/listing")
    search = page.get_by_role("searchbox", name="Search channels")
    search.fill("")
    search.press("g")
    search.press("j")  # typing is typing
    assert search.input_value() == "gj"
    assert page.locator("main h1").inner_text() == "New listing"


def test_an_unknown_address_leads_to_the_first_page(shop, window):
    page = window(shop, "nowhere/at/all")
    assert page.locator("main h1").inner_text() == "New listing"


def test_every_operation_has_a_form_that_gives_back_what_was_changed(shop, window):
    page = window(shop)
    page.evaluate(
        """async () => {
          const { html, render, useState } = await import("/studio/js/lib.js");
          const { Form } = await import("/studio/js/parts/form.js");
          const { operations } = await (await fetch("/v1/operations")).json();
          window.found = {};
          const One = ({ o }) => {
            const [values, set] = useState({});
            window.found[o.name] = values;
            const given = { operation: o.name, schema: o.schema, values, onChange: set, first: 99 };
            return html`<section id=${o.name}><${Form} ...${given} /></section>`;
          };
          const main = document.querySelector("main");
          render(html`<div>${operations.map((o) => html`<${One} key=${o.name} o=${o} />`)}</div>`, main);
        }"""
    )
    from packshot import operations

    for name in operations.TABLE:
        shown = page.eval_on_selector_all(f"#{name} [data-parameter]", "all => all.map(one => one.dataset.parameter)")
        assert sorted(shown) == sorted(operations.find(name).model_fields)
    cutout = page.locator("#cutout")
    feather = cutout.get_by_role("slider", name="Feather")
    feather.focus()
    page.keyboard.press("ArrowRight")
    cutout.get_by_role("textbox", name="Grow, as a number").fill("-3")
    cutout.get_by_role("switch", name="Clean edge colours").uncheck()
    assert page.evaluate("window.found.cutout") == {"feather": 0.5, "grow": -3, "decontaminate": False}
    grow = cutout.get_by_role("textbox", name="Grow, as a number")
    grow.fill("900")  # out of range: shown as wrong, and not taken
    assert grow.get_attribute("aria-invalid") == "true"
    assert page.evaluate("window.found.cutout.grow") == -3
    cutout.get_by_role("button", name="Back to the default: Feather").click()
    assert page.evaluate("window.found.cutout") == {"grow": -3, "decontaminate": False}
    page.locator("#background").get_by_role("combobox", name="Kind").select_option("gradient")
    page.locator("#background").get_by_role("textbox", name="Second colour", exact=True).fill("crimson")
    assert page.evaluate("window.found.background") == {"kind": "gradient", "second": "crimson"}
    cutout.get_by_role("button", name="settings changed: reset").click()
    assert page.evaluate("window.found.cutout") == {}


def test_a_service_that_wants_a_key_is_asked_for_one(window, tmp_path):
    from packshot.serve.guards import keys

    secret = keys.make(tmp_path / "keys.json", "anna", ("edit", "jobs"))
    with running(data=tmp_path) as service:
        page = window(service, expect="input[type=password]")
        page.get_by_label("API key").fill("ps_wrong")
        page.get_by_role("button", name="Enter").click()
        page.get_by_role("alert").filter(has_text="not known here").wait_for()
        page.get_by_label("API key").fill(secret)
        page.get_by_role("button", name="Enter").click()
        page.wait_for_selector("h1:text-is('New listing')")
        assert secret not in page.evaluate("document.cookie + JSON.stringify(localStorage)")
        page.reload()
        page.wait_for_selector("h1:text-is('New listing')")
        page.get_by_role("button", name="Forget the key").click()
        page.wait_for_selector("input[type=password]")
    window.complaints[:] = [text for text in window.complaints if "401" not in text]  # the browser's own line on 401
