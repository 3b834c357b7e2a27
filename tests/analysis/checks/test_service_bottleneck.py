"""A service that was the limit: injected, by hand and for real."""

from __future__ import annotations

import dataclasses

import pytest

from runs import a_measurement, a_window, json_query
from timetrial.analysis import checks
from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.validity import validity_of
from timetrial.model.finding import Finding
from timetrial.model.service import ServiceUse

IDLE = ServiceUse(
    name="fake-database",
    passed_s=1.0,
    cores=1,
    cpu_s=0.1,
    connections=8,
    opened=0,
    requests=1_000,
    delay_s=25.0,
    response_s=25.3,
)


def context(*uses: ServiceUse, generator_cpu_s: float = 0.1) -> CellContext:
    window = a_window(length_s=1.0, generator_cpu_s=generator_cpu_s)
    measured = dataclasses.replace(a_measurement([window]), services=uses)
    return CellContext(json_query(["granian"]), "granian", (measured,))


def found(subject: CellContext) -> Finding | None:
    findings = checks.find(subject)
    return next((each for each in findings if each.name == "service-bottleneck"), None)


def test_a_service_at_rest_raises_no_doubt() -> None:
    assert found(context(IDLE)) is None


@pytest.mark.parametrize(
    ("cpu_s", "severity"), [(0.70, None), (0.71, "doubtful"), (0.86, "invalid")]
)
def test_a_service_that_uses_up_its_core_makes_throughput_a_lower_bound(
    cpu_s: float, severity: str | None
) -> None:
    subject = context(dataclasses.replace(IDLE, cpu_s=cpu_s), generator_cpu_s=0.0)
    finding = found(subject)
    assert (finding and finding.severity) == severity
    stands = validity_of(subject.cell, checks.find(subject))
    assert stands.lower_bound == (severity == "invalid")
    assert not stands.void


def test_a_service_with_two_cores_has_twice_the_time() -> None:
    assert found(context(dataclasses.replace(IDLE, cores=2, cpu_s=0.5))) is None


@pytest.mark.parametrize(
    ("cpu_s", "severity"), [(0.29, None), (0.31, "doubtful"), (0.46, "invalid")]
)
def test_the_cpu_that_it_shares_with_the_load_engine_is_looked_at(
    cpu_s: float, severity: str | None
) -> None:
    finding = found(context(dataclasses.replace(IDLE, cpu_s=cpu_s), generator_cpu_s=0.40))
    assert (finding and finding.severity) == severity
    if finding:
        assert "engine 40 %" in finding.evidence


@pytest.mark.parametrize(
    ("set_s", "took_s", "severity"),
    [
        (0.025, 0.0263, None),
        (0.025, 0.0284, None),
        (0.025, 0.0290, "doubtful"),
        (0.025, 0.0400, "invalid"),
        (0.0, 0.0010, None),
        (0.0, 0.0012, "doubtful"),
        (0.0, 0.0030, "invalid"),
    ],
)
def test_a_service_that_is_later_than_it_was_set_to_be_is_noticed(
    set_s: float, took_s: float, severity: str | None
) -> None:
    late = dataclasses.replace(IDLE, delay_s=1_000 * set_s, response_s=1_000 * took_s)
    finding = found(context(late))
    assert (finding and finding.severity) == severity


def test_the_sentence_says_what_was_set_and_what_came() -> None:
    finding = found(context(dataclasses.replace(IDLE, response_s=40.0)))
    assert finding is not None
    assert finding.evidence == (
        "the service fake-database took 40.0 ms a request where it was set to 25.0 ms: the "
        "throughput is a lower bound."
    )


def test_an_external_service_is_judged_by_nothing_that_is_not_known() -> None:
    unknown = ServiceUse("redis", 1.0, 1, None, 8, None, None, None, None)
    assert found(context(unknown, generator_cpu_s=0.6)) is None


def test_trials_are_added_up() -> None:
    busy, idle = dataclasses.replace(IDLE, cpu_s=0.95), dataclasses.replace(IDLE, cpu_s=0.35)
    first, second = (context(use, generator_cpu_s=0.0).measurements[0] for use in (busy, idle))
    both = CellContext(json_query(["granian"]), "granian", (first, second))
    assert found(both) is None
