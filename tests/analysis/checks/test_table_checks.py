"""What is looked for in a whole table, and which rounds it is made of."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import pytest
from subjects import a_history, a_round, a_use, found_in_table, surroundings, waiting

from evidence import numbers_in
from runs import a_run, a_suite, a_window
from timetrial.analysis.checks.benchmark_context import BenchmarkContext
from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.round_exclusion import exclude_rounds
from timetrial.analysis.summarize import summarize
from timetrial.model.load import OpenLoad
from timetrial.model.measurement import Measurement
from timetrial.model.run import Run, StackFacts
from timetrial.model.summary import Comparison, Estimate

STACKS = ("granian", "uvicorn")


def histories(*stacks: str) -> tuple[CellContext, ...]:
    return tuple(a_history(a_round(stack=stack), stack=stack) for stack in stacks or STACKS)


def facts(**packages: Sequence[str]) -> Mapping[str, StackFacts]:
    return {
        stack: StackFacts(stack, "CPython 3.11.7", tuple(own)) for stack, own in packages.items()
    }


def test_equal_versions_are_no_finding() -> None:
    same = facts(granian=["Django==5.2", "granian==2.8"], uvicorn=["Django==5.2", "uvicorn==0.54"])
    assert found_in_table("unequal-versions", BenchmarkContext(histories(), same)) == []


def test_a_package_of_all_stacks_in_two_versions_is_doubted() -> None:
    other = facts(granian=["Django==5.2"], uvicorn=["django==6.1"])
    findings = found_in_table("unequal-versions", BenchmarkContext(histories(), other))
    assert [finding.cell.stack for finding in findings] == list(STACKS)
    assert {finding.severity for finding in findings} == {"doubtful"}
    assert "django 5.2 (granian)" in findings[0].evidence
    assert "6.1 (uvicorn)" in findings[0].evidence


def test_a_package_of_some_stacks_in_two_versions_is_noted() -> None:
    some = facts(granian=["h11==0.14"], uvicorn=["h11==0.16"], waitress=["waitress==3.0"])
    benchmark = BenchmarkContext(histories("granian", "uvicorn", "waitress"), some)
    findings = found_in_table("unequal-versions", benchmark)
    assert [(f.cell.stack, f.severity) for f in findings] == [
        ("granian", "note"), ("uvicorn", "note"),
    ]  # fmt: skip


def test_two_versions_of_a_server_are_what_a_table_may_be_about() -> None:
    versions = {
        "granian": StackFacts("granian", "CPython 3.11.7", ("granian==2.8",)),
        "granian-old": StackFacts("granian-old", "CPython 3.11.7", ("granian==2.5",)),
    }
    benchmark = BenchmarkContext(histories("granian", "granian-old"), versions)
    assert found_in_table("unequal-versions", benchmark) == []


def test_two_pythons_in_one_table_are_noted() -> None:
    mixed = dict(facts(granian=[], uvicorn=[]))
    mixed["uvicorn"] = dataclasses.replace(mixed["uvicorn"], python="CPython 3.13.0")
    findings = found_in_table("unequal-versions", BenchmarkContext(histories(), mixed))
    assert {finding.severity for finding in findings} == {"note"}
    assert "3.11.7 (granian)" in findings[0].evidence
    assert "3.13.0 (uvicorn)" in findings[0].evidence


def chosen(stack: str, python: str = "CPython 3.11.7", **packages: str) -> StackFacts:
    listed = tuple(f"{name}=={version}" for name, version in packages.items())
    asked_for = python != "CPython 3.11.7"
    return StackFacts(stack, python, listed, chosen=("django",), python_chosen=asked_for)


def test_versions_that_were_chosen_to_be_compared_are_no_finding() -> None:
    two = {"granian": chosen("granian", django="5.2"), "uvicorn": chosen("uvicorn", django="6.1")}
    assert found_in_table("unequal-versions", BenchmarkContext(histories(), two)) == []


def test_beside_a_chosen_difference_another_one_is_still_doubted() -> None:
    two = {
        "granian": chosen("granian", django="5.2", asgiref="3.8"),
        "uvicorn": chosen("uvicorn", django="6.1", asgiref="3.9"),
    }
    findings = found_in_table("unequal-versions", BenchmarkContext(histories(), two))
    assert {finding.severity for finding in findings} == {"doubtful"}
    assert "asgiref 3.8 (granian)" in findings[0].evidence
    assert "3.9 (uvicorn)" in findings[0].evidence
    assert "django" not in findings[0].evidence


def test_pythons_that_were_chosen_to_be_compared_are_no_finding() -> None:
    mixed = dict(facts(granian=[], uvicorn=[]))
    mixed["uvicorn"] = chosen("uvicorn", "CPython 3.13.0")
    assert found_in_table("unequal-versions", BenchmarkContext(histories(), mixed)) == []


def with_connections(*, granian: int, uvicorn: int, opened: int = 0) -> BenchmarkContext:
    numbers = {"granian": (granian, 0), "uvicorn": (uvicorn, opened)}
    return BenchmarkContext(
        tuple(
            a_history(
                dataclasses.replace(a_round(stack=stack), services=(a_use(held, came),)),
                stack=stack,
            )
            for stack, (held, came) in numbers.items()
        )
    )


@pytest.mark.parametrize(("granian", "fires"), [(4, False), (6, False), (7, True), (0, True)])
def test_unequal_numbers_of_database_connections_are_doubted(granian: int, *, fires: bool) -> None:
    benchmark = with_connections(granian=granian, uvicorn=4)
    findings = found_in_table("unequal-connections", benchmark)
    assert [finding.severity for finding in findings] == ["doubtful"] * (2 * fires)


def test_a_connection_to_the_database_for_each_request_of_one_stack_is_doubted() -> None:
    findings = found_in_table(
        "unequal-connections", with_connections(granian=4, uvicorn=4, opened=1_000)
    )
    assert "uvicorn opened" in findings[0].evidence
    assert "postgres" in findings[0].evidence


def compared(throughput: float, cpu_time: float) -> BenchmarkContext:
    """Let uvicorn be that many times granian, give or take 1 %; granian is half idle."""

    def about(value: float) -> Estimate:
        return Estimate(value, value * 0.99, value * 1.01, 12)

    busy = {"granian": 0.5, "uvicorn": 1.14}
    return BenchmarkContext(
        tuple(
            a_history(a_round(a_window(cpu_s=busy[stack]), stack=stack), stack=stack)
            for stack in STACKS
        ),
        {},
        (
            Comparison("throughput", *STACKS, about(throughput), 0.001, "higher"),
            Comparison("cpu_s_per_1000", *STACKS, about(cpu_time), 0.001, "lower"),
        ),
    )


def test_an_idle_server_explains_ratios_that_disagree() -> None:
    findings = found_in_table("idle-server", compared(2.0, 1.1))
    assert [(f.cell.stack, f.severity) for f in findings] == [("granian", "note")]
    assert 57 in numbers_in(findings[0].evidence)


def test_ratios_that_agree_need_no_explanation() -> None:
    assert found_in_table("idle-server", compared(2.0, 0.5)) == []


def test_servers_that_are_idle_at_a_rate_are_no_news() -> None:
    benchmark = compared(2.0, 1.1)
    at_a_rate = dataclasses.replace(benchmark.histories[0].benchmark, load=OpenLoad(100.0))
    histories_ = tuple(dataclasses.replace(h, benchmark=at_a_rate) for h in benchmark.histories)
    assert found_in_table("idle-server", dataclasses.replace(benchmark, histories=histories_)) == []


def twelve(**disturbed: Measurement) -> list[Measurement]:
    """Make twelve rounds of both stacks; r3=… takes the place of granian's third."""
    return [
        dataclasses.replace(
            disturbed.get(f"r{number}", a_round()) if stack == "granian" else a_round(),
            trial=a_round(stack=stack, round_=number).trial,
        )
        for number in range(1, 13)
        for stack in STACKS
    ]


@pytest.mark.parametrize(
    ("disturbed", "by", "percent"),
    [
        (a_round(waiting(server_s=0.2, foreign_s=0.2)), "of the server's", 17),
        (a_round(waiting(foreign_s=0.2)), "of a core", 17),
        (a_round(around=surroundings(steal_s=0.2)), "stolen", 8.7),
        (a_round(around=surroundings(throttled_s=0.2)), "quota", 17),
        (a_round(waiting(generator_s=0.2)), "the generator waited", 20),
    ],
)
def test_a_disturbed_round_is_left_out_whole_and_says_why(
    disturbed: Measurement, by: str, percent: float
) -> None:
    left_out = exclude_rounds(twelve(r3=disturbed))
    assert left_out.rounds == {3}
    assert numbers_in(left_out.evidence())[:5] == [1, 12, 8.3, 3, percent]
    assert by in left_out.evidence()


def test_no_round_is_left_out_by_what_the_stacks_did() -> None:
    slow = a_round(a_window(completions=10, generator_cpu_s=0.99, cpu_s=None))
    assert exclude_rounds(twelve(r3=slow)).rounds == frozenset()


def test_where_most_rounds_are_disturbed_none_is_left_out() -> None:
    bad = a_round(waiting(server_s=0.2, foreign_s=0.2))
    many = {f"r{number}": bad for number in range(1, 6)}
    assert exclude_rounds(twelve(**many)).rounds == frozenset()


def disturbed_in(run: Run, number: int) -> Run:
    """Let one stack of one benchmark meet other processes in one round."""
    measurements = tuple(
        dataclasses.replace(
            measurement,
            surroundings=surroundings(),
            windows=tuple(
                dataclasses.replace(w, server_wait_s=0.1, foreign_cpu_s=0.1)
                for w in measurement.windows
            ),
        )
        if (measurement.trial.round, *dataclasses.astuple(measurement.trial.cell))
        == (number, "json_query", "granian")
        else measurement
        for measurement in run.measurements
    )
    return dataclasses.replace(run, measurements=measurements)


def test_a_table_is_made_of_the_rounds_that_are_left() -> None:
    summary = summarize(disturbed_in(a_run(a_suite(rounds=8)), 2))
    disturbed, other = summary.tables
    rounds = [
        row.throughput.rounds for row in disturbed.rows if isinstance(row.throughput, Estimate)
    ]
    assert rounds == [7] * 5
    names = {finding.name for finding in disturbed.findings}
    assert "rounds-left-out" in names
    assert "server-waited" not in names
    assert "rounds-left-out" not in {finding.name for finding in other.findings}


def of_rounds(stack: str, method: str, *completions: int) -> CellContext:
    rounds = [
        a_round(a_window(completions=number), round_=place, stack=stack)
        for place, number in enumerate(completions, start=1)
    ]
    history = a_history(*rounds, stack=stack)
    steps = tuple(
        dataclasses.replace(step, method=method) for step in history.benchmark.workload.steps
    )
    workload = dataclasses.replace(history.benchmark.workload, steps=steps)
    return dataclasses.replace(
        history, benchmark=dataclasses.replace(history.benchmark, workload=workload)
    )


@pytest.mark.parametrize(
    ("method", "completions", "fires"),
    [
        ("POST", (1000, 900, 850, 800, 700), True),
        ("GET", (1000, 900, 850, 800, 700), False),
        ("POST", (1000, 900, 850, 860, 700), False),
        ("POST", (700, 800, 850, 900, 1000), False),
        ("POST", (1000, 999, 998, 997, 996), False),
    ],
)
def test_writes_that_slow_an_app_down_are_noted(
    method: str, completions: Sequence[int], *, fires: bool
) -> None:
    context = BenchmarkContext(tuple(of_rounds(name, method, *completions) for name in STACKS))
    findings = found_in_table("growing-data", context)
    assert [finding.severity for finding in findings] == ["note", "note"] * fires


def test_one_server_that_gets_slower_is_no_matter_of_the_data() -> None:
    falls = of_rounds("granian", "POST", 1000, 980, 960, 940, 900)
    rises = of_rounds("uvicorn", "POST", 1000, 1020, 1040, 1060, 1111)
    assert not found_in_table("growing-data", BenchmarkContext((falls, rises)))
