"""A real service with a worker, and Chromium: what a person would use."""

import os
from pathlib import Path

import pytest

from tests.conftest import CHROMIUM
from tests.serve.conftest import ROOT, running

pytest.importorskip("playwright.sync_api", reason="needs playwright (pip install 'packshot[dev]')")

PATIENCE = 120_000  # ms; machines are shared
AXE = [Path(os.environ.get("AXE_CORE", "")), ROOT / "node_modules" / "axe-core" / "axe.min.js"]


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    """The service of one local person, with one worker, and a folder it may read."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium (apt-get install chromium)")
    roots = tmp_path_factory.mktemp("roots")
    with running(workers=True, data=tmp_path_factory.mktemp("shop"), roots=(roots,), max_running_per_key=1) as found:
        found.roots = roots
        yield found


@pytest.fixture
def window(browser):
    """A function: a page at an address of the studio. Afterwards: nothing was logged, nothing left the origin."""
    contexts, complaints, requests = [], [], []

    def opened(service, place="listing", width=1440, height=900, expect="main h1", **options):
        view = {"viewport": {"width": width, "height": height}, "locale": "en-GB", "accept_downloads": True}
        contexts.append(browser.new_context(**{**view, **options}))
        contexts[-1].set_default_timeout(PATIENCE)
        page = contexts[-1].new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append((service.url, request.url)))
        page.goto(f"{service.url}/studio/#/{place}")
        page.wait_for_selector(expect)
        return page

    opened.complaints = complaints
    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for own, url in requests if not url.startswith((own + "/", "blob:", "data:"))] == []


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    """Two small photos: one easy, one that is grey all over, in which there is no product."""
    from packshot.imaging import files, geometry

    folder = tmp_path_factory.mktemp("photos")
    easy = geometry.resize(files.read(ROOT / "packshot" / "samples" / "TS-DUCK.jpg"), (256, 256))
    files.write(easy, folder / "duck.jpg", quality=92)
    files.write(easy.replace(rgb=easy.rgb * 0 + 0.6), folder / "grey.jpg", quality=92)
    return folder


@pytest.fixture(scope="session")
def serious():
    """A function: what axe-core finds that is serious in a page, as short lines."""
    found = next((path for path in AXE if path.is_file()), None)
    if found is None:
        pytest.skip("needs axe-core (npm install axe-core, or AXE_CORE=path/to/axe.min.js)")
    source = found.read_text(encoding="utf-8")

    def look(page, light="light"):
        page.emulate_media(color_scheme=light, reduced_motion="reduce")
        page.evaluate(f"{source};0")
        for _ in range(2):  # a second look at what may have been between two colour schemes
            found = page.evaluate("axe.run().then(r => r.violations)")
            grave = [one for one in found if one["impact"] in ("serious", "critical")]
            if not grave:
                break
            page.wait_for_timeout(500)
        return [f"{one['id']}: {node['html'][:120]}" for one in grave for node in one["nodes"]]

    return look
