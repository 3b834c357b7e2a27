"""Published rows beside a run: the same rows, only ratios compared, and conclusions decided."""

from __future__ import annotations

import dataclasses
import itertools
from functools import cache

import pytest

from doubted import with_findings
from runs import CHARACTERS, a_failure, a_run, a_suite
from samples import a_claim, a_collection, sound
from timetrial.analysis.statistics.comparisons import ROUNDS_FOR_VERDICT
from timetrial.analysis.summarize import summarize
from timetrial.features.published.claims import (
    Bearing,
    as_far_as_told,
    bearing,
    our_answer,
    outcome,
)
from timetrial.features.published.collection import Claim, Collection, Pair
from timetrial.features.published.comparison import (
    PairComparison,
    PublishedComparison,
    compare_with_published,
)
from timetrial.features.published.detectors import judge
from timetrial.features.published.our_results import OurPair, p50, pairs, throughput
from timetrial.features.published.row_order import WITHIN_NOISE, Noise, direction
from timetrial.model.finding import Finding
from timetrial.model.missing import MissingKind
from timetrial.model.run import Run
from timetrial.model.summary import Estimate, Missing, Summary, Verdict
from timetrial.model.trial import Cell


@cache
def usual() -> Summary:
    return summarize(a_run())


def beside(collection: Collection, run: Run | None = None) -> PublishedComparison:
    return compare_with_published(collection, usual() if run is None else summarize(run))


def the_pair(found: PublishedComparison, *stacks: str) -> PairComparison:
    return next(pair for pair in found.pairs if {pair.one, pair.other} == set(stacks))


def test_the_rows_are_the_published_ones_in_their_order() -> None:
    collection = a_collection()
    assert tuple(line.row for line in beside(collection).lines) == collection.rows


def test_ratios_are_to_the_first_row_that_counts_in_both() -> None:
    granian, gunicorn, *_ = beside(a_collection()).lines
    assert (granian.their_ratio, granian.our_ratio) == (1, 1)
    assert gunicorn.their_ratio == pytest.approx(23 / 54)
    assert isinstance(gunicorn.throughput, Estimate)
    assert isinstance(granian.throughput, Estimate)
    assert gunicorn.our_ratio == gunicorn.throughput.value / granian.throughput.value


def test_a_cell_that_the_run_does_not_have_is_missing_with_that_reason() -> None:
    meteor = beside(a_collection()).lines[-1]
    assert meteor.throughput == Missing(MissingKind.NOT_IN_THE_RUN)
    assert meteor.our_ratio is None


def test_a_cell_that_failed_is_missing_with_the_failures_reason() -> None:
    failures = [a_failure("granian", number) for number in range(1, 6)]
    granian = beside(a_collection(), a_run(failures=failures)).lines[0]
    assert isinstance(granian.throughput, Missing)
    assert granian.throughput.kind is MissingKind.FAILED
    assert granian.throughput.phase == "start"


def test_a_cell_whose_figures_are_invalid_is_missing_with_the_finding() -> None:
    failing = {"granian": dataclasses.replace(CHARACTERS["granian"], failed_share=0.5)}
    run = a_run(characters={**CHARACTERS, **failing})
    granian = beside(a_collection(), run).lines[0]
    assert isinstance(granian.throughput, Missing)
    assert granian.throughput.kind is MissingKind.VOID_BY_FINDING
    assert granian.throughput.finding == "errors"
    assert granian.p50_ns == granian.throughput


def test_pairs_have_the_same_direction_the_opposite_or_none() -> None:
    found = beside(a_collection())
    assert the_pair(found, "granian", "gunicorn").agreement == "same direction"
    assert the_pair(found, "granian", "waitress").agreement == "opposite"
    assert the_pair(found, "granian", "meteor").agreement == "not measured"
    assert len(found.pairs) == 10


def test_a_pair_within_the_collections_own_noise_cannot_be_told() -> None:
    rows = (
        sound(54_000, stack="granian"),
        sound(40_000, stack="gunicorn"),
        sound(60_000, stack="granian", document="another"),
        sound(41_000, stack="gunicorn", document="another"),
    )
    noisy = Collection("quick", "", (*rows, sound(30_000, stack="gunicorn", document="third")), ())
    found = beside(noisy)
    first = the_pair(found, "granian", "gunicorn")
    assert first.theirs.reasons == (WITHIN_NOISE,)
    assert first.theirs.ratio == 54 / 40 < found.noise.ratio == 41 / 30
    assert first.agreement == "cannot tell"


def test_a_pair_that_is_printed_again_comes_once() -> None:
    rows = a_collection().rows
    again = tuple(dataclasses.replace(row, document="another") for row in rows)
    assert len(beside(Collection("quick", "", rows + again, ())).pairs) == 10


def test_turning_a_published_pair_round_turns_its_direction_alone() -> None:
    noise, judged = Noise(1.05, None), judge(a_collection().rows)
    turned = {"higher": "lower", "lower": "higher", "cannot tell": "cannot tell"}
    for one, other in itertools.combinations(judged, 2):
        there, back = direction(one, other, noise), direction(other, one, noise)
        assert back.heading == turned[there.heading]


def test_too_few_rounds_give_no_verdict() -> None:
    found = beside(a_collection(), a_run(a_suite(rounds=2)))
    pair = the_pair(found, "granian", "gunicorn")
    assert pair.agreement == "cannot tell"
    assert pair.ours.verdict == "no verdict"
    assert pair.ours.ratio is not None
    assert pair.ours.ratio.rounds == 2 < ROUNDS_FOR_VERDICT
    assert f"2 of the {ROUNDS_FOR_VERDICT}" in pair.ours.why


def test_within_a_benchmark_the_runs_own_comparison_decides() -> None:
    summary = usual()
    table = next(table for table in summary.tables if table.benchmark.name == "json_query")
    for comparison in table.comparisons:
        if comparison.metric == "throughput":
            one, other = (Cell("json_query", stack) for stack in (comparison.b, comparison.a))
            (found,) = pairs(summary, [Pair(one, other)])
            assert (found.verdict, found.ratio) == (comparison.verdict, comparison.ratio)


def test_across_benchmarks_the_rounds_decide() -> None:
    slow_waits = {"gunicorn": dataclasses.replace(CHARACTERS["gunicorn"], slots=2)}
    summary = summarize(a_run(characters={**CHARACTERS, **slow_waits}))
    one, other = Cell("json_query", "gunicorn"), Cell("wait_50ms", "gunicorn")
    (found,) = pairs(summary, [Pair(one, other)])
    assert found.verdict == "higher"
    assert found.ratio is not None
    assert found.ratio.low is not None
    assert found.ratio.low > 1


def test_a_lead_is_compared_with_the_lead_in_another_benchmark() -> None:
    slow_waits = {
        name: dataclasses.replace(CHARACTERS[name], slots=slots)
        for name, slots in (("gunicorn", 2), ("uvicorn", 4))
    }
    summary = summarize(a_run(characters={**CHARACTERS, **slow_waits}))

    def lead(benchmark: str) -> Pair:
        return Pair(Cell(benchmark, "uvicorn"), Cell(benchmark, "gunicorn"))

    at_work, waiting = lead("json_query"), lead("wait_50ms")
    leads = dataclasses.replace(waiting, over=at_work)
    found = pairs(summary, [at_work, waiting, leads])
    ratios = [each.ratio.value for each in found if each.ratio is not None]
    assert ratios[2] == pytest.approx(ratios[1] / ratios[0], rel=0.05)
    assert leads.cells == (waiting.one, waiting.other, at_work.one, at_work.other)


def test_what_is_at_least_so_fast_can_be_faster_never_slower() -> None:
    at_its_end = {
        name: dataclasses.replace(CHARACTERS[name], generator_share=0.93)
        for name in ("uvicorn", "waitress")
    }
    summary = summarize(a_run(characters={**CHARACTERS, **at_its_end}))

    def of(one: str, other: str) -> OurPair:
        (found,) = pairs(summary, [Pair(Cell("json_query", one), Cell("json_query", other))])
        return found

    faster, slower = of("uvicorn", "gunicorn"), of("gunicorn", "uvicorn")
    assert (faster.verdict, faster.bound) == ("higher", "at least")
    assert (slower.verdict, slower.bound) == ("lower", "at most")
    assert of("waitress", "gunicorn").verdict == "no verdict"
    assert of("uvicorn", "waitress").verdict == "no verdict"


def test_across_benchmarks_rounds_that_are_left_out_do_not_count() -> None:
    one, other = Cell("json_query", "granian"), Cell("wait_50ms", "waitress")
    run = a_run(a_suite(rounds=12))
    disturbed = tuple(
        dataclasses.replace(
            m, windows=tuple(dataclasses.replace(w, foreign_cpu_s=0.5) for w in m.windows)
        )
        if m.trial.cell == one and m.trial.round == 1
        else m
        for m in run.measurements
    )
    (before,) = pairs(summarize(run), [Pair(one, other)])
    (found,) = pairs(
        summarize(dataclasses.replace(run, measurements=disturbed)), [Pair(one, other)]
    )
    assert before.ratio is not None
    assert found.ratio is not None
    assert (before.ratio.rounds, found.ratio.rounds) == (12, 11)


def test_the_median_of_void_response_times_is_missing_with_the_finding() -> None:
    summary = usual()
    cell = Cell("json_query", "granian")
    finding = Finding("late-generator", "invalid", cell, "so it is.")
    doubted = with_findings(summary, finding)
    assert p50(doubted, cell) == Missing(
        MissingKind.VOID_BY_FINDING, finding="late-generator", detail="so it is."
    )
    assert isinstance(throughput(doubted, cell), Estimate)


def test_a_cell_that_the_client_binds_gives_no_verdict_across_benchmarks() -> None:
    one, other = Cell("json_query", "granian"), Cell("wait_50ms", "granian")
    (found,) = pairs(usual(), [Pair(one, other)])
    assert found.verdict == "no verdict"


def test_servers_that_keep_their_order_correlate() -> None:
    found = beside(a_collection())
    assert found.across_rows is not None
    assert found.across_rows.pairs == 4  # the fifth was not measured
    assert found.across_rows.value == pytest.approx(0.2 - 0.4)  # waitress went from first to last
    assert found.within_benchmarks == found.across_rows


def test_void_rows_are_no_part_of_the_correlation() -> None:
    rows = (*a_collection().rows[:3], sound(50, stack="uwsgi"))
    found = beside(Collection("quick", "", rows, ()))
    assert found.across_rows is not None
    assert found.across_rows.pairs == 3


@pytest.mark.parametrize(
    ("claim", "published", "here"),
    [
        (a_claim("granian", "gunicorn"), "borne out", "holds"),
        (a_claim("waitress", "granian"), "borne out", "does not hold"),
        (a_claim("gunicorn", "granian"), "contradicted", "does not hold"),
        (a_claim("granian", "meteor"), "borne out", "not measured"),
        (a_claim("gunicorn", "granian", "not higher"), "borne out", "holds"),
        (a_claim("granian", "gunicorn", "times"), "borne out", "holds"),
        (a_claim("granian", "uvicorn", "times"), "contradicted", "does not hold"),
        (a_claim("granian", "gunicorn", benchmark="wait_50ms"), "never borne out", "holds"),
    ],
    ids=lambda value: value.says if isinstance(value, Claim) else None,
)
def test_a_claim_is_decided_by_their_figures_and_by_ours(
    claim: Claim, published: str, here: str
) -> None:
    (judged,) = beside(a_collection(claim)).claims
    assert (judged.published, judged.here) == (published, here)


@pytest.mark.parametrize(("high", "answer"), [(1.04, "for"), (1.3, "open")])
def test_no_difference_detected_is_no_difference_only_where_the_interval_is_narrow(
    high: float, answer: str
) -> None:
    found = OurPair("no difference detected", Estimate(1.0, 1 / high, high, 5), "")
    assert our_answer(a_claim("a", "b", "not higher"), found) == answer


@pytest.mark.parametrize(
    ("verdict", "ratio", "answer"),
    [
        ("higher", Estimate(1.5, 1.4, 1.6, 5), "for"),
        ("lower", Estimate(0.5, 0.4, 0.6, 5), "for"),
        ("no difference detected", Estimate(1.0, 0.97, 1.03, 5), "against"),
        ("no difference detected", Estimate(1.0, 0.7, 1.03, 5), "open"),
        ("no difference detected", Estimate(1.0, 0.97, 1.3, 5), "open"),
    ],
)
def test_a_difference_either_way_is_one(verdict: Verdict, ratio: Estimate, answer: str) -> None:
    assert our_answer(a_claim("a", "b", "different"), OurPair(verdict, ratio, "")) == answer


def test_a_claim_about_work_in_parallel_is_not_decided_on_one_cpu() -> None:
    claim = dataclasses.replace(a_claim("granian", "gunicorn"), server_cpus=2)
    (on_one,) = beside(a_collection(claim)).claims
    run = a_run()
    two = dataclasses.replace(run, machine=dataclasses.replace(run.machine, server_cpus=(0, 1)))
    (on_two,) = beside(a_collection(claim), two).claims
    assert (on_one.here, on_two.here) == ("cannot tell", "holds")
    assert on_one.answers[0].our_pair.verdict == "no verdict"
    assert on_two.answers[0].our_pair.verdict == "higher"


@pytest.mark.parametrize(
    ("server_cpus", "why"),
    [
        (1, "servers had 1 CPU, telling takes 4"),
        (3, "servers had 3 CPUs, telling takes 4"),
        (4, "as it was"),
    ],
)
def test_cpus_that_were_too_few_are_named(server_cpus: int, why: str) -> None:
    claim = dataclasses.replace(a_claim("granian", "gunicorn"), server_cpus=4)
    told = OurPair("higher", Estimate(1.5, 1.4, 1.6, 5), "as it was")
    assert as_far_as_told(claim, told, server_cpus).why == why


def test_one_pair_against_a_claim_is_enough() -> None:
    assert bearing(["for", "open", "against"]) == "contradicted"
    assert outcome(["for", "not measured", "against"]) == "does not hold"


def test_a_claim_that_is_decided_for_some_pairs_holds_in_part() -> None:
    in_part: Bearing = "borne out in part"
    assert bearing(["for", "open"]) == in_part
    assert outcome(["for", "not measured"]) == "holds in part"
    assert outcome(["open", "not measured"]) == "cannot tell"
