"""What was decided on a pair, in words, and where it stands."""

from __future__ import annotations

import dataclasses

import pytest
import scenes

from runs import CHARACTERS, Character, a_run, a_suite, cut_short, json_query
from timetrial.analysis.statistics.design import LOOKS
from timetrial.analysis.summarize import summarize
from timetrial.model.metrics import COMPARED, METRICS
from timetrial.model.stop_rule import Budget, Precision, StopDecision, StopRule
from timetrial.model.summary import Comparison, Estimate, Summary
from timetrial.model.text import listed
from timetrial.reports import as_html, paragraph
from timetrial.reports.conditions import under_which
from timetrial.reports.table_view import view
from timetrial.reports.verdicts import heavy_tails, metric_views, verdict

A_PAIR = Comparison(
    "throughput", "a", "b", Estimate(1.02, 1.005, 1.035, 12), 0.004, "higher", max_difference=0.035
)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "higher"),
        ({"verdict": "equivalent", "equivalent_within": 0.02}, "equivalent within 2 %"),
        (
            {"verdict": "no difference detected", "max_difference": 0.041},
            "no difference detected, could be up to 4.1 %",
        ),
        ({"verdict": "no verdict", "provisional": True}, "provisional"),
        (
            {"verdict": "no verdict", "ratio": Estimate(1.02, None, None, 2)},
            "no verdict: 2 of 3 rounds",
        ),
        (
            {"verdict": "not judged"},
            "not judged: less than twice what the same stack differs from itself",
        ),
        (
            {"heavy_tails": True, "robust_ratio": 1.001},
            "higher; heavy tails, +0.1 % without them",
        ),
    ],
)
def test_a_verdict_is_said_in_words(changes: dict[str, object], words: str) -> None:
    assert verdict(dataclasses.replace(A_PAIR, **changes)) == words  # type: ignore[arg-type]  # fields of several types


def test_wild_rounds_are_told_once_for_each_metric() -> None:
    odd = dataclasses.replace(A_PAIR, heavy_tails=True, robust_ratio=1.0)
    other = dataclasses.replace(odd, a="c")
    calm = dataclasses.replace(A_PAIR, a="d")
    wild = (
        "A few wild rounds carry the ratios in requests a second of b against a (+0.0 %); b "
        "against c (+0.0 %): in brackets what they are by an estimate that resists such rounds."
    )
    assert list(heavy_tails([odd, other, calm])) == [wild]


def test_every_metric_has_its_groups_and_all_its_pairs() -> None:
    summary = scenes.good()
    metrics = {metric.name: metric for metric in metric_views(summary.tables[0])}
    assert list(metrics) == [METRICS[metric].label for metric in COMPARED]
    assert len(metrics) == 5
    memory = metrics["memory"]
    assert memory.stacks[0].name == "uwsgi"
    assert memory.stacks[0].letters == "a"
    assert len(memory.comparisons) == 10
    page = as_html(summary)
    servers = 2  # a heading in each benchmark; the other one has no p99
    assert page.count("<h3>") == len(metrics) + 4 + servers
    (undecided, *_) = (
        each
        for metric in metrics.values()
        for each in metric.comparisons
        if each.verdict == "no difference detected"
    )
    assert undecided.max_difference is not None
    assert verdict(undecided) in page


def test_stacks_that_are_alike_are_called_equivalent() -> None:
    alike = {name: Character(5_000, 0.2, 60, "1.0") for name in CHARACTERS}
    suite = dataclasses.replace(
        a_suite(["granian", "uvicorn"], 24), benchmarks=(json_query(["granian", "uvicorn"], 16),)
    )
    summary = summarize(a_run(suite, characters=alike))
    (pair,) = (each for each in summary.tables[0].comparisons if each.metric == "throughput")
    assert (pair.verdict, pair.equivalent_within) == ("equivalent", 0.02)
    first, other = (row.name for row in view(summary, summary.tables[0]).rows)
    said = f"{first} and {other}: equal within 2 %."
    assert said in paragraph(summary)


def stopped(stop_rule: StopRule, after: int, reason: str) -> Summary:
    suite = dataclasses.replace(a_suite(["granian", "uvicorn"], 32), stop_rule=stop_rule)
    run = a_run(suite)
    return summarize(
        dataclasses.replace(
            run,
            measurements=tuple(
                m
                for m in run.measurements
                if m.trial.cell.benchmark != "json_query" or m.trial.round <= after
            ),
            stops=(StopDecision("json_query", after, reason),),
        )
    )


def test_a_benchmark_that_ended_early_says_why_and_is_no_interrupted_one() -> None:
    summary = stopped(Precision(0.03), 12, "every pair differs")
    assert summary.complete
    shown = view(summary, summary.tables[0])
    (stop,) = summary.run.stops
    ended = f"It ended after 12 rounds: {stop.reason}."
    assert ended in shown.remarks
    words = paragraph(summary)
    taken = "Taken in 12 to 32 rounds on"
    assert taken in words
    stop_rule = (
        "Rounds went on until each pair was decided or known to ±3 %. Intervals allow for looks at "
        f"the results after {listed([str(look) for look in LOOKS])} rounds."
    )
    assert stop_rule in words
    assert "interrupted" not in words + as_html(summary)


def test_an_interrupted_run_warns_of_reading_its_results_first() -> None:
    run = a_run(dataclasses.replace(a_suite(["granian", "uvicorn"], 40), stop_rule=Budget(60.0)))
    summary = summarize(cut_short(run, 31))
    how_far = "The run was interrupted after 31 trials."
    warning = "Verdicts hold only if results were not the reason."
    assert list(under_which(summary))[-2:] == [how_far, warning]
    assert f"{how_far} {warning}" in paragraph(summary)


def test_between_looks_nothing_is_said_to_be_decided() -> None:
    suite = dataclasses.replace(a_suite(["granian", "uvicorn"], 32), stop_rule=Precision(0.03))
    summary = summarize(cut_short(a_run(suite), 4 * 9))
    table = summary.tables[0]
    assert all(each.provisional for each in table.comparisons if each.metric == "throughput")
    undecided = "json_query, not decided: the next look comes after 12 rounds, 9 are there."
    remark = "Figures without verdicts: 9 of 32 planned rounds are there, a verdict takes 12."
    assert undecided in paragraph(summary)
    assert remark in view(summary, table).remarks
