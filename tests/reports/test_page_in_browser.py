"""The page of a run in a real browser: what it draws, how it is used, and by whom it can be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import combinations
from pathlib import Path

import pytest
import scenes
from playwright.sync_api import Browser, Locator, Page, expect

from browsing import PHONE, WIDE, Opened, Scheme, barriers, from_disk, opened
from timetrial.features.run_report import ADDITIONS
from timetrial.model.summary import Summary
from timetrial.reports import as_html

BENCHMARK = "json_query"
RACE = "section[aria-labelledby=race]"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> str:
    return from_disk(as_html(scenes.good()), tmp_path_factory.mktemp("good"))


@pytest.fixture
def shown(browser: Browser, good: str) -> Iterator[Opened]:
    with opened(browser, good) as page:
        yield page
        assert page.complaints == []


FURTHER: dict[str, Callable[[], Summary]] = {
    "few_rounds": partial(scenes.few_rounds, short=True),
    "interrupted": partial(scenes.interrupted, short=True),
    "nothing_yet": scenes.nothing_yet,
}


@pytest.mark.parametrize("name", FURTHER)
def test_a_page_asks_for_nothing_but_itself_and_runs_without_an_error(
    name: str, browser: Browser, tmp_path: Path
) -> None:
    address = from_disk(as_html(FURTHER[name]()), tmp_path)
    with opened(browser, address) as page:
        open_everything(page.page)
        assert page.asked == [address]
        assert page.complaints == []


# Contrast depends on the scheme and layout on the width, both by rules that all runs share.
@pytest.mark.parametrize(
    ("scene", "within", "seen"),
    [
        (scenes.small, "html", (WIDE, "light")),
        (partial(scenes.troubled, short=True), "html", (PHONE, "dark")),
        (partial(scenes.lived, short=True), "section.lifecycle", (WIDE, "dark")),
    ],
    ids=["good-wide-light", "troubled-phone-dark", "lived-wide-dark"],
)
def test_nothing_keeps_people_from_using_the_page_which_asks_for_nothing_but_itself(
    scene: Callable[[], Summary],
    within: str,
    seen: tuple[tuple[int, int], Scheme],
    browser: Browser,
    tmp_path: Path,
) -> None:
    address = from_disk(as_html(scene(), ADDITIONS), tmp_path)
    size, scheme = seen
    with opened(browser, address, size=size, scheme=scheme) as page:
        open_everything(page.page, within)
        assert page.asked == [address]
        assert page.complaints == []
        assert barriers(page.page, within) == []


@pytest.fixture(scope="module")
def wide_race(tmp_path_factory: pytest.TempPathFactory) -> str:
    return from_disk(as_html(scenes.wide_race(), ADDITIONS), tmp_path_factory.mktemp("wide"))


@pytest.mark.soak
@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (PHONE, "dark")])
def test_nothing_keeps_people_from_using_the_widest_page_of_a_race(
    size: tuple[int, int], scheme: Scheme, browser: Browser, wide_race: str
) -> None:
    with opened(browser, wide_race, size=size, scheme=scheme) as page:
        open_everything(page.page, RACE)
        section = page.page.locator(RACE)
        expect(section.get_by_role("columnheader", name="requests/s per core")).to_have_count(1)
        expect(section.locator("table.sortable tbody tr")).to_have_count(10)
        assert barriers(page.page, RACE) == []
        assert page.page.evaluate("document.documentElement.scrollWidth") <= size[0]
        assert page.complaints == []


def test_a_phone_never_has_to_scroll_the_page_sideways(browser: Browser, tmp_path: Path) -> None:
    address = from_disk(as_html(scenes.small()), tmp_path)
    with opened(browser, address, size=PHONE) as page:
        open_everything(page.page)
        assert page.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


@pytest.mark.parametrize(("size", "scheme"), [((1_440, 900), "light"), (PHONE, "dark")])
def test_the_first_screen_has_the_verdict_the_chart_and_the_table(
    size: tuple[int, int], scheme: Scheme, browser: Browser, good: str
) -> None:
    with opened(browser, good, size=size, scheme=scheme) as page:
        benchmark = benchmark_of(page.page)
        ends = [
            bottom_of(benchmark.locator(part).first)
            for part in (".verdict", "figure.throughput", "table tbody tr:nth-child(2)")
        ]
        assert ends == sorted(ends)
        assert ends[-1] <= size[1]
        # Ranks of several characters are there: of a single one axe does not ask for contrast.
        assert barriers(page.page, "figure.throughput") == []


def test_each_dot_has_its_name_which_stands_on_nothing_else(shown: Opened) -> None:
    place = benchmark_of(shown.page).locator("[data-draw=tradeoffs]")
    place.scroll_into_view_if_needed()
    expect(place.locator("figure")).to_have_count(3)
    shown.page.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    for figure in place.locator("figure").all():
        names = figure.locator(".names text")
        # Two of the five have no p99.
        assert len(set(names.all_text_contents())) == (3 if "Response" in text_of(figure) else 5)
        boxes = figure.locator("svg text, svg circle").evaluate_all(
            "all => all.filter(one => one.textContent || one.tagName === 'circle')"
            ".map(one => [one.getBoundingClientRect(), one.closest('.names') !== null])"
            ".map(([box, isName]) => [box.left, box.right, box.top, box.bottom, isName])"
        )
        pairs = [both for both in combinations(boxes, 2) if any(box[4] for box in both)]
        assert [both for both in pairs if meet(*both)] == []


def test_each_chart_says_in_words_what_it_shows(browser: Browser, tmp_path: Path) -> None:
    address = from_disk(as_html(scenes.small()), tmp_path)
    with opened(browser, address) as page:
        open_everything(page.page)
        said = page.page.locator("svg[role=img]").evaluate_all(
            "all => all.map(one => one.getAttribute('aria-label'))"
        )
        assert len(said) > 10
        assert [each for each in said if not re.search(r"\d|list above|none", each)] == []


def test_throughput_is_drawn_against_what_it_costs(shown: Opened) -> None:
    benchmark = benchmark_of(shown.page)
    benchmark.scroll_into_view_if_needed()
    charts = benchmark.locator("[data-draw=tradeoffs] figure")
    expect(charts.filter(has_text="CPU time against throughput").locator("svg")).to_be_visible()
    expect(charts.filter(has_text="Memory against throughput")).to_contain_text("granian")


def test_a_click_on_the_head_of_a_column_sorts_and_a_second_one_turns_it_round(
    shown: Opened,
) -> None:
    table = benchmark_of(shown.page).locator("table.sortable").first
    head = table.get_by_role("columnheader", name="CPU ms/req")
    names = table.locator("tbody th a")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    upwards = names.all_text_contents()
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    assert names.all_text_contents() == upwards[::-1]


def test_a_column_is_sorted_by_the_keyboard_alone(shown: Opened) -> None:
    table = benchmark_of(shown.page).locator("table.sortable").first
    head = table.get_by_role("columnheader", name="memory, MiB")
    head.get_by_role("button").focus()
    shown.page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")


def test_a_filter_hides_contenders_in_tables_and_charts(shown: Opened) -> None:
    shown.page.get_by_role("searchbox", name="Filter").fill("gunicorn")
    expect(shown.page.locator("#shown-count")).to_have_text("1 of 5")
    rows = benchmark_of(shown.page).locator("table.sortable").first.locator("tbody tr")
    expect(rows.filter(visible=True)).to_have_count(1)
    marks = benchmark_of(shown.page).locator(".mark[data-stack]").filter(visible=True)
    stacks = marks.evaluate_all("all => all.map(one => one.dataset.stack)")
    assert set(stacks) == {"gunicorn"}


def test_a_contender_that_is_unticked_is_in_no_chart(shown: Opened) -> None:
    shown.page.get_by_role("checkbox", name="uvicorn").uncheck()
    benchmark = benchmark_of(shown.page)
    benchmark.scroll_into_view_if_needed()
    drawn = benchmark.locator("[data-draw=tradeoffs]")
    expect(drawn).to_contain_text("granian")
    expect(drawn).not_to_contain_text("uvicorn")


def test_an_address_leads_to_a_cell_and_opens_it(browser: Browser, good: str) -> None:
    with opened(browser, f"{good}#{BENCHMARK}/uvicorn") as page:
        cell = page.page.locator("details.cell[open]")
        expect(cell).to_have_count(1)
        expect(cell).to_be_in_viewport()
        expect(cell.locator("figure", has_text="Response time by percentile")).to_contain_text(
            "n ="
        )
        expect(cell.locator("figure", has_text="CPUs used").locator("svg")).to_be_visible()


def test_a_link_to_a_cell_that_is_filtered_out_shows_it(shown: Opened) -> None:
    shown.page.get_by_role("searchbox", name="Filter").fill("gunicorn")
    shown.page.evaluate(f"location.hash = '#{BENCHMARK}/uvicorn'")
    expect(shown.page.locator("details.cell[open]")).to_be_visible()
    expect(shown.page.locator("#shown-count")).to_have_text("5 of 5")


def test_comparisons_are_listed_for_those_that_are_shown(shown: Opened) -> None:
    benchmark_of(shown.page).get_by_text("All comparisons, metric by metric").click()
    body = benchmark_of(shown.page).locator("[data-draw=comparisons] tbody").first
    expect(body.locator("tr")).to_have_count(10)
    shown.page.get_by_role("searchbox", name="Filter").fill("gunicorn")
    expect(body.locator("tr")).to_have_count(0)


def test_life_cycles_are_drawn_sorted_and_filtered(browser: Browser, tmp_path: Path) -> None:
    address = from_disk(as_html(scenes.lived(short=True), ADDITIONS), tmp_path)
    with opened(browser, address, size=PHONE) as page:
        open_everything(page.page, "section.lifecycle")
        section = page.page.locator("section.lifecycle")
        charts = section.locator("[data-draw=lifecycle] figure")
        expect(charts).to_have_count(3)
        expect(charts.filter(has_text="Killed worker").locator("svg")).to_contain_text("uvicorn")
        head = section.get_by_role("columnheader", name="start")
        head.get_by_role("button").click()
        expect(head).to_have_attribute("aria-sort", "ascending")
        expect(section.locator("tbody th b")).to_have_text(
            ["uvicorn", "waitress", "gunicorn", "granian"]
        )
        page.page.locator("#choice > summary").click()
        page.page.get_by_role("searchbox", name="Filter").fill("gunicorn")
        expect(section.locator("tbody tr").filter(visible=True)).to_have_count(1)
        section.locator("[data-draw=lifecycle]").scroll_into_view_if_needed()
        expect(section.locator("[data-draw=lifecycle]")).not_to_contain_text("uvicorn")
        assert page.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        assert page.complaints == []


def test_without_scripts_every_figure_is_still_there(browser: Browser, good: str) -> None:
    with opened(browser, good, scripts=False) as page:
        expect(benchmark_of(page.page).locator("tbody").first).to_contain_text("granian")
        expect(page.page.locator("#tools")).to_be_hidden()


def test_print_leaves_out_what_is_of_no_use_on_paper(shown: Opened) -> None:
    shown.page.emulate_media(media="print", color_scheme="dark")
    expect(shown.page.locator("#tools")).to_be_hidden()
    paper = shown.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(255, 255, 255)"


def test_what_a_server_wrote_is_never_run(browser: Browser, tmp_path: Path) -> None:
    page = as_html(scenes.hostile())
    with opened(browser, from_disk(page, tmp_path)) as hostile:
        open_everything(hostile.page)
        assert hostile.page.evaluate("window.taken") is None
        assert hostile.complaints == []


def benchmark_of(page: Page) -> Locator:
    return page.locator("section.benchmark").first


def text_of(part: Locator) -> str:
    return part.text_content() or ""


def bottom_of(part: Locator) -> float:
    box = part.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


def meet(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two boxes (left, right, top, bottom) share more than an edge."""
    return (
        min(one[1], other[1]) - max(one[0], other[0]) > 0.5
        and min(one[3], other[3]) - max(one[2], other[2]) > 0.5
    )


def open_everything(page: Page, within: str = "html") -> None:
    """Unfold all there is, go through the page once, and wait until all is drawn."""
    page.evaluate(
        "within => document.querySelectorAll(`${within} details`)"
        ".forEach(each => each.open = true)",
        within,
    )
    for place in page.locator(f"{within} [data-draw]").all():
        if place.is_visible():
            place.scroll_into_view_if_needed()
    page.wait_for_function(
        "within => [...document.querySelectorAll(`${within} [data-draw]`)]"
        ".every(one => one.offsetParent === null || !('stale' in one.dataset))",
        arg=within,
    )
