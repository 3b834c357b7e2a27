"""Every published row with its status, by one run of each suite."""

from __future__ import annotations

import dataclasses

from runs import a_failure, a_life, a_run, a_suite, cut_short
from samples import a_claim, a_collection
from timetrial.analysis.summarize import summarize
from timetrial.features.published.by_driver import drivers, of_driver
from timetrial.features.published.loader import read_collection, suites
from timetrial.features.published.rows import CollectionRows, count, status_of_rows
from timetrial.features.published.status import STATUSES, Status
from timetrial.model.load_tool_report import DriverName
from timetrial.model.run import Run
from timetrial.model.stop_rule import StopDecision
from timetrial.model.suite import Suite

ABSENT: Status = "not in this run"


def of_quick(run: Run) -> CollectionRows:
    collection = a_collection(a_claim("granian", "gunicorn"))
    (found,) = status_of_rows([collection], {"quick": summarize(run)})
    return found


def without_runs() -> dict[str, CollectionRows]:
    found = status_of_rows([read_collection(name) for name in suites()], {})
    return {each.suite: each for each in found}


def driven_by_two(*names: DriverName) -> Suite:
    """Let each of them hold the benchmarks of a suite, as `--driver a,b` does."""
    suite = a_suite()
    return dataclasses.replace(
        suite,
        benchmarks=tuple(
            benchmark
            if name == "engine"
            else dataclasses.replace(benchmark, name=f"{benchmark.name}@{name}", driver=name)
            for benchmark in suite.benchmarks
            for name in names
        ),
    )


def test_all_rows_that_are_printed_are_there() -> None:
    found = without_runs()
    sizes = {name: [len(d.rows) for d in each.documents] for name, each in found.items()}
    assert sizes == {"django-workers": [103, 38], "pipelining": [6], "sync-vs-async": [13, 13]}
    assert [each.printed for each in found.values()] == [141, 6, 26]


def test_each_row_once_they_are_141_and_6_and_14() -> None:
    assert [len(each.once) for each in without_runs().values()] == [141, 6, 14]


def test_rows_that_are_printed_a_second_time_say_where_they_were_before() -> None:
    first, second = without_runs()["sync-vs-async"].documents
    assert not any(row.printed_before for row in first.rows)
    assert sum(row.printed_before == first.name for row in second.rows) == 11


def test_without_a_run_no_row_is_in_it() -> None:
    for each in without_runs().values():
        assert {row.ours.status for row in each.once} == {ABSENT}
        assert (each.run, each.claims) == (None, ())


def test_each_row_has_one_status() -> None:
    found = of_quick(a_run())
    statuses = [row.ours.status for row in found.documents[0].rows]
    assert statuses == [*["measured"] * 4, ABSENT]
    assert dict(zip(STATUSES, count(found.once), strict=True))["measured"] == 4


def test_conclusions_come_with_the_rows() -> None:
    (judged,) = of_quick(a_run()).claims
    assert (judged.published, judged.here) == ("borne out", "holds")


def test_an_interrupted_run_is_said_to_be_that() -> None:
    run = of_quick(cut_short(a_run(), 7)).run
    assert run is not None
    assert (run.complete, run.trials_measured, run.trials_planned) == (False, 7, 50)


def test_a_pause_between_two_rounds_is_no_part_of_how_long_a_run_took() -> None:
    run = a_run()
    lives = (a_life(1, "granian"), a_life(1, "uvicorn"), a_life(100, "granian"))
    found = of_quick(dataclasses.replace(run, lives=lives)).run
    assert found is not None
    assert found.lasted_s == 30


def test_a_run_in_which_nothing_started_took_no_time_that_is_known() -> None:
    found = of_quick(dataclasses.replace(a_run(), lives=(), measurements=())).run
    assert found is not None
    assert found.lasted_s is None


def test_rounds_that_a_stop_made_needless_are_not_planned() -> None:
    run = a_run(driven_by_two("engine", "wrk"))
    stop = StopDecision("wait_50ms", 3, "every pair differs")
    found = of_quick(dataclasses.replace(run, stops=(stop,))).run
    assert found is not None
    assert (found.rounds, found.trials_planned) == (5, 40)


def test_what_failed_under_another_driver_is_no_failure_of_this_one() -> None:
    theirs = dataclasses.replace(a_failure("granian", 1), benchmark="wait_50ms@wrk")
    run = a_run(driven_by_two("engine", "wrk"), failures=[theirs])
    found = of_quick(run).run
    assert found is not None
    assert found.failures == 0
    (failure,) = of_driver(summarize(run), "wrk").run.failures
    assert failure.benchmark == "wait_50ms"


def test_of_several_drivers_the_first_one_decides() -> None:
    found = of_quick(a_run(driven_by_two("engine", "wrk")))
    assert found.run is not None
    assert (found.run.driver, found.run.trials_planned) == ("engine", 50)
    assert [row.ours.status for row in found.once].count("measured") == 4


def test_benchmarks_of_every_driver_have_the_name_that_was_asked_for() -> None:
    summary = summarize(a_run(driven_by_two("wrk", "k6")))
    assert drivers(summary) == ("wrk", "k6")
    for driver in drivers(summary):
        only = of_driver(summary, driver)
        assert [table.benchmark.name for table in only.tables] == ["json_query", "wait_50ms"]
        assert {table.benchmark.driver for table in only.tables} == {driver}
        assert {m.trial.cell.benchmark for m in only.run.measurements} == {
            "json_query",
            "wait_50ms",
        }
        assert {f.cell.benchmark for table in only.tables for f in table.findings} <= {
            "json_query",
            "wait_50ms",
        }
