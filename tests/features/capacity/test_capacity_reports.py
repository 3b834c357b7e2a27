"""What people read of a capacity."""

from __future__ import annotations

import html
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from scripted_servers import PLAN, Searched, limited, searched, step, with_budget
from test_capacity_curve import trial

from answers import check_every_terminal, check_every_width, printed
from timetrial.features.capacity.answer import render_answer
from timetrial.features.capacity.capacity import Death
from timetrial.features.capacity.page import as_html, write_capacity
from timetrial.features.capacity.slo import read_slo
from timetrial.features.capacity.terminal import (
    CAPACITY,
    CapacityDocument,
    as_json,
    bar,
    document,
    render,
)
from timetrial.features.capacity.text import cause_text, headline, meaning, remarks
from timetrial.features.capacity.trial import Cause, CauseKind

SECOND = 1_000_000_000


def found(search: Searched) -> CapacityDocument:
    """Give the trials response times, which the scripted ones have not."""
    timed = tuple(
        replace(
            each,
            response_time=trial(1, 20 if each.verdict == "kept" else 300).response_time,
        )
        for each in search.taken.trials
    )
    return document(replace(search.taken, trials=timed), 2000.0)


def shown(what: CapacityDocument) -> str:
    console = Console(width=110, record=True, file=io.StringIO())
    console.print(render(what))
    return console.export_text()


def test_the_figure_comes_first_with_its_interval_and_what_it_means() -> None:
    text = shown(found(searched(step(3000))))
    lines = text.splitlines()
    assert lines[0].startswith("about 3,000 requests a second [2,9")
    assert lines[0].rstrip().endswith("] with p99 < 100 ms")
    assert lines[1].startswith("At this rate one trial in two keeps p99 < 100 ms, errors < 1 %")
    assert "The capacity is at least 2,000 requests/s." in text


def test_the_answer_is_the_figure_its_trials_and_how_to_plan() -> None:
    what = found(searched(step(3000)))
    check_every_width(render_answer(what))
    check_every_terminal(render_answer(what))
    text = printed(render_answer(what))
    assert text.splitlines()[1].startswith("CAPACITY  3,000 requests a second, 95 % CI 2,9")
    assert "The capacity is at least 2,000" in " ".join(text.split())
    assert len(text.splitlines()) <= 22
    assert "more rates: --details." in text
    assert "Plan with the lower end: 2,9" in text
    assert "Plan with" not in printed(render_answer(what, brief=True))


def test_the_curve_has_a_line_for_each_rate() -> None:
    text = shown(found(searched(step(3000))))
    lines = [line.split() for line in text.splitlines()]
    assert ["200", "1", "of", "1", "1.00", "ms"] in [line[:6] for line in lines]
    assert "(│ 100 ms)" in text


@pytest.mark.parametrize(
    ("search", "figure", "why"),
    [
        (
            searched(step(1e9), replace(PLAN, highest_per_s=5000)),
            "at least 5,000 requests a second",
            "no more was tried",
        ),
        (searched(limited(step(1e9), 9000)), "at least 8,", "load generator itself was the limit"),
        (searched(step(0.0)), "less than 9.39 requests a second", "or a lower percentile"),
        (
            searched(step(0.0), replace(PLAN, requests_needed=20, start_per_s=20)),
            "less than 1.00 requests a second",
            "Even one request a second",
        ),
        (
            searched(step(3000), with_budget(24)),
            "perhaps 1,600 to 3,200 requests a second (not confirmed)",
            "a longer --budget decides it",
        ),
        (searched(limited(step(1), 0.0)), "unknown", "the load generator was at fault in each"),
    ],
)
def test_what_is_not_known_is_said_with_the_reason(search: Searched, figure: str, why: str) -> None:
    what = found(search)
    assert headline(what.taken, what.capacity).startswith(figure)
    assert why in meaning(what.taken, what.capacity)
    assert figure in shown(what)


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (Cause(CauseKind.PERCENTILE, 110e6, 0.99), "p99 110 ms"),
        (
            Cause(CauseKind.QUEUE_GREW, 0.05),
            "its queue grew: 5.0 % was not answered in time",
        ),
        (Cause(CauseKind.ERRORS, 0.005), "errors 0.5 %"),
        (Cause(CauseKind.SERVER_DIED), "the server died"),
        (Cause(CauseKind.NOTHING_DUE), "no request was due"),
        (
            Cause(CauseKind.GENERATOR_LATE, 60e6, 0.99),
            "the load generator sent 60.0 ms late (p99)",
        ),
        (
            Cause(CauseKind.GENERATOR_WAITED, 0.2),
            "the load generator waited for its CPU 20 % of the time",
        ),
    ],
)
def test_every_cause_of_a_miss_is_said_in_its_own_words(cause: Cause, said: str) -> None:
    assert cause_text(cause) == said


def test_causes_are_counted_by_their_kinds() -> None:
    causes = (
        Cause(CauseKind.PERCENTILE, 110e6, 0.99),
        Cause(CauseKind.QUEUE_GREW, 0.05),
        Cause(CauseKind.ERRORS, 0.1),
        Cause(CauseKind.SERVER_DIED),
    )
    record = searched(step(3000)).taken
    first, second = (replace(each, verdict="missed", causes=causes) for each in record.trials[:2])
    missed = replace(record, trials=(first, replace(second, causes=causes[:1])))
    assert next(remarks(missed, None)) == (
        "Of 2 trials that missed it: p99 in 2, a growing queue in 1, errors in 1, the death of "
        "the server in 1."
    )


def test_an_interrupted_search_says_so_and_what_it_saw() -> None:
    record = replace(searched(step(3000), most=1).taken, ending="interrupted")
    what = document(record)
    assert (what.capacity.kind, what.capacity.low_per_s, what.capacity.high_per_s) == (
        "bracket",
        200.0,
        None,
    )
    assert "200 requests a second" in headline(record, what.capacity)
    assert "interrupted" in meaning(record, what.capacity)


def test_a_death_is_told_with_the_end_of_the_log() -> None:
    search = searched(step(3000))
    death = Death("measure", "died under load", "MemoryError: <boom>", 4)
    what = document(replace(search.taken, deaths=(death,)))
    text = shown(what)
    assert "trial 4, 1,600" in text
    assert "\n  MemoryError: <boom>\n" in text
    assert "MemoryError: &lt;boom&gt;" in as_html(what)


def test_the_data_are_one_document() -> None:
    what = found(searched(step(3000)))
    data = json.loads(as_json(what))
    assert (data["format"], data["version"]) == ("timetrial-capacity", 2)
    assert data["capacity"]["kind"] == "found"
    assert (data["asked"]["at_least_per_s"], data["asked"]["held"]) == (2000.0, "yes")
    assert data["asked"]["sentence"] in shown(what)
    assert len(data["taken"]["trials"]) >= 16
    missed = next(each for each in data["taken"]["trials"] if each["verdict"] == "missed")
    assert missed["causes"] == [{"kind": "percentile", "value": 123e6, "q": 0.99}]
    assert missed["reasons"] == ["p99 123 ms"]
    assert data["curve"][0]["response_time_ns"]["0.99"] == pytest.approx(20e6, rel=0.01)


def test_a_document_of_before_is_read_and_shown() -> None:
    former = CAPACITY.validate_json((Path(__file__).parent / "capacity-1.json").read_bytes())
    assert (former.version, former.capacity.kind) == (1, "found")
    assert (former.capacity.low_per_s, former.capacity.high_per_s) == (2920, 3150)
    assert former.capacity.safeguard is None
    assert {trial.ask.phase for trial in former.taken.trials} == {"double", "bisect", "confirm"}
    assert "[2,920, 3,150] with p99 < 100 ms" in shown(former)
    assert " confirming) in " in shown(former)
    assert "[2,920, 3,150]" in as_html(former)
    anew = document(former.taken).capacity
    assert anew.kind == "found"
    assert (anew.low_per_s or 0) <= 3000 <= (anew.high_per_s or 0)


def test_the_page_needs_nothing_else(tmp_path: Path) -> None:
    what = found(searched(step(3000)))
    page = write_capacity(what, tmp_path)
    assert page == tmp_path / "capacity-20260102T030405.html"
    assert page.with_suffix(".json").exists()
    text = page.read_text("utf-8")
    assert "<script" not in text
    assert "http" not in text.replace("http://127.0.0.1:8000/", "")
    assert html.escape(str(what.taken.objective)) in text


def test_a_page_of_nothing_is_a_page() -> None:
    assert "unknown" in as_html(document(searched(step(3000), most=0).taken))


def test_an_objective_of_errors_alone_has_bars_without_a_limit() -> None:
    search = searched(step(3000))
    what = found(replace(search, taken=replace(search.taken, objective=read_slo("errors<1%"))))
    assert "(│" not in shown(what)
    assert what.taken.objective.limits == ()
    assert "<svg" in as_html(what)


def test_a_bar_reaches_its_mark_at_the_limit() -> None:
    assert bar(SECOND // 2, SECOND).plain == "█████     │"
    assert bar(5 * SECOND // 4, SECOND).plain == "██████████│██▌"
    assert bar(3 * SECOND, SECOND).plain == "██████████│████▸"
    assert bar(0, SECOND).plain == ""
