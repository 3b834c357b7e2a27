"""A stack that was not steady when its warm-up ended is doubted in all of its benchmarks."""

from __future__ import annotations

import dataclasses

from runs import a_life, a_measurement, a_run, a_suite, a_window, json_query, wait_50ms
from timetrial.analysis.checks import not_steady
from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import NOT_STEADY
from timetrial.analysis.summarize import summarize
from timetrial.model.finding import Finding
from timetrial.model.measurement import StackLife, WarmUpSeries

STEADY = [200] * 20
LATE = [100] * 16 + [150] * 4
UNKNOWN = [200] * 3


def warmed(*counts: list[int], round_: int = 1) -> StackLife:
    """Make a life of granian with a share of the warm-up for each list of completions."""
    shares = tuple(
        WarmUpSeries(f"benchmark {i}", 0.0, (0.05,) * len(c), tuple(c), (None,) * len(c))
        for i, c in enumerate(counts)
    )
    return dataclasses.replace(a_life(round_, "granian"), warm_up=shares)


def judged(*rounds: list[int]) -> Finding | None:
    lives = tuple(warmed(counts, round_=r) for r, counts in enumerate(rounds, start=1))
    benchmark = json_query(["granian"])
    return not_steady.find(
        CellContext(benchmark, "granian", (a_measurement([a_window()]),), lives=lives)
    )


def test_two_of_the_first_three_rounds_make_it_doubtful() -> None:
    found = judged(LATE, STEADY, LATE)
    assert found is not None
    assert found.severity == "doubtful"
    assert found.evidence == (
        "it had not become steady when its warm-up ended in rounds 1 and 3: throughput changed by "
        "+50 % as late as 0.8 s into a warm-up of 1.0 s; a longer warm_up.at_most_s may cure it."
    )


def test_one_round_is_an_accident() -> None:
    assert judged(LATE, STEADY, STEADY) is None
    assert judged(LATE) is None


def test_rounds_after_the_first_three_do_not_count() -> None:
    assert judged(LATE, STEADY, STEADY, LATE, LATE) is None


def test_rounds_without_enough_data_do_not_count() -> None:
    assert judged(UNKNOWN, LATE, UNKNOWN, LATE) is not None
    assert judged(UNKNOWN, UNKNOWN, UNKNOWN) is None


def test_a_run_of_before_warm_ups_were_kept_has_no_such_doubt() -> None:
    assert not_steady.find(CellContext(wait_50ms(["granian"]), "granian", ())) is None


def test_the_stack_is_marked_in_each_benchmark_whichever_shows_it() -> None:
    run = a_run(a_suite(["granian", "uvicorn"]))
    lives = tuple(
        warmed(STEADY, LATE, round_=life.round) if life.stack == "granian" else life
        for life in run.lives
    )
    tables = summarize(dataclasses.replace(run, lives=lives)).tables
    marked = [f.cell for t in tables for f in t.findings if f.name == NOT_STEADY.name]
    assert [(cell.benchmark, cell.stack) for cell in marked] == [
        ("json_query", "granian"),
        ("wait_50ms", "granian"),
    ]
