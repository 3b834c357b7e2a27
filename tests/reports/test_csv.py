"""Tidy CSV: a line a trial, empty where findings void, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import dataclasses
import io

import pytest
import scenes
from hypothesis import given
from hypothesis import strategies as st

from runs import CHARACTERS, a_failure, a_run, a_suite
from timetrial.analysis.statistics.estimates import window_throughput
from timetrial.analysis.summarize import summarize
from timetrial.model.summary import Summary
from timetrial.reports.csv import COLUMNS, as_csv, guarded

Line = dict[str, str]


def lines(summary: Summary) -> list[Line]:
    return list(csv.DictReader(io.StringIO(as_csv(summary), newline=""), strict=True))


def of(found: list[Line], benchmark: str, stack: str) -> list[Line]:
    return [line for line in found if (line["benchmark"], line["stack"]) == (benchmark, stack)]


@pytest.mark.parametrize("name", scenes.ALL)
def test_every_trial_that_is_over_has_one_line(name: str) -> None:
    summary = scenes.ALL[name]()
    run = summary.run
    over = {t for t in run.due() if t not in run.pending()}
    found = [(int(line["round"]), line["benchmark"], line["stack"]) for line in lines(summary)]
    assert sorted(found) == sorted((t.round, t.cell.benchmark, t.cell.stack) for t in over)


def test_lines_end_as_the_standard_asks() -> None:
    text = as_csv(scenes.good())
    assert text.startswith(",".join(COLUMNS) + "\r\n")
    assert text.endswith("\r\n")
    assert text.count("\n") == text.count("\r\n")


def test_a_trial_has_its_own_figures() -> None:
    summary = scenes.good()
    first = next(m for m in summary.run.measurements if m.trial.cell.stack == "uvicorn")
    (line,) = (
        line
        for line in of(lines(summary), first.trial.cell.benchmark, "uvicorn")
        if int(line["round"]) == first.trial.round
    )
    assert float(line["throughput_requests_per_s"]) == pytest.approx(
        window_throughput(first.windows), rel=1e-6
    )
    assert int(line["memory_bytes"]) == first.memory.total_bytes
    assert int(line["requests"]) == sum(window.counts.arrivals for window in first.windows)
    assert (line["server"], line["version"], line["workers"]) == ("uvicorn", "0.38.0", "1")
    assert (line["status"], line["counted"], line["bound"]) == ("measured", "yes", "")


def test_a_quantile_takes_its_share_of_the_responses_that_a_run_needs() -> None:
    line = of(lines(scenes.good()), "wait_50ms", "uwsgi")[0]
    assert 130 < int(line["requests"]) < 200
    assert (line["p50_ms"] != "", line["p90_ms"], line["p99_ms"]) == (True, "", "")


def test_a_figure_that_findings_void_is_empty_and_they_are_named() -> None:
    for line in of(lines(scenes.troubled()), "json_query", "gunicorn"):
        assert line["void_by"] == "errors"
        assert "reconnect-per-request" in line["findings"]
        assert line["throughput_requests_per_s"] == line["cpu_s_per_1000_requests"] == ""
        assert line["p50_ms"] == line["longest_ms"] == ""
        assert int(line["wrong_status"]) > 0


def test_a_lower_bound_is_marked() -> None:
    found = of(lines(scenes.troubled()), "json_query", "granian")
    assert {line["bound"] for line in found} == {"lower"}
    assert all(line["throughput_requests_per_s"] for line in found)


def test_a_failure_is_a_line_for_each_trial_that_it_cost() -> None:
    found = [line for line in lines(scenes.troubled()) if line["status"] == "failed"]
    assert len(found) == 10
    assert {line["stack"] for line in found} == {"waitress"}
    assert {line["phase"] for line in found} == {"start"}
    assert {line["reason"] for line in found} == {a_failure().reason}
    assert found[0]["throughput_requests_per_s"] == found[0]["requests"] == ""


@pytest.mark.parametrize("reason", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("x")'])
def test_what_a_server_printed_is_no_formula(reason: str) -> None:
    failure = dataclasses.replace(a_failure(), reason=reason)
    summary = summarize(a_run(a_suite(["uvicorn", "waitress"]), failures=[failure]))
    found = [line["reason"] for line in lines(summary) if line["status"] == "failed"]
    assert found == [f"'{reason}", f"'{reason}"]


@given(st.text())
def test_a_text_comes_back_from_a_reader_of_csv(text: str) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\r\n").writerow([guarded(text), "end"])
    (row,) = csv.reader(io.StringIO(written.getvalue(), newline=""), strict=True)
    assert row[0].removeprefix("'") == text.removeprefix("'") or row[0] == text
    assert row[0][:1] not in set("=+-@\t\r\n")


def test_the_control_has_no_line_as_it_has_no_row() -> None:
    suite = a_suite(["uvicorn", "granian"])
    twin = dataclasses.replace(suite.stacks[0], name="twin", control_of="uvicorn")
    benchmarks = tuple(
        dataclasses.replace(each, stacks=(*each.stacks, "twin")) for each in suite.benchmarks
    )
    wanted = dataclasses.replace(suite, stacks=(*suite.stacks, twin), benchmarks=benchmarks)
    characters = {**CHARACTERS, "twin": CHARACTERS["uvicorn"]}
    found = lines(summarize(a_run(wanted, characters=characters)))
    assert {line["stack"] for line in found} == {"uvicorn", "granian"}
