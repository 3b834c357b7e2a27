"""Published figures beside a run, as people and programs see them."""

from __future__ import annotations

import dataclasses
import io
import json

import pytest
from markupsafe import escape
from rich.cells import cell_len
from rich.console import Console

from runs import CHARACTERS, a_run, a_suite
from timetrial.analysis.summarize import summarize
from timetrial.features.published.claims import Bearing
from timetrial.features.published.comparison import PublishedComparison, compare_with_published
from timetrial.features.published.loader import read_collection
from timetrial.features.published.page import published_as_html
from timetrial.features.published.row_order import Noise
from timetrial.features.published.terminal import as_json_with, render_published
from timetrial.features.published.text import ONLY_RATIOS, claim, directions, driven, noise
from timetrial.model.load_tool_report import ToolFigure, ToolFigures
from timetrial.model.summary import Summary
from timetrial.reports.json import as_json

NEVER: Bearing = "never borne out"


@pytest.fixture(scope="module")
def summary() -> Summary:
    return summarize(a_run())


@pytest.fixture(scope="module")
def beside(summary: Summary) -> PublishedComparison:
    return _beside(summary, "sync-vs-async")


def _beside(summary: Summary, suite: str) -> PublishedComparison:
    """Put real rows beside an invented run, whose benchmarks are named like two of theirs."""
    collection = read_collection(suite)
    return compare_with_published(collection, summary)


def printed(beside: PublishedComparison, summary: Summary, width: int) -> str:
    console = Console(width=width, file=io.StringIO(), record=True)
    console.print(render_published(beside, summary))
    return console.export_text()


@pytest.mark.parametrize("suite", ["django-workers", "pipelining", "sync-vs-async"])
@pytest.mark.parametrize("width", [80, 100, 120])
def test_everything_fits_into_usual_widths(summary: Summary, suite: str, width: int) -> None:
    text = printed(_beside(summary, suite), summary, width)
    assert "…" not in text
    assert all(cell_len(line) <= width for line in text.splitlines())


def test_that_only_ratios_are_compared_is_said_on_top(
    beside: PublishedComparison, summary: Summary
) -> None:
    text = printed(beside, summary, 120)
    top = " ".join(text.split("\n\n", maxsplit=1)[0].split())
    assert ONLY_RATIOS in top


def test_rows_that_the_run_has_nothing_of_are_counted(
    beside: PublishedComparison, summary: Summary
) -> None:
    lines = [line.strip() for line in printed(beside, summary, 120).splitlines()]
    (line,) = (line for line in lines if line.endswith("left out."))
    benchmarks = {table.benchmark.name for table in summary.tables}
    outside = [line for line in beside.lines if line.row.cell.benchmark not in benchmarks]
    assert line.split()[0] == str(len(outside)) == "26"


def test_void_figures_stand_in_brackets() -> None:
    suite = a_suite(["granian"])
    named = dataclasses.replace(suite.benchmarks[0], name="sync/json")
    small = summarize(a_run(dataclasses.replace(suite, benchmarks=(named,))))
    text = printed(_beside(small, "django-workers"), small, 120)
    rows = [line.split() for line in text.splitlines() if line.startswith((" daphne", " granian"))]
    assert [row[1:4] for row in rows[:2]] == [["4,900", "402", "–"], ["¹˒²˒³", "(279)", "(1,310)"]]


def test_every_claim_is_one_sentence(beside: PublishedComparison) -> None:
    sentences = [claim(judged) for judged in beside.claims]
    assert len(sentences) == len(read_collection("sync-vs-async").claims) == 15
    assert all(sentence.endswith(").") for sentence in sentences)
    first = beside.claims[0]
    assert (first.published, first.here) == (NEVER, "not measured")
    said = (
        "Asynchronous Python handles about three times as many requests as blocking workers: the "
        "published figures never bore it out (ceiling-of-the-client in 2 pairs); this run did not "
        "measure it (uvicorn-2 in visit: no part of this run)."
    )
    assert sentences[0] == said


def test_pairs_that_the_run_has_nothing_of_are_counted(summary: Summary) -> None:
    found = compare_with_published(read_collection("django-workers"), summary)
    assert len(found.pairs) == 230
    (said,) = directions(found)
    assert said.startswith("Of 230 pairs")
    assert "measured 0: " in said


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            Noise(1.07, "quick"),
            (
                "Published figures have no interval; two that differ by less than two runs of one "
                "row of quick did (7 %) count as equal."
            ),
        ),
        (
            Noise(1.0, None),
            ("No published row was measured twice: published figures have no noise of their own."),
        ),
    ],
)
def test_noise_is_said_with_where_it_is_from(found: Noise, said: str) -> None:
    assert noise(found) == said


def test_the_page_has_all_rows_and_all_evidence(
    beside: PublishedComparison, summary: Summary
) -> None:
    page = published_as_html(beside, summary)
    assert page.count('<th scope="row"><b>') == 26
    evidence = [escape(doubt.evidence) for line in beside.lines for doubt in line.doubts]
    assert evidence
    assert all(each in page for each in evidence)
    assert '<s class="none">225</s>' in page
    assert "http://" not in page
    assert "<script" not in page
    assert "inside <code>async def</code>" in page


def test_json_is_the_summary_with_one_key_more(
    beside: PublishedComparison, summary: Summary
) -> None:
    document = json.loads(as_json_with(as_json(summary), [beside]))
    own = {
        "format",
        "version",
        "schema",
        "brief",
        "summary",
        "validity",
        "lifecycle",
        "recommendation",
    }
    assert document.keys() == {*own, "published"}
    published = document["published"]
    assert len(published["lines"]) == 26
    assert published["lines"][0]["doubts"][0]["name"] == "connect-stalls"
    assert published["noise"]["suite"] == "sync-vs-async"


def test_figures_of_a_tool_stand_beside_those_that_it_printed() -> None:
    suite = a_suite(["granian"])
    tool = ToolFigures("wrk", "4", (), (ToolFigure("latency stdev", 1_234.0, "µs"),), (), ())
    benchmark = dataclasses.replace(suite.benchmarks[0], name="depth-5", driver="wrk")
    stacks = (dataclasses.replace(suite.stacks[0], name="aiohttp-hello"),)
    benchmark = dataclasses.replace(benchmark, stacks=("aiohttp-hello",))
    suite = dataclasses.replace(suite, stacks=stacks, benchmarks=(benchmark,))
    run = a_run(suite, characters={"aiohttp-hello": CHARACTERS["granian"]})
    measurements = tuple(
        dataclasses.replace(
            measurement,
            windows=tuple(dataclasses.replace(window, tool=tool) for window in measurement.windows),
        )
        for measurement in run.measurements
    )
    by_wrk = summarize(dataclasses.replace(run, measurements=measurements))
    beside = _beside(by_wrk, "pipelining")
    text = printed(beside, by_wrk, 80)
    assert beside.driver == "wrk"
    assert driven(beside).endswith(" wrk")
    assert f"run 7{driven(beside)}: " in text.splitlines()[0]
    lines = [line.split() for line in text.splitlines()]
    at = next(i for i, line in enumerate(lines) if line[:2] == ["aiohttp-hello", "81.4"])
    assert lines[at + 1][:2] == ["depth-5", "1.23"]
    assert '<th scope="row">latency stdev</th><td>ms</td><td>81.4</td><td>1.23</td>' in (
        published_as_html(beside, by_wrk)
    )


def test_of_several_drivers_the_first_is_under_the_usual_key_and_all_under_another(
    beside: PublishedComparison, summary: Summary
) -> None:
    found = [beside, dataclasses.replace(beside, driver="wrk")]
    document = json.loads(as_json_with(as_json(summary), found))
    assert document["published"]["driver"] == "engine"
    assert list(document["published_by"]) == ["engine", "wrk"]
