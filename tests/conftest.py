"""Being here puts this folder on the path, so that all tests can import `runs`."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest_plugins = ["allowed_skips"]

# A busy machine is no failure: how long an example takes is never what a test is about.
# Most laws are simple: what breaks one is found by the first examples. `make soak` takes more.
settings.register_profile("timetrial", deadline=None, max_examples=30)
settings.register_profile("thorough", deadline=None, max_examples=200)
settings.load_profile("timetrial")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the collector of garbage from what stays to the end: all modules and all tests.

    It would go through them again and again, for a tenth of the time of collection and of tests.
    Of what tests make, it looks at more at a time: records are many, and none is in a cycle.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        gc.enable()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start a real browser, without a window."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - most tests need none

    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        # As root, which CI may be, Chromium starts only so.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()
