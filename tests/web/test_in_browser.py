"""The local pages in a real browser: what they draw, and who can use them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from sites import RUNS, STEP, a_site

from browsing import PHONE, WIDE, barriers, opened

PAGES = ("/", "/compare?a=2&b=9", "/history?stack=uvicorn", "/runs/3")
REPORT = "/runs/3"
"""As it lies on disk, where it is looked through for barriers with all it can unfold."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with a_site(tmp_path_factory.mktemp("site")) as address:
        yield address


@pytest.mark.parametrize("page", PAGES)
def test_nothing_keeps_people_from_using_a_page_or_from_seeing_all_of_it(
    page: str, site: str, browser: Browser
) -> None:
    with opened(browser, site + page, size=PHONE, scheme="dark") as shown:
        assert page == REPORT or barriers(shown.page) == []
        for size in (PHONE, WIDE):
            shown.page.set_viewport_size({"width": size[0], "height": size[1]})
            assert shown.page.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.parametrize("page", ["/compare?a=2&b=9", "/history?stack=uvicorn"])
def test_by_day_nothing_keeps_people_from_reading_pages_that_mark_changes(
    page: str, site: str, browser: Browser
) -> None:
    with opened(browser, site + page) as shown:
        assert barriers(shown.page) == []


def test_two_runs_that_are_ticked_are_compared(site: str, browser: Browser) -> None:
    with opened(browser, site) as shown:
        for number in (STEP - 1, STEP):
            shown.page.locator(f"input[name=run][value='{number}']").check()
        shown.page.get_by_role("button", name="Compare").click()
        expect(shown.page).to_have_url(f"{site}/compare?a={STEP - 1}&b={STEP}")
        expect(shown.page.locator(".worse").first).to_be_visible()


def test_a_search_leaves_the_runs_that_fit(site: str, browser: Browser) -> None:
    with opened(browser, site) as shown:
        shown.page.get_by_role("searchbox").fill("uvicorn 0.54")
        shown.page.keyboard.press("Enter")
        expect(shown.page.locator("tbody tr")).to_have_count(RUNS - STEP + 1)


def test_a_report_draws_what_it_draws_from_disk(site: str, browser: Browser) -> None:
    with opened(browser, f"{site}/runs/3#json_query/uvicorn") as shown:
        cell = shown.page.locator("details.cell[open]")
        expect(cell.locator("figure", has_text="CPUs used").locator("svg")).to_be_visible()
        assert shown.complaints == []
        assert shown.asked == [f"{site}/runs/3"]
