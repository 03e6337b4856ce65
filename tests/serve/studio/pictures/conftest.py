"""Pages of the studio that make pictures: a window on each, and waiting for what they draw."""

import base64

import numpy as np
import pytest

from tests.serve.conftest import ROOT

SECONDS = 120  # machines are shared


@pytest.fixture
def show(window, shop):
    """A function: a page of the studio by its name. complaints: what its console said."""

    def opened(name, width=1440, height=900, **options):
        return window(shop, name, width, height, "main :is(h1, h2)", **options)

    opened.complaints = window.complaints
    return opened


@pytest.fixture(scope="session")
def boat(tmp_path_factory):
    """A photo of 256 px: a toy boat on plain grey, a red star on its sail."""
    from packshot.imaging import files, geometry

    path = tmp_path_factory.mktemp("boat") / "boat.jpg"
    sample = files.read(ROOT / "packshot" / "samples" / "TS-BOAT.jpg")
    files.write(geometry.resize(sample, (256, 256)), path, quality=95)
    return path


def fits(page):
    """Whether a page is no wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def until(page, expression, seconds=SECONDS):
    """Wait for a JavaScript expression to become true (the page's policy forbids Playwright's own way)."""
    for _ in range(int(seconds * 10)):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"still not true: {expression}")


def pixels(page, selector):
    """The picture behind an <img>, (h, w, 4) bytes."""
    width, height, data = page.evaluate(
        """selector => {
          const image = document.querySelector(selector); const canvas = document.createElement('canvas');
          [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
          const brush = canvas.getContext('2d'); brush.drawImage(image, 0, 0);
          const bytes = brush.getImageData(0, 0, canvas.width, canvas.height).data;
          let text = '';
          for (let at = 0; at < bytes.length; at += 8192) {
            text += String.fromCharCode.apply(null, bytes.subarray(at, at + 8192));
          }
          return [canvas.width, canvas.height, btoa(text)];
        }""",
        selector,
    )
    return np.frombuffer(base64.b64decode(data), np.uint8).reshape(height, width, 4)
