"""Every published row gets exactly one status, and what it rests on."""

from __future__ import annotations

import dataclasses
import shlex

import pytest

from doubted import with_findings
from runs import CHARACTERS, a_failure, a_run, cut_short
from timetrial.analysis.summarize import summarize
from timetrial.features.published.status import (
    ENDED_BEFORE,
    CellStatus,
    Reached,
    Status,
    absent,
    cell_status,
)
from timetrial.model.finding import Finding
from timetrial.model.load import OpenLoad
from timetrial.model.measurement import Measurement, ProcessStamp
from timetrial.model.missing import MissingKind
from timetrial.model.run import Run
from timetrial.model.suite import Suite
from timetrial.model.summary import Estimate, Missing
from timetrial.model.trial import Cell

QUERY = Cell("json_query", "granian")
WAIT = Cell("wait_50ms", "granian")
ABSENT: Status = "not in this run"


def judged(run: Run, cell: Cell = QUERY) -> CellStatus:
    return cell_status(summarize(run), cell)


def changed(cell: Cell, **fields: object) -> Run:
    """Change all measurements of a cell."""
    run = a_run()
    return dataclasses.replace(
        run,
        measurements=tuple(
            dataclasses.replace(measurement, **fields)  # type: ignore[arg-type]  # real fields
            if measurement.trial.cell == cell
            else measurement
            for measurement in run.measurements
        ),
    )


def with_connections(numbers: list[int | None]) -> Run:
    """Let the windows of all rounds of a cell have reached these numbers of connections."""

    def short(each: Measurement) -> Measurement:
        windows = tuple(
            dataclasses.replace(window, connections_reached=number)
            for window, number in zip(each.windows, numbers, strict=True)
        )
        return dataclasses.replace(each, windows=windows)

    run = a_run()
    return dataclasses.replace(
        run,
        measurements=tuple(
            short(measurement) if measurement.trial.cell == QUERY else measurement
            for measurement in run.measurements
        ),
    )


def with_character(**traits: float | bool) -> Run:
    granian = dataclasses.replace(CHARACTERS["granian"], **traits)  # type: ignore[arg-type]  # tests name real traits
    return a_run(characters={**CHARACTERS, "granian": granian})


def test_a_sound_figure_is_measured() -> None:
    found = judged(a_run())
    assert (found.status, found.why) == ("measured", "")
    assert isinstance(found.throughput, Estimate)
    assert not found.is_least


def test_a_stack_that_the_run_does_not_have() -> None:
    found = judged(a_run(), Cell("json_query", "meteor"))
    assert found == absent()
    assert (found.status, found.throughput) == (ABSENT, Missing(MissingKind.NOT_IN_THE_RUN))
    assert found.command == ""


def test_a_cell_that_the_run_never_came_to() -> None:
    found = judged(cut_short(a_run(), 0))
    assert (found.status, found.why) == (ABSENT, ENDED_BEFORE)


def test_a_doubtful_finding_makes_a_doubtful_row_and_is_named() -> None:
    found = judged(with_character(generator_share=0.75))
    assert (found.status, found.why) == ("doubtful", "generator-saturated")


def test_a_client_at_its_ceiling_gives_a_bound() -> None:
    found = judged(a_run(), WAIT)
    assert (found.status, found.why) == ("bound", "bound-by-client")
    assert found.is_least


def test_a_saturated_generator_gives_a_bound() -> None:
    found = judged(with_character(generator_share=0.97))
    assert (found.status, found.why) == ("bound", "generator-saturated")
    assert isinstance(found.throughput, Estimate)


def found_in(name: str, cell: Cell = QUERY) -> CellStatus:
    summary = summarize(a_run())
    finding = Finding(name, "invalid", cell, "so it is.")
    return cell_status(with_findings(summary, finding), cell)


def test_a_throughput_that_is_no_figure_has_failed_although_cpu_time_stands() -> None:
    found = found_in("unsteady-rounds")
    (finding,) = (each for each in found.findings if each.name == "unsteady-rounds")
    assert (found.status, found.why) == ("failed", f"{finding.name}: {finding.evidence}")
    assert isinstance(found.throughput, Missing)


def test_response_times_that_are_no_figures_are_missing_and_make_a_row_doubtful() -> None:
    found = found_in("late-generator")
    assert (found.status, found.why) == ("doubtful", "late-generator")
    assert isinstance(found.throughput, Estimate)
    assert found.p50_ns == Missing(
        MissingKind.VOID_BY_FINDING, finding="late-generator", detail="so it is."
    )


def test_a_stack_that_never_started_has_failed_with_its_log_and_the_command() -> None:
    run = a_run(failures=[a_failure("granian", number) for number in range(1, 6)])
    found = judged(run)
    assert found.status == "failed"
    (trouble,) = found.troubles
    assert (trouble.phase, trouble.reason) == ("start", a_failure("granian", 1).reason)
    assert found.why == f"{trouble.phase}: {trouble.reason}"
    assert trouble.rounds == (1, 2, 3, 4, 5)
    assert "ImportError" in trouble.log_tail
    assert shlex.split(found.command) == [
        "timetrial", "run", "quick", "--servers", "granian", "--benchmarks", "json_query",
        "--rounds", "1",
    ]  # fmt: skip


def test_a_stack_that_failed_in_one_round_is_doubtful() -> None:
    found = judged(a_run(failures=[a_failure("granian", 2)]))
    assert (found.status, found.why) == ("doubtful", "failed-in-some-rounds")
    assert found.troubles[0].rounds == (2,)


def test_too_many_wrong_responses_are_a_failure_although_all_rounds_were_driven() -> None:
    found = judged(with_character(failed_share=0.5))
    assert found.status == "failed"
    assert found.why.startswith("errors: ")
    assert isinstance(found.throughput, Missing)
    assert (found.troubles[0].phase, found.troubles[0].rounds) == ("measure", (1, 2, 3, 4, 5))


def test_windows_without_a_correct_response_are_a_failure_and_those_outside_are_counted() -> None:
    run = a_run()
    silent = tuple(
        dataclasses.replace(
            measurement,
            windows=tuple(
                dataclasses.replace(window, completions=0, completions_overall=32)
                for window in measurement.windows
            ),
        )
        if measurement.trial.cell == QUERY
        else measurement
        for measurement in run.measurements
    )
    found = judged(dataclasses.replace(run, measurements=silent))
    none_came = Missing(MissingKind.NO_CORRECT_RESPONSE, count=5, seen=5)
    assert found.status == "failed"
    assert found.why.startswith(f"{none_came.reason}, 640 came")


@pytest.mark.parametrize(("least", "status"), [(16, "measured"), (15, "not reached")])
def test_a_row_counts_only_with_all_connections_in_every_window(least: int, status: str) -> None:
    assert judged(with_connections([16, 16, 16, least])).status == status


def test_far_too_few_connections_are_not_reached_rather_than_failed() -> None:
    found = judged(with_connections([4, 4, 4, 4]))
    assert found.reached == Reached(16, 4, workers=1, processes_least=2)
    assert (found.status, found.why) == ("not reached", found.reached.shortfall)
    assert found.throughput == Missing(MissingKind.DOES_NOT_COUNT, detail=found.why)


def test_connections_that_nobody_counted_are_doubtful() -> None:
    found = judged(with_connections([None, None, None, None]))
    assert (found.status, found.why) == ("doubtful", "connections-not-seen")


def test_an_open_load_asks_for_no_number_of_connections() -> None:
    run = with_connections([2, 2, 2, 2])
    suite = run.plan.suite
    benchmarks = tuple(dataclasses.replace(c, load=OpenLoad(100)) for c in suite.benchmarks)
    assert judged(_with_suite(run, dataclasses.replace(suite, benchmarks=benchmarks))).status != (
        "not reached"
    )


@pytest.mark.parametrize(("workers", "status"), [(2, "measured"), (3, "not reached")])
def test_a_tree_has_at_least_as_many_processes_as_workers(workers: int, status: str) -> None:
    run = a_run()
    suite = run.plan.suite
    stacks = tuple(dataclasses.replace(stack, workers=workers) for stack in suite.stacks)
    found = judged(_with_suite(run, dataclasses.replace(suite, stacks=stacks)))
    assert found.reached is not None
    assert (found.reached.workers, found.reached.processes_least) == (workers, 2)
    assert (found.status, found.why) == (status, found.reached.shortfall)


def test_a_worker_that_died_meanwhile_is_not_reached() -> None:
    run = changed(QUERY, processes_after=(ProcessStamp(100, 5_000),))
    stacks = tuple(dataclasses.replace(stack, workers=2) for stack in run.plan.suite.stacks)
    found = judged(_with_suite(run, dataclasses.replace(run.plan.suite, stacks=stacks)))
    assert found.reached is not None
    assert (found.reached.workers, found.reached.processes_least) == (2, 1)
    assert (found.status, found.why) == ("not reached", found.reached.shortfall)


@pytest.mark.parametrize(
    ("reached", "shortfall"),
    [
        (Reached(16, 16, 2, 3), ""),
        (Reached(None, None, 2, 2), ""),
        (Reached(16, None, 2, 2), ""),
        (Reached(2_000, 1_999, 2, 2), "1,999 of 2,000 connections at worst"),
        (Reached(16, 16, 3, 2), "2 of 3 worker processes at worst"),
        (Reached(16, 4, 3, 2), "4 of 16 connections and 2 of 3 worker processes at worst"),
    ],
)
def test_what_was_not_reached_is_a_clause(reached: Reached, shortfall: str) -> None:
    assert reached.shortfall == shortfall


def test_the_command_names_profile_and_driver() -> None:
    run = a_run()
    suite = run.plan.suite
    benchmarks = tuple(
        dataclasses.replace(c, name=f"{c.name}@wrk", driver="wrk") for c in suite.benchmarks
    )
    suite = dataclasses.replace(suite, benchmarks=benchmarks, profile="published")
    cell = Cell("json_query@wrk", "granian")
    assert shlex.split(judged(_with_suite(run, suite), cell).command) == [
        "timetrial", "run", "quick", "--profile", "published", "--servers", "granian",
        "--benchmarks", "json_query", "--rounds", "1", "--driver", "wrk",
    ]  # fmt: skip


def _with_suite(run: Run, suite: Suite) -> Run:
    return dataclasses.replace(run, plan=dataclasses.replace(run.plan, suite=suite))
