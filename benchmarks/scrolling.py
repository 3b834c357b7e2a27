"""Whether a long page scrolls without jank: frame times in a real browser, without a window."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_WIDTH_PX, _HEIGHT_PX = 1280, 900
_STEP_PX = 120
"""A turn of a mouse wheel, in every frame."""
_MOST_FRAMES = 1_500
_MARK_FIRST_CHART = """
const watch = new MutationObserver(() => {
  if (document.querySelector(".drawn svg")) {
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => { window.firstChartMs = performance.now(); }));
  }
});
watch.observe(document, { childList: true, subtree: true });
"""
_SCROLL = """
([step, most]) => new Promise((done) => {
  const frames = [];
  let before;
  requestAnimationFrame(function frame(now) {
    if (before !== undefined) frames.push(now - before);
    before = now;
    scrollBy({ top: step, behavior: "instant" });
    const end = scrollY + innerHeight >= document.documentElement.scrollHeight - 1;
    if (end || frames.length >= most) done(frames); else requestAnimationFrame(frame);
  });
})
"""


@dataclass(frozen=True, slots=True)
class Scrolled:
    """From the top of a page to its end."""

    first_chart_ms: float
    """From the begin of the navigation to the frame after the first chart was put in."""
    frames: int
    p99_ms: float
    """Of the time from frame to frame, as the next; a screen of 60 Hz has one every 16.7 ms."""
    longest_ms: float


def scroll(page: Path) -> Scrolled | None:
    """Scroll through a page; None where there is no browser for it, or what drives it."""
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - it may be absent
    except ImportError:
        return None
    if program is None:
        return None
    with sync_playwright() as playwright:
        # As root, which CI may be, Chromium starts only so.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": _WIDTH_PX, "height": _HEIGHT_PX})
        shown.add_init_script(_MARK_FIRST_CHART)
        shown.goto(page.as_uri())
        shown.evaluate("document.querySelector('.drawn')?.scrollIntoView()")
        first_chart_ms = shown.wait_for_function("window.firstChartMs").json_value()
        shown.evaluate("scrollTo(0, 0)")
        shown.wait_for_timeout(500)
        frames = sorted(shown.evaluate(_SCROLL, [_STEP_PX, _MOST_FRAMES]))
        browser.close()
    return Scrolled(
        first_chart_ms,
        len(frames),
        frames[min(len(frames) - 1, int(0.99 * len(frames)))],
        frames[-1],
    )
