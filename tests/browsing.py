"""Pages as a browser shows them; whatever they ask of a network, or complain of, is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # has no types
from playwright.sync_api import Browser, Page

WIDE, PHONE = (1280, 900), (400, 800)
Scheme = Literal["light", "dark"]
PATIENCE_MS = 120_000
"""For what a browser is asked to do: its own 30 s may be over before a busy machine has begun."""


@dataclass
class Opened:
    """One page that is open."""

    page: Page
    asked: list[str] = field(default_factory=list)
    """Addresses beyond the page itself."""
    complaints: list[str] = field(default_factory=list)


@contextmanager
def opened(
    browser: Browser,
    address: str,
    *,
    size: tuple[int, int] = WIDE,
    scheme: Scheme = "light",
    scripts: bool = True,
) -> Iterator[Opened]:
    """Open an address, as if it were the first of its browser: our pages store nothing there."""
    shown = Opened(_window(browser, size, scheme, scripts))
    listeners: dict[Any, Any] = {
        "request": lambda request: shown.asked.append(request.url),
        "console": lambda message: shown.complaints.append(message.text),
        "pageerror": lambda error: shown.complaints.append(str(error)),
    }
    for event, listener in listeners.items():
        shown.page.on(event, listener)
    try:
        shown.page.goto(address)
        yield shown
    finally:
        for event, listener in listeners.items():
            shown.page.remove_listener(event, listener)
        shown.page.emulate_media(media="null", color_scheme=scheme)
        shown.page.goto("about:blank")


@cache
def _window(browser: Browser, size: tuple[int, int], scheme: Scheme, scripts: bool) -> Page:  # noqa: FBT001 - private
    """Keep one page of each kind: a new one costs more than what is shown in it."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        java_script_enabled=scripts,
    )
    context.set_default_timeout(PATIENCE_MS)
    return context.new_page()


def from_disk(text: str, folder: Path) -> str:
    """Write a page; return where a browser finds it."""
    file = folder / "page.html"
    file.write_text(text, "utf-8")
    return file.as_uri()


def barriers(page: Page, within: str = "html") -> list[str]:
    """List what keeps people from using the page, as axe-core finds it by the rules of WCAG 2.

    Looked at is what the selector `within` finds.
    """
    found = Axe().run(page, within).response["violations"]
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]
