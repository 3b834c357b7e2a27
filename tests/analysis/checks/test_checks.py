"""Each check on the figures that it judges: silent at its threshold, and firing beyond."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Sequence

import pytest
from subjects import (
    a_history,
    a_round,
    a_use,
    found,
    of_throughputs,
    severity_of,
    surroundings,
    used,
    waiting,
)

from evidence import numbers_in
from runs import a_window, json_query
from timetrial.analysis import checks
from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.validity import validity_of
from timetrial.model.finding import Finding
from timetrial.model.load import ClosedLoad, OpenLoad, VirtualUsers
from timetrial.model.measurement import Counts
from timetrial.model.suite import Benchmark
from timetrial.runner.metering import usual_line

SPAN_S = 1.15


def whole_trials() -> Benchmark:
    return dataclasses.replace(json_query(["granian"]), mode="whole", window_s=4.0, windows=1)


@pytest.mark.parametrize(
    ("share", "severity"), [(0.009, None), (0.02, "doubtful"), (0.06, "invalid")]
)
def test_stolen_time_is_doubted(share: float, severity: str | None) -> None:
    around = surroundings(100.0, steal_s=share * 100.0 * 2)
    assert severity_of("steal", a_history(a_round(around=around))) == severity


@pytest.mark.parametrize(
    ("share", "severity"), [(0.009, None), (0.02, "doubtful"), (0.06, "invalid")]
)
def test_a_quota_that_held_back_is_doubted(share: float, severity: str | None) -> None:
    around = surroundings(throttled_s=share * SPAN_S)
    assert severity_of("throttled", a_history(a_round(around=around))) == severity


@pytest.mark.parametrize(("share", "severity"), [(0.04, None), (0.06, "doubtful")])
def test_a_machine_short_of_memory_is_doubted(share: float, severity: str | None) -> None:
    around = surroundings(memory_pressure_s=share * SPAN_S)
    assert severity_of("memory-pressure", a_history(a_round(around=around))) == severity


@pytest.mark.parametrize(("share", "severity"), [(0.04, None), (0.06, "doubtful")])
def test_other_processes_on_the_servers_cores_are_doubted(
    share: float, severity: str | None
) -> None:
    subject = a_history(a_round(waiting(foreign_s=share * SPAN_S)))
    assert severity_of("foreign-cpu", subject) == severity


def test_other_processes_are_not_judged_in_a_very_short_time() -> None:
    short = dataclasses.replace(a_window(length_s=0.1, completions=100), foreign_cpu_s=0.02)
    assert found("foreign-cpu", a_history(a_round(short))) is None


@pytest.mark.parametrize(
    ("waits_s", "severity"),
    [
        ([0.02] * 10, None),
        ([0.0] * 9 + [0.4], "doubtful"),
        ([0.0] * 8 + [0.4, 0.4], "invalid"),
        ([0.05] * 10, "invalid"),
    ],
)
def test_a_generator_that_waits_for_its_core_is_doubted(
    waits_s: list[float], severity: str | None
) -> None:
    subject = a_history(a_round(*(waiting(generator_s=each) for each in waits_s)))
    assert severity_of("generator-waited", subject) == severity
    stands = validity_of(subject.cell, checks.find(subject))
    assert stands.lower_bound == stands.response_time_void == (severity == "invalid")
    assert not stands.cpu_time_void


def test_a_generator_beside_services_waits_for_them_by_design() -> None:
    subject = a_round(waiting(generator_s=0.3))
    beside = dataclasses.replace(subject, services=(a_use(),))
    assert found("generator-waited", a_history(beside)) is None
    finding = found("services-beside-generator", a_history(beside))
    assert finding is not None
    assert finding.severity == "note"
    open_load = dataclasses.replace(whole_trials(), load=OpenLoad(1_000.0))
    assert severity_of("services-beside-generator", a_history(beside, benchmark=open_load)) == (
        "doubtful"
    )


def test_services_on_other_cores_do_not_disturb() -> None:
    beside = dataclasses.replace(a_round(), services=(a_use(cpu_s=None),))
    assert found("services-beside-generator", a_history(beside)) is None


@pytest.mark.parametrize(
    ("disturbed", "severity"), [(0, None), (1, "doubtful"), (3, "doubtful"), (4, "invalid")]
)
def test_a_server_that_waited_for_other_processes_is_doubted(
    disturbed: int, severity: str | None
) -> None:
    bad, good = waiting(server_s=0.1, foreign_s=0.1), waiting(server_s=0.02, foreign_s=0.02)
    rounds = [a_round(bad if n < disturbed else good, round_=n + 1) for n in range(10)]
    subject = a_history(*rounds)
    assert severity_of("server-waited", subject) == severity
    stands = validity_of(subject.cell, checks.find(subject))
    assert stands.lower_bound == stands.response_time_void == (severity == "invalid")
    assert stands.throughput_compares
    assert not stands.cpu_time_void


def test_workers_that_wait_for_each_other_are_no_other_processes() -> None:
    busy = waiting(server_s=0.9, foreign_s=0.01)
    assert found("server-waited", a_history(a_round(busy))) is None


def test_other_processes_in_idle_time_cause_no_waiting() -> None:
    idle = waiting(server_s=0.01, foreign_s=0.4)
    assert found("server-waited", a_history(a_round(idle))) is None


@pytest.mark.parametrize(
    ("mean_ms", "severity"),
    [(16.0, None), (16.9, None), (17.3, "doubtful"), (14.6, "doubtful"), (8.0, "invalid")],
)
def test_littles_law_is_checked_for_every_closed_load(mean_ms: float, severity: str | None) -> None:
    """16 connections at 1,000 responses a second: 16 ms each; windows of 1 s cut off 1.6 %."""
    window = a_window(completions=1_000, times_ms={mean_ms: 1_000})
    assert severity_of("littles-law", a_history(a_round(window))) == severity


def test_littles_law_knows_of_pipelines_and_failures() -> None:
    deep = dataclasses.replace(json_query(["granian"]), load=ClosedLoad(4, pipeline=4))
    assert found("littles-law", a_history(a_round(), benchmark=deep)) is None
    failing = a_window(completions=500, failed=Counts(wrong_status=500), times_ms={16.0: 1_000})
    assert found("littles-law", a_history(a_round(failing))) is None


def test_littles_law_counts_the_thinking_of_users() -> None:
    workload = json_query(["granian"]).workload
    think = dataclasses.replace(workload.steps[0].think, low_s=0.012)
    steps = (dataclasses.replace(workload.steps[0], think=think),)
    users = dataclasses.replace(
        json_query(["granian"]),
        load=VirtualUsers(16),
        workload=dataclasses.replace(workload, steps=steps),
    )
    window = a_window(completions=1_000, times_ms={4.0: 1_000})
    assert found("littles-law", a_history(a_round(window), benchmark=users)) is None
    assert found("littles-law", a_history(a_round(window)))


def test_an_open_load_has_no_number_of_connections_to_hold_the_law_to() -> None:
    benchmark = dataclasses.replace(whole_trials(), load=OpenLoad(1_000.0))
    window = a_window(times_ms={4.0: 1_000})
    assert found("littles-law", a_history(a_round(window), benchmark=benchmark)) is None


def test_a_server_on_other_cpus_than_its_own_is_doubted() -> None:
    right = dataclasses.replace(a_round(), uses=used(0.4))
    assert found("not-as-placed", a_history(right)) is None
    astray = dataclasses.replace(a_round(), uses=used(0.4, cpus=(0, 1)))
    finding = found("not-as-placed", a_history(astray))
    assert finding is not None
    assert numbers_in(finding.evidence)[:3] == [0, 1, 0]


def test_a_process_that_is_gone_ran_nowhere_else() -> None:
    gone = dataclasses.replace(a_round(), uses=used(0.4, cpus=()))
    assert found("not-as-placed", a_history(gone)) is None


@pytest.mark.parametrize(
    ("clocks", "fires"),
    [(("tsc", "tsc"), False), (("hpet", "hpet"), True), (("tsc", "hpet"), True), (("", ""), False)],
)
def test_a_slow_clock_or_another_one_is_doubted(clocks: tuple[str, ...], *, fires: bool) -> None:
    rounds = [
        a_round(round_=n, around=surroundings(clock_source=clock))
        for n, clock in enumerate(clocks, start=1)
    ]
    assert (found("clock", a_history(*rounds)) is not None) == fires


@pytest.mark.parametrize(
    ("log_bytes", "fires"), [(0, False), (9_000, False), (21_000, False), (23_000, True)]
)
def test_a_line_in_the_log_for_each_response_is_doubted(log_bytes: int, *, fires: bool) -> None:
    subject = dataclasses.replace(a_round(), log_bytes=log_bytes)  # of 1,100 responses
    assert (found("server-log", a_history(subject)) is not None) == fires


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("WARNING:waitress.queue:Task queue depth is 12", "note"),
        ('127.0.0.1 - "GET /hello HTTP/1.1" 200', "doubtful"),
        ('{"method": "GET", "path": "/", "ms": 3}', "doubtful"),
    ],
)
def test_a_log_that_names_no_request_is_quoted_where_requests_failed(
    line: str, severity: str
) -> None:
    subject = dataclasses.replace(a_round(), log_bytes=60_000, log_line=line)
    healthy = found("server-log", a_history(subject))
    assert (healthy is None) == (severity == "note"), "a healthy run carries no finding"
    first, *rest = subject.windows
    more = dataclasses.replace(first.counts, arrivals=first.counts.arrivals + 3, timeout=3)
    failing = dataclasses.replace(first, counts=more)
    subject = dataclasses.replace(subject, windows=(failing, *rest))
    finding = found("server-log", a_history(subject))
    assert finding is not None
    assert finding.severity == severity
    assert repr(line) in finding.evidence


def test_lines_that_differ_in_digits_are_of_one_kind() -> None:
    log = "started\nqueue 1\nGET /\nqueue 20\nGET /\nqueue 3\n"
    assert usual_line(log) == "queue 1"
    assert not usual_line("")


@pytest.mark.parametrize(
    ("rounds", "severity"), [(1, "doubtful"), (2, "doubtful"), (3, None), (5, None)]
)
def test_few_rounds_are_reported(rounds: int, severity: str | None) -> None:
    assert severity_of("too-few-rounds", of_throughputs([1_000.0] * rounds)) == severity


def steady(n: int, seed: int = 1) -> list[float]:
    randomness = random.Random(seed)  # noqa: S311 - figures that must repeat
    return [10_000 * randomness.lognormvariate(0, 0.01) for _ in range(n)]


def test_steady_rounds_are_left_in_peace() -> None:
    fired = sum(
        found("unsteady-rounds", of_throughputs(steady(12, seed))) is not None for seed in range(60)
    )
    assert fired <= 5


def test_rounds_that_get_slower_are_doubted() -> None:
    falling = [figure * 0.985**n for n, figure in enumerate(steady(12))]
    finding = found("unsteady-rounds", of_throughputs(falling))
    assert finding is not None
    assert finding.severity == "invalid"
    assert "throughput fell by" in finding.evidence


def test_a_step_of_five_percent_in_the_middle_is_reported_with_its_place() -> None:
    stepped = [figure * (0.95 if n >= 6 else 1) for n, figure in enumerate(steady(12))]
    finding = found("unsteady-rounds", of_throughputs(stepped))
    assert finding is not None
    assert "at round 7" in finding.evidence


def beside(figures: Sequence[float], others: Sequence[float]) -> Finding | None:
    levels = {number: math.log(other) for number, other in enumerate(others, start=1)}
    context = dataclasses.replace(of_throughputs(figures), levels_beside=levels)
    return found("unsteady-rounds", context)


def test_a_change_that_all_stacks_share_is_the_machines() -> None:
    faster = [1.0] * 6 + [1.1] * 6
    own, others = steady(12, 1), steady(12, 2)
    assert beside([a * b for a, b in zip(own, faster, strict=True)], others) is not None
    moved = [a * b for a, b in zip(others, faster, strict=True)]
    assert beside([a * b for a, b in zip(own, faster, strict=True)], moved) is None
    assert beside(own, moved) is None


def test_a_change_is_a_stacks_own_beside_others_that_are_noisy() -> None:
    falling = [figure * 0.93**n for n, figure in enumerate(steady(6))]
    noisy = [10_000 * math.exp(0.04 * (-1) ** n) for n in range(6)]
    assert beside(falling, noisy) is not None


def test_a_trend_of_next_to_nothing_is_none() -> None:
    rising = [10_000 + 5 * n for n in range(12)]
    assert found("unsteady-rounds", of_throughputs(rising)) is None


def test_rounds_that_resemble_their_neighbours_are_doubted() -> None:
    waves = [10_000 * (1.03 if n // 4 % 2 else 1.0) * (1 + 0.001 * (n % 3)) for n in range(24)]
    finding = found("unsteady-rounds", of_throughputs(waves))
    assert finding is not None
    assert "lag-1 autocorrelation" in finding.evidence


def within(figures: list[float], rounds: int = 5) -> list[list[float]]:
    randomness = random.Random(2)  # noqa: S311 - likewise
    return [[each * randomness.lognormvariate(0, 0.01) for each in figures] for _ in range(rounds)]


def of_windows(rounds: list[list[float]]) -> CellContext:
    return a_history(
        *(
            a_round(
                *(a_window(index=i, completions=round(c)) for i, c in enumerate(figures)), round_=n
            )
            for n, figures in enumerate(rounds, start=1)
        )
    )


@pytest.mark.parametrize(
    ("figures", "severity"),
    [
        ([1_000.0] * 4, None),
        ([1_000.0, 1_000.0, 900.0, 900.0], "doubtful"),
        ([1_000.0, 900.0, 700.0, 600.0], "invalid"),
    ],
)
def test_windows_that_get_slower_within_every_round_are_doubted(
    figures: list[float], severity: str | None
) -> None:
    assert severity_of("drift", of_windows(within(figures))) == severity


def test_a_trial_speaks_for_itself_where_rounds_are_few() -> None:
    falling = tuple(100 - 2 * n for n in range(40))
    window = dataclasses.replace(a_window(length_s=4.0, completions=sum(falling)), series=falling)
    finding = found("drift", a_history(a_round(window), benchmark=whole_trials()))
    assert finding is not None
    assert "throughput fell by" in finding.evidence
    level = dataclasses.replace(window, series=tuple(60 + n % 3 for n in range(40)))
    assert found("drift", a_history(a_round(level), benchmark=whole_trials())) is None


def test_a_server_that_stalls_every_second_is_doubted() -> None:
    series = tuple(0 if n % 10 in {3, 4} else 100 for n in range(40))
    window = dataclasses.replace(a_window(length_s=4.0, completions=sum(series)), series=series)
    finding = found("stalls", a_history(a_round(window), benchmark=whole_trials()))
    assert finding is not None
    assert numbers_in(finding.evidence)[:5] == [4, 1, 0.2, 1.0, 20]


def test_two_silences_are_no_habit() -> None:
    series = tuple(0 if n in {3, 4, 20} else 100 for n in range(40))
    window = dataclasses.replace(a_window(length_s=4.0, completions=sum(series)), series=series)
    assert found("stalls", a_history(a_round(window), benchmark=whole_trials())) is None


def test_an_app_that_answers_in_volleys_does_not_stall() -> None:
    benchmark = whole_trials()
    steps = (dataclasses.replace(benchmark.workload.steps[0], wait_s=0.4),)
    patient = dataclasses.replace(
        benchmark, workload=dataclasses.replace(benchmark.workload, steps=steps)
    )
    series = tuple(16 if n % 4 == 0 else 0 for n in range(40))
    window = dataclasses.replace(a_window(length_s=4.0, completions=sum(series)), series=series)
    assert found("stalls", a_history(a_round(window), benchmark=patient)) is None


def test_windows_with_a_stall_are_reported() -> None:
    rounds = [[1_000.0, 1_000.0, 300.0, 1_000.0, 1_000.0, 1_000.0] for _ in range(5)]
    finding = found("stalls", of_windows(rounds))
    assert finding is not None
    assert numbers_in(finding.evidence)[:2] == [5, 30]
    assert found("stalls", of_windows([[1_000.0, 800.0, 900.0, 1_000.0]] * 5)) is None


def test_littles_law_is_no_account_where_a_server_lets_connections_starve() -> None:
    """A request that takes most of a window is in few windows from its begin to its end."""
    starved = a_window(times_ms={1.0: 990, 900.0: 10})
    finding = found("littles-law", a_history(a_round(starved)))
    assert finding is None or finding.severity == "doubtful"
