"""The answers of load, doctor, compare and history: verdict first, one table, few notes."""

from __future__ import annotations

import dataclasses
import errno
from collections.abc import Callable, Mapping

import pytest
from rich.console import RenderableType

from answers import check_every_terminal, check_every_width, printed
from configurations import looked_at
from runs import a_run, a_suite
from timetrial.analysis.compare import compare_runs
from timetrial.analysis.doctor_result import Diagnosis, Noise
from timetrial.analysis.statistics.power import NoiseFloor
from timetrial.analysis.summarize import summarize
from timetrial.analysis.trends import digest, histories
from timetrial.drivers.driver import ClockGaps, LoadResult, LoadSpec, SessionConfig, Target
from timetrial.drivers.load_run import LoadTerms
from timetrial.drivers.scripted import ScriptedDriver
from timetrial.model import (
    ArrivalSchedule,
    Ceiling,
    CellComparison,
    Counts,
    MachineCheck,
    Metric,
    MissingKind,
    RunComparison,
    Stage,
)
from timetrial.model.summary import Missing
from timetrial.reports import compare_answer, doctor_answer, history_answer, load_answer
from timetrial.reports.verdict_line import MOST_NOTES, Headline, most, named

SETTING = SessionConfig(connections=4, cpus=(), timeout_s=10.0)
OPEN = ArrivalSchedule((Stage(8.0, 1000.0, 1000.0),), "poisson", 0)
TERMS = LoadTerms("GET http://127.0.0.1/", SETTING, None, ("GET /",))


def a_load() -> LoadResult:
    with ScriptedDriver().open([Target("127.0.0.1:1", "localhost", ())], SETTING) as session:
        return session.run_load(LoadSpec(0, 8.0))


def refused() -> LoadResult:
    counts = Counts(arrivals=8, connect_failed=8)
    return dataclasses.replace(a_load(), overall=counts, connect_error=errno.ECONNREFUSED)


def stopped() -> LoadResult:
    return dataclasses.replace(a_load(), gaps=ClockGaps(4.1, 4.0, 3_000_000_000))


def a_diagnosis(*doubts: MachineCheck, with_noise: bool = True) -> Diagnosis:
    floors = tuple(
        NoiseFloor(length_s, 5, share / 2, share)
        for length_s, share in ((60.0, 0.05), (300.0, 0.02), (600.0, 0.01))
    )
    noise = Noise("uvicorn", 5, 10.0, 5_000.0, (), {"throughput": floors, "cpu_s_per_1000": floors})
    checks = (MachineCheck("clock source", "ok", "tsc"), *doubts)
    return Diagnosis(checks, Ceiling(16, 1, 90_000.0), noise if with_noise else None)


UNFIT = MachineCheck("steal", "unfit", "12 % of the CPU time went to other guests", "use a host")
DOUBTFUL = MachineCheck("frequency", "doubtful", "the governor is powersave", "set performance")


def a_comparison(*, same: bool = False) -> RenderableType:
    suite = a_suite(["granian", "uvicorn"], rounds=6)
    before, after = looked_at(a_run(suite)), looked_at(a_run(suite, seed=2))
    if not same:
        machine = dataclasses.replace(after.machine, kernel="Linux 7.0")
        after = dataclasses.replace(after, machine=machine)
    first, second = (
        summarize(dataclasses.replace(run, number=number))
        for number, run in enumerate((before, after), start=1)
    )
    return compare_answer.render_answer(compare_runs(first, second))


def two_equal_runs() -> RunComparison:
    suite = a_suite(["granian", "uvicorn"], rounds=6)
    first, second = (
        summarize(dataclasses.replace(looked_at(a_run(suite, seed=number)), number=number))
        for number in (1, 2)
    )
    return compare_runs(first, second)


def nothing_compared() -> RenderableType:
    comparison = two_equal_runs()
    return compare_answer.render_answer(dataclasses.replace(comparison, cells=bounds(comparison)))


def bounds(comparison: RunComparison, *metrics: Metric) -> tuple[CellComparison, ...]:
    """Leave only bounds of these metrics in run 1, or of all."""
    bound = Missing(MissingKind.LOWER_BOUND, run=1)
    return tuple(
        dataclasses.replace(
            cell,
            changes=tuple(
                dataclasses.replace(each, ratio=bound, p_adjusted=None, verdict="no verdict")
                if not metrics or each.metric in metrics
                else each
                for each in cell.changes
            ),
        )
        for cell in comparison.cells
    )


def some_histories(runs: int) -> RenderableType:
    suite = a_suite(["granian", "uvicorn"], rounds=3)
    digests = [
        digest(summarize(dataclasses.replace(a_run(suite, seed=number), number=number)))
        for number in range(1, runs + 1)
    ]
    return history_answer.render_answer(histories(digests))


ANSWERS: Mapping[str, Callable[[], RenderableType]] = {
    "load": lambda: load_answer.render_load(TERMS, a_load()),
    "open load": lambda: load_answer.render_load(
        dataclasses.replace(TERMS, schedule=OPEN), a_load()
    ),
    "load, refused": lambda: load_answer.render_load(TERMS, refused()),
    "load, stopped": lambda: load_answer.render_load(TERMS, stopped()),
    "doctor": lambda: doctor_answer.render_diagnosis(a_diagnosis()),
    "doctor, unfit": lambda: doctor_answer.render_diagnosis(a_diagnosis(DOUBTFUL, UNFIT)),
    "doctor, quick": lambda: doctor_answer.render_diagnosis(a_diagnosis(with_noise=False)),
    "compare": a_comparison,
    "compare, equal": lambda: a_comparison(same=True),
    "compare, only bounds": nothing_compared,
    "history": lambda: some_histories(2),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_whole_at_every_width_and_on_every_terminal(name: str) -> None:
    answer = ANSWERS[name]()
    check_every_width(answer)
    check_every_terminal(answer)


@pytest.mark.parametrize("name", ANSWERS)
def test_the_verdict_is_in_the_first_lines_and_all_is_short(name: str) -> None:
    first, second, *rest = printed(ANSWERS[name]()).splitlines()
    assert any(line.split("  ")[0].isupper() for line in (first, second, *rest[:1]))
    assert len(rest) <= 23


@pytest.mark.parametrize(
    ("result", "label"), [(a_load, "OK"), (refused, "FAILED REQUESTS"), (stopped, "NOT MEASURED")]
)
def test_a_load_is_in_order_only_if_all_was_answered_and_measured(
    result: Callable[[], LoadResult], label: str
) -> None:
    said = load_answer.headline_of(TERMS, result())
    assert said.label == label
    assert said.failed == (label != "OK")


def test_why_requests_failed_is_a_note() -> None:
    text = printed(load_answer.render_load(TERMS, refused()))
    assert "8 requests, 8 failed" in text
    assert "Failed: 8 connect failed." in text
    assert "nothing listens on this port" in text


@pytest.mark.parametrize(
    ("diagnosis", "label"),
    [
        (a_diagnosis(), "FIT"),
        (a_diagnosis(DOUBTFUL), "FIT, WITH DOUBTS"),
        (a_diagnosis(DOUBTFUL, UNFIT), "NOT FIT"),
    ],
)
def test_a_machine_is_as_fit_as_its_worst_check(diagnosis: Diagnosis, label: str) -> None:
    said = doctor_answer.headline_of(diagnosis)
    assert (said.label, said.failed) == (label, not diagnosis.fit)
    text = printed(doctor_answer.render_diagnosis(diagnosis))
    assert all(check.said in text for check in diagnosis.checks if check.judged != "ok")
    assert "1 check passed" in text


def test_what_differs_beside_the_figures_is_named() -> None:
    assert "Linux 7.0" in printed(a_comparison())
    assert "no difference recorded" in printed(a_comparison(same=True))


def test_runs_without_a_common_figure_are_not_compared_and_it_is_said_why() -> None:
    text = " ".join(printed(nothing_compared()).split())
    assert "NOT COMPARED" in text
    assert "(run 1: only a lower bound is known)" in text


def test_a_metric_that_no_server_has_in_both_runs_is_named() -> None:
    comparison = two_equal_runs()
    partly = dataclasses.replace(comparison, cells=bounds(comparison, "throughput"))
    text = " ".join(printed(compare_answer.render_answer(partly)).split())
    assert "Not compared: requests a second." in text
    whole = printed(compare_answer.render_answer(comparison))
    assert "requests a second. One of the runs" not in whole


def test_too_few_runs_have_no_level() -> None:
    assert "TOO FEW RUNS" in printed(some_histories(2))
    assert "STEADY" in printed(some_histories(6)) or "LEVEL CHANGED" in printed(some_histories(6))


def test_more_notes_than_three_are_counted() -> None:
    notes = tuple(f"Note {number}." for number in range(MOST_NOTES + 2))
    shown = [printed(each).strip() for each in most(notes, 100)]
    assert shown == [*notes[:MOST_NOTES], "2 more notes: --details."]


def test_of_many_servers_the_first_are_named_and_the_others_counted() -> None:
    names = list("abcdefghij")
    assert named(names[:2]) == "a and b"
    assert named(names[:7]) == "a, b, c, d, e, f and g"
    assert named(names[:8]) == "a, b, c, d, e, f and 2 more"


def test_a_verdict_is_as_grave_as_it_is_coloured() -> None:
    styles = [Headline("A", "").style, Headline("A", "", decided=True).style]
    assert [*styles, Headline("A", "", failed=True).style] == [
        "bold yellow", "bold green", "bold red"
    ]  # fmt: skip
