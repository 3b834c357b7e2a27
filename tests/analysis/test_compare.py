"""Cells of two runs are compared with intervals and verdicts, and nothing is said without them."""

from __future__ import annotations

import dataclasses

from doubted import with_findings
from evidence import numbers_in
from runs import CHARACTERS, Character, a_run, a_suite, cut_short
from timetrial.analysis.compare import compare_figures, compare_runs
from timetrial.analysis.summarize import summarize
from timetrial.model.finding import Finding
from timetrial.model.metrics import Metric
from timetrial.model.missing import MissingKind
from timetrial.model.run_comparison import Change, RunComparison
from timetrial.model.summary import Estimate, Missing
from timetrial.model.trial import Cell
from timetrial.reports.compare import refusal, words

STACKS = ("granian", "uvicorn")


def compared(*, rounds: int = 12, **changed: Character) -> RunComparison:
    suite = a_suite(STACKS, rounds=rounds)
    before = a_run(suite, seed=1, number=1)
    after = a_run(suite, seed=2, number=2, characters={**CHARACTERS, **changed})
    return compare_runs(summarize(before), summarize(after))


def of(comparison: RunComparison, stack: str, metric: Metric) -> Change:
    (cell,) = (c for c in comparison.cells if c.cell == Cell("json_query", stack))
    return next(change for change in cell.changes if change.metric == metric)


def test_a_stack_that_became_slower_is_found_and_the_other_is_not() -> None:
    slower = dataclasses.replace(
        CHARACTERS["uvicorn"], requests_per_s=3_950 * 0.9, cpu_ms=0.236 * 1.1
    )
    comparison = compared(uvicorn=slower)
    throughput = of(comparison, "uvicorn", "throughput")
    assert throughput.verdict == "lower"
    assert isinstance(throughput.ratio, Estimate)
    assert throughput.ratio.low is not None
    assert throughput.ratio.high is not None
    assert throughput.ratio.low < 0.9 < throughput.ratio.high
    assert of(comparison, "uvicorn", "cpu_s_per_1000").verdict == "higher"
    assert of(comparison, "granian", "throughput").verdict == "no difference detected"
    said = " ".join(words(comparison))
    assert "json_query, uvicorn answers" in said
    assert "fewer requests" in said
    assert "granian" not in said


def test_two_runs_of_the_same_do_not_differ_significantly() -> None:
    comparison = compared()
    assert comparison.differences == ()
    assert words(comparison)[0] == "No difference between the two runs is proven."
    assert refusal(comparison) is None


def test_too_few_rounds_give_ratios_without_verdicts() -> None:
    comparison = compared(rounds=2)
    change = of(comparison, "uvicorn", "throughput")
    assert isinstance(change.ratio, Estimate)
    assert (change.verdict, change.p_adjusted) == ("no verdict", None)
    assert words(comparison)[0] == "Nothing is decided."
    assert numbers_in(words(comparison)[1])[0] == 3


def test_a_run_that_was_interrupted_is_compared_and_said_to_be_one() -> None:
    suite = a_suite(STACKS, rounds=6)
    whole, part = a_run(suite, number=1), cut_short(a_run(suite, number=2), 18)
    comparison = compare_runs(summarize(whole), summarize(part))
    assert comparison.incomplete == (2,)
    assert "2 was interrupted" in words(comparison)[1]


def test_throughput_that_the_clients_set_has_no_verdict() -> None:
    comparison = compared()
    (cell,) = (c for c in comparison.cells if c.cell == Cell("wait_50ms", "granian"))
    assert cell.changes[0].verdict == "no verdict"


def test_a_stack_whose_findings_leave_no_figure_is_not_compared() -> None:
    failing = dataclasses.replace(CHARACTERS["uvicorn"], failed_share=0.05)
    change = of(compared(uvicorn=failing), "uvicorn", "throughput")
    assert change.ratio == Missing(MissingKind.VOID, run=2)


def test_a_figure_that_is_only_a_bound_is_not_compared() -> None:
    bound = dataclasses.replace(CHARACTERS["uvicorn"], generator_share=0.95)
    comparison = compared(uvicorn=bound)
    assert isinstance(of(comparison, "uvicorn", "throughput").ratio, Missing)
    assert isinstance(of(comparison, "uvicorn", "cpu_s_per_1000").ratio, Estimate)


def test_response_times_are_not_compared_where_the_generator_was_at_its_end() -> None:
    bound = dataclasses.replace(CHARACTERS["uvicorn"], generator_share=0.95)
    assert isinstance(of(compared(uvicorn=bound), "uvicorn", "p50_ns").ratio, Missing)


def test_figures_that_findings_void_are_not_compared_and_others_are() -> None:
    before, after = (summarize(a_run(a_suite(STACKS, rounds=6), number=n)) for n in (1, 2))
    finding = Finding("late-generator", "invalid", Cell("json_query", "uvicorn"), "so it is.")
    comparison = compare_runs(before, with_findings(after, finding))
    assert of(comparison, "uvicorn", "p50_ns").ratio == Missing(MissingKind.VOID, run=2)
    assert isinstance(of(comparison, "uvicorn", "throughput").ratio, Estimate)


def test_cells_that_one_run_alone_has_are_named() -> None:
    one = summarize(a_run(a_suite(STACKS, rounds=3), number=1))
    other = summarize(a_run(a_suite(["granian", "waitress"], rounds=3), number=2))
    comparison = compare_runs(one, other)
    assert {cell.cell.stack for cell in comparison.cells} == {"granian"}
    assert {cell.stack for cell in comparison.only_in_a} == {"uvicorn"}
    assert {cell.stack for cell in comparison.only_in_b} == {"waitress"}


def test_another_machine_is_refused_in_one_sentence() -> None:
    before = a_run(a_suite(STACKS, rounds=3), number=1)
    after = dataclasses.replace(
        before, number=2, machine=dataclasses.replace(before.machine, cores=64)
    )
    assert refusal(compare_runs(summarize(before), summarize(after))) == (
        "runs 1 and 2 cannot be compared: machine: cores '2' against '64'; --anyway compares "
        "them nevertheless"
    )


def test_runs_compare_the_same_whether_or_not_their_own_pairs_are_gone_into() -> None:
    before, after = a_run(), dataclasses.replace(a_run(seed=2), number=2)
    assert compare_figures(before, after) == compare_runs(summarize(before), summarize(after))
