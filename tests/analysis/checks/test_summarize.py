"""From a run to its summary, also where the run has holes."""

from __future__ import annotations

import dataclasses

import pytest

from runs import CHARACTERS, a_failure, a_run, a_suite, cut_short
from timetrial.analysis.summarize import summarize
from timetrial.model.missing import NOT_MEASURED_YET, MissingKind
from timetrial.model.run import Run
from timetrial.model.summary import Estimate, Missing, Summary, Table


def table(summary: Summary, benchmark: str) -> Table:
    return next(t for t in summary.tables if t.benchmark.name == benchmark)


def stacks(shown: Table) -> list[str]:
    return [row.stack.name for row in shown.rows]


def ties(shown: Table) -> dict[str, str]:
    return {row.stack.name: row.ties for row in shown.rows}


def test_rows_are_ordered_by_throughput_and_share_letters_without_a_significant_difference() -> (
    None
):
    shown = table(summarize(a_run()), "json_query")
    assert stacks(shown)[0] == "granian"
    assert stacks(shown)[-1] == "waitress"
    assert ties(shown) == {
        "granian": "a", "uvicorn": "b", "uwsgi": "b", "gunicorn": "c", "waitress": "d",
    }  # fmt: skip


def test_all_pairs_are_compared_in_every_metric_that_is_printed() -> None:
    for shown in summarize(a_run()).tables:
        metrics = [comparison.metric for comparison in shown.comparisons]
        for metric in ("throughput", "p50_ns", "cpu_s_per_1000", "memory_bytes"):
            assert metrics.count(metric) == 10
        printed = sum(isinstance(row.p99_ns, Estimate) for row in shown.rows)
        assert metrics.count("p99_ns") == printed * (printed - 1) // 2


def test_each_metric_has_letters_of_its_own_the_best_stack_first() -> None:
    shown = table(summarize(a_run()), "json_query")
    by_memory = {row.stack.name: row.letters["memory_bytes"] for row in shown.rows}
    assert by_memory["uwsgi"] == "a"
    assert by_memory["gunicorn"] == max(by_memory.values())
    assert all(row.letters["throughput"] == row.ties for row in shown.rows)


def test_stacks_at_the_clients_ceiling_are_not_compared_with_each_other() -> None:
    shown = table(summarize(a_run()), "wait_50ms")
    assert ties(shown)["granian"] == ties(shown)["uvicorn"] == "a"
    assert ties(shown)["gunicorn"] == "b"
    pair = next(c for c in shown.comparisons if {c.a, c.b} == {"granian", "uvicorn"})
    assert (pair.metric, pair.verdict) == ("throughput", "no verdict")


def test_two_rounds_give_figures_without_letters() -> None:
    for shown in summarize(a_run(a_suite(rounds=2))).tables:
        assert set(ties(shown).values()) == {""}
        assert all(isinstance(row.throughput, Estimate) for row in shown.rows)
        assert {c.verdict for c in shown.comparisons} == {"no verdict"}


def test_a_stack_that_failed_in_every_round_comes_last_with_the_reason() -> None:
    run = a_run(failures=[a_failure("granian", number) for number in range(1, 6)])
    summary = summarize(run)
    assert summary.complete
    for shown in summary.tables:
        last = shown.rows[-1]
        assert last.stack.name == "granian"
        assert isinstance(last.throughput, Missing)
        assert last.throughput.kind is MissingKind.FAILED
        assert last.throughput.phase == "start"
        assert last.throughput.detail == run.failures[0].reason
        assert len(shown.failures) == 5


def test_a_failure_in_one_benchmark_says_nothing_about_the_other() -> None:
    run = a_run(failures=[a_failure("granian", 2, benchmark="wait_50ms")])
    summary = summarize(run)
    assert table(summary, "json_query").failures == ()
    assert len(table(summary, "wait_50ms").failures) == 1


def test_a_stack_with_errors_is_not_ranked_nor_compared() -> None:
    broken = {**CHARACTERS, "granian": dataclasses.replace(CHARACTERS["granian"], failed_share=0.5)}
    shown = table(summarize(a_run(characters=broken)), "json_query")
    assert stacks(shown)[-1] == "granian"
    assert ties(shown)["granian"] == ""
    assert not any("granian" in (c.a, c.b) for c in shown.comparisons)


def test_a_lower_bound_is_compared_in_cpu_time_and_memory_only() -> None:
    capped = {
        **CHARACTERS, "granian": dataclasses.replace(CHARACTERS["granian"], generator_share=0.95),
    }  # fmt: skip
    shown = table(summarize(a_run(characters=capped)), "json_query")
    metrics = {c.metric for c in shown.comparisons if "granian" in (c.a, c.b)}
    assert metrics == {"cpu_s_per_1000", "memory_bytes"}


@pytest.mark.parametrize("measurements", range(0, 50, 7))
def test_an_interrupted_run_is_summed_up_wherever_it_stopped(measurements: int) -> None:
    summary = summarize(cut_short(a_run(), measurements))
    assert not summary.complete
    assert all(len(shown.rows) == 5 for shown in summary.tables)


def test_what_was_not_reached_yet_says_so() -> None:
    (first, _) = summarize(cut_short(a_run(), 0)).tables
    assert {row.throughput for row in first.rows} == {NOT_MEASURED_YET}


def test_the_order_in_which_records_came_does_not_matter() -> None:
    run: Run = a_run()
    shuffled = dataclasses.replace(run, measurements=run.measurements[::-1])
    assert summarize(shuffled).tables == summarize(run).tables
