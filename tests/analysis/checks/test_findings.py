"""Each check on measurements made by hand: it fires where it should, and says why."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import pytest

from evidence import numbers_in
from runs import a_histogram, a_measurement, a_window, json_query, wait_50ms
from timetrial.analysis import checks
from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.validity import validity_of
from timetrial.model.finding import Finding
from timetrial.model.load import ClosedLoad, Load, OpenLoad, ThinkTime, VirtualUsers
from timetrial.model.load_tool_report import CONNECTS, ToolFigure, ToolFigures
from timetrial.model.measurement import Counts, Measurement, ProcessStamp, Window
from timetrial.model.suite import Benchmark
from timetrial.model.workload import Step, Workload


def context(
    *windows: Window, benchmark: Benchmark | None = None, elsewhere: Sequence[Measurement] = ()
) -> CellContext:
    benchmark = benchmark or json_query(["granian"])
    return CellContext(benchmark, "granian", (a_measurement(windows),), tuple(elsewhere))


def found(name: str, subject: CellContext) -> Finding | None:
    return next((finding for finding in checks.find(subject) if finding.name == name), None)


def repeated(subject: CellContext, rounds: int = 5) -> CellContext:
    """Let every round give the same."""
    (first,) = subject.measurements
    trials = (dataclasses.replace(first.trial, round=number) for number in range(1, rounds + 1))
    same = tuple(dataclasses.replace(first, trial=trial) for trial in trials)
    return dataclasses.replace(subject, measurements=same)


def test_a_measurement_without_fault_has_no_findings() -> None:
    assert checks.find(repeated(context(a_window(), a_window(index=1)))) == ()


def test_nothing_measured_has_no_findings() -> None:
    assert checks.find(CellContext(wait_50ms(["granian"]), "granian", ())) == ()


@pytest.mark.parametrize(
    ("failed", "severity"), [(1, "doubtful"), (10, "doubtful"), (11, "invalid"), (500, "invalid")]
)
def test_failed_requests_are_doubtful_and_beyond_one_in_a_thousand_invalid(
    failed: int, severity: str
) -> None:
    window = a_window(completions=10_000 - failed, failed=Counts(reset=failed))
    finding = found("errors", context(window))
    assert finding is not None
    assert finding.severity == severity
    assert numbers_in(finding.evidence)[:2] == [failed, 10_000]
    assert f"connection reset {failed}" in finding.evidence


def test_wrong_statuses_are_listed_by_code() -> None:
    counts = Counts(wrong_status=7)
    window = dataclasses.replace(a_window(failed=counts), statuses={200: 900, 429: 6, 503: 1})
    finding = found("errors", context(window))
    assert finding is not None
    assert finding.evidence.endswith("wrong status 7 (by status: 429 × 6, 503 × 1).")


def test_failures_are_listed_by_kind() -> None:
    window = a_window(failed=Counts(wrong_status=7, timeout=2))
    finding = found("errors", context(window))
    assert finding is not None
    assert "wrong status 7" in finding.evidence
    assert finding.evidence.endswith("timeout (after 10 s) 2.")


@pytest.mark.parametrize(
    ("cpu_s", "severity"), [(0.70, None), (0.71, "doubtful"), (0.86, "invalid")]
)
def test_a_generator_without_time_left_makes_throughput_a_lower_bound(
    cpu_s: float, severity: str | None
) -> None:
    subject = context(a_window(length_s=1.0, generator_cpu_s=cpu_s))
    finding = found("generator-saturated", subject)
    assert (finding and finding.severity) == severity
    stands = validity_of(subject.cell, checks.find(subject))
    assert stands.lower_bound == (severity == "invalid")
    assert not stands.void


@pytest.mark.parametrize(
    ("reached", "severity"),
    [([16, 16], None), ([16, 15], "doubtful"), ([15, 15], "invalid"), ([8, 16], "invalid")],
)
def test_connections_that_were_not_reached(reached: list[int], severity: str | None) -> None:
    finding = found("connections", context(*(a_window(connections=n) for n in reached)))
    assert (finding and finding.severity) == severity


def test_workers_that_were_replaced_during_a_benchmark_are_noticed() -> None:
    subject = context(a_window())
    (before,) = subject.measurements
    after = dataclasses.replace(before, processes_after=(ProcessStamp(100, 5_000),))
    finding = found("workers-changed", dataclasses.replace(subject, measurements=(after,)))
    assert finding is not None
    assert finding.severity == "doubtful"
    assert "in the middle" in finding.evidence
    assert "round 1" in finding.evidence
    assert "between benchmarks" not in finding.evidence


def test_workers_that_were_replaced_between_benchmarks_of_a_round_are_noticed() -> None:
    other = a_measurement([a_window()], benchmark="wait_50ms")
    stamps = (ProcessStamp(900, 7_000),)
    replaced = dataclasses.replace(other, processes_before=stamps, processes_after=stamps)
    finding = found("workers-changed", context(a_window(), elsewhere=[replaced]))
    assert finding is not None
    assert "between benchmarks" in finding.evidence
    assert "round 1" in finding.evidence
    assert "in the middle" not in finding.evidence


def test_a_fresh_start_in_the_next_round_is_no_change_of_workers() -> None:
    other = a_measurement([a_window()], benchmark="wait_50ms", round_=2)
    stamps = (ProcessStamp(900, 7_000),)
    restarted = dataclasses.replace(other, processes_before=stamps, processes_after=stamps)
    assert found("workers-changed", context(a_window(), elsewhere=[restarted])) is None


@pytest.mark.parametrize(
    ("times_ms", "fires"),
    [
        ({41.0: 100}, True),
        ({41.0: 30, 2.0: 70}, True),
        ({41.0: 29, 2.0: 71}, False),
        ({41.0: 60, 25.0: 10, 2.0: 30}, True),
        ({41.0: 60, 25.0: 11, 2.0: 29}, False),
        ({4.0: 100}, False),
        ({50.0: 100}, False),
    ],
)
def test_response_times_that_wait_for_an_acknowledgement_are_a_plateau(
    times_ms: Mapping[float, int], *, fires: bool
) -> None:
    subject = context(a_window(completions=100, times_ms=times_ms, cpu_s=0.04))
    finding = found("delayed-ack", subject)
    assert (finding is not None) == fires
    assert validity_of(subject.cell, checks.find(subject)).plateau == fires
    if finding:
        assert finding.severity == "doubtful"

        assert "TCP_NODELAY" in finding.evidence


def test_an_app_that_waits_40_ms_by_design_is_no_plateau() -> None:
    benchmark = wait_50ms(["granian"])
    workload = Workload.of("wait_40ms", benchmark.workload.paths, wait_s=0.04)
    patient = dataclasses.replace(benchmark, workload=workload)
    window = a_window(completions=100, times_ms={41.0: 100}, cpu_s=0.04)
    assert found("delayed-ack", context(window, benchmark=patient)) is None


def test_a_busy_server_with_a_queue_of_40_ms_is_no_plateau() -> None:
    """16 connections at 390 requests a second wait 41 ms each, with no network to blame."""
    window = a_window(completions=390, times_ms={41.0: 390}, cpu_s=1.1)
    assert found("delayed-ack", context(window)) is None


def test_a_connection_for_every_request_is_noted() -> None:
    finding = found("reconnect-per-request", context(a_window(completions=1_000, connects=1_100)))
    assert finding is not None
    assert finding.severity == "note"
    assert found("reconnect-per-request", context(a_window(connects=16))) is None


@pytest.mark.parametrize(("completions", "fires"), [(158, True), (152, True), (151, False)])
def test_throughput_that_the_clients_shape_sets_is_noted(completions: int, *, fires: bool) -> None:
    subject = context(
        a_window(completions=completions, connections=8), benchmark=wait_50ms(["granian"])
    )
    finding = found("bound-by-client", subject)
    assert (finding is not None) == fires
    if finding:
        assert numbers_in(finding.evidence)[:3] == [8, 50, 160]


def test_what_is_invalid_voids_every_figure() -> None:
    subject = context(a_window(completions=90, failed=Counts(wrong_body=10)))
    assert validity_of(subject.cell, checks.find(subject)).void


def loaded(load: Load, *windows: Window, wait_s: float = 0.0, think_s: float = 0.0) -> CellContext:
    steps = (Step({"wsgi": "/"}, think=ThinkTime(think_s)), Step({"wsgi": "/b"}, wait_s=wait_s))
    benchmark = dataclasses.replace(
        json_query(["granian"]), load=load, mode="whole", workload=Workload("visit", steps)
    )
    return context(*windows, benchmark=benchmark)


def test_users_who_think_set_a_ceiling() -> None:
    """10 users × 2 requests ÷ (100 ms + 25 ms) = 160 a second."""
    finding = found(
        "bound-by-client",
        loaded(VirtualUsers(10), a_window(completions=158), wait_s=0.025, think_s=0.1),
    )
    assert finding
    assert (
        "10 users × 2 requests ÷ (100 ms of thinking + 25 ms of wait) = 160 responses a second, "
        "and 99 % of that came"
    ) in finding.evidence
    slow = loaded(VirtualUsers(10), a_window(completions=120), wait_s=0.025, think_s=0.1)
    assert found("bound-by-client", slow) is None


@pytest.mark.parametrize(("completions", "fires"), [(960, True), (985, True), (995, False)])
def test_a_server_that_does_not_keep_up_with_a_rate_is_doubted(
    completions: int, *, fires: bool
) -> None:
    window = a_window(completions=completions, times_ms={4.0: completions})
    finding = found("behind-schedule", loaded(OpenLoad(1_000.0, "constant"), window))
    assert (finding is not None) == fires


def test_random_arrivals_are_held_to_what_really_fell_due() -> None:
    kept = a_window(completions=960, times_ms={4.0: 960})
    assert found("behind-schedule", loaded(OpenLoad(1_000.0), kept)) is None
    late = dataclasses.replace(kept, counts=Counts(arrivals=1_010, ok=1_010))
    behind = found("behind-schedule", loaded(OpenLoad(1_000.0), late))
    assert behind is not None
    assert "Poisson" in behind.evidence
    assert {1_010, 960} <= {*numbers_in(behind.evidence)}
    few = dataclasses.replace(kept, counts=Counts(arrivals=900, ok=900), completions=900)
    bound = found("bound-by-client", loaded(OpenLoad(1_000.0), few))
    assert bound is not None
    assert "Poisson" in bound.evidence
    assert {900, 100} <= {*numbers_in(bound.evidence)}


def test_what_is_in_flight_at_the_end_of_a_slow_trial_is_not_missing() -> None:
    window = a_window(completions=970, times_ms={500.0: 970})
    assert found("behind-schedule", loaded(OpenLoad(1_000.0, "constant"), window)) is None


@pytest.mark.parametrize(
    ("late_ms", "severity"), [(0.9, None), (1.2, "doubtful"), (3.0, "invalid")]
)
def test_response_times_that_hold_the_engines_own_lateness_are_doubted(
    late_ms: float, severity: str | None
) -> None:
    window = dataclasses.replace(
        a_window(times_ms={10.0: 1_000}), lateness=a_histogram({late_ms: 1_000})
    )
    subject = loaded(OpenLoad(1_000.0), window)
    finding = found("late-generator", subject)
    assert (finding.severity if finding else None) == severity
    stands = validity_of(subject.cell, checks.find(subject))
    assert stands.response_time_void == (severity == "invalid")
    assert not stands.throughput_void
    assert not stands.cpu_time_void


def test_a_rate_that_the_engine_itself_did_not_keep_is_no_measurement() -> None:
    window = dataclasses.replace(
        a_window(completions=960, times_ms={10.0: 960}), lateness=a_histogram({3.0: 960})
    )
    finding = found("behind-schedule", loaded(OpenLoad(1_000.0, "constant"), window))
    assert finding is not None
    assert finding.severity == "invalid"


def test_connections_of_a_rate_are_a_bound_and_not_a_plan() -> None:
    window = a_window(connections=3)
    assert found("connections", loaded(OpenLoad(1_000.0), window)) is None
    assert found("connections", loaded(VirtualUsers(10), window))


def test_a_requested_connection_for_each_request_is_no_finding() -> None:
    window = a_window(connects=1_100)
    assert found("reconnect-per-request", loaded(ClosedLoad(16), window))
    fresh = ClosedLoad(16, fresh_connections=True)
    assert found("reconnect-per-request", loaded(fresh, window)) is None


def by_k6(window: Window, *, iterations: int, dropped: int) -> Window:
    figures = (
        ToolFigure("iterations", iterations, ""),
        ToolFigure("dropped_iterations", dropped, ""),
    )
    tool = ToolFigures("k6", "1.1.0", ("k6", "run"), figures, (CONNECTS,), ())
    return dataclasses.replace(window, tool=tool, connections_reached=None, connects=None)


def benchmark_by_k6() -> Benchmark:
    return dataclasses.replace(json_query(["granian"]), driver="k6")


@pytest.mark.parametrize(("dropped", "severity"), [(1, "doubtful"), (2, "invalid")])
def test_requests_that_were_never_sent_are_like_failed_ones(dropped: int, severity: str) -> None:
    window = by_k6(a_window(), iterations=1_000, dropped=dropped)
    finding = found("dropped", context(window, benchmark=benchmark_by_k6()))
    assert finding is not None
    assert finding.severity == severity
    assert numbers_in(finding.evidence)[:2] == [dropped, 1_000 + dropped]


def test_where_not_one_was_sent_all_that_were_due_were_not() -> None:
    window = by_k6(a_window(), iterations=0, dropped=7)
    finding = found("dropped", context(window, benchmark=benchmark_by_k6()))
    assert finding is not None
    assert numbers_in(finding.evidence)[:2] == [7, 7]


def test_checks_are_silent_about_what_the_driver_does_not_see() -> None:
    window = by_k6(a_window(), iterations=1_000, dropped=0)
    assert checks.find(repeated(context(window, benchmark=benchmark_by_k6()))) == ()


def test_failures_of_no_known_kind_are_reported_as_such() -> None:
    counts = Counts(arrivals=1_000, ok=990, wrong_status=3, reset=None, closed_early=None)
    window = dataclasses.replace(a_window(), counts=counts)
    finding = found("errors", context(window))
    assert finding is not None
    assert "wrong status 3" in finding.evidence
    assert finding.evidence.endswith("of unknown kind 7.")


def test_a_saturated_generator_is_called_by_its_name() -> None:
    window = by_k6(a_window(generator_cpu_s=0.95), iterations=1_000, dropped=0)
    finding = found("generator-saturated", context(window, benchmark=benchmark_by_k6()))
    assert finding is not None
    assert finding.evidence.startswith("k6 ")
    assert numbers_in(finding.evidence)[0] == 95


def test_a_queue_is_reported_only_of_a_driver_that_sends_whatever_is_due() -> None:
    window = by_k6(a_window(completions=500), iterations=500, dropped=500)
    benchmark = dataclasses.replace(benchmark_by_k6(), load=OpenLoad(1_000.0, "constant"))
    finding = found("behind-schedule", context(window, benchmark=benchmark))
    assert finding is not None
    assert finding.evidence.endswith("not keep up.")
