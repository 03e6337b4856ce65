"""Property tests: no deadlines (machines are shared), and in continuous integration the same examples every time.

Tests have a home folder of their own, so that none makes a signing key in the user's. One Chromium serves all that need
one: Playwright runs once in a process. While it runs, its thread has an event loop: `waited` is for coroutines.
"""

import asyncio
import atexit
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import settings

settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

if "PACKSHOT_HOME" not in os.environ:
    os.environ["PACKSHOT_HOME"] = tempfile.mkdtemp(prefix="packshot-tests-")
    atexit.register(shutil.rmtree, os.environ["PACKSHOT_HOME"], ignore_errors=True)

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic"]
FLAGS += ["--no-first-run", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def browser():
    """Chromium, once."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright (pip install 'packshot[dev]')")
    if CHROMIUM is None:
        pytest.skip("needs Chromium (apt-get install chromium)")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


def waited(coroutine):
    """What a coroutine gives, in a thread of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
