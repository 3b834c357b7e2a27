"""The local pages, asked over a real socket of the real program."""

from __future__ import annotations

import json
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from sites import LIVED, RUNS, STEP, a_site

sys.path.insert(0, str(Path(__file__).parents[1] / "cli"))
from command_line import complaint


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with a_site(tmp_path_factory.mktemp("site")) as address:
        yield address


def ask(address: str, host: str | None = None) -> tuple[int, str]:
    status, page, _ = ask_whole(address, host)
    return status, page


def ask_whole(address: str, host: str | None = None) -> tuple[int, str, Mapping[str, str]]:
    """Return the status, the page and the headers."""
    request = urllib.request.Request(address, headers={} if host is None else {"Host": host})  # noqa: S310 - of the page
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - of the page
            return answer.status, answer.read().decode(), dict(answer.headers)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode(), dict(refused.headers)


def test_all_runs_are_listed_the_newest_first(site: str) -> None:
    status, page = ask(f"{site}/")
    numbers = [int(number) for number in re.findall(r'href="/runs/(\d+)"', page)]
    assert (status, numbers) == (200, list(range(RUNS + 1, 0, -1)))


def test_a_search_finds_versions(site: str) -> None:
    _, page = ask(f"{site}/?q=uvicorn+0.54")
    assert len(re.findall(r'href="/runs/\d+"', page)) == RUNS - STEP + 1


def test_the_list_names_who_was_the_fastest_and_the_run_that_is_not_finished(site: str) -> None:
    _, page = ask(f"{site}/")
    assert page.count('<div><b>granian</b> <span class="aside">json_query</span></div>') == RUNS
    assert page.count("not finished") == 1


def test_a_run_shows_its_report(site: str) -> None:
    status, page = ask(f"{site}/runs/3")
    assert status == 200
    assert "· run 3" in page


def test_a_run_shows_the_experiments_that_followed_it(site: str) -> None:
    _, page = ask(f"{site}/runs/{LIVED}")
    _, data = ask(f"{site}/runs/{LIVED}.json")
    assert '<section class="lifecycle"' in page
    assert [each["portrait"]["stack"] for each in json.loads(data)["lifecycle"]] == ["uvicorn"]


def test_two_runs_are_compared_configuration_first(site: str) -> None:
    _, page = ask(f"{site}/compare?run=9&run=2")
    assert page.index("Configuration") < page.index("<h2>json_query</h2>")
    assert "0.53.0" in page
    assert re.search(r'class="worse"><span aria-hidden="true">▼</span>', page)
    assert re.search(r"<b>\d+ WORSE</b> (In json_query, )?uvicorn", page)


def test_a_history_marks_where_the_level_changes(site: str) -> None:
    _, page = ask(f"{site}/history?stack=uvicorn&benchmark=json_query")
    assert f"From run {STEP} on" in page
    assert "0.53.0 to 0.54.0" in page
    assert ">1 Oct</text>" in page
    assert "the scale does not begin at 0" in page
    status, other = ask(f"{site}/history?stack=granian&benchmark=json_query")
    assert status == 200
    assert "From run" not in other


def test_a_run_that_is_not_there_is_said_to_be_missing(site: str) -> None:
    status, page = ask(f"{site}/runs/99")
    assert status == 404
    assert "no run called" in page


@pytest.mark.parametrize(
    "path",
    [
        f"/runs/{10**22}",
        f"/runs/{2**40}",
        f"/runs/{2**40}.json",
        "/runs/0",
        "/runs/three",
        f"/runs/{'7' * 5_000}",
        f"/compare?a={'7' * 5_000}&b=1",
        f"/compare?a=1&b={2**63}",
    ],
)
def test_a_number_that_no_run_has_is_a_page_that_is_not_there(site: str, path: str) -> None:
    status, page, headers = ask_whole(f"{site}{path}")
    assert status == 404
    assert re.search(r"no run called|is no run", page)
    assert len(page) < 20_000
    assert "default-src 'none'" in headers["content-security-policy"]


def test_another_sites_page_cannot_make_a_browser_ask(site: str) -> None:
    status, _ = ask(f"{site}/", host="evil.example")
    assert status == 400


@pytest.mark.parametrize("asked", ["?a=1&b=1", "?a=1", "?run=1", "?a=x&b=2"])
def test_what_cannot_be_compared_is_told(site: str, asked: str) -> None:
    status, page = ask(f"{site}/compare{asked}")
    assert status == 400
    assert "cannot be shown" in page


def test_what_people_typed_is_escaped(site: str) -> None:
    _, page = ask(f"{site}/?q=%3Cscript%3E")
    assert "<script>" not in page


def test_a_store_that_is_not_there(tmp_path: Path) -> None:
    assert "there is no store at 'timetrial.db'" in complaint("serve", folder=tmp_path)
