"""The control takes part like every stack, has no row, and vouches for the verdicts."""

from __future__ import annotations

import dataclasses
import io
import json
import math
from collections.abc import Mapping

import pytest
from rich.console import Console

from runs import CHARACTERS, Character, a_run, a_suite
from timetrial.analysis.aa_control import controlled
from timetrial.analysis.summarize import summarize
from timetrial.catalog.loader import load_catalog
from timetrial.catalog.suites import build_suite
from timetrial.model.errors import BadInput
from timetrial.model.plan import plan
from timetrial.model.suite import Suite
from timetrial.model.summary import Summary
from timetrial.reports.control import control_sentences
from timetrial.reports.html import as_html
from timetrial.reports.json import as_json
from timetrial.reports.terminal import render
from timetrial.runner.eta import expected_round_s

CONTROL = "uvicorn (control)"
MOST_TIME = 1.15
"""What a control may cost a suite of the catalog."""


def a_controlled_suite(rounds: int = 5) -> Suite:
    suite = dataclasses.replace(a_suite(["granian", "uvicorn", "uwsgi"], rounds), control="uvicorn")
    return controlled(suite).at({})


def summary_with(control: Character, rounds: int = 5) -> Summary:
    characters: Mapping[str, Character] = {**CHARACTERS, CONTROL: control}
    return summarize(a_run(a_controlled_suite(rounds), characters=characters))


def printed(summary: Summary) -> str:
    console = Console(width=160, file=io.StringIO(), record=True)
    console.print(render(summary))
    return " ".join(console.export_text().split())


def test_the_control_takes_part_in_each_benchmark_of_its_stack() -> None:
    suite = a_controlled_suite()
    control, one = suite.stack(CONTROL), suite.stack("uvicorn")
    assert dataclasses.replace(control, name="uvicorn", control_of=None) == one
    assert control.control_of == "uvicorn"
    assert all(CONTROL in benchmark.stacks for benchmark in suite.benchmarks)
    planned = plan(suite, 1)
    assert all(CONTROL in round_.starts for round_ in planned.rounds)
    for benchmark in planned.rounds[0].benchmarks:
        assert benchmark.turns.count(CONTROL) == benchmark.turns.count("uvicorn") > 0


def test_a_benchmark_can_go_without() -> None:
    suite = dataclasses.replace(a_suite(["granian", "uvicorn"]), control="uvicorn")
    first, second = suite.benchmarks
    benchmarks = (first, dataclasses.replace(second, control=False))
    taking_part = controlled(dataclasses.replace(suite, benchmarks=benchmarks))
    assert [CONTROL in benchmark.stacks for benchmark in taking_part.benchmarks] == [True, False]


def test_too_few_rounds_for_verdicts_go_without_and_wanting_one_is_refused() -> None:
    suite = dataclasses.replace(a_suite(["uvicorn"], rounds=2), control="uvicorn")
    assert controlled(suite) == suite
    with pytest.raises(BadInput, match="take 3 rounds; suite 'quick' is to have 2"):
        controlled(suite, wanted=True)


def test_a_user_overrides_the_suites_control() -> None:
    suite = a_suite(["granian", "uvicorn"])
    assert controlled(suite) == suite
    assert "granian (control)" in controlled(suite, wanted=True).benchmarks[0].stacks
    named = dataclasses.replace(suite, control="uvicorn")
    assert controlled(named, wanted=False) == named


def test_a_control_whose_stack_was_left_out_is_that_of_the_first() -> None:
    suite = dataclasses.replace(a_suite(["granian"]), control="uvicorn")
    assert controlled(suite).stacks[-1].control_of == "granian"


def test_the_control_has_no_row_and_is_in_no_family() -> None:
    summary = summary_with(CHARACTERS["uvicorn"])
    for table in summary.tables:
        assert CONTROL not in {row.stack.name for row in table.rows}
        assert all(CONTROL not in {each.a, each.b} for each in table.comparisons)
        assert {(each.a, each.b) for each in table.control} == {("uvicorn", CONTROL)}


def test_one_sentence_is_printed_beside_the_verdicts() -> None:
    summary = summary_with(CHARACTERS["uvicorn"])
    ratios = [
        f"{each.ratio.value:.3f} [{each.ratio.low:.3f}, {each.ratio.high:.3f}]"
        for each in summary.tables[0].control
    ]
    sentence = (
        f"Control: uvicorn against itself: {ratios[0]} in requests a second, {ratios[1]} in p50 of "
        f"response time, {ratios[2]} in p99 of response time, {ratios[3]} in CPU time per request, "
        f"{ratios[4]} in memory: OK."
    )
    assert sentence in printed(summary)
    assert sentence in as_html(summary)
    document = json.loads(as_json(summary))["summary"]
    control = document["tables"][0]["control"][0]
    assert (control["a"], control["b"], control["metric"]) == ("uvicorn", CONTROL, "throughput")


def test_an_alarm_suppresses_what_is_smaller_than_twice_its_deviation_and_says_so() -> None:
    slow = dataclasses.replace(CHARACTERS["uvicorn"], requests_per_s=3_200)
    summary = summary_with(slow)
    table = summary.tables[0]
    alarm = next(each for each in table.control if each.metric == "throughput")
    assert alarm.verdict == "lower"
    size = abs(math.log(alarm.ratio.value))
    for each in table.comparisons:
        if each.metric == "throughput" and abs(math.log(each.ratio.value)) < 2 * size:
            assert each.verdict in {"not judged", "no difference detected"}
    assert any(each.verdict == "not judged" for each in table.comparisons)
    below = f"differences below {100 * math.expm1(2 * size):.1f} % are not judged there."
    assert "differed from itself" in " ".join(printed(summary).split())
    assert f" ({alarm.ratio.value:.3f}" in printed(summary)
    assert below in printed(summary)
    assert below in as_html(summary)


def test_controls_of_the_catalog_cost_little() -> None:
    catalog = load_catalog(None)
    named = {name for name in catalog.suites if catalog.suite(name).control}
    assert named >= {"quick", "pipelining"}
    for name in named:
        suite = build_suite(catalog.suite(name), catalog)
        cost = expected_round_s(controlled(suite)) / expected_round_s(suite)
        assert 1 < cost <= MOST_TIME, f"{name}: {cost:.3f}"
        profiles = catalog.suite(name).profiles
        assert all(build_suite(catalog.suite(name), catalog, p).control is None for p in profiles)


def test_what_no_verdict_is_possible_on_does_not_hide_that_the_rest_is_as_it_must_be() -> None:
    table = summary_with(CHARACTERS["uvicorn"]).tables[0]
    first, *rest = table.control
    table = dataclasses.replace(
        table, control=(dataclasses.replace(first, verdict="no verdict"), *rest)
    )
    (said,) = control_sentences(table)
    assert "memory: OK; " in said
    assert said.endswith("second: no verdict.")
